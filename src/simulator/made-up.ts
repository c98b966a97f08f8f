// Clusters that are made up: the three hosts of the lab, and any size with plausible names and figures, the same for the same seed.
import type { ClusterConfig, Hwm, Vm } from '../model/cluster.ts'
import { DEFAULT_SETTINGS } from '../model/cluster.ts'
import { COPY_RATE } from './copy-time.ts'
import { deviceAddress } from './fence-device.ts'
import type { GuestSpec, HostSpec } from './host.ts'
import { noise, seedOf } from './load.ts'

const GIB = 2 ** 30

export interface MadeUpCluster {
  readonly config: ClusterConfig
  readonly hosts: readonly HostSpec[]
  /** Every guest and the HWM it runs on at first: its home. */
  readonly guests: readonly { readonly guest: GuestSpec; readonly on: string }[]
}

interface VmPlan {
  readonly name: string
  readonly home: string
  readonly ha: boolean
  readonly priority?: number
  readonly pinned?: boolean
  readonly vcpus: number
  readonly gib: number
  readonly busy: number
}

/** quark, snailin and andreys, with the guests of the program's forerunner. andreys carries Ceph and takes nobody in. */
export function threeHosts(): MadeUpCluster {
  const hwm = (name: string, ip: string, fallback: boolean): Hwm => ({
    ...hwmOf(name, ip, { gib: 64, cpus: 16, fallback, labels: {} }),
    fence: [{ agent: 'fence_ipmilan', options: { ip: deviceAddress(ip), username: 'admin' } }],
  })
  const ceph = (number: number, home: string): VmPlan => {
    return { name: `ceph${number}`, home, ha: false, pinned: true, vcpus: 2, gib: 4, busy: 0.12 }
  }
  return assemble(
    'innopolis',
    1,
    [
      hwm('quark', '10.0.0.112', true),
      hwm('snailin', '10.0.0.109', true),
      hwm('andreys', '10.0.0.127', false),
    ],
    [
      { name: 'win7-vmm2', home: 'quark', ha: true, priority: 100, vcpus: 4, gib: 16, busy: 0.35 },
      { name: 'freebsd-vmm2', home: 'quark', ha: true, priority: 50, vcpus: 4, gib: 8, busy: 0.2 },
      {
        name: 'ubuntu-vmm2',
        home: 'snailin',
        ha: true,
        priority: 50,
        vcpus: 8,
        gib: 24,
        busy: 0.3,
      },
      { name: 'test', home: 'snailin', ha: false, vcpus: 2, gib: 2, busy: 0.05 },
      ceph(1, 'quark'),
      ceph(2, 'snailin'),
      ceph(3, 'andreys'),
    ],
    1,
  )
}

const ROLES = [
  'web', 'db', 'mail', 'ci', 'build', 'cache', 'dns', 'proxy', 'git', 'wiki', 'win', 'desk', 'queue', 'store', 'mon', 'vpn',
] // biome-ignore format: a list of words
const SIZES = [1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 16, 32]
const HOST_GIB = [64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 4096]
/** A host is bought so that its own guests fill this much of it: the rest is what others fall back to. */
const FILLED = 0.65
const PER_RACK = 20
/** How often a CPU is given out: guests are idle most of the time, and memory is what runs out first. */
const CPU_OVERCOMMIT = 4

