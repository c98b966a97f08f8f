// What a cluster is said to be: the words of the cluster file and of etcd's configured keys, in base units.
import type { Dimension, Resources } from './resources.ts'

/** A fence device of one HWM, tried in the order given. */
export interface FenceDevice {
  /** An executable of fence-agents (`fence_ipmilan`), or `redfish`. */
  readonly agent: string
  readonly options: Readonly<Record<string, string>>
}

/** A hardware machine as configured. What `capacity` leaves out is asked from its libvirt. */
export interface Hwm {
  readonly name: string
  /** libvirt's own URI, e.g. `qemu+ssh://root@10.0.0.112/system`. */
  readonly libvirt: string
  readonly capacity: Resources
  /** Kept for the host itself, taken off the capacity. */
  readonly reserve: Resources
  readonly labels: Readonly<Record<string, string>>
  /** Whether it takes in VMs of others when they fail. */
  readonly fallback: boolean
  /** No VM is placed here, and those that are leave: set by `maintenance HWM on`. */
  readonly maintenance: boolean
  /** Address for migration traffic, if it is another than the URI's host. */
  readonly migration?: string
  /** Address it reaches Ceph from, if it is another than the URI's host: the one that is block-listed. */
  readonly ceph?: string
  /** Path of the watchdog device, e.g. `/dev/watchdog`. */
  readonly watchdog?: string
  readonly fence: readonly FenceDevice[]
}

export type DesiredState = 'running' | 'stopped'

/** A virtual machine as configured; `ha` makes it an HAVM. */
export interface Vm {
  readonly name: string
  readonly ha: boolean
  /** Where it begins; the CDM (`maps/home`) says where its home is now. Absent: the solver places it. */
  readonly home?: string
  /** Higher is restarted first. */
  readonly priority: number
  /** What the cluster file states; what it leaves out is read from the domain XML. */
  readonly resources: Resources
  /** Only these HWMs may run it. Absent: all. */
  readonly only?: readonly string[]
  readonly never?: readonly string[]
  /** Never moved while it runs. */
  readonly pinned: boolean
  /** Restarted in ascending order ... */
  readonly order?: number
  /** ... and this many ms after the one before. */
  readonly delayMs?: number
  readonly desired: DesiredState
}

/** VMs that belong together or apart. `spread` and `together` name `hwm` or a label. */
export interface Group {
  readonly name: string
  readonly members: readonly string[]
  readonly spread?: string
  readonly together?: string
  /** The `order` of members that have none of their own. */
  readonly order?: number
  /** Members that go on running without a restart, whatever tolerated failures happen. */
  readonly replicas?: number
}

/** A fallback map written by hand: where the HAVMs of `failed` restart. */
export interface HandMadeFallback {
  readonly failed: readonly string[]
  readonly map: Readonly<Record<string, string>>
}

/** Times in ms, rates in bytes/s. SAFETY.md gives the protocol that `safety` is for. */
export interface Settings {
  readonly migration: {
    /** Passes libvirt's *unsafe* flag: shared storage that libvirt does not recognise. */
    readonly unsafe: boolean
    readonly parallelPerHwm: number
    readonly bandwidth?: number
  }
  readonly safety: {
    readonly h: number
    readonly ttl: number
    readonly A: number
    readonly D: number
    readonly w: number
  }
  /** A change that would break X: reported, or refused. */
  readonly admission: 'warn' | 'refuse'
  readonly homecoming: 'by-hand' | 'automatic'
  /** `events/` older than this are removed. */
  readonly eventsKeptMs: number
}

export const DEFAULT_SETTINGS: Settings = {
  migration: { unsafe: false, parallelPerHwm: 2 },
  safety: { h: 2_000, ttl: 10_000, A: 10_000, D: 15_000, w: 5_000 },
  admission: 'warn',
  homecoming: 'by-hand',
  eventsKeptMs: 30 * 24 * 3600 * 1000,
}

/** How etcd is reached. Secrets are named by file, never written here. */
export interface EtcdAccess {
  readonly endpoints: readonly string[]
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly username?: string
  readonly passwordFile?: string
}

/** Everything a cluster file says. */
export interface ClusterConfig {
  readonly cluster: string
  readonly etcd: EtcdAccess
  /** X: how many HWMs (or racks) may fail together. */
  readonly tolerate: number
  /** The folder of domain XML on every HWM, or `etcd`. */
  readonly domains: string
  /** The cluster's own dimensions, beside the standard ones. */
  readonly dimensions: readonly Dimension[]
  /** Per dimension, how often its capacity is given out (1: once). */
  readonly overcommit: Resources
  /** A label whose HWMs fail together, e.g. `rack`. */
  readonly failureDomains?: string
  readonly settings: Settings
  readonly hwms: readonly Hwm[]
  readonly vms: readonly Vm[]
  readonly groups: readonly Group[]
  readonly fallbacks: readonly HandMadeFallback[]
  /** Ceph's monitors and rights for block-listing; absent: no barrier. */
  readonly ceph?: { readonly conf?: string; readonly user?: string }
}

/** The CDM as it lies in etcd under `maps/home`. */
export interface HomeMap {
  /** VM name to HWM name. */
  readonly homes: Readonly<Record<string, string>>
  readonly by: string
  /** ISO 8601. */
  readonly when: string
  readonly why: string
}
