// Steps one after the other become batches: as many at a time as the HWMs take part in, with both ends of every move held while the
// batch runs, and nothing done before what it needs.
import type { Step } from './steps.ts'
import { type OrderTask, stateOf } from './task.ts'

export interface Batched {
  readonly step: Step
  readonly batch: number
}

/** Steps further on that may overtake one that must wait. */
const WINDOW = 4_000

/** Moves of a batch when X is kept: they may end in any order, so every part of the batch must leave X as it is. */
const MOST_KEEPING = 3

/**
 * Each step goes into the earliest batch that has a place for it: after the steps of its VM and after those it gets its room from.
 * Room is only counted as free once the batch of the departure has ended. Of a group, one member moves at a time.
 */
export function inBatches(task: OrderTask, steps: readonly Step[], perHwm: number): Batched[] {
  const result: Batched[] = []
  const state = stateOf(task, task.from)
  const now = task.from.slice()
  const isDone = new Uint8Array(steps.length)
  let index = 0
  for (let batch = 0; result.length < steps.length; batch++) {
    while (isDone[index]) index++
    const open = new Batch(task, now, state.load, perHwm)
    // With X, steps may not overtake each other: every state of the sequence was judged, others were not.
    const window = task.keepsX ? MOST_KEEPING : WINDOW
    for (let s = index; s < Math.min(steps.length, index + window); s++) {
      if (isDone[s]) continue
      const isIn = open.take(steps[s]!)
      if (isIn) isDone[s] = 1
      else if (task.keepsX) break
    }
    for (const step of open.steps) {
      state.move(step.vm, step.to)
      now[step.vm] = step.to
      result.push({ step, batch })
    }
  }
  return result
}

/** A batch that is being filled. What was turned away holds its VM, target and groups against those behind it. */
class Batch {
  readonly #task: OrderTask
  readonly #now: Int32Array
  readonly #load: Float64Array
  readonly #perHwm: number
  readonly #busy = new Map<number, number>()
  readonly #arriving: Float64Array
  readonly #heldVms = new Set<number>()
  readonly #heldTargets = new Set<number>()
  readonly #heldGroups = new Set<number>()
  readonly steps: Step[] = []

  constructor(task: OrderTask, now: Int32Array, load: Float64Array, perHwm: number) {
    this.#task = task
    this.#now = now
    this.#load = load
    this.#perHwm = perHwm
    this.#arriving = new Float64Array(load.length)
  }

  take(step: Step): boolean {
    const { packing } = this.#task.items
    const groups = packing.groupsOf?.[step.vm] ?? []
    const fits =
      !this.#heldVms.has(step.vm) &&
      !this.#heldTargets.has(step.to) &&
      !groups.some(g => this.#heldGroups.has(g)) &&
      this.#hasLine(step.from) &&
      this.#hasLine(step.to) &&
      this.#hasRoom(step) &&
      this.#keepsX(step)
    this.#heldVms.add(step.vm)
    for (const g of groups) this.#heldGroups.add(g)
    if (!fits) {
      this.#heldTargets.add(step.to)
      return false
    }
    const { dims, size } = packing
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
    if (!this.#task.keepsX || this.steps.length === 0) return true
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
