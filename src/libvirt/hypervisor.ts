// The port to one HWM's libvirt. The RPC client (open.ts) and the simulator both are one; observing and operations know only this.
import type { InstanceState } from '../model/snapshot.ts'

/** What every call takes: a time limit in ms (each has a default of its own) and a way to cancel. */
export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface DomainRef {
  readonly name: string
  readonly uuid: string
}

export interface DomainStatus extends DomainRef {
  readonly state: InstanceState
  /** libvirt's reason as a word; empty when it gave none. */
  readonly reason: string
  readonly persistent: boolean
  readonly autostart: boolean
}

/** Counters of one domain, as libvirt's all-domain statistics give them. Absent: the domain does not run or the driver has none. */
export interface DomainStats extends DomainRef {
  readonly state: InstanceState
  readonly reason: string
  /** Nanoseconds of CPU since its start. */
  readonly cpuTime: number | undefined
  readonly vcpus: number | undefined
  /** Bytes. */
  readonly balloonCurrent: number | undefined
  readonly balloonMaximum: number | undefined
  readonly rss: number | undefined
  /** Bytes since its start, over all interfaces and disks. */
  readonly rx: number
  readonly tx: number
  readonly read: number
  readonly written: number
}

export interface HostFacts {
  readonly hostname: string
  readonly libvirtVersion: string
  readonly hypervisor: string
  readonly cpuModel: string
  readonly cpus: number
  /** MHz of one CPU. */
  readonly mhz: number
  /** Bytes. */
  readonly memory: number
}

/** Counters of the host itself. CPU times in ns since boot, memory in bytes. */
export interface HostStats {
  readonly cpuBusy: number
  readonly cpuIdle: number
  readonly memoryTotal: number
  readonly memoryFree: number
}

export type DomainEventKind =
  | 'defined'
  | 'undefined'
  | 'started'
  | 'suspended'
  | 'resumed'
  | 'stopped'
  | 'shutdown'
  | 'pmsuspended'
  | 'crashed'

export interface DomainEvent {
  readonly domain: DomainRef
  readonly kind: DomainEventKind
  /** libvirt's detail as a word, e.g. `migrated`, `destroyed`; empty when there is none. */
  readonly detail: string
}

/**
 * One open connection to an HWM's libvirt. It is over when `closed` aborts (its reason is an Error for people); then every pending call
 * has failed too, and whoever wants it back opens another (session.ts does that, with re-list and back-off).
 */
export interface Hypervisor extends AsyncDisposable {
  readonly closed: AbortSignal
  readonly readOnly: boolean
  facts(options?: CallOptions): Promise<HostFacts>
  hostStats(options?: CallOptions): Promise<HostStats>
  /** All domains, defined and running. One round trip for the list; state comes with `stats`. */
  domains(options?: CallOptions): Promise<readonly DomainStatus[]>
  /** All domains with state and counters in one call; a stuck guest does not hold it up. */
  stats(options?: CallOptions): Promise<readonly DomainStats[]>
  /** `inactive`: as it will be at its next start. Never with secrets. */
  xml(domain: DomainRef, which: 'live' | 'inactive', options?: CallOptions): Promise<string>
  /** Lifecycle events from now on. The listener never blocks replies. */
  onDomainEvent(listener: (event: DomainEvent) => void): Disposable
}

/** Opens a connection to one HWM by its libvirt URI. Errors are classes that tell `refused` from `unreachable` (see errors.ts). */
export type OpenHypervisor = (
  uri: string,
  options: {
    readonly readOnly: boolean
    readonly timeoutMs?: number
    readonly signal?: AbortSignal
  },
) => Promise<Hypervisor>
