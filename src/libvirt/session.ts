// A lasting session with one HWM: it connects, lists, hears events, and when the connection is lost it comes back and lists again.
// It knows only the port, so the simulator's hosts are watched by the same code.
import { pause, realClock } from '../model/clock.ts'
import type { Clock } from '../model/clock.ts'
import type { HwmState, Instant } from '../model/snapshot.ts'
import { CallTimedOut, HypervisorRefused, HypervisorUnreachable, LibvirtError } from './errors.ts'
import type {
  DomainEvent,
  DomainStats,
  DomainStatus,
  HostFacts,
  HostStats,
  Hypervisor,
  OpenHypervisor,
} from './hypervisor.ts'

export interface SessionStatus {
  /** `connecting` only until the first attempt has ended; afterwards a lost HWM stays `down` or `refused` while it is tried again. */
  readonly state: HwmState
  /** Since when it is in this state. */
  readonly since: Instant
  /** Why, for people; empty when up. */
  readonly reason: string
  /** When it is tried again; undefined while it is up or an attempt is under way. */
  readonly retryAt: Instant | undefined
}

/** Who is told. Nothing here may throw: it would end the session. */
export interface SessionListener {
  status(status: SessionStatus): void
  /** Everything there is, after each connect and `relist()`; what was known before and is not in it, is gone. */
  listed(domains: readonly DomainStatus[]): void
  /** What changed since the list. */
  event(event: DomainEvent): void
  /** After each connect, somewhat later than the list: libvirt may have to probe its hypervisor first. */
  facts(facts: HostFacts): void
}

export interface SessionOptions {
  readonly uri: string
  readonly readOnly: boolean
  readonly open: OpenHypervisor
  readonly listener: SessionListener
  readonly clock?: Clock
  /** Evenly spread in [0, 1): spreads the attempts of many sessions. */
  readonly random?: () => number
  /** For one attempt to connect, and for each list and refresh, in ms. */
  readonly timeoutMs?: number
}

/** One round of statistics. */
export interface Refresh {
  readonly at: Instant
  readonly domains: readonly DomainStats[]
  /** Undefined where the driver has none. */
  readonly host: HostStats | undefined
}

const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 30_000
const TIMEOUT_MS = 10_000
/** libvirt's *this function is not supported*. */
const NO_SUPPORT = 3

export class HypervisorSession implements AsyncDisposable {
  readonly #options: SessionOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #timeoutMs: number
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #status: SessionStatus
  #hypervisor: Hypervisor | undefined
  #poke = new AbortController()
  #retryMs = RETRY_FIRST_MS
  /** Set by whoever finds the connection useless before it ends by itself. */
  #given = new AbortController()

  constructor(options: SessionOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#random = options.random ?? Math.random
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    this.#status = { state: 'connecting', since: this.#clock.now(), reason: '', retryAt: undefined }
    this.#running = this.#run()
  }

  get status(): SessionStatus {
    return this.#status
  }

  /** The open connection while the HWM is up: for what goes beyond observing. */
  get hypervisor(): Hypervisor | undefined {
    return this.#hypervisor
  }

  /** Tries again at once when it waits to; after the operator asked, or something else showed that the HWM is back. */
  poke(): void {
    this.#retryMs = RETRY_FIRST_MS
    this.#poke.abort()
  }

  /**
   * Statistics of the host and of all its domains, in one round trip. Undefined when the HWM is not up, or stops answering now (which its
   * status then says). Throws LibvirtError when libvirt itself refuses.
   */
  async refresh(): Promise<Refresh | undefined> {
    return this.#ask(async hypervisor => {
      const options = { timeoutMs: this.#timeoutMs }
      const [domains, host] = await Promise.all([
        hypervisor.stats(options),
        hypervisor.hostStats(options).catch((error: unknown) => {
          if (error instanceof LibvirtError && error.code === NO_SUPPORT) return undefined
          throw error
        }),
      ])
      return { at: this.#clock.now(), domains, host }
    })
  }

