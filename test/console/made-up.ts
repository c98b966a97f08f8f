// Clusters that are made up, for screens to show: the seed's three hosts, forty, and as many as one likes.
import type { ClusterConfig, Hwm, Vm } from '../../src/model/cluster.ts'
import { DEFAULT_SETTINGS } from '../../src/model/cluster.ts'
import type {
  ClusterEvent,
  ClusterSnapshot,
  EtcdView,
  HwmView,
  Usage,
  VmView,
} from '../../src/model/snapshot.ts'
import { HISTORY_LENGTH } from '../../src/model/snapshot.ts'

const GiB = 2 ** 30
const TiB = 2 ** 40
const Gbit = 1e9

/** Instant at which all of it is true. */
export const NOW = 1_000_000

export interface HostSketch {
  readonly name: string
  readonly address: string
  readonly ram: number
  readonly cpu: number
  readonly fallback?: boolean
}

export interface VmSketch {
  readonly name: string
  readonly ha: boolean
  readonly home: string
  /** Where it runs, when that is not its home; `null`: it is stopped. */
  readonly where?: string | null
  readonly ram: number
  readonly cpu: number
  readonly priority?: number
}

/** Numbers that look like chance and are always the same. */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function usageAt(at: number, cpu: number, ram: number, draw: () => number): Usage {
  const spread = (value: number) => Math.round(value * (0.6 + 0.8 * draw()))
  return {
    at,
    cpu: spread(cpu),
    ram: spread(ram),
    rx: spread(2e6),
    tx: spread(1e6),
    read: spread(300_000),
    write: spread(150_000),
  }
}

export function historyOf(cpu: number, ram: number, draw: () => number): readonly Usage[] {
  return Array.from({ length: HISTORY_LENGTH }, (_, index) =>
    usageAt(NOW - (HISTORY_LENGTH - 1 - index) * 5_000, cpu, ram, draw),
  )
}

export function snapshotOf(
  cluster: string,
  hosts: readonly HostSketch[],
  vms: readonly VmSketch[],
  options: { readonly history?: boolean } = {},
): ClusterSnapshot {
  const draw = chance(hosts.length)
  const config = configOf(cluster, hosts, vms)
  const on = new Map<string, VmSketch[]>()
  for (const vm of vms) {
    if (vm.where === null) continue
    const where = vm.where ?? vm.home
    on.set(where, [...(on.get(where) ?? []), vm])
  }
  const hwms: Record<string, HwmView> = {}
  for (const [index, host] of hosts.entries()) {
    const here = on.get(host.name) ?? []
    const cpu = here.reduce((sum, vm) => sum + vm.cpu * 300, 400)
    const ram = here.reduce((sum, vm) => sum + vm.ram * GiB * 0.7, 2 * GiB)
    const history = options.history === false ? [] : historyOf(cpu, ram, draw)
    const hwmConfig = config.hwms[index]
    if (!hwmConfig) continue
    hwms[host.name] = {
      name: host.name,
      config: hwmConfig,
      state: 'up',
      since: NOW - 3_600_000,
      reason: '',
      next: '',
      seenAt: NOW - 1_000,
      capacity: hwmConfig.capacity,
      used: {
        ram: here.reduce((sum, vm) => sum + vm.ram * GiB, 0),
        cpu: here.reduce((sum, vm) => sum + vm.cpu * 1000, 0),
        storage: here.length * 40 * GiB,
      },
      usage: history.at(-1) ?? usageAt(NOW, cpu, ram, draw),
      history,
      hostname: host.name,
      libvirtVersion: '9.0.0',
      hypervisor: 'QEMU 7.2.0',
      cpuModel: 'Skylake-Server',
      daemon: undefined,
    }
  }
  const views: Record<string, VmView> = {}
  for (const [index, vm] of vms.entries()) {
    const vmConfig = config.vms[index]
    if (vmConfig) views[vm.name] = vmView(vm, vmConfig, draw, options.history !== false)
  }
  return {
    cluster,
    seq: 1,
    readOnly: true,
    config,
    etcd: etcdOf(hosts),
    hwms,
    vms: views,
    events: [
      event('1', '2026-11-22T21:00:00Z', 'info', 'etcd', 'watching the cluster from revision 4711'),
    ],
    badValues: [],
  }
}

function vmView(vm: VmSketch, config: Vm, draw: () => number, withHistory: boolean): VmView {
  const runs = vm.where !== null
  const where = runs ? (vm.where ?? vm.home) : vm.home
  const history = runs && withHistory ? historyOf(vm.cpu * 300, vm.ram * GiB * 0.7, draw) : []
  return {
    name: vm.name,
    config,
    kind: vm.ha ? 'havm' : 'vm',
    home: vm.home,
    state: runs ? 'running' : 'stopped',
    since: NOW - 3_600_000,
    where,
    away: runs && where !== vm.home,
    instances: [
      {
        hwm: where,
        uuid: `6b2d5e3a-0000-4000-8000-${vm.name.length.toString(16).padStart(12, '0')}`,
        state: runs ? 'running' : 'shutoff',
        reason: runs ? 'booted' : 'shutdown',
        seenAt: NOW - 1_000,
        persistent: true,
        autostart: false,
      },
    ],
    demand: { ram: vm.ram * GiB, cpu: vm.cpu * 1000, storage: 40 * GiB },
    usage: runs ? (history.at(-1) ?? usageAt(NOW, vm.cpu * 300, vm.ram * GiB, draw)) : undefined,
    history,
  }
}