/** `hwms` HWMs in racks of 20 with `vms` VMs spread over them, four in five of them HAVMs. */
export function sized(hwms: number, vms: number, seed: number): MadeUpCluster {
  if (hwms === 3 && vms === 7) return threeHosts()
  const names = Array.from({ length: hwms }, (_, index) => hostName(index))
  const plans = Array.from({ length: vms }, (_, index): VmPlan => {
    const pick = (salt: number) => noise(seedOf(`vm${index}`, seed), salt)
    const role = ROLES[Math.floor(pick(1) * ROLES.length)] ?? 'vm'
    const gib = SIZES[Math.floor(pick(2) * SIZES.length)] ?? 2
    return {
      name: `${role}-${String(index + 1).padStart(String(vms).length, '0')}`,
      home: names[index % hwms] ?? '',
      ha: pick(3) < 0.8,
      priority: Math.floor(pick(4) * 4) * 25,
      vcpus: Math.max(1, Math.min(16, Math.round(gib / (1 + pick(5) * 3)))),
      gib,
      busy: 0.02 + 0.5 * pick(6) ** 2,
    }
  })
  const asked = new Map<string, number>()
  for (const plan of plans) asked.set(plan.home, (asked.get(plan.home) ?? 0) + plan.gib)
  const average = plans.reduce((sum, plan) => sum + plan.gib, 0) / hwms
  const hosts = names.map((name, index) => {
    const most = Math.max(average, asked.get(name) ?? 0) / FILLED
    const gib = HOST_GIB.find(size => size >= most) ?? Math.ceil(most)
    const labels: Record<string, string> =
      hwms > PER_RACK ? { rack: `r${Math.floor(index / PER_RACK) + 1}` } : {}
    const ip = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${(index & 255) + 1}`
    return hwmOf(name, ip, { gib, cpus: Math.max(16, gib / 8), fallback: true, labels })
  })
  return assemble('made-up', hwms > 1 ? 1 : 0, hosts, plans, seed)
}

/** r1-n01, r1-n02 ...: a rack and a place in it. */
function hostName(index: number): string {
  const place = String((index % PER_RACK) + 1).padStart(2, '0')
  return `r${Math.floor(index / PER_RACK) + 1}-n${place}`
}

function hwmOf(
  name: string,
  ip: string,
  made: { gib: number; cpus: number; fallback: boolean; labels: Record<string, string> },
): Hwm {
  return {
    name,
    libvirt: `qemu+ssh://root@${ip}/system`,
    capacity: {
      ram: made.gib * GIB,
      cpu: made.cpus * 1000,
      storage: 2 * 1024 * GIB,
      rx: 1e10,
      tx: 1e10,
    },
    reserve: { ram: 4 * GIB, cpu: 1000 },
    labels: made.labels,
    fallback: made.fallback,
    maintenance: false,
    fence: [],
  }
}

function assemble(
  cluster: string,
  tolerate: number,
  hwms: readonly Hwm[],
  plans: readonly VmPlan[],
  seed: number,
): MadeUpCluster {
  const endpoints = hwms.slice(0, 3).map(hwm => `http://${new URL(hwm.libvirt).hostname}:2379`)
  return {
    config: {
      cluster,
      etcd: { endpoints },
      tolerate,
      domains: '/srv/domains',
      dimensions: [],
      overcommit: { cpu: CPU_OVERCOMMIT },
      settings: {
        ...DEFAULT_SETTINGS,
        migration: { ...DEFAULT_SETTINGS.migration, bandwidth: COPY_RATE },
      },
      hwms,
      vms: plans.map(vmOf),
      groups: [],
      fallbacks: [],
    },
    hosts: hwms.map(({ name, libvirt, capacity }) => {
      return {
        name,
        uri: libvirt,
        cpus: (capacity['cpu'] ?? 0) / 1000,
        memory: capacity['ram'] ?? 0,
      }
    }),
    guests: plans.map(({ name, home, vcpus, gib, busy }) => {
      return { on: home, guest: { name, uuid: uuidOf(name, seed), vcpus, memory: gib * GIB, busy } }
    }),
  }
}

function vmOf(plan: VmPlan): Vm {
  return {
    name: plan.name,
    ha: plan.ha,
    home: plan.home,
    priority: plan.priority ?? 0,
    resources: { ram: plan.gib * GIB, cpu: plan.vcpus * 1000 },
    pinned: plan.pinned ?? false,
    desired: 'running',
  }
}

/** A UUID of version 4's form that depends on the name and the seed alone. */
function uuidOf(name: string, seed: number): string {
  const hex = [1, 2, 3, 4]
    .map(salt => seedOf(`${name}/${salt}`, seed).toString(16).padStart(8, '0'))
    .join('')
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20, 32)].join('-')
}
