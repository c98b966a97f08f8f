// What can be asked of a libvirt beyond the observing port: what doctor and the checks before a move need. It changes nothing.
import type { CallOptions, DomainRef, DomainStatus, Hypervisor } from './hypervisor.ts'

export interface NodeInfo {
  /** CPU architecture, e.g. `x86_64`. */
  readonly arch: string
  /** Bytes. */
  readonly memory: number
  readonly cpus: number
  readonly mhz: number
  readonly numaNodes: number
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}

/** How a guest's CPU compares with what a host can give it; `incompatible`: the guest would not start there. */
export type CpuComparison = 'incompatible' | 'identical' | 'superset'

/** Which emulator of a host is meant; what is left out, libvirt chooses. */
export interface EmulatorQuery {
  readonly emulator?: string
  readonly arch?: string
  readonly machine?: string
  /** e.g. `kvm`, `qemu`. */
  readonly virtType?: string
}

export interface SecretRef {
  readonly uuid: string
  readonly usage: 'none' | 'volume' | 'ceph' | 'iscsi' | 'tls' | 'vtpm' | 'other'
  readonly usageId: string
}

export interface NetworkStatus {
  readonly name: string
  readonly uuid: string
  readonly active: boolean
}

export interface StoragePoolStatus {
  readonly name: string
  readonly uuid: string
  readonly state: 'inactive' | 'building' | 'running' | 'degraded' | 'inaccessible'
  /** Bytes. */
  readonly capacity: number
  readonly allocation: number
  readonly available: number
}

export interface StorageVolume {
  readonly pool: string
  readonly name: string
  readonly key: string
}

/** Progress of what libvirt does with a domain at the moment. Bytes and ms. */
export interface DomainJob {
  readonly kind: 'none' | 'bounded' | 'unbounded' | 'completed' | 'failed' | 'cancelled'
  readonly elapsedMs: number
  readonly remainingMs: number | undefined
  readonly total: number
  readonly processed: number
  readonly remaining: number
  /** Bytes/s that the guest dirties and that are sent; absent: not told. */
  readonly dirtyRate: number | undefined
  readonly bandwidth: number | undefined
  /** How long the guest stands still, as measured or expected. */
  readonly downtimeMs: number | undefined
  /** Rounds over the guest's memory so far. */
  readonly iterations: number | undefined
  /** What libvirt says went wrong in a failed job; empty otherwise. */
  readonly error: string
}

export interface InspectableHypervisor extends Hypervisor {
  /** The one domain, or undefined where this libvirt has none of that uuid. */
  domain(uuid: string, options?: CallOptions): Promise<DomainRef | undefined>
  /** State and reason of one domain, without its counters; undefined where there is no such domain. */
  domainState(
    domain: DomainRef,
    options?: CallOptions,
  ): Promise<Pick<DomainStatus, 'state' | 'reason'> | undefined>
  nodeInfo(options?: CallOptions): Promise<NodeInfo>
  /** XML. */
  capabilities(options?: CallOptions): Promise<string>
  /**
   * `cpuXml`: the guest's `<cpu>` as its live XML has it. Asks the hypervisor where it may (libvirt lets no read-only connection do so),
   * else the host's CPU alone.
   */
  compareCpu(cpuXml: string, query: EmulatorQuery, options?: CallOptions): Promise<CpuComparison>
  /** Which secrets there are; never their values. */
  secrets(options?: CallOptions): Promise<readonly SecretRef[]>
  networks(options?: CallOptions): Promise<readonly NetworkStatus[]>
  storagePools(options?: CallOptions): Promise<readonly StoragePoolStatus[]>
  storageVolumes(pool: string, options?: CallOptions): Promise<readonly StorageVolume[]>
  /** Whether a storage volume of any active pool has this path. */
  hasVolume(path: string, options?: CallOptions): Promise<boolean>
  /** The element stored under this XML namespace; undefined: none. */
  metadata(domain: DomainRef, namespace: string, options?: CallOptions): Promise<string | undefined>
  hasManagedSave(domain: DomainRef, options?: CallOptions): Promise<boolean>
  /** `last`: of the job that ended last, once. */
  job(domain: DomainRef, which: 'current' | 'last', options?: CallOptions): Promise<DomainJob>
}
