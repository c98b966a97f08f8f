// A connection to a made-up host that may change things: what agents of operations act through in the demo and in tests.
import type { Clock } from '../model/clock.ts'
import { pause } from '../model/clock.ts'
import { LibvirtError } from '../libvirt/errors.ts'
import type { CallOptions, DomainRef, DomainStatus } from '../libvirt/hypervisor.ts'
import type { CpuComparison, DomainJob, NodeInfo } from '../libvirt/inspection.ts'
import type { Machine, StartOptions } from '../libvirt/machine.ts'
import type {
  Begun,
  Cookie,
  Finished,
  MigrationSettings,
  Moved,
  Prepared,
  Settled,
} from '../libvirt/migration.ts'
import { copyTimeMs } from './copy-time.ts'
import { domainXml } from './domain-xml.ts'
import type { GuestSpec, SimulatedHost } from './host.ts'
import { SimulatedHypervisor } from './hypervisor.ts'
import type { Line } from './line.ts'

/** libvirt's numbers: VIR_ERR_OPERATION_INVALID, VIR_ERR_NO_DOMAIN, VIR_ERR_OPERATION_ABORTED of VIR_FROM_QEMU. */
const INVALID = 55
const NO_DOMAIN = 42
const ABORTED = 78
const FROM_QEMU = 10

/** A guest that was asked to shut down does so after this. */
const SHUTDOWN_MS = 3_000
/** Between two looks of a made-up copy at the clock. */
const COPY_STEP_MS = 250

const NO_COOKIE: Cookie = new Uint8Array()
const ALIVE = new Set(['running', 'blocked', 'paused', 'shutdown', 'suspended'])

/** Copies under way on a host: their progress and their end are seen over any of its connections. */
export class Copies {
  readonly jobs = new Map<string, { done: number; total: number; abort: AbortController }>()
}

export interface MachineParts {
  readonly host: SimulatedHost
  readonly line: Line
  readonly clock: Clock
  readonly guests: ReadonlyMap<string, GuestSpec>
  readonly copies: Copies
}

export class SimulatedMachine extends SimulatedHypervisor implements Machine {
  override readonly readOnly = false
  readonly #clock: Clock
  readonly #guests: ReadonlyMap<string, GuestSpec>
  readonly #copies: Copies

  constructor({ host, line, clock, guests, copies }: MachineParts) {
    super(host, line, false)
    this.#clock = clock
    this.#guests = guests
    this.#copies = copies
  }

  // What can be asked.

  domain(uuid: string, options?: CallOptions): Promise<DomainRef | undefined> {
    return this.line.call(
      'domain by uuid',
      () => this.host.domains().find(each => each.uuid === uuid),
      options,
    )
  }

  domainState(
    domain: DomainRef,
    options?: CallOptions,
  ): Promise<Pick<DomainStatus, 'state' | 'reason'> | undefined> {
    return this.line.call(
      'state of a domain',
      () => this.host.domains().find(each => each.uuid === domain.uuid),
      options,
    )
  }

  async nodeInfo(options?: CallOptions): Promise<NodeInfo> {
    const { cpus, memory, mhz } = await this.facts(options)
    const cores = cpus / 2
    return { arch: 'x86_64', memory, cpus, mhz, numaNodes: 1, sockets: 1, cores, threads: 2 }
  }

  capabilities(options?: CallOptions): Promise<string> {
    return this.line.call('capabilities', () => '<capabilities/>', options)
  }

  domainCapabilities(_query: unknown, options?: CallOptions): Promise<string> {
    return this.line.call('domain capabilities', () => '<domainCapabilities/>', options)
  }

  compareCpu(_xml: string, _query: unknown, options?: CallOptions): Promise<CpuComparison> {
    return this.line.call('comparison of CPUs', () => 'identical', options)
  }

  secrets(options?: CallOptions): Promise<readonly never[]> {
    return this.line.call('secrets', () => [], options)
  }

  networks(options?: CallOptions): Promise<readonly never[]> {
    return this.line.call('networks', () => [], options)
  }

  storagePools(options?: CallOptions): Promise<readonly never[]> {
    return this.line.call('storage pools', () => [], options)
  }

