// What a console knows of the cluster: the newest snapshot, and what follows from it and is asked for with every key:
// counts, which VMs belong to which HWM. Kept up to date from what a patch names, never counted anew for 10 000 VMs.
import type { Patch } from '../engine/protocol.ts'
import type { ClusterSnapshot, HwmState, HwmView, VmState, VmView } from '../model/snapshot.ts'

/** What a patch changed, for those who keep something of their own. `all`: take it from the beginning. */
export interface Change {
  readonly all: boolean
  readonly hwms: readonly string[]
  readonly vms: readonly string[]
  readonly events: boolean
}

/** How many are in each state. */
export interface Counts {
  readonly hwm: Readonly<Record<HwmState | 'maintenance', number>>
  readonly vm: Readonly<Record<VmState, number>>
  readonly away: number
}

const NOBODY: ReadonlySet<string> = new Set()

export class Picture {
  /** Undefined until the engine sent its first. */
  snapshot: ClusterSnapshot | undefined
  #hwms = new Map<string, HwmView>()
  #vms = new Map<string, VmView>()
  #here = new Map<string, Set<string>>()
  #homes = new Map<string, Set<string>>()
  #awayHere = new Map<string, number>()
  #hwmCounts: Record<HwmState | 'maintenance', number> = noHwms()
  #vmCounts: Record<VmState, number> = noVms()
  #away = 0
  #freshStart = true

  /** The next picture is of another engine: nothing is kept of what this one said. */
  startAfresh(): void {
    this.#freshStart = true
  }

  take(snapshot: ClusterSnapshot, patch: Patch): Change {
    const all = this.#freshStart
    this.#freshStart = false
    this.snapshot = snapshot
    if (all) this.#forget()
    const hwms = Object.keys((all ? snapshot.hwms : patch.hwms) ?? {})
    const vms = Object.keys((all ? snapshot.vms : patch.vms) ?? {})
    for (const name of hwms) this.#setHwm(name, snapshot.hwms[name])
    for (const name of vms) this.#setVm(name, snapshot.vms[name])
    return { all, hwms, vms, events: all || patch.events !== undefined }
  }

  hwm(name: string): HwmView | undefined {
    return this.#hwms.get(name)
  }

  vm(name: string): VmView | undefined {
    return this.#vms.get(name)
  }

  hwms(): IterableIterator<HwmView> {
    return this.#hwms.values()
  }

  vms(): IterableIterator<VmView> {
    return this.#vms.values()
  }

  get hwmCount(): number {
    return this.#hwms.size
  }

  get vmCount(): number {
    return this.#vms.size
  }

  /** VMs that run on an HWM, or ran there when that was last seen. */
  vmsOn(hwm: string): ReadonlySet<string> {
    return this.#here.get(hwm) ?? NOBODY
  }

  /** VMs whose home it is. */
  homeOf(hwm: string): ReadonlySet<string> {
    return this.#homes.get(hwm) ?? NOBODY
  }

  /** How many of the VMs on an HWM have their home elsewhere. */
  awayOn(hwm: string): number {
    return this.#awayHere.get(hwm) ?? 0
  }

  get counts(): Counts {
    return { hwm: this.#hwmCounts, vm: this.#vmCounts, away: this.#away }
  }

  #forget(): void {
    this.#hwms = new Map()
    this.#vms = new Map()
    this.#here = new Map()
    this.#homes = new Map()
    this.#awayHere = new Map()
    this.#hwmCounts = noHwms()
    this.#vmCounts = noVms()
    this.#away = 0
  }

  #setHwm(name: string, view: HwmView | undefined): void {
    const before = this.#hwms.get(name)
    if (before) this.#countHwm(before, -1)
    if (view) {
      this.#hwms.set(name, view)
      this.#countHwm(view, 1)
    } else this.#hwms.delete(name)
  }

  #countHwm(view: HwmView, by: number): void {
    this.#hwmCounts[view.state] += by
    if (view.config.maintenance) this.#hwmCounts.maintenance += by
  }

  #setVm(name: string, view: VmView | undefined): void {
    const before = this.#vms.get(name)
    if (before) this.#countVm(before, -1)
    if (view) {
      this.#vms.set(name, view)
      this.#countVm(view, 1)
    } else this.#vms.delete(name)
  }

  #countVm(view: VmView, by: 1 | -1): void {
    this.#vmCounts[view.state] += by
    if (view.where !== undefined) member(this.#here, view.where, view.name, by)
    if (view.home !== undefined) member(this.#homes, view.home, view.name, by)
    if (!view.away) return
    this.#away += by
    if (view.where !== undefined) {
      this.#awayHere.set(view.where, (this.#awayHere.get(view.where) ?? 0) + by)
    }
  }
}

function member(sets: Map<string, Set<string>>, of: string, name: string, by: 1 | -1): void {
  let set = sets.get(of)
  if (!set) {
    set = new Set()
    sets.set(of, set)
  }
  if (by === 1) set.add(name)
  else set.delete(name)
}

function noHwms(): Record<HwmState | 'maintenance', number> {
  return { connecting: 0, up: 0, down: 0, refused: 0, maintenance: 0 }
}

function noVms(): Record<VmState, number> {
  return {
    running: 0,
    paused: 0,
    stopped: 0,
    crashed: 0,
    suspended: 0,
    migrating: 0,
    waiting: 0,
    absent: 0,
    double: 0,
    unknown: 0,
  }
}
