// A bound on HWMs from who asks for what: VMs may be cut in pieces, and each piece goes to HWMs of a kind that may run it. The kinds have prices of
// their own per dimension, so that tall VMs count little where there is much of what they want, and dearly where there is not; one weight for all
// HWMs (mixed.ts) cannot say that. Prices are lifted along smoothed slopes (Lagrangian relaxation).
import type { Budget } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import type { Packing } from '../packing/packing.ts'
import { askedBy } from './mixed.ts'
import { openBins } from './units.ts'

/** VMs that ask for the same and may use the same HWMs. */
interface Crowd {
  readonly count: number
  readonly ha: boolean
  readonly size: Float64Array
  readonly row: Uint8Array
}

/** HWMs of equal capacity that the same VMs may use. */
interface Sort {
  readonly count: number
  readonly capacity: Float64Array
  /** An HWM of it. */
  readonly hwm: number
}

/** Steps, and work in all: a third of a second. */
const MOST_STEPS = 300
const LEAST_STEPS = 30
const MOST_WORK = 5e6
/** Work of a pair of VM and HWM kinds beside its dimensions. */
const PAIR = 4
/** Of a budget: a smoothed minimum is dear. */
const STEPS_OF_WORK = 20

/** How soft the minimum is at first, and at last; of it, how soft the limit of 1 is. */
const SOFT = { first: 0.2, last: 0.002 }
const HINGE = 0.2

/** Slack for rounding. */
const SAFE = 1e-6

/**
 * The fewest HWMs, `from` at least, that could hold all VMs in pieces and survive `tolerate` failures (T7 on average: over all failure sets
 * an HAVM is as much as U / (U - X) of itself on the survivors). One more than there are when none could.
 */
export function fractionalResilientBound(
  compiled: Compiled,
  tolerate: number,
  from: number,
  budget: Budget,
): number {
  const { open, isCounted } = askedBy(compiled, tolerate)
  const { vms, dims, demand, ha, rows, rowOf, pinned, home } = compiled
  const crowds = new Crowds(compiled.hwms)
  for (let v = 0; v < vms; v++)
    crowds.add(
      demand.subarray(v * dims, (v + 1) * dims),
      ha[v] === 1,
      rows[rowOf[v]!]!,
      pinned[v] ? home[v]! : -1,
    )
  const least = Math.max(from, isCounted ? tolerate + 1 : 1)
  const sorts = sortsOf(compiled.capacity, dims, open, crowds.all)
  const scaleOf = (on: number): number => (isCounted && tolerate > 0 ? on / (on - tolerate) : 1)
  return boundOf(crowds.all, sorts, least, scaleOf, budget)
}

/** The same of a packing without failures. */
export function fractionalBound(packing: Packing, from: number, budget: Budget): number {
  const { items, dims, size, rows, rowOf, fixed } = packing
  const crowds = new Crowds(packing.bins)
  for (let i = 0; i < items; i++)
    crowds.add(size.subarray(i * dims, (i + 1) * dims), false, rows[rowOf[i]!]!, fixed[i]!)
  const sorts = sortsOf(packing.capacity, dims, openBins(packing), crowds.all)
  return boundOf(crowds.all, sorts, from, () => 1, budget)
}

function boundOf(
  crowds: readonly Crowd[],
  sorts: readonly Sort[],
  from: number,
  scaleOf: (on: number) => number,
  budget: Budget,
): number {
  const dims = sorts[0]?.capacity.length ?? 0
  const all = sorts.reduce((sum, { count }) => sum + count, 0)
  // With HWMs that are all alike to all VMs it says no more than counting does.
  if (crowds.length === 0 || sorts.length < 2) return from
  const work = crowds.length * sorts.length * (dims + PAIR)
  const steps = Math.min(MOST_STEPS, MOST_WORK / work)
  if (steps < LEAST_STEPS) return from
  const prices = new Prices(dims, crowds, sorts)
  let on = from
  for (let step = 0; step < steps && on <= all && !budget.spend(STEPS_OF_WORK * work); step++) {
    const part = step / steps
    const soft = SOFT.first * (SOFT.last / SOFT.first) ** part
    if (prices.valued(scaleOf(on), soft) > on + SAFE) on++
    else prices.step(step, part)
  }
  return on
}

class Crowds {
  readonly #hwms: number
  readonly #known = new Map<string, { count: number } & Omit<Crowd, 'count'>>()
  readonly #rows = new Map<Uint8Array, number>()

  constructor(hwms: number) {
    this.#hwms = hwms
  }

  /** `fixed`: the only HWM it may be on, -1 for none. */
  add(size: Float64Array, ha: boolean, row: Uint8Array, fixed: number): void {
    let number = this.#rows.get(row)
    if (number === undefined) this.#rows.set(row, (number = this.#rows.size))
    const key = `${number} ${fixed} ${ha} ${size.join()}`
    const crowd = this.#known.get(key)
    if (crowd === undefined)
      this.#known.set(key, { count: 1, ha, size: size.slice(), row: this.#rowOf(row, fixed) })
    else crowd.count++
  }

  #rowOf(row: Uint8Array, fixed: number): Uint8Array {
    if (fixed < 0) return row
    const only = new Uint8Array(this.#hwms)
    only[fixed] = 1
    return only
  }

