// Observing a cluster: what etcd says of it and what every HWM's libvirt shows, as one picture with the age of every fact.
import type { Clock } from '../model/clock.ts'
import { realClock } from '../model/clock.ts'
import type { EtcdAccess, Vm } from '../model/cluster.ts'
import type { Resources } from '../model/resources.ts'
import { SAMPLE_MS } from '../model/rhythm.ts'
import type { ClusterEvent, ClusterSnapshot, HwmView, Instant, VmView } from '../model/snapshot.ts'
import { EVENTS_KEPT } from '../model/snapshot.ts'
import type { Hypervisor, OpenHypervisor } from '../libvirt/hypervisor.ts'
import { prefixes } from '../etcd/layout.ts'
import type { StateStore } from '../etcd/store.ts'
import { Fleet } from './fleet.ts'
import { Homes } from './homes.ts'
import type { Seen } from './seen-events.ts'
import { etcdEvents, hwmEvents, vmEvents } from './seen-events.ts'
import type { Heartbeat } from './state-source.ts'
import { StateSource } from './state-source.ts'
import { hwmView, vmView } from './views.ts'

export interface ObserveOptions {
  readonly cluster: string
  readonly store: StateStore
  /** Told in the picture; the store is one already. */
  readonly etcd: EtcdAccess
  readonly open: OpenHypervisor
  readonly readOnly: boolean
  readonly clock?: Clock
  /** Wall clock for the log, ms since 1970. */
  readonly wall?: () => number
  /** Even in [0, 1): spreads attempts to reach etcd again. */
  readonly random?: () => number
  /** Between two samples of an HWM that is looked at, ms; default 5 s. */
  readonly sampleMs?: number
}

export interface Observation extends AsyncDisposable {
  /** The newest picture. */
  readonly snapshot: ClusterSnapshot
  /** Told of every new picture; a view in which nothing changed is the same object as before. */
  onSnapshot(listener: (snapshot: ClusterSnapshot) => void): Disposable
  /** This HWM, or the HWM of this VM, is sampled at the full rate from now on; undefined: none is. `who` may look at one thing at a time. */
  lookAt(who: object, item: string | undefined): void
  /** The open connection to an HWM's libvirt, while it is up. */
  hypervisor(hwm: string): Hypervisor | undefined
}

export function observe(options: ObserveOptions): Observation {
  return new ClusterObservation(options)
}

/** What changes for the eye is published at once (and what comes with it: one start is several events), figures once a second. */
const PUBLISH_SOON_MS = 20
const PUBLISH_FIGURES_MS = 1_000

class ClusterObservation implements Observation {
  snapshot: ClusterSnapshot
  readonly #clock: Clock
  readonly #wall: () => number
  readonly #source: StateSource
  readonly #fleet: Fleet
  readonly #listeners = new Set<(snapshot: ClusterSnapshot) => void>()
  readonly #looking = new Map<object, string>()
  readonly #homes = new Homes()
  #configs: { readonly of: readonly Vm[]; readonly byName: ReadonlyMap<string, Vm> } | undefined
  readonly #heartbeats = new Map<string, Heartbeat>()
  /** Since when two HWMs have claimed to run this VM. */
  readonly #doubts = new Map<string, Instant>()
  readonly #dirtyHwms = new Set<string>()
  readonly #dirtyVms = new Set<string>()
  #newEvents: ClusterEvent[] = []
  #sequence = 0
  #publishing: { readonly at: Instant; readonly timer: Disposable } | undefined

