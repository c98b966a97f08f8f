// A configuration as the cluster file writes it: fields by their names there, amounts with units, defaults left out.
// Both printing and comparing start from this, so that a difference reads like the file.
import {
  type ClusterConfig,
  DEFAULT_SETTINGS,
  type EtcdAccess,
  type Group,
  type Hwm,
  type Settings,
  type Vm,
} from '../cluster.ts'
import { type Dimension, type Resources, STANDARD_DIMENSIONS } from '../resources.ts'
import { formatAmount, quantityOf } from '../units.ts'
import { API_VERSION, DEFAULT_PRIORITY, SAFETY_FIELDS } from './fields.ts'

export type Plain = string | number | boolean | readonly Plain[] | PlainMap
export interface PlainMap {
  readonly [field: string]: Plain
}

/** HWMs, VMs and groups are in maps that keep their order: a record of JavaScript puts names that are numbers first. */
export interface PlainCluster {
  /** What stands before the sections, in the order a reader wants it. */
  readonly general: PlainMap
  readonly hwms: ReadonlyMap<string, PlainMap>
  readonly vms: ReadonlyMap<string, PlainMap>
  readonly groups: ReadonlyMap<string, PlainMap>
  readonly fallbacks: readonly PlainMap[]
}

export function plainCluster(config: ClusterConfig): PlainCluster {
  const { dimensions, failureDomains, ceph } = config
  return {
    general: present({
      apiVersion: API_VERSION,
      cluster: config.cluster,
      etcd: plainEtcd(config.etcd),
      tolerate: config.tolerate,
      domains: config.domains,
      dimensions: dimensions.length === 0 ? undefined : dimensions,
      overcommit: unlessEmpty(config.overcommit),
      failureDomains,
      settings: unlessEmpty(plainSettings(config.settings)),
      ceph: ceph && present({ conf: ceph.conf, user: ceph.user }),
    }),
    hwms: new Map(config.hwms.map(hwm => [hwm.name, plainHwm(hwm, dimensions)])),
    vms: new Map(config.vms.map(vm => [vm.name, plainVm(vm, dimensions)])),
    groups: new Map(config.groups.map(group => [group.name, plainGroup(group)])),
    fallbacks: config.fallbacks.map(({ failed, map }) => ({ failed, map })),
  }
}

function plainEtcd(etcd: EtcdAccess): PlainMap {
  return present({
    endpoints: etcd.endpoints,
    tls: etcd.tls && present({ ca: etcd.tls.ca, cert: etcd.tls.cert, key: etcd.tls.key }),
    username: etcd.username,
    'password-file': etcd.passwordFile,
  })
}

/** Only what differs from the defaults. */
function plainSettings(settings: Settings): PlainMap {
  const { migration, safety } = settings
  const defaults = DEFAULT_SETTINGS
  const times = SAFETY_FIELDS.flatMap(name =>
    safety[name] === defaults.safety[name]
      ? []
      : [[name, formatAmount('duration', safety[name])] as const],
  )
  const { bandwidth } = migration
  return present({
    migration: unlessEmpty(
      present({
        unsafe: unlessEqual(migration.unsafe, defaults.migration.unsafe),
        parallelPerHwm: unlessEqual(migration.parallelPerHwm, defaults.migration.parallelPerHwm),
        bandwidth: bandwidth === undefined ? undefined : formatAmount('byte-rate', bandwidth),
      }),
    ),
    safety: unlessEmpty(Object.fromEntries(times)),
    admission: unlessEqual(settings.admission, defaults.admission),
    homecoming: unlessEqual(settings.homecoming, defaults.homecoming),
    eventsKept:
      settings.eventsKeptMs === defaults.eventsKeptMs
        ? undefined
        : formatAmount('duration', settings.eventsKeptMs),
  })
}

function plainHwm(hwm: Hwm, dimensions: readonly Dimension[]): PlainMap {
  const fence = hwm.fence.map(({ agent, options }) =>
    present({ agent, options: unlessEmpty(options) }),
  )
  return present({
    libvirt: hwm.libvirt,
    capacity: unlessEmpty(plainResources(hwm.capacity, dimensions)),
    reserve: unlessEmpty(plainResources(hwm.reserve, dimensions)),
    labels: unlessEmpty(hwm.labels),
    fallback: unlessEqual(hwm.fallback, true),
    maintenance: unlessEqual(hwm.maintenance, false),
    migration: hwm.migration,
    ceph: hwm.ceph,
    watchdog: hwm.watchdog,
    fence: fence.length === 0 ? undefined : fence,
  })
}

function plainVm(vm: Vm, dimensions: readonly Dimension[]): PlainMap {
  return present({
    ha: vm.ha,
    home: vm.home,
    priority: unlessEqual(vm.priority, DEFAULT_PRIORITY),
    ...plainResources(vm.resources, dimensions),
    only: vm.only,
    never: vm.never,
    pinned: unlessEqual(vm.pinned, false),
    order: vm.order,
    delay: vm.delayMs === undefined ? undefined : formatAmount('duration', vm.delayMs),
    desired: unlessEqual(vm.desired, 'running'),
  })
}

function plainGroup({ members, spread, together, order, replicas }: Group): PlainMap {
  return present({ members, spread, together, order, replicas })
}

function plainResources(resources: Resources, dimensions: readonly Dimension[]): PlainMap {
  const plain: Record<string, Plain> = {}
  for (const dimension of [...STANDARD_DIMENSIONS, ...dimensions]) {
    const amount = resources[dimension]
    if (amount !== undefined)
      plain[dimension] = unquoted(formatAmount(quantityOf(dimension), amount))
  }
  return plain
}

/** `16` as a number, so that YAML prints it without quotes; as text where a number would not print the same digits. */
function unquoted(text: string): string | number {
  return String(Number(text)) === text && text.length <= 15 ? Number(text) : text
}

function present(fields: Readonly<Record<string, Plain | undefined>>): PlainMap {
  const kept: [string, Plain][] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

function unlessEmpty(map: PlainMap): PlainMap | undefined {
  return Object.keys(map).length === 0 ? undefined : map
}

function unlessEqual<T>(value: T, ordinary: T): T | undefined {
  return value === ordinary ? undefined : value
}