  storageVolumes(_pool: string, options?: CallOptions): Promise<readonly never[]> {
    return this.line.call('storage volumes', () => [], options)
  }

  hasVolume(_path: string, options?: CallOptions): Promise<boolean> {
    return this.line.call('storage volume', () => false, options)
  }

  metadata(_domain: DomainRef, _namespace: string, options?: CallOptions): Promise<undefined> {
    return this.line.call('metadata', () => undefined, options)
  }

  hasManagedSave(_domain: DomainRef, options?: CallOptions): Promise<boolean> {
    return this.line.call('managed save', () => false, options)
  }

  job(domain: DomainRef, _which: 'current' | 'last', options?: CallOptions): Promise<DomainJob> {
    const read = (): DomainJob => {
      const copy = this.#copies.jobs.get(domain.name)
      const { done, total } = copy ?? { done: 0, total: 0 }
      return {
        kind: copy ? 'unbounded' : 'none',
        elapsedMs: 0,
        remainingMs: undefined,
        total,
        processed: done,
        remaining: total - done,
        dirtyRate: undefined,
        bandwidth: this.#rateOf(domain),
        downtimeMs: undefined,
        iterations: undefined,
        error: '',
      }
    }
    return this.line.call('job of a domain', read, options)
  }

  // What can be changed.

  define(xml: string, options?: CallOptions): Promise<DomainRef> {
    const name = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? ''
    return this.line.call(
      'define',
      () => {
        const guest = this.#guest(name)
        this.host.define(guest)
        return { name: guest.name, uuid: guest.uuid }
      },
      options,
    )
  }

  async createFromXml(xml: string, options: StartOptions): Promise<DomainRef> {
    const domain = await this.define(xml, options)
    await this.start(domain, options)
    return domain
  }