function etcdOf(hosts: readonly HostSketch[]): EtcdView {
  return {
    state: 'live',
    since: NOW - 3_600_000,
    reason: '',
    members: hosts.slice(0, 3).map((host, index) => ({
      endpoint: `http://${host.address}:2379`,
      reachable: true,
      leader: index === 0,
      reason: '',
    })),
    revision: 4711,
    seenAt: NOW,
  }
}

function configOf(
  cluster: string,
  hosts: readonly HostSketch[],
  vms: readonly VmSketch[],
): ClusterConfig {
  return {
    cluster,
    etcd: { endpoints: hosts.slice(0, 3).map(host => `http://${host.address}:2379`) },
    tolerate: 1,
    domains: '/srv/domains',
    dimensions: [],
    overcommit: {},
    settings: DEFAULT_SETTINGS,
    hwms: hosts.map(hwmConfigOf),
    vms: vms.map(vmConfigOf),
    groups: [],
    fallbacks: [],
  }
}

function hwmConfigOf(host: HostSketch): Hwm {
  return {
    name: host.name,
    libvirt: `qemu+ssh://root@${host.address}/system`,
    capacity: {
      ram: host.ram * GiB,
      cpu: host.cpu * 1000,
      storage: 2 * TiB,
      rx: Gbit,
      tx: Gbit,
    },
    reserve: { ram: 4 * GiB, cpu: 1000 },
    labels: { rack: host.address.endsWith('7') ? 'b' : 'a' },
    fallback: host.fallback ?? true,
    maintenance: false,
    fence: [
      {
        agent: 'fence_ipmilan',
        options: { ip: `${host.address}0`, username: 'admin', 'password-file': '/etc/yasco/ipmi' },
      },
    ],
  }
}

function vmConfigOf(vm: VmSketch): Vm {
  return {
    name: vm.name,
    ha: vm.ha,
    home: vm.home,
    priority: vm.priority ?? 0,
    resources: { ram: vm.ram * GiB, cpu: vm.cpu * 1000 },
    pinned: false,
    desired: vm.where === null ? 'stopped' : 'running',
  }
}

export function event(
  id: string,
  time: string,
  level: ClusterEvent['level'],
  about: string,
  what: string,
  why = '',
): ClusterEvent {
  return { id, time, who: 'seen', from: '', level, about, what, why }
}

/** The seed's cluster: three hosts, four guests, and the three that carry Ceph. */
export function threeHosts(): ClusterSnapshot {
  return snapshotOf(
    'innopolis',
    [
      { name: 'quark', address: '10.0.0.112', ram: 32, cpu: 16 },
      { name: 'snailin', address: '10.0.0.109', ram: 32, cpu: 16 },
      { name: 'andreys', address: '10.0.0.127', ram: 24, cpu: 8, fallback: false },
    ],
    [
      { name: 'freebsd-vmm2', ha: true, home: 'quark', ram: 4, cpu: 2, priority: 50 },
      { name: 'win7-vmm2', ha: true, home: 'quark', ram: 8, cpu: 4, priority: 100 },
      { name: 'test', ha: false, home: 'snailin', ram: 2, cpu: 2 },
      { name: 'ubuntu-vmm2', ha: true, home: 'snailin', ram: 4, cpu: 2, priority: 50 },
      { name: 'ceph1', ha: false, home: 'andreys', ram: 4, cpu: 2 },
      { name: 'ceph2', ha: false, home: 'andreys', ram: 4, cpu: 2 },
      { name: 'ceph3', ha: false, home: 'andreys', ram: 4, cpu: 2 },
    ],
  )
}

/** `hosts` HWMs with `perHost` VMs each; some of them HAVMs, some away, some stopped. */
export function manyHosts(
  hosts: number,
  perHost: number,
  options: { readonly history?: boolean } = {},
): ClusterSnapshot {
  const draw = chance(hosts * 7 + perHost)
  const pad = String(hosts).length
  const name = (index: number) => `hwm${String(index + 1).padStart(pad, '0')}`
  const sketches = Array.from(
    { length: hosts },
    (_, index): HostSketch => ({
      name: name(index),
      address: `10.${Math.floor(index / 65536)}.${Math.floor(index / 256) % 256}.${index % 256}`,
      ram: 256,
      cpu: 64,
    }),
  )
  const vms: VmSketch[] = []
  for (let host = 0; host < hosts; host++) {
    for (let index = 0; index < perHost; index++) {
      const chanceOfWhere = draw()
      const where =
        chanceOfWhere < 0.02 ? null : chanceOfWhere < 0.06 ? name((host + 1) % hosts) : undefined
      vms.push({
        name: `vm${String(host * perHost + index + 1).padStart(5, '0')}`,
        ha: draw() < 0.7,
        home: name(host),
        ...(where === undefined ? {} : { where }),
        ram: 2 ** (1 + Math.floor(draw() * 4)),
        cpu: 1 + Math.floor(draw() * 8),
        priority: Math.floor(draw() * 10) * 10,
      })
    }
  }
  return snapshotOf(hosts > 100 ? 'large' : 'middle', sketches, vms, options)
}
