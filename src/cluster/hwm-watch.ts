// One HWM as its libvirt shows it: a lasting session, its domains by events and lists, its load by samples.
import type { Clock } from '../model/clock.ts'
import type {
  DomainStats,
  DomainStatus,
  HostFacts,
  HostStats,
  Hypervisor,
  OpenHypervisor,
} from '../libvirt/hypervisor.ts'
import type { SessionStatus } from '../libvirt/session.ts'
import { HypervisorSession } from '../libvirt/session.ts'
import type { History, HwmState, Instant, Usage } from '../model/snapshot.ts'
import type { Limiter } from './limiter.ts'
import type { Reading } from './sampling.ts'
import { domainUsage, extend, hostUsage, isSameUsage } from './sampling.ts'

/** A domain as this HWM's libvirt last had it. */
export interface SeenDomain extends DomainStatus {
  readonly vcpus: number | undefined
  /** Bytes; the most it may have. */
  readonly memory: number | undefined
  readonly usage: Usage | undefined
  readonly history: History
}

/** `state`: up, down, its reason. `domains`: which there are or what they do. `usage`: figures only. */
export type HwmChange = 'state' | 'domains' | 'usage'

export interface HwmWatchOptions {
  readonly uri: string
  readonly readOnly: boolean
  readonly open: OpenHypervisor
  readonly clock: Clock
  /** Bounds how many connections are opened at once, over all HWMs. */
  readonly opening: Limiter
  /** In [0, 1): spreads what many HWMs do in the same rhythm. */
  readonly phase: number
  /** Whether samples of this domain are kept. */
  readonly keepsHistory: (vm: string) => boolean
  readonly changed: (change: HwmChange) => void
}

/** Events come in bursts (a start is three of them): one list answers them all. */
const EVENTS_SETTLE_MS = 15
/** Rates over less than this would be noise. */
const SHORTEST_RATE_MS = 1_000
/** What became persistent, or starts by itself from now on, has no event. */
const LIST_EVERY_MS = 60_000

export class HwmWatch {
  /** Last time its libvirt said anything. */
  seenAt: Instant | undefined
  /** When the question was sent that `domains` answers; 0: not known. */
  askedAt: Instant = 0
  facts: HostFacts | undefined
  domains: ReadonlyMap<string, SeenDomain> = new Map()
  usage: Usage | undefined
  history: History = []
  readonly #options: HwmWatchOptions
  readonly #clock: Clock
  readonly #session: HypervisorSession
  #domainReadings = new Map<string, Reading<DomainStats>>()
  #hostReading: Reading<HostStats> | undefined
  #listing = false
  #listAgain = false
  #eventsSettle: Disposable | undefined
  #asked: Instant = 0
  #listedAt: Instant = 0

