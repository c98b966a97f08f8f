// A made-up host: its power, its cable, its libvirtd, and the domains on it. What reaches it from outside is hypervisor.ts.
import type { Clock } from '../model/clock.ts'
import type { InstanceState } from '../model/snapshot.ts'
import type {
  DomainEvent,
  DomainEventKind,
  DomainStats,
  DomainStatus,
  HostFacts,
  HostStats,
} from '../libvirt/hypervisor.ts'
import type { Counters } from './load.ts'
import { loadAt, run, seedOf, zero } from './load.ts'

/** What a made-up guest is made of. */
export interface GuestSpec {
  readonly name: string
  readonly uuid: string
  readonly vcpus: number
  /** Bytes. */
  readonly memory: number
  /** Mean share of its vCPUs in use, 0 to 1. */
  readonly busy: number
}

export interface HostSpec {
  readonly name: string
  /** libvirt's URI, as the cluster file has it. */
  readonly uri: string
  readonly cpus: number
  /** Bytes. */
  readonly memory: number
}

/** What a connection to a host is told of it. */
export interface HostListener {
  event(event: DomainEvent): void
  /** It may have begun or ceased to answer. */
  reachChanged(): void
  powerLost(): void
  libvirtdStopped(): void
}

interface Domain {
  readonly guest: GuestSpec
  readonly seed: number
  persistent: boolean
  state: InstanceState
  reason: string
  counters: Counters
  /** Up to when `counters` are counted. */
  countedAt: number
}

const MADE_UP = {
  libvirtVersion: '9.0.0',
  hypervisor: 'QEMU 7.2.0',
  cpuModel: 'EPYC-Rome',
  mhz: 2_800,
}
/** What the host itself takes. */
const OWN_MEMORY = 2 * 2 ** 30
const OWN_LOAD = 0.015
const BOOT_MS = 4_000

const ALIVE = new Set<InstanceState>(['running', 'blocked', 'paused', 'shutdown', 'suspended'])

export class SimulatedHost {
  readonly spec: HostSpec
  readonly #clock: Clock
  readonly #seed: number
  readonly #domains = new Map<string, Domain>()
  readonly #listeners = new Set<HostListener>()
  #power: 'on' | 'off' = 'on'
  #libvirtd: 'answers' | 'hangs' | 'stopped' = 'answers'
  #cableCut = false
  #booting: Disposable | undefined
  #bootedAt: number
  #own = zero()
  /** CPU of domains that are gone: the host's counter never runs backwards. */
  #past = 0
  #ownCountedAt: number
  /** Whether the key that it shows is the one that is known. */
  keyIsKnown = true

  constructor(spec: HostSpec, clock: Clock, seed: number) {
    this.spec = spec
    this.#clock = clock
    this.#seed = seedOf(spec.name, seed)
    this.#bootedAt = clock.now()
    this.#ownCountedAt = clock.now()
  }

  get name(): string {
    return this.spec.name
  }

  get hasPower(): boolean {
    return this.#power === 'on'
  }

  get libvirtd(): 'answers' | 'hangs' | 'stopped' {
    return this.#libvirtd
  }

  /** Whether a packet to the host itself comes back. */
  get isReachable(): boolean {
    return this.hasPower && !this.#cableCut
  }

  /** Whether a packet to its libvirtd comes back. */
  get answers(): boolean {
    return this.isReachable && this.#libvirtd === 'answers'
  }

  // What befalls it.

  /** Takes the power away: everything that ran is gone at that instant, and nobody is told. */
  kill(): void {
    this.#booting?.[Symbol.dispose]()
    this.#booting = undefined
    this.#power = 'off'
    for (const domain of this.#domains.values()) {
      this.#halt(domain, '')
      if (!domain.persistent) this.#domains.delete(domain.guest.name)
    }
    this.#tell(listener => listener.powerLost())
  }