  get all(): Crowd[] {
    return [...this.#known.values()]
  }
}

function sortsOf(
  capacity: Float64Array,
  dims: number,
  open: readonly number[],
  crowds: readonly Crowd[],
): Sort[] {
  const rows = [...new Set(crowds.map(crowd => crowd.row))]
  const known = new Map<string, { count: number; capacity: Float64Array; hwm: number }>()
  for (const hwm of open) {
    const own = capacity.slice(hwm * dims, (hwm + 1) * dims)
    const key = `${own.join()} ${rows.map(row => row[hwm]).join('')}`
    const sort = known.get(key)
    if (sort === undefined) known.set(key, { count: 1, capacity: own, hwm })
    else sort.count++
  }
  return [...known.values()]
}

/** What a full HWM of each kind is worth, by dimension: a sum above 1 is taken off for each there is. */
class Prices {
  readonly #dims: number
  readonly #crowds: readonly Crowd[]
  readonly #sorts: readonly Sort[]
  /** sort * dims + dim. */
  readonly #price: Float64Array
  readonly #mean: Float64Array
  readonly #square: Float64Array
  readonly #slope: Float64Array
  /** Price of one unit. */
  readonly #each: Float64Array

  constructor(dims: number, crowds: readonly Crowd[], sorts: readonly Sort[]) {
    this.#dims = dims
    this.#crowds = crowds
    this.#sorts = sorts
    this.#price = new Float64Array(sorts.length * dims)
    this.#slope = new Float64Array(sorts.length * dims)
    this.#mean = new Float64Array(sorts.length * dims)
    this.#square = new Float64Array(sorts.length * dims)
    this.#each = new Float64Array(sorts.length * dims)
    // To begin with, scarce dimensions count more, on all HWMs alike.
    for (let d = 0; d < dims; d++) {
      let asked = 0
      let there = 0
      for (const { count, size } of crowds) asked += count * size[d]!
      for (const { count, capacity } of sorts) there += count * capacity[d]!
      const weight = there > 0 && Number.isFinite(there) ? (asked / there) ** 3 : 0
      sorts.forEach(({ count, capacity }, k) => {
        const mean = there / sorts.reduce((sum, sort) => sum + sort.count, 0)
        this.#price[k * dims + d] = count > 0 && weight > 0 ? (weight * capacity[d]!) / mean : 0
      })
    }
  }

  /** Lifts prices along the slopes that `valued` left: each by as much as its own slopes were lately steady (Adam: Kingma and Ba 2015). */
  step(step: number, part: number): void {
    const length = 0.15 * 0.02 ** part
    const steady = 1 - 0.8 ** (step + 1)
    const size = 1 - 0.95 ** (step + 1)
    for (let n = 0; n < this.#price.length; n++) {
      const slope = this.#slope[n]! * this.#price[n]!
      this.#mean[n] = 0.8 * this.#mean[n]! + 0.2 * slope
      this.#square[n] = 0.95 * this.#square[n]! + 0.05 * slope * slope
      const direction = this.#mean[n]! / steady / (Math.sqrt(this.#square[n]! / size) + 1e-9)
      this.#price[n]! *= Math.exp(length * direction)
    }
  }

  /**
   * What all VMs are worth at these prices, less what HWMs are worth beyond 1, at the scale of prices at which that is most: no fewer HWMs do.
   * HAVMs count `scale` times. Slopes are those of a smoothed minimum: kinds that are dearer by the share `soft` have a part in it.
   */
  valued(scale: number, soft: number): number {
    const dims = this.#dims
    const sorts = this.#sorts
    const price = this.#price
    const each = this.#each
    this.#slope.fill(0)
    sorts.forEach(({ capacity }, k) => {
      for (let d = 0; d < dims; d++) {
        const room = capacity[d]!
        each[k * dims + d] = room > 0 && room < Infinity ? price[k * dims + d]! / room : 0
      }
    })
    const cost = new Float64Array(sorts.length)
    let worth = 0
    for (const { count, ha, size, row } of this.#crowds) {
      let least = Infinity
      const by = count * (ha ? scale : 1)
      for (let k = 0; k < sorts.length; k++) {
        const { hwm, capacity } = sorts[k]!
        let sum = row[hwm] === 0 ? Infinity : 0
        for (let d = 0, n = k * dims; d < dims; d++, n++) {
          const x = size[d]!
          if (x > capacity[d]!) sum = Infinity
          else sum += x * each[n]!
        }
        cost[k] = sum
        if (sum < least) least = sum
      }
      if (least === Infinity) continue
      worth += by * least
      const width = soft * least + 1e-12
      let all = 0
      for (let k = 0; k < sorts.length; k++) all += cost[k] = Math.exp((least - cost[k]!) / width)
      for (let k = 0; k < sorts.length; k++) {
        if (cost[k]! < 1e-4 * all) continue
        const part = (by * cost[k]!) / all
        const { capacity } = sorts[k]!
        for (let d = 0; d < dims; d++)
          if (capacity[d]! > 0 && capacity[d]! < Infinity)
            this.#slope[k * dims + d]! += (part * size[d]!) / capacity[d]!
      }
    }
    return this.#scaled(worth, soft)
  }

  #scaled(worth: number, soft: number): number {
    const dims = this.#dims
    const sums = this.#sorts.map(({ count }, k) => {
      let sum = 0
      for (let d = 0; d < dims; d++) sum += this.#price[k * dims + d]!
      return { k, sum, count }
    })
    // It grows with the scale until those that are worth more than 1 by then cost as much as all VMs gain.
    let slope = worth
    let factor = 1
    for (const { sum, count } of sums.toSorted((a, b) => b.sum - a.sum)) {
      if (sum <= 0) break
      factor = 1 / sum
      slope -= count * sum
      if (slope <= 0) break
    }
    let value = worth * factor
    for (const { k, sum, count } of sums) {
      value -= count * Math.max(0, sum * factor - 1)
      const part = count / (1 + Math.exp((1 - sum) / (HINGE * soft)))
      for (let d = 0; d < dims; d++) this.#slope[k * dims + d]! -= part
    }
    return value
  }
}
