// Cluster configurations to be kept in etcd.
import type * as fc from 'fast-check'
import { type ClusterConfig, DEFAULT_SETTINGS, type Hwm, type Vm } from '../../src/model/cluster.ts'
import { arbitraryConfig } from '../model/arbitrary-config.ts'

export const ETCD = { endpoints: ['http://127.0.0.1:2379'] }

/** Any configuration, in the order in which etcd keeps it: by name. */
export const config: fc.Arbitrary<ClusterConfig> = arbitraryConfig.map(any => ({
  ...any,
  etcd: ETCD,
  hwms: any.hwms.toSorted(byName),
  vms: any.vms.toSorted(byName),
  groups: any.groups.toSorted(byName),
}))

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** `count` VMs on three HWMs, otherwise the least there can be. */
export function largeConfig(count: number, change: Partial<Vm> = {}): ClusterConfig {
  const hwms = ['a', 'b', 'c'].map((name): Hwm => {
    const none = { capacity: {}, reserve: {}, labels: {}, fence: [] }
    return { name, libvirt: 'test:///default', fallback: true, maintenance: false, ...none }
  })
  const vms = Array.from({ length: count }, (_, i): Vm => {
    const name = `vm-${String(i).padStart(5, '0')}`
    const plain = { priority: 0, resources: {}, pinned: false, desired: 'running' as const }
    return { name, ha: true, ...plain, ...change }
  })
  return {
    cluster: 'large',
    etcd: ETCD,
    tolerate: 1,
    domains: '/srv/domains',
    dimensions: [],
    overcommit: {},
    settings: DEFAULT_SETTINGS,
    hwms,
    vms,
    groups: [],
    fallbacks: [],
  }
}
