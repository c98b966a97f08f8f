// Steps one after the other become batches: as many at a time as the HWMs take part in, with both ends of every move held while the
// batch runs, and nothing done before what it needs.
import type { Step } from './steps.ts'
import { type OrderTask, stateOf } from './task.ts'

export interface Batched {
  readonly step: Step
  readonly batch: number
}

/**
 * Each step goes into the earliest batch that has a place for it: after the steps of its VM, not before those to the same HWM, and after
 * those it gets its room from. Room is only counted as free once the batch of the departure has ended. Of a group, one member moves at a time.
 */
export function inBatches(task: OrderTask, steps: readonly Step[], perHwm: number): Batched[] {
  if (task.keepsX) return keepingX(task, steps, perHwm)
  const schedule = new Schedule(task, perHwm)
  return steps.map(step => ({ step, batch: schedule.take(step) })).sort((a, b) => a.batch - b.batch)
}

interface Departure {
  readonly vm: number
  readonly batch: number
}

/** What the steps so far leave for the next one. */
class Schedule {
  readonly #task: OrderTask
  readonly #perHwm: number
  /** Load of each HWM if nobody ever left. */
  readonly #load: Float64Array
  /** By HWM, in order of batches. */
  readonly #departures: Departure[][]
  readonly #lastArrival: Int32Array
  readonly #afterVm: Int32Array
  readonly #afterGroup: Int32Array
  /** Moves that each HWM takes part in, by batch. */
  readonly #busy: Map<number, number>[]

  constructor(task: OrderTask, perHwm: number) {
    const { bins, items, groups } = task.items.packing
    this.#task = task
    this.#perHwm = perHwm
    this.#load = stateOf(task, task.from).load
    this.#departures = Array.from({ length: bins }, () => [])
    this.#lastArrival = new Int32Array(bins)
    this.#afterVm = new Int32Array(items)
    this.#afterGroup = new Int32Array(groups.length)
    this.#busy = Array.from({ length: bins }, () => new Map())
  }

  /** The batch of the next step. */
  take({ vm, from, to }: Step): number {
    const { dims, size, groupsOf } = this.#task.items.packing
    const groups = groupsOf?.[vm] ?? []
    let batch = Math.max(this.#lastArrival[to]!, this.#afterVm[vm]!, this.#whenRoom(vm, to))
    for (const g of groups) batch = Math.max(batch, this.#afterGroup[g]!)
    while (this.#isBusy(from, batch) || this.#isBusy(to, batch)) batch++
    for (const h of [from, to]) this.#busy[h]!.set(batch, (this.#busy[h]!.get(batch) ?? 0) + 1)
    for (let d = 0; d < dims; d++) this.#load[to * dims + d]! += size[vm * dims + d]!
    this.#lastArrival[to] = batch
    this.#afterVm[vm] = batch + 1
    for (const g of groups) this.#afterGroup[g] = batch + 1
    const departures = this.#departures[from]!
    const at = departures.findLastIndex(each => each.batch <= batch)
    departures.splice(at + 1, 0, { vm, batch })
    return batch
  }

  #isBusy(h: number, batch: number): boolean {
    return (this.#busy[h]!.get(batch) ?? 0) >= this.#perHwm
  }

  /** The first batch before which enough VMs have left the HWM. */
  #whenRoom(vm: number, h: number): number {
    const { dims, size, capacity } = this.#task.items.packing
    const missing = Array.from(
      { length: dims },
      (_, d) => this.#load[h * dims + d]! + size[vm * dims + d]! - capacity[h * dims + d]!,
    )
    let first = 0
    for (const { vm: gone, batch } of this.#departures[h]!) {
      if (missing.every(x => x <= 0)) break
      for (let d = 0; d < dims; d++) missing[d]! -= size[gone * dims + d]!
      first = batch + 1
    }
    return first
  }
}

/** Moves of a batch when X is kept: they may end in any order, so every part of the batch must leave X as it is. */
const MOST_KEEPING = 3

/** With X, steps may not overtake each other: every state of the sequence was judged, others were not. */
function keepingX(task: OrderTask, steps: readonly Step[], perHwm: number): Batched[] {
  const result: Batched[] = []
  const state = stateOf(task, task.from)
  const now = task.from.slice()
  for (let batch = 0; result.length < steps.length; batch++) {
    const open = new Batch(task, now, state.load, perHwm)
    const next = steps.slice(result.length, result.length + MOST_KEEPING)
    for (const step of next) if (!open.take(step)) break
    for (const step of open.steps) {
      state.move(step.vm, step.to)
      now[step.vm] = step.to
      result.push({ step, batch })
    }
  }
  return result
}

/** A batch that is being filled, up to the first step that must wait. */
class Batch {
  readonly #task: OrderTask
  readonly #now: Int32Array
  readonly #load: Float64Array
  readonly #perHwm: number
  readonly #busy = new Map<number, number>()
  readonly #arriving: Float64Array
  readonly #groups = new Set<number>()
  readonly steps: Step[] = []

  constructor(task: OrderTask, now: Int32Array, load: Float64Array, perHwm: number) {
    this.#task = task
    this.#now = now
    this.#load = load
    this.#perHwm = perHwm
    this.#arriving = new Float64Array(load.length)
  }

  take(step: Step): boolean {
    const { dims, size, groupsOf } = this.#task.items.packing
    const groups = groupsOf?.[step.vm] ?? []
    const fits =
      !this.steps.some(other => other.vm === step.vm) &&
      !groups.some(g => this.#groups.has(g)) &&
      this.#hasLine(step.from) &&
      this.#hasLine(step.to) &&
      this.#hasRoom(step) &&
      this.#keepsX(step)
    if (!fits) return false
    for (const g of groups) this.#groups.add(g)
    for (const h of [step.from, step.to]) this.#busy.set(h, (this.#busy.get(h) ?? 0) + 1)
    for (let d = 0, k = step.to * dims; d < dims; d++, k++)
      this.#arriving[k]! += size[step.vm * dims + d]!
    this.steps.push(step)
    return true
  }

  #hasLine(h: number): boolean {
    return (this.#busy.get(h) ?? 0) < this.#perHwm
  }

  #hasRoom({ vm, to }: Step): boolean {
    const { dims, size, capacity } = this.#task.items.packing
    for (let d = 0, k = to * dims; d < dims; d++, k++)
      if (this.#load[k]! + this.#arriving[k]! + size[vm * dims + d]! > capacity[k]!) return false
    return true
  }

  /** Whether X is held when this step ends before, between or after any of the others. */
  #keepsX(step: Step): boolean {
    if (this.steps.length === 0) return true
    for (let part = 0; part < 2 ** this.steps.length; part++) {
      const where = this.#now.slice()
      where[step.vm] = step.to
      this.steps.forEach((other, k) => {
        if ((part >> k) & 1) where[other.vm] = other.to
      })
      if (this.#task.mayRest(where) !== true) return false
    }
    return true
  }
}
