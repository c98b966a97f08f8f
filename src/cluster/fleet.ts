// All HWMs of a cluster: one watch each, who has which VM, and the rhythm in which they are sampled.
import type { Clock } from '../model/clock.ts'
import type { Hwm } from '../model/cluster.ts'
import { sampleEveryMs } from '../model/rhythm.ts'
import type { OpenHypervisor } from '../libvirt/hypervisor.ts'
import type { HwmChange } from './hwm-watch.ts'
import { HwmWatch } from './hwm-watch.ts'
import { Limiter } from './limiter.ts'
import type { Sighting } from './views.ts'

export interface FleetOptions {
  readonly open: OpenHypervisor
  readonly readOnly: boolean
  readonly clock: Clock
  /** Between two samples of an HWM that is looked at, ms. */
  readonly sampleMs: number
  /** The VMs whose home this is: its state is part of theirs. */
  readonly vmsAtHome: (hwm: string) => readonly string[]
  /** Something of this HWM changed, and with it these VMs. */
  readonly changed: (hwm: string, vms: Iterable<string>, isForTheEye: boolean) => void
}

/** More SSH handshakes than this at once only make each other time out. */
const OPEN_AT_ONCE = 48
const SAMPLE_AT_ONCE = 32
/** Up to here every VM's history is kept; above, only that of VMs on an HWM that is looked at. */
const HISTORIES_OF_ALL = 500

interface Member {
  config: Hwm
  readonly watch: HwmWatch
  readonly phase: number
  /** The names of its domains that the index holds. */
  indexed: ReadonlySet<string>
  timer: Disposable
}

export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions
  readonly #members = new Map<string, Member>()
  /** VM name to the HWMs that have a domain of that name. */
  readonly #whoHas = new Map<string, Set<string>>()
  readonly #opening = new Limiter(OPEN_AT_ONCE)
  readonly #sampling = new Limiter(SAMPLE_AT_ONCE)
  #lookedAt: ReadonlySet<string> = new Set()
  #vmCount = 0
  #isOver = false

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Watches these HWMs and no others. One whose address changed is watched anew. */
  configure(hwms: readonly Hwm[], vmCount: number): void {
    this.#vmCount = vmCount
    const names = new Set(hwms.map(({ name }) => name))
    for (const name of this.#members.keys()) if (!names.has(name)) this.#leave(name)
    for (const config of hwms) {
      const member = this.#members.get(config.name)
      if (member?.config.libvirt === config.libvirt) member.config = config
      else {
        if (member) this.#leave(config.name)
        this.#join(config)
      }
    }
  }

  watch(hwm: string): HwmWatch | undefined {
    return this.#members.get(hwm)?.watch
  }

  hwmConfig(hwm: string): Hwm | undefined {
    return this.#members.get(hwm)?.config
  }

  /** Every HWM that has a domain of this name, sorted. */
  sightings(vm: string): readonly Sighting[] {
    const sightings: Sighting[] = []
    for (const hwm of this.#whoHas.get(vm) ?? []) {
      const watch = this.watch(hwm)
      const domain = watch?.domains.get(vm)
      if (watch && domain) sightings.push({ hwm, watch, domain })
    }
    return sightings.length < 2 ? sightings : sightings.toSorted((a, b) => (a.hwm < b.hwm ? -1 : 1))
  }

  lookAt(hwms: ReadonlySet<string>): void {
    const before = this.#lookedAt
    this.#lookedAt = hwms
    for (const hwm of hwms) {
      const member = this.#members.get(hwm)
      if (member && !before.has(hwm)) this.#sampleIn(member, 0)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    const watches = Array.from(this.#members.values(), ({ watch, timer }) => {
      timer[Symbol.dispose]()
      return watch[Symbol.asyncDispose]()
    })
    await Promise.all(watches)
  }

  #join(config: Hwm): void {
    const { open, readOnly, clock } = this.#options
    const { name } = config
    const phase = phaseOf(name)
    const watch = new HwmWatch({
      uri: config.libvirt,
      readOnly,
      open,
      clock,
      phase,
      opening: this.#opening,
      keepsHistory: () => this.#vmCount <= HISTORIES_OF_ALL || this.#lookedAt.has(name),
      changed: change => this.#changed(name, change),
    })
    const member: Member = { config, watch, phase, indexed: new Set(), timer: NO_TIMER }
    this.#members.set(name, member)
    this.#sampleIn(member, this.#options.sampleMs * phase)
  }

  #leave(name: string): void {
    const member = this.#members.get(name)
    if (!member) return
    this.#members.delete(name)
    member.timer[Symbol.dispose]()
    for (const vm of member.indexed) this.#whoHas.get(vm)?.delete(name)
    this.#options.changed(name, member.indexed, true)
    void member.watch[Symbol.asyncDispose]()
  }

  #changed(name: string, change: HwmChange): void {
    const member = this.#members.get(name)
    if (!member) return
    if (change === 'domains') this.#index(name, member)
    const vms = new Set(member.watch.domains.keys())
    if (change === 'state') for (const vm of this.#options.vmsAtHome(name)) vms.add(vm)
    if (change === 'domains') for (const vm of member.indexed) vms.add(vm)
    this.#options.changed(name, vms, change !== 'usage')
  }

  #index(name: string, member: Member): void {
    const { domains } = member.watch
    for (const vm of member.indexed) {
      if (domains.has(vm)) continue
      this.#whoHas.get(vm)?.delete(name)
      // Told here, as it is in no list any more.
      this.#options.changed(name, [vm], true)
    }
    for (const vm of domains.keys()) {
      const hwms = this.#whoHas.get(vm)
      if (hwms) hwms.add(name)
      else this.#whoHas.set(vm, new Set([name]))
    }
    member.indexed = new Set(domains.keys())
  }

  #sampleIn(member: Member, ms: number): void {
    member.timer[Symbol.dispose]()
    member.timer = this.#options.clock.after(ms, () => void this.#sample(member))
  }

  async #sample(member: Member): Promise<void> {
    await this.#sampling
      .run(() => member.watch.sample())
      .catch(() => {
        // libvirt itself refused: its HWM is up and says so; the figures stay as they were, with their age.
      })
    if (this.#isOver || this.#members.get(member.config.name) !== member) return
    this.#sampleIn(member, this.#everyMs(member))
  }

  #everyMs({ config, watch }: Member): number {
    const { sampleMs } = this.#options
    if (this.#lookedAt.has(config.name) && watch.state === 'up') return sampleMs
    return sampleEveryMs(this.#members.size, sampleMs)
  }
}

const NO_TIMER: Disposable = { [Symbol.dispose]: () => undefined }

/** A place in [0, 1) for a name: the same at every start. */
function phaseOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return (hash >>> 0) / 4294967296
}