  /** Lists again and tells the listener; events cannot say what became persistent or starts by itself. */
  async relist(): Promise<void> {
    const domains = await this.#ask(hypervisor =>
      hypervisor.domains({ timeoutMs: this.#timeoutMs }),
    )
    if (domains !== undefined) this.#options.listener.listed(domains)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new HypervisorUnreachable('the session was closed'))
    await this.#running
  }

  /** Asks the HWM while it is up. No answer in time counts as lost: a libvirt that hangs is as good as none. */
  async #ask<T>(question: (hypervisor: Hypervisor) => Promise<T>): Promise<T | undefined> {
    const hypervisor = this.#hypervisor
    if (hypervisor === undefined) return undefined
    try {
      const answer = await question(hypervisor)
      return this.#hypervisor === hypervisor ? answer : undefined
    } catch (error) {
      if (error instanceof CallTimedOut) {
        if (this.#hypervisor === hypervisor) this.#given.abort(error)
        return undefined
      }
      if (hypervisor.closed.aborted) return undefined
      throw error
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const reason = await this.#connection()
      if (this.#stop.signal.aborted) return
      await this.#wait(reason instanceof HypervisorRefused ? 'refused' : 'down', reason.message)
    }
  }

  /** One connection from its attempt to its end; resolves with why it ended. */
  async #connection(): Promise<Error> {
    const { uri, readOnly, open, listener } = this.#options
    const stop = this.#stop.signal
    const given = new AbortController()
    this.#given = given
    let hypervisor: Hypervisor
    try {
      hypervisor = await open(uri, { readOnly, timeoutMs: this.#timeoutMs, signal: stop })
    } catch (error) {
      return asError(error)
    }
    let early: DomainEvent[] | undefined = []
    const events = hypervisor.onDomainEvent(event => {
      if (early === undefined) listener.event(event)
      else early.push(event)
    })
    try {
      const options = { timeoutMs: this.#timeoutMs, signal: stop }
      const domains = await hypervisor.domains(options)
      this.#hypervisor = hypervisor
      this.#retryMs = RETRY_FIRST_MS
      this.#tell('up', '')
      listener.listed(domains)
      for (const event of early) listener.event(event)
      early = undefined
      this.#learn(hypervisor)
      return await ended(AbortSignal.any([hypervisor.closed, given.signal, stop]))
    } catch (error) {
      return hypervisor.closed.aborted ? asError(hypervisor.closed.reason) : asError(error)
    } finally {
      this.#hypervisor = undefined
      events[Symbol.dispose]()
      // Whether its goodbye is heard does not matter, and a server that hangs must not hold the next attempt up.
      void hypervisor[Symbol.asyncDispose]()
    }
  }

  /** Facts are asked for beside everything else, and without them the HWM is up all the same. */
  #learn(hypervisor: Hypervisor): void {
    hypervisor.facts({ signal: this.#stop.signal }).then(
      facts => {
        if (this.#hypervisor === hypervisor) this.#options.listener.facts(facts)
      },
      // The next connect asks again; until then the console shows no version, which is true.
      () => undefined,
    )
  }

  /** Waits before the next attempt: twice as long each time, each wait shortened by up to a half so that sessions do not come in step. */
  async #wait(state: HwmState, reason: string): Promise<void> {
    const ms = this.#retryMs * (1 - this.#random() / 2)
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
    this.#poke = new AbortController()
    this.#tell(state, reason, this.#clock.now() + ms)
    const signal = AbortSignal.any([this.#stop.signal, this.#poke.signal])
    try {
      await pause(this.#clock, ms, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    if (!this.#stop.signal.aborted) this.#tell(state, reason)
  }

  #tell(state: HwmState, reason: string, retryAt?: Instant): void {
    const since = state === this.#status.state ? this.#status.since : this.#clock.now()
    this.#status = { state, since, reason, retryAt }
    this.#options.listener.status(this.#status)
  }
}

/** Resolves with a signal's reason once it aborts. */
function ended(signal: AbortSignal): Promise<Error> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(asError(signal.reason))
    else signal.addEventListener('abort', () => resolve(asError(signal.reason)), { once: true })
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
