// Column generation (Gilmore and Gomory 1961): the linear relaxation over all ways to fill a bin, of which there are one or several kinds,
// so many of each. Its value, rounded up, is the strongest bound known for bin packing; its solution is what diving (dive.ts) rounds.
import type { Budget } from '../budget.ts'
import type { Random } from '../random.ts'
import type { Classes, Left } from './classes.ts'
import { Master } from './master.ts'
import { type Column, Pricing } from './pricing.ts'

/** Nodes of one knapsack before it is given more only if it found nothing. */
const FIRST_NODES = 10_000
const MOST_NODES = 2_000_000
/** Slack that keeps rounding errors of the duals from raising a bound. */
const SAFE = 1e-6

/** What a bin is worth at most, in the whole numbers of a proof. */
const SCALE = 10_000_000

/** Prices as whole numbers, such that no bin is worth more than `scale`: all items are worth more than `bins` - 1 of it. */
export interface PriceProof {
  readonly bins: number
  readonly scale: number
  /** Of one item of each class. */
  readonly worth: Float64Array
}

/** Of several kinds of bins: what an item without a bin costs. More than any bin that is there. */
const NO_BIN = 25

/** The relaxation of one demand: it can be solved in parts, and answers its columns when it is. */
export class Relaxation {
  /** One for each kind of bin. */
  readonly #pricings: readonly Pricing[]
  readonly #left: Left
  readonly #master: Master
  readonly #classOf: readonly number[]
  readonly #rowOf: Int32Array
  /** By number in the master; undefined: an item without a bin. */
  readonly #columns: (Column | undefined)[] = []
  /** What an item of each class is worth, in bins, as the last round had it. */
  readonly prices: Float64Array
  /** What one bin more of each kind would save. */
  readonly rents: Float64Array
  #nodes = FIRST_NODES
  /** No packing of this demand has fewer bins. */
  bound: number
  /** The same before it was rounded up. */
  #least = 0
  /** Why, in a form that can be checked; undefined where rounding to whole numbers loses too much. */
  proof: PriceProof | undefined
  /** No column lowers the sum any more, or none was found: it is as good as it gets. */
  isSolved = false