  constructor(options: HwmWatchOptions) {
    this.#options = options
    this.#clock = options.clock
    const { uri, readOnly, open, opening, clock, phase } = options
    this.#session = new HypervisorSession({
      uri,
      readOnly,
      clock,
      random: () => phase,
      open: (to, limits) => opening.run(() => open(to, limits)),
      listener: {
        status: status => this.#statusChanged(status),
        listed: domains => this.#takeList(this.#asked, domains),
        event: () => this.#listSoon(),
        facts: facts => {
          this.facts = facts
          options.changed('state')
        },
      },
    })
  }

  get status(): SessionStatus {
    return this.#session.status
  }

  get state(): HwmState {
    return this.#session.status.state
  }

  /** The open connection, for questions about single domains; undefined while there is none. */
  get hypervisor(): Hypervisor | undefined {
    return this.#session.hypervisor
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#eventsSettle?.[Symbol.dispose]()
    return this.#session[Symbol.asyncDispose]()
  }

  /** Lists again. Wishes that come while it runs lead to one more. */
  listNow(): void {
    this.#listAgain = true
    if (this.#listing) return
    this.#listing = true
    this.#list().catch(() => {
      // libvirt itself refused a list: the next sample shows the states all the same.
    })
  }

  async #list(): Promise<void> {
    try {
      while (this.#listAgain) {
        this.#listAgain = false
        this.#asked = this.#clock.now()
        await this.#session.relist()
        this.#asked = 0
      }
    } finally {
      this.#listing = false
    }
  }

  /** Reads counters and states once, the gentle rhythm; where the HWM is not up, tries to reach it again. */
  async sample(): Promise<void> {
    if (this.state !== 'up') {
      this.#session.poke()
      return
    }
    const askedAt = this.#clock.now()
    if (askedAt - this.#listedAt >= LIST_EVERY_MS) this.listNow()
    const answer = await this.#session.refresh()
    if (answer) this.#takeSample(askedAt, answer.domains, answer.host)
  }

  #listSoon(): void {
    this.#eventsSettle ??= this.#clock.after(EVENTS_SETTLE_MS, () => {
      this.#eventsSettle = undefined
      this.listNow()
    })
  }

  #statusChanged({ state }: SessionStatus): void {
    if (state !== 'up') {
      this.usage = undefined
      this.#hostReading = undefined
      this.#domainReadings = new Map()
      this.#asked = 0
    }
    this.#options.changed('state')
  }

  #takeList(askedAt: Instant, list: readonly DomainStatus[]): void {
    this.seenAt = this.#clock.now()
    this.#listedAt = this.seenAt
    if (askedAt < this.askedAt && askedAt !== 0) return
    this.askedAt = askedAt
    const domains = new Map<string, SeenDomain>()
    let needsFigures = false
    for (const status of list) {
      const old = this.domains.get(status.name)
      const { vcpus, memory, usage, history = NO_HISTORY } = old ?? {}
      if (vcpus === undefined) needsFigures = true
      const isUsing = status.state !== 'shutoff' && status.state !== 'crashed'
      const seen = { ...status, vcpus, memory, usage: isUsing ? usage : undefined, history }
      domains.set(status.name, old && isSameDomain(old, seen) ? old : seen)
    }
    this.domains = domains
    // Told even when nothing is new in it: that it was asked for later may settle a doubt.
    this.#options.changed('domains')
    // Size and first counters of what is new, without waiting for the rhythm.
    if (needsFigures) {
      this.sample().catch(() => {
        // libvirt itself refused: the rhythm asks again.
      })
    }
  }

  #takeSample(askedAt: Instant, stats: readonly DomainStats[], host: HostStats | undefined): void {
    this.seenAt = this.#clock.now()
    // An answer that was overtaken by that to a later question tells figures, but no states.
    const isNewest = askedAt >= this.askedAt
    if (isNewest) this.askedAt = askedAt
    const readings = new Map<string, Reading<DomainStats>>()
    const domains = new Map<string, SeenDomain>()
    let change: HwmChange = 'usage'
    for (const counters of stats) {
      const old = this.domains.get(counters.name)
      if (!old) {
        // Which of them are persistent only a list tells.
        this.#listSoon()
        continue
      }
      const reading = { at: askedAt, counters }
      const last = this.#domainReadings.get(counters.name)
      const isSoon = last !== undefined && askedAt - last.at < SHORTEST_RATE_MS
      readings.set(counters.name, isSoon ? last : reading)
      const usage = isSoon ? old.usage : last && domainUsage(last, reading)
      const seen: SeenDomain = {
        ...old,
        ...(isNewest ? { state: counters.state, reason: counters.reason } : {}),
        vcpus: counters.vcpus ?? old.vcpus,
        memory: counters.balloonMaximum ?? old.memory,
        usage: isSameUsage(old.usage, usage) ? old.usage : usage,
        history: this.#historyOf(old, usage, isSoon),
      }
      if (isSameDomain(old, seen)) {
        domains.set(old.name, old)
        continue
      }
      domains.set(old.name, seen)
      const isUsageOnly = isSameDomain({ ...old, usage: seen.usage, history: seen.history }, seen)
      if (!isUsageOnly) change = 'domains'
    }
    if (domains.size < this.domains.size) this.#listSoon()
    for (const [name, old] of this.domains) if (!domains.has(name)) domains.set(name, old)
    this.domains = domains
    this.#domainReadings = readings
    if (host) this.#takeHost({ at: askedAt, counters: host })
    this.#options.changed(change)
  }

  #historyOf(old: SeenDomain, usage: Usage | undefined, isSoon: boolean): History {
    if (!this.#options.keepsHistory(old.name)) return NO_HISTORY
    return isSoon ? old.history : extend(old.history, usage)
  }

  #takeHost(reading: Reading<HostStats>): void {
    const last = this.#hostReading
    if (last && reading.at - last.at < SHORTEST_RATE_MS) return
    this.#hostReading = reading
    if (!last || !this.facts) return
    const guests = Array.from(this.domains.values(), domain => domain.usage)
    const known = guests.filter(usage => usage !== undefined)
    const usage = hostUsage(last, reading, this.facts.cpus, known)
    this.history = extend(this.history, usage)
    if (!isSameUsage(this.usage, usage)) this.usage = usage
  }
}

const NO_HISTORY: History = []

function isSameDomain(a: SeenDomain, b: SeenDomain): boolean {
  return (
    a.uuid === b.uuid &&
    a.state === b.state &&
    a.reason === b.reason &&
    a.persistent === b.persistent &&
    a.autostart === b.autostart &&
    a.vcpus === b.vcpus &&
    a.memory === b.memory &&
    a.usage === b.usage &&
    a.history === b.history
  )
}
