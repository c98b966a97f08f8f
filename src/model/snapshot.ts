// One picture of the cluster: what is configured, what was seen, and when each fact was last true.
// The engine makes it, the console shows it, plans rest on it. Plain data, so that it crosses processes as JSON.
import type { ClusterConfig, Hwm, Vm } from './cluster.ts'
import type { Operation } from './operation.ts'
import type { Preview } from './preview.ts'
import type { Resources } from './resources.ts'

/** An instant in `monotonicMs()`. */
export type Instant = number

/**
 * What is known of an HWM's libvirt.
 * `connecting`: not yet asked since the engine began. `up`: it answers. `down`: it does not, for `reason`.
 * `refused`: the host lives but lets us not in (host key, authentication, no libvirt socket): not a failure of the host.
 */
export type HwmState = 'connecting' | 'up' | 'down' | 'refused'

/** libvirt's domain states, and `unknown` when the HWM that had it does not answer. */
export type InstanceState =
  | 'running'
  | 'blocked'
  | 'paused'
  | 'shutdown'
  | 'shutoff'
  | 'crashed'
  | 'suspended'
  | 'unknown'

/** A domain as one HWM's libvirt has it. */
export interface Instance {
  readonly hwm: string
  readonly uuid: string
  readonly state: InstanceState
  /** libvirt's reason as a word, e.g. `migrated`, `user`, `failed`; empty when it gave none. */
  readonly reason: string
  /** Last time that HWM's libvirt said so. */
  readonly seenAt: Instant
  readonly persistent: boolean
  readonly autostart: boolean
}

/** Rates over the last interval of the engine's sampling. */
export interface Usage {
  readonly at: Instant
  /** Millicores in use. */
  readonly cpu: number
  /** Bytes in use (guest: balloon's rss; host: total less free). */
  readonly ram: number
  /** bit/s. */
  readonly rx: number
  readonly tx: number
  /** Block bytes/s. */
  readonly read: number
  readonly write: number
}

/** How a death was proved; recorded on every permit it moved. */
export interface Proof {
  /** `power-off read back`, `clean release`, `wait over`, `operator's word`; `seen`: no death, its QEMU was looked for and is gone. */
  readonly kind: string
  readonly id: string
  /** ISO 8601. */
  readonly when: string
}

/** What lies under `permits/<vm>`: the right of one HWM to run the VM. */
export interface PermitView {
  readonly node: string
  readonly epoch: number
  readonly phase: string
  readonly proof?: Proof
}

/** What lies under `fences/<hwm>`: nothing of an earlier epoch may run there. Without a proof it is only suspected. */
export interface FenceView {
  readonly epoch: number
  readonly by: string
  readonly when: string
  readonly why: string
  readonly proof?: Proof
}

/** Who acts on an HWM: `agents/<hwm>`. */
export interface AgentView {
  readonly owner: 'daemon' | 'console'
  readonly who: string
  readonly from: string
}

/** Who conducts an operation: `conductors/<id>`, under the lease of its process. */
export interface ConductorView {
  readonly who: string
  /** Host or SSH client; empty when it is not known. */
  readonly from: string
}

/** The newest samples, oldest first, at the engine's interval; at most `HISTORY_LENGTH`. */
export type History = readonly Usage[]
export const HISTORY_LENGTH = 30

export interface HwmView {
  readonly name: string
  readonly config: Hwm
  readonly state: HwmState
  /** Since when it is in this state. */
  readonly since: Instant
  /** Why, in a few words for people: `ssh: connection timed out`. Empty when up. */
  readonly reason: string
  /** What the engine does next, e.g. `trying again`; empty when nothing. */
  readonly next: string
  /** Last time its libvirt said anything; undefined: never since the engine began. */
  readonly seenAt: Instant | undefined
  /** Configured capacity completed by what libvirt says, before overcommit, reserve not taken off. */
  readonly capacity: Resources
  /** Sum of the demands of VMs that run here (running, paused). */
  readonly used: Resources
  readonly usage: Usage | undefined
  readonly history: History
  readonly hostname: string | undefined
  /** e.g. `9.0.0`. */
  readonly libvirtVersion: string | undefined
  readonly hypervisor: string | undefined
  readonly cpuModel: string | undefined
  /** Its daemon, when one is registered in etcd: last heartbeat as this engine saw it move. */
  readonly daemon:
    | { readonly version: string; readonly epoch: number; readonly heartbeatAt: Instant }
    | undefined
  readonly fence?: FenceView
  readonly agent?: AgentView
}