  /** Gives the power back; it answers 4 s later, with its domains defined and none of them running. */
  rescue(): void {
    if (this.hasPower || this.#booting) return
    this.#booting = this.#clock.after(BOOT_MS, () => {
      this.#booting = undefined
      this.#power = 'on'
      this.#libvirtd = 'answers'
      this.#bootedAt = this.#clock.now()
      this.#ownCountedAt = this.#bootedAt
      this.#own = zero()
      this.#past = 0
      this.#tell(listener => listener.reachChanged())
    })
  }

  cutCable(cut: boolean): void {
    this.#cableCut = cut
    this.#tell(listener => listener.reachChanged())
  }

  setLibvirtd(state: 'answers' | 'hangs' | 'stopped'): void {
    this.#libvirtd = state
    this.#tell(listener =>
      state === 'stopped' ? listener.libvirtdStopped() : listener.reachChanged(),
    )
  }

  // What its guests do.

  define(guest: GuestSpec): void {
    if (this.#domains.has(guest.name)) return
    this.#domains.set(guest.name, {
      guest,
      seed: seedOf(guest.name, this.#seed),
      persistent: true,
      state: 'shutoff',
      reason: '',
      counters: zero(),
      countedAt: this.#clock.now(),
    })
    this.#emit(guest, 'defined', 'added')
  }

  undefine(name: string): void {
    const domain = this.#domains.get(name)
    if (!domain) return
    if (ALIVE.has(domain.state)) domain.persistent = false
    else this.#domains.delete(name)
    this.#emit(domain.guest, 'undefined', 'removed')
  }

  /** The guest's memory is all there: from now on it is paused as if a user had done it. */
  completeIncoming(name: string): void {
    const domain = this.#domains.get(name)
    if (domain?.state === 'paused' && domain.reason === 'migration') domain.reason = 'user'
  }

  guest(name: string): GuestSpec | undefined {
    return this.#domains.get(name)?.guest
  }

  stateOf(name: string): InstanceState | undefined {
    return this.#domains.get(name)?.state
  }

  /** `incoming`: it is started paused, for a migration to fill it; `paused`: its CPUs wait to be let go. */
  start(name: string, how: 'booted' | 'paused' | 'incoming' = 'booted'): void {
    const domain = this.#domains.get(name)
    if (!domain || ALIVE.has(domain.state)) return
    domain.countedAt = this.#clock.now()
    domain.counters = zero()
    if (how === 'booted') this.#become(domain, 'running', 'booted', 'started', 'booted')
    else if (how === 'paused') this.#become(domain, 'paused', 'user', 'started', 'booted')
    else this.#become(domain, 'paused', 'migration', 'started', 'migrated')
  }

  stop(name: string, reason: 'shutdown' | 'destroyed' | 'crashed' | 'migrated'): void {
    const domain = this.#domains.get(name)
    if (!domain || !ALIVE.has(domain.state)) return
    this.#halt(domain, reason)
    if (!domain.persistent) this.#domains.delete(name)
    this.#emit(domain.guest, 'stopped', reason)
  }

  suspend(name: string, detail: 'paused' | 'migrated'): void {
    const domain = this.#domains.get(name)
    const reason = detail === 'paused' ? 'user' : 'migration'
    if (domain?.state === 'running') this.#become(domain, 'paused', reason, 'suspended', detail)
  }

  resume(name: string, detail: 'unpaused' | 'migrated'): void {
    const domain = this.#domains.get(name)
    if (domain?.state === 'paused') this.#become(domain, 'running', detail, 'resumed', detail)
  }

  #become(
    domain: Domain,
    state: InstanceState,
    reason: string,
    kind: DomainEventKind,
    detail: string,
  ): void {
    this.#count(domain)
    domain.state = state
    domain.reason = reason
    this.#emit(domain.guest, kind, detail)
  }

  #halt(domain: Domain, reason: string): void {
    if (!ALIVE.has(domain.state)) return
    this.#count(domain)
    this.#past += domain.counters.cpuTime
    domain.state = 'shutoff'
    domain.reason = reason
  }

  // What its libvirtd says.

  facts(): HostFacts {
    const { name, cpus, memory } = this.spec
    return { ...MADE_UP, hostname: name, cpus, memory }
  }

  hostStats(): HostStats {
    const now = this.#clock.now()
    run(this.#own, this.#seed, this.spec.cpus, OWN_LOAD, now - this.#ownCountedAt)
    this.#ownCountedAt = now
    let busy = this.#own.cpuTime + this.#past
    let inUse = OWN_MEMORY
    for (const domain of this.#domains.values()) {
      if (!ALIVE.has(domain.state)) continue
      this.#count(domain)
      busy += domain.counters.cpuTime
      inUse += rss(domain)
    }
    const all = (now - this.#bootedAt) * this.spec.cpus * 1e6
    return {
      cpuBusy: busy,
      cpuIdle: Math.max(0, all - busy),
      memoryTotal: this.spec.memory,
      memoryFree: Math.max(0, this.spec.memory - inUse),
    }
  }

  domains(): DomainStatus[] {
    return Array.from(this.#domains.values(), ({ guest, state, reason, persistent }) => {
      return { name: guest.name, uuid: guest.uuid, state, reason, persistent, autostart: false }
    })
  }

  stats(): DomainStats[] {
    return Array.from(this.#domains.values(), domain => {
      this.#count(domain)
      const { guest, state, reason, counters } = domain
      const isAlive = ALIVE.has(state)
      const { rx, tx, read, written } = isAlive ? counters : zero()
      return {
        name: guest.name,
        uuid: guest.uuid,
        state,
        reason,
        cpuTime: isAlive ? counters.cpuTime : undefined,
        vcpus: guest.vcpus,
        balloonCurrent: isAlive ? guest.memory : undefined,
        balloonMaximum: guest.memory,
        rss: isAlive ? rss(domain) : undefined,
        rx,
        tx,
        read,
        written,
      }
    })
  }

  listen(listener: HostListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  #count(domain: Domain): void {
    const now = this.#clock.now()
    if (domain.state === 'running') {
      const load = loadAt(domain.seed, domain.guest.busy, (domain.countedAt + now) / 2)
      run(domain.counters, domain.seed, domain.guest.vcpus, load, now - domain.countedAt)
    }
    domain.countedAt = now
  }

  #emit(guest: GuestSpec, kind: DomainEventKind, detail: string): void {
    const domain = { name: guest.name, uuid: guest.uuid }
    this.#tell(listener => listener.event({ domain, kind, detail }))
  }

  #tell(what: (listener: HostListener) => void): void {
    // A copy: a connection that ends takes itself off the list.
    for (const listener of Array.from(this.#listeners)) what(listener)
  }
}

/** Grows within the first minutes of a guest's life, as a booting system does. */
function rss(domain: Domain): number {
  const grown = Math.min(1, 0.35 + domain.counters.cpuTime / 1e9 / 120)
  return Math.round((domain.guest.memory * 0.8 * grown) / 2 ** 20) * 2 ** 20
}
