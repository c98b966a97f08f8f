// The door from the cluster's own words to the solver's: configuration, homes and measured amounts in, a Problem out.
import type { ClusterConfig } from '../model/cluster.ts'
import { STANDARD_DIMENSIONS, type Resources } from '../model/resources.ts'
import type { Problem } from './problem.ts'

/** What the cluster file leaves out and others know. */
export interface Known {
  /** The CDM. A VM that is not in it has the home of the file, or none. */
  readonly homes?: ReadonlyMap<string, string>
  /** Capacities that libvirt states, for what the file leaves out. */
  readonly capacities?: ReadonlyMap<string, Resources>
  /** Demands of the domain XML, for what the file leaves out. */
  readonly demands?: ReadonlyMap<string, Resources>
}

/** The problem that a cluster poses. Amounts are rounded to the safe side: capacities down, demands up. */
export function problemOf(config: ClusterConfig, known: Known = {}): Problem {
  const rounded = (resources: Resources, round: (value: number) => number): Resources =>
    Object.fromEntries(
      Object.entries(resources).map(([dimension, value]) => [dimension, round(value)]),
    )
  return {
    dimensions: [...STANDARD_DIMENSIONS, ...config.dimensions],
    hwms: config.hwms.map(hwm => ({
      name: hwm.name,
      capacity: rounded({ ...known.capacities?.get(hwm.name), ...hwm.capacity }, Math.floor),
      reserve: rounded(hwm.reserve, Math.ceil),
      labels: hwm.labels,
      fallback: hwm.fallback,
      maintenance: hwm.maintenance,
    })),
    vms: config.vms.map(vm => {
      const home = known.homes?.get(vm.name) ?? vm.home
      return {
        name: vm.name,
        ha: vm.ha,
        demand: rounded({ ...known.demands?.get(vm.name), ...vm.resources }, Math.ceil),
        ...(home === undefined ? {} : { home }),
        ...(vm.only === undefined ? {} : { only: vm.only }),
        ...(vm.never === undefined ? {} : { never: vm.never }),
        pinned: vm.pinned,
        priority: vm.priority,
      }
    }),
    groups: config.groups.map(group => ({
      name: group.name,
      members: group.members,
      ...(group.spread === undefined ? {} : { spread: group.spread }),
      ...(group.together === undefined ? {} : { together: group.together }),
      ...(group.replicas === undefined ? {} : { replicas: group.replicas }),
    })),
    tolerate: config.tolerate,
    ...(config.failureDomains === undefined ? {} : { failureDomains: config.failureDomains }),
    overcommit: config.overcommit,
  }
}