/**
 * What a VM is doing, as one word for people.
 * `waiting`: it should run, its HWM is not up, and nobody restarted it (a plain VM waits for its HWM; an HAVM for its evacuation).
 * `absent`: configured, but on no HWM that answers. `double`: it runs on two HWMs, which must never be.
 */
export type VmState =
  | 'running'
  | 'paused'
  | 'stopped'
  | 'crashed'
  | 'suspended'
  | 'migrating'
  | 'waiting'
  | 'absent'
  | 'double'
  | 'unknown'

export interface VmView {
  readonly name: string
  /** Absent: a domain that libvirt has and the cluster file does not name. */
  readonly config: Vm | undefined
  readonly kind: 'havm' | 'vm' | 'unmanaged'
  /** By the CDM. */
  readonly home: string | undefined
  readonly state: VmState
  /** Since when, as far as this engine saw. */
  readonly since: Instant
  /** The HWM it runs on, or ran on when that was last seen. */
  readonly where: string | undefined
  /** Runs elsewhere than its home. */
  readonly away: boolean
  readonly instances: readonly Instance[]
  /** Demand: configured, completed from the XML. */
  readonly demand: Resources
  readonly usage: Usage | undefined
  readonly history: History
  readonly permit?: PermitView
}

export interface EtcdMember {
  readonly endpoint: string
  readonly reachable: boolean
  readonly leader: boolean
  /** Why it is not reachable; empty otherwise. */
  readonly reason: string
}

/** `live`: watched. `catching-up`: listing again. `stale`: no quorum or no answer since `since`. `never`: not reached yet. */
export type EtcdState = 'never' | 'live' | 'catching-up' | 'stale'

export interface EtcdView {
  readonly state: EtcdState
  readonly since: Instant
  readonly reason: string
  readonly members: readonly EtcdMember[]
  /** Revision the configured facts are from. */
  readonly revision: number
  /** Last time the store answered. */
  readonly seenAt: Instant | undefined
}

/** One line of the log: `events/` in etcd, and what this engine saw itself. */
export interface ClusterEvent {
  /** Sorts in time: etcd's key, or the engine's own sequence. */
  readonly id: string
  /** Wall clock, ISO 8601, of whoever wrote it. */
  readonly time: string
  /** Who: a user, a daemon, or `seen` for what the engine observed. */
  readonly who: string
  /** From where: host or SSH client; empty when it does not apply. */
  readonly from: string
  readonly level: 'info' | 'warn' | 'error'
  /** What it is about: `hwm:quark`, `vm:test`, `etcd`, `operation:1`. */
  readonly about: string
  /** One sentence. */
  readonly what: string
  readonly why: string
}

/** Values under keys this program could not read, named so that the operator can mend them. */
export interface BadValue {
  readonly key: string
  readonly problem: string
}

export interface ClusterSnapshot {
  readonly cluster: string
  /** Grows by one with every publication. */
  readonly seq: number
  readonly readOnly: boolean
  /** What etcd says the cluster is; undefined until it was read once. */
  readonly config: ClusterConfig | undefined
  readonly etcd: EtcdView
  readonly hwms: Readonly<Record<string, HwmView>>
  readonly vms: Readonly<Record<string, VmView>>
  /** Newest last. At most `EVENTS_KEPT`. */
  readonly events: readonly ClusterEvent[]
  readonly badValues: readonly BadValue[]
  /** By id; kept while they lie in etcd. Left out by who does not know of any. */
  readonly operations?: Readonly<Record<string, Operation>>
  /** Who conducts an operation now, by its id; an unfinished one that is not here waits for somebody to take it up. */
  readonly conductors?: Readonly<Record<string, ConductorView>>
  /** What the solver says of it. Left out where none looks. */
  readonly preview?: Preview
}
export const EVENTS_KEPT = 1000