  start(domain: DomainRef, options: StartOptions): Promise<void> {
    return this.#change(domain, 'start', options, () => {
      if (this.#isAlive(domain))
        throw new LibvirtError('domain is already running', INVALID, FROM_QEMU)
      this.host.start(domain.name, options.paused ? 'paused' : 'booted')
    })
  }

  shutdown(domain: DomainRef, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'shutdown', options, () => {
      this.#clock.after(SHUTDOWN_MS, () => this.host.stop(domain.name, 'shutdown'))
    })
  }

  destroy(domain: DomainRef, options: CallOptions): Promise<void> {
    return this.#change(domain, 'destroy', options, () => this.host.stop(domain.name, 'destroyed'))
  }

  undefine(domain: DomainRef, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'undefine', options, () => this.host.undefine(domain.name))
  }

  suspend(domain: DomainRef, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'suspend', options, () => this.host.suspend(domain.name, 'paused'))
  }

  resume(domain: DomainRef, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'resume', options, () => this.host.resume(domain.name, 'unpaused'))
  }

  setAutostart(domain: DomainRef, _autostart: boolean, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'autostart', options, () => undefined)
  }

  setMetadata(
    domain: DomainRef,
    _metadata: unknown,
    _where: unknown,
    options?: CallOptions,
  ): Promise<void> {
    return this.#change(domain, 'metadata', options, () => undefined)
  }

  abortJob(domain: DomainRef, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'abort of a job', options, () =>
      this.#copies.jobs.get(domain.name)?.abort.abort(),
    )
  }

  // The phases of a migration, each at the end where it is asked.

  migrationBegin(domain: DomainRef): Promise<Begun> {
    return this.line.call('begin', () => {
      const xml = domainXml(this.#guest(domain.name))
      if (this.#isAlive(domain)) return { cookie: NO_COOKIE, xml }
      throw new LibvirtError('domain is not running', INVALID, FROM_QEMU)
    })
  }

  migrationPrepare(domain: DomainRef): Promise<Prepared> {
    return this.line.call('prepare', () => {
      this.host.define(this.#guest(domain.name))
      this.host.start(domain.name, 'incoming')
      return { cookie: NO_COOKIE, uri: `tcp://${this.host.name}` }
    })
  }

  async migrationPerform(
    domain: DomainRef,
    _settings: MigrationSettings,
    _prepared: Prepared,
    options: CallOptions = {},
  ): Promise<Cookie> {
    const guest = this.#guest(domain.name)
    const begunAt = this.#clock.now()
    const takes = copyTimeMs(guest)
    const copy = { done: 0, total: guest.memory, abort: new AbortController() }
    this.#copies.jobs.set(domain.name, copy)
    try {
      await this.line.call('begin of the copy', () => undefined, options)
      while (copy.done < copy.total) {
        await pause(this.#clock, COPY_STEP_MS, this.closed)
        if (copy.abort.signal.aborted) refuse('operation aborted: canceled by client', ABORTED)
        if (!this.#isAlive(domain)) refuse('domain is not running', INVALID)
        copy.done = Math.min(copy.total, (guest.memory * (this.#clock.now() - begunAt)) / takes)
      }
    } finally {
      this.#copies.jobs.delete(domain.name)
    }
    return this.line.call('end of the copy', () => {
      this.host.suspend(domain.name, 'migrated')
      return NO_COOKIE
    })
  }

  migrationFinish(domain: DomainRef): Promise<Finished> {
    return this.#answered('finish', (): Finished => {
      if (!this.#isAlive(domain))
        return { outcome: 'failed', error: new Error(`${this.host.name} lost its copy`) }
      this.host.completeIncoming(domain.name)
      return { outcome: 'arrived', domain, cookie: NO_COOKIE }
    })
  }

  migrationAbandon(domain: DomainRef): Promise<Settled> {
    return this.#answered('abandon', (): Settled => {
      this.host.stop(domain.name, 'destroyed')
      return { outcome: 'done' }
    })
  }

  migrationConfirm(domain: DomainRef, settings: MigrationSettings): Promise<Settled> {
    return this.#answered('confirm', (): Settled => {
      this.host.stop(domain.name, 'migrated')
      if (settings.undefineSource) this.host.undefine(domain.name)
      return { outcome: 'done' }
    })
  }

  migrationRollBack(domain: DomainRef): Promise<Settled> {
    return this.#answered('roll back', (): Settled => {
      this.host.resume(domain.name, 'unpaused')
      return { outcome: 'done' }
    })
  }

  migratePeerToPeer(): Promise<Moved> {
    return Promise.resolve({ outcome: 'failed', error: new Error('made-up hosts do not do that') })
  }

  startPostCopy(domain: DomainRef, options?: CallOptions): Promise<void> {
    return this.#change(domain, 'post-copy', options, () => undefined)
  }

  setMigrationSpeed(domain: DomainRef): Promise<void> {
    return this.#change(domain, 'speed', undefined, () => undefined)
  }

  setMigrationDowntime(domain: DomainRef): Promise<void> {
    return this.#change(domain, 'downtime', undefined, () => undefined)
  }

  /** No answer is told as such: the phase may have been done. */
  async #answered<T extends { readonly outcome: string }>(
    name: string,
    act: () => T,
  ): Promise<T | { readonly outcome: 'unknown'; readonly error: Error }> {
    try {
      return await this.line.call(name, act)
    } catch (error) {
      return {
        outcome: 'unknown',
        error: error instanceof Error ? error : new Error(String(error)),
      }
    }
  }

  #change(
    domain: DomainRef,
    name: string,
    options: CallOptions | undefined,
    act: () => void,
  ): Promise<void> {
    return this.line.call(
      name,
      () => {
        if (this.host.stateOf(domain.name) === undefined)
          refuse(`no domain ${domain.name}`, NO_DOMAIN)
        act()
      },
      options,
    )
  }

  #isAlive({ name }: DomainRef): boolean {
    return ALIVE.has(this.host.stateOf(name) ?? '')
  }

  #guest(name: string): GuestSpec {
    const guest = this.#guests.get(name)
    return guest ?? refuse(`no guest was made up by the name of '${name}'`, NO_DOMAIN)
  }

  /** Bytes per second. */
  #rateOf({ name }: DomainRef): number | undefined {
    const guest = this.#guests.get(name)
    return guest && (guest.memory * 1000) / copyTimeMs(guest)
  }
}

function refuse(message: string, code: number): never {
  throw new LibvirtError(message, code, FROM_QEMU)
}