  constructor(options: ObserveOptions) {
    const { cluster, store, etcd, open, readOnly, clock = realClock } = options
    this.#clock = clock
    this.#wall = options.wall ?? Date.now
    this.#source = new StateSource(
      { store, access: etcd, clock, random: options.random },
      {
        configured: changed => this.#configured(changed),
        etcdChanged: () => this.#publishWithin(PUBLISH_SOON_MS),
        events: events => {
          this.#newEvents.push(...events)
          this.#publishWithin(PUBLISH_SOON_MS)
        },
        operationsChanged: () => this.#publishWithin(PUBLISH_SOON_MS),
        rightsChanged: ({ kind, name }) => {
          if (kind === 'vm') this.#dirtyVms.add(name)
          else this.#dirtyHwms.add(name)
          // A permit moves while its VM stands still for a moment: no picture is made of that.
          this.#publishWithin(PUBLISH_FIGURES_MS)
        },
        heartbeat: (hwm, heartbeat) => {
          if (heartbeat) this.#heartbeats.set(hwm, heartbeat)
          else this.#heartbeats.delete(hwm)
          this.#dirtyHwms.add(hwm)
          this.#publishWithin(PUBLISH_FIGURES_MS)
        },
      },
    )
    this.#fleet = new Fleet({
      open,
      readOnly,
      clock,
      sampleMs: options.sampleMs ?? SAMPLE_MS,
      vmsAtHome: hwm => this.#homes.at(hwm),
      changed: (hwm, vms, isForTheEye) => {
        this.#dirtyHwms.add(hwm)
        for (const vm of vms) this.#dirtyVms.add(vm)
        this.#publishWithin(isForTheEye ? PUBLISH_SOON_MS : PUBLISH_FIGURES_MS)
      },
    })
    this.snapshot = {
      cluster,
      seq: 0,
      readOnly,
      config: undefined,
      etcd: this.#source.etcd,
      hwms: {},
      vms: {},
      events: [],
      badValues: [],
      operations: {},
      conductors: {},
    }
  }

  onSnapshot(listener: (snapshot: ClusterSnapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  lookAt(who: object, item: string | undefined): void {
    const hwm =
      item === undefined || item in this.snapshot.hwms ? item : this.snapshot.vms[item]?.where
    if (hwm === undefined) this.#looking.delete(who)
    else this.#looking.set(who, hwm)
    this.#fleet.lookAt(new Set(this.#looking.values()))
  }

  hypervisor(hwm: string): Hypervisor | undefined {
    return this.#fleet.watch(hwm)?.hypervisor
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#publishing?.timer[Symbol.dispose]()
    this.#listeners.clear()
    await Promise.all([this.#source[Symbol.asyncDispose](), this.#fleet[Symbol.asyncDispose]()])
  }

  /** Views are made anew of what changed, not of 10 000 VMs for one of them. */
  #configured(changed: readonly string[]): void {
    const reading = this.#source.reading
    const { config } = reading ?? {}
    const vms: string[] = []
    for (const key of changed) {
      if (key.startsWith(prefixes.vms)) vms.push(key.slice(prefixes.vms.length))
      if (key.startsWith(prefixes.hwms)) this.#dirtyHwms.add(key.slice(prefixes.hwms.length))
    }
    for (const vm of vms) this.#dirtyVms.add(vm)
    const configs = this.#vmConfigs()
    for (const vm of this.#homes.update(reading?.homes?.homes, configs, vms)) this.#dirtyVms.add(vm)
    this.#fleet.configure(config?.hwms ?? [], config?.vms.length ?? 0)
    this.#publishWithin(PUBLISH_SOON_MS)
  }

  #vmConfigs(): ReadonlyMap<string, Vm> {
    const vms = this.#source.reading?.config?.vms ?? NO_VMS
    if (this.#configs?.of !== vms)
      this.#configs = { of: vms, byName: new Map(vms.map(vm => [vm.name, vm])) }
    return this.#configs.byName
  }

  #publishWithin(ms: number): void {
    const at = this.#clock.now() + ms
    if (this.#publishing && this.#publishing.at <= at) return
    this.#publishing?.timer[Symbol.dispose]()
    this.#publishing = { at, timer: this.#clock.after(ms, () => this.#publish()) }
  }

  #publish(): void {
    this.#publishing = undefined
    const before = this.snapshot
    const { etcd, reading } = this.#source
    const seen: Seen[] = etcd === before.etcd ? [] : etcdEvents(before.etcd, etcd)
    const vms = this.#vmViews(before, seen)
    const hwms = this.#hwmViews(before, vms, seen)
    this.#log(seen)
    const after: ClusterSnapshot = {
      ...before,
      seq: before.seq + 1,
      config: reading?.config ?? before.config,
      etcd,
      hwms,
      vms,
      events: this.#takeEvents(before.events),
      badValues: this.#badValues(before),
      operations: this.#source.operations,
      conductors: this.#source.conductors,
    }
    const fields = Object.keys(after) as (keyof ClusterSnapshot)[]
    if (fields.every(field => field === 'seq' || after[field] === before[field])) return
    this.snapshot = after
    for (const listener of this.#listeners) listener(after)
  }

  #vmViews(before: ClusterSnapshot, seen: Seen[]): ClusterSnapshot['vms'] {
    if (this.#dirtyVms.size === 0) return before.vms
    const configs = this.#vmConfigs()
    const now = this.#clock.now()
    let vms: Record<string, VmView> | undefined
    for (const name of this.#dirtyVms) {
      const old = before.vms[name]
      const config = configs.get(name)
      const sightings = this.#fleet.sightings(name)
      if (!config && sightings.length === 0) {
        if (!old) continue
        vms ??= { ...before.vms }
        delete vms[name]
        continue
      }
      const home = this.#homes.of(name)
      const { view, isDoubtful } = vmView(old, {
        name,
        config,
        home,
        homeState: home === undefined ? undefined : this.#fleet.watch(home)?.state,
        sightings,
        permit: this.#source.rights.permit(name),
        doubtSince: this.#doubts.get(name),
        now,
      })
      if (isDoubtful) this.#doubt(name)
      else if (view.state !== 'double') this.#doubts.delete(name)
      if (view === old) continue
      vms ??= { ...before.vms }
      vms[name] = view
      if (!isDoubtful) seen.push(...vmEvents(old, view))
      for (const hwm of [old?.where, view.where]) if (hwm !== undefined) this.#dirtyHwms.add(hwm)
    }
    this.#dirtyVms.clear()
    return vms ?? before.vms
  }

  /** Asks every HWM that has it once more: only two answers to later questions are a double run. */
  #doubt(vm: string): void {
    if (this.#doubts.has(vm)) return
    this.#doubts.set(vm, this.#clock.now())
    for (const { watch } of this.#fleet.sightings(vm)) watch.listNow()
  }

  #hwmViews(
    before: ClusterSnapshot,
    vms: ClusterSnapshot['vms'],
    seen: Seen[],
  ): ClusterSnapshot['hwms'] {
    let hwms: Record<string, HwmView> | undefined
    for (const name of this.#dirtyHwms) {
      const old = before.hwms[name]
      const watch = this.#fleet.watch(name)
      const config = this.#fleet.hwmConfig(name)
      if (!watch || !config) {
        if (!old) continue
        hwms ??= { ...before.hwms }
        delete hwms[name]
        continue
      }
      const demands: Resources[] = []
      let lost = 0
      let running = 0
      for (const vm of watch.domains.keys()) {
        const view = vms[vm]
        if (view?.where !== name) continue
        if (RUNS_HERE.has(view.state)) demands.push(view.demand)
        if (view.state === 'running') running += 1
        if (view.state === 'waiting' || view.state === 'unknown') lost += 1
      }
      const heartbeat = this.#heartbeats.get(name)
      const { rights } = this.#source
      const view = hwmView(old, {
        config,
        watch,
        heartbeat,
        demands,
        fence: rights.fence(name),
        agent: rights.agent(name),
      })
      if (view === old) continue
      hwms ??= { ...before.hwms }
      hwms[name] = view
      seen.push(...hwmEvents(old, view, { lost, running }))
    }
    this.#dirtyHwms.clear()
    return hwms ?? before.hwms
  }

  /** An HWM's going before what it takes with it, and a sequence that sorts. */
  #log(seen: readonly Seen[]): void {
    const time = new Date(this.#wall()).toISOString()
    const inOrder = seen.toSorted((a, b) => rank(a) - rank(b))
    for (const event of inOrder) {
      this.#sequence += 1
      const id = `seen-${String(this.#sequence).padStart(9, '0')}`
      this.#newEvents.push({ id, time, who: 'seen', from: '', ...event })
    }
  }

  #takeEvents(before: readonly ClusterEvent[]): readonly ClusterEvent[] {
    if (this.#newEvents.length === 0) return before
    const events = [...before, ...this.#newEvents].slice(-EVENTS_KEPT)
    this.#newEvents = []
    return events
  }

  #badValues(before: ClusterSnapshot): ClusterSnapshot['badValues'] {
    const reading = this.#source.reading
    const refused = reading?.refused
    const bad = refused
      ? [{ key: 'schema', problem: refused.message }]
      : (reading?.badValues ?? before.badValues)
    const isSame =
      bad.length === before.badValues.length &&
      bad.every(({ key, problem }, at) => {
        const old = before.badValues[at]
        return old?.key === key && old.problem === problem
      })
    return isSame ? before.badValues : bad
  }
}

const NO_VMS: readonly Vm[] = []
const RUNS_HERE = new Set<VmView['state']>(['running', 'paused', 'migrating', 'double'])

function rank({ about }: Seen): number {
  return about === 'etcd' ? 0 : about.startsWith('hwm:') ? 1 : 2
}