  constructor(classes: Classes, pricings: readonly Pricing[], left: Left, random: Random) {
    const demand = left.demand.slice()
    this.#pricings = pricings
    this.#left = { demand, bins: left.bins.slice() }
    this.#rowOf = new Int32Array(classes.count).fill(-1)
    const classOf: number[] = []
    for (let c = 0; c < classes.count; c++) if (demand[c]! > 0) this.#rowOf[c] = classOf.push(c) - 1
    this.#classOf = classOf
    const isOneKind = pricings.length === 1
    this.#master = new Master(
      classOf.map(c => demand[c]!),
      () => random.next(),
      isOneKind ? [] : left.bins,
      isOneKind ? 1 : NO_BIN,
    )
    for (const c of classOf)
      this.#columns.push(
        isOneKind ? { kind: 0, rows: Int32Array.of(c), counts: Int32Array.of(1) } : undefined,
      )
    this.rents = new Float64Array(pricings.length)
    this.prices = new Float64Array(classes.count)
    this.bound = classOf.length > 0 ? 1 : 0
    this.isSolved = classOf.length === 0
  }

  /** Takes a column up, cut down to what is asked for here. */
  add(column: Column): void {
    const { kind } = column
    const classes: number[] = []
    const rows: number[] = []
    const counts: number[] = []
    for (let k = 0; k < column.rows.length; k++) {
      const c = column.rows[k]!
      const r = this.#rowOf[c]!
      if (r < 0) continue
      classes.push(c)
      rows.push(r)
      counts.push(Math.min(column.counts[k]!, this.#left.demand[c]!))
    }
    if (rows.length === 0 || this.#left.bins[kind] === 0) return
    this.#columns.push({ kind, rows: Int32Array.from(classes), counts: Int32Array.from(counts) })
    if (this.#pricings.length > 1) {
      rows.push(this.#classOf.length + kind)
      counts.push(1)
    }
    this.#master.add({ rows: Int32Array.from(rows), counts: Int32Array.from(counts) })
  }

  /** Goes on until it is solved, the bound reaches `enough` or the budget is over. */
  advance(enough: number, budget: Budget): void {
    const master = this.#master
    while (!this.isSolved && this.bound < enough && !budget.isOver) {
      let spent = master.work
      const spend = (): boolean => {
        const steps = master.work - spent
        spent = master.work
        return budget.spend(steps)
      }
      const isDone = master.solve(spend)
      if (spend() || !isDone) {
        // A master that gave up by itself will not do better the next time.
        this.isSolved = !budget.isOver
        return
      }
      this.#price(budget)
    }
  }

  #price(budget: Budget): void {
    const classOf = this.#classOf
    const { demand, bins } = this.#left
    let value = 0
    for (let r = 0; r < classOf.length; r++) {
      const price = Math.max(0, this.#master.prices[r]!)
      this.prices[classOf[r]!] = price
      value += price * demand[classOf[r]!]!
    }
    const isOneKind = this.#pricings.length === 1
    if (!isOneKind)
      for (let k = 0; k < bins.length; k++)
        this.rents[k] = Math.max(0, -this.#master.prices[classOf.length + k]!)
    for (;;) {
      const dearest = new Float64Array(bins.length)
      let isComplete = true
      let found = 0
      for (const [k, pricing] of this.#pricings.entries()) {
        if (bins[k] === 0) continue
        // Of many kinds each may take long.
        if (k > 0 && budget.isOver) return
        const floor = 1 + this.rents[k]! + SAFE / 10
        const priced = pricing.price(this.prices, demand, floor, this.#nodes, budget)
        dearest[k] = priced.atMost
        isComplete = isComplete && priced.isComplete
        found += priced.columns.length
        for (const column of priced.columns) this.add(column)
      }
      // Farley 1990: prices over the dearest bin are dual feasible.
      const least = isOneKind ? value / Math.max(1, dearest[0]!) : leastWith(value, dearest, bins)
      this.bound = Math.max(this.bound, Math.ceil(least - SAFE))
      // The sharpest prices, also where they do not raise the bound: who counts with them needs them so.
      if (isOneKind && least > this.#least) {
        this.#least = least
        this.proof = this.#proofOf(this.bound, Math.max(1, dearest[0]!)) ?? this.proof
      }
      if (found > 0) {
        this.#nodes = Math.max(FIRST_NODES, this.#nodes >> 1)
        return
      }
      this.isSolved = isComplete || this.#nodes >= MOST_NODES
      if (this.isSolved || budget.isOver) return
      this.#nodes *= 8
    }
  }

  #proofOf(bins: number, dearest: number): PriceProof | undefined {
    const worth = this.prices.map(price => Math.floor((Math.max(0, price) / dearest) * SCALE))
    let all = 0
    for (const c of this.#classOf) all += worth[c]! * this.#left.demand[c]!
    return all > (bins - 1) * SCALE ? { bins, scale: SCALE, worth } : undefined
  }

  /** The columns that carry the solution, and those whose reduced cost is at most `most`. */
  columns(most: number): GoodColumn[] {
    const values = new Map(this.#master.solution())
    const good: GoodColumn[] = []
    this.#columns.forEach((column, c) => {
      const value = values.get(c) ?? 0
      const cost = this.#master.reducedCost(c)
      if (column === undefined || (value === 0 && cost > most)) return
      good.push({ column, value, cost })
    })
    return good
  }
}

/**
 * The least number of bins when all items are worth `value` and the dearest bin of each kind is worth `dearest`, of which there are `bins`:
 * who is worth more than 1 counts as 1, and what it is worth beyond that is taken off for each there is (Lagrangian relaxation). Prices may be
 * larger or smaller by any factor; the best one makes some kind worth just 1.
 */
function leastWith(value: number, dearest: Float64Array, bins: Int32Array): number {
  let most = 0
  for (const worth of dearest) {
    if (worth <= 0) continue
    let least = value / worth
    for (let k = 0; k < bins.length; k++) least -= bins[k]! * Math.max(0, dearest[k]! / worth - 1)
    most = Math.max(most, least)
  }
  return most
}

export interface GoodColumn {
  readonly column: Column
  /** In the relaxation's solution. */
  readonly value: number
  /** Reduced cost: what the sum would grow by. */
  readonly cost: number
}

/** Columns of an assignment: what its bins hold. */
export function columnsOf(classes: Classes, where: Int32Array): Column[] {
  const held = new Map<number, Map<number, number>>()
  classes.itemsOf.forEach((members, c) => {
    for (const i of members) {
      const b = where[i]!
      if (b < 0) continue
      let counts = held.get(b)
      if (counts === undefined) held.set(b, (counts = new Map<number, number>()))
      counts.set(c, (counts.get(c) ?? 0) + 1)
    }
  })
  return [...held].map(([b, counts]) => {
    const rows = Int32Array.from(counts.keys()).sort()
    const kind = classes.kindOf[b]!
    return { kind, rows, counts: Int32Array.from(rows, c => counts.get(c)!) }
  })
}

/** Bins filled one after the other, each by what is worth most at prices that are mixes of the dimensions drawn at random. */
export function greedyColumns(
  classes: Classes,
  rounds: number,
  random: Random,
  budget: Budget,
): Column[] {
  const { count, dims, size, kinds, demand } = classes
  const columns: Column[] = []
  const room = new Float64Array(dims)
  const price = new Float64Array(count)
  for (let round = 0; round < rounds && !budget.isOver; round++) {
    const mix = Float64Array.from({ length: dims }, () => 0.05 + random.next() ** 2)
    const kind = round % kinds.length
    const { capacity } = kinds[kind]!
    for (let c = 0; c < count; c++) {
      price[c] = 0
      for (let d = 0; d < dims; d++) price[c]! += (mix[d]! * size[c * dims + d]!) / capacity[d]!
      price[c]! *= 0.9 + 0.2 * random.next()
    }
    const waiting = Array.from({ length: count }, (_, c) => c)
      .filter(c => capacity.every((most, d) => size[c * dims + d]! <= most))
      .sort((a, b) => price[b]! - price[a]!)
    const left = demand.slice()
    while (waiting.length > 0) {
      room.set(capacity)
      const rows: number[] = []
      const counts: number[] = []
      // The largest opens the bin; after it, who fills the free room best by dot product.
      for (;;) {
        let best = -1
        let bestValue = -1
        for (let w = 0; w < waiting.length; w++) {
          const c = waiting[w]!
          let value = price[c]! * 0.2
          let d = 0
          for (; d < dims; d++) {
            const x = size[c * dims + d]!
            if (x > room[d]!) break
            value += (mix[d]! * x * room[d]!) / capacity[d]! / capacity[d]!
          }
          if (d < dims) continue
          if (value > bestValue) {
            bestValue = value
            best = w
          }
          if (rows.length === 0) break
        }
        budget.spend(waiting.length * dims)
        if (best < 0) break
        const c = waiting[best]!
        for (let d = 0; d < dims; d++) room[d]! -= size[c * dims + d]!
        const at = rows.indexOf(c)
        if (at < 0) {
          rows.push(c)
          counts.push(1)
        } else counts[at]!++
        if (--left[c]! === 0) waiting.splice(best, 1)
      }
      const order = rows.map((_, k) => k).sort((a, b) => rows[a]! - rows[b]!)
      columns.push({
        kind,
        rows: Int32Array.from(order, k => rows[k]!),
        counts: Int32Array.from(order, k => counts[k]!),
      })
    }
  }
  return columns
}
