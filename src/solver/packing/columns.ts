// Column generation for equal bins (Gilmore and Gomory 1961): the linear relaxation over all ways to fill a bin. Its value, rounded up,
// is the strongest bound known for bin packing; its solution is what diving (dive.ts) rounds.
import type { Budget } from '../budget.ts'
import type { Random } from '../random.ts'
import type { Classes } from './classes.ts'
import { Master } from './master.ts'
import { type Column, Pricing } from './pricing.ts'

/** Nodes of one knapsack before it is given more only if it found nothing. */
const FIRST_NODES = 10_000
const MOST_NODES = 2_000_000
/** Slack that keeps rounding errors of the duals from raising a bound. */
const SAFE = 1e-6

export interface Relaxed {
  readonly master: Master
  /** No packing of this demand has fewer bins. */
  readonly bound: number
  /** No column lowers the sum any more. */
  readonly isOptimal: boolean
}

/**
 * Solves the relaxation for `demand`, starting from columns that are known. Ends early when the bound reaches `enough` or the
 * budget is over.
 */
export function relax(
  classes: Classes,
  pricing: Pricing,
  demand: Int32Array,
  known: readonly Column[],
  enough: number,
  random: Random,
  budget: Budget,
): Relaxed {
  const rowOf = new Int32Array(classes.count).fill(-1)
  const classOf: number[] = []
  for (let c = 0; c < classes.count; c++) if (demand[c]! > 0) rowOf[c] = classOf.push(c) - 1
  const rows = classOf.length
  const needed = Int32Array.from(classOf, c => demand[c]!)
  const master = new Master(needed, () => random.next())
  const add = (column: Column): void => {
    const mine: number[] = []
    const counts: number[] = []
    for (let k = 0; k < column.rows.length; k++) {
      const r = rowOf[column.rows[k]!]!
      if (r < 0) continue
      mine.push(r)
      counts.push(Math.min(column.counts[k]!, needed[r]!))
    }
    if (mine.length > 0)
      master.add({ rows: Int32Array.from(mine), counts: Int32Array.from(counts) })
  }
  for (const column of known) add(column)
  const prices = new Float64Array(classes.count)
  let bound = rows > 0 ? 1 : 0
  let spent = 0
  let isOptimal = false
  let nodes = FIRST_NODES
  const finish = (): Relaxed => ({ master, bound, isOptimal })
  if (rows === 0) return finish()
  for (;;) {
    const isDone = master.solve(() => {
      const steps = master.work - spent
      spent = master.work
      return budget.spend(steps)
    })
    budget.spend(master.work - spent)
    spent = master.work
    if (!isDone || budget.isOver) return finish()
    let value = 0
    for (let r = 0; r < rows; r++) {
      const price = Math.max(0, master.prices[r]!)
      prices[classOf[r]!] = price
      value += price * needed[r]!
    }
    const priced = pricing.price(prices, demand, 1 + SAFE / 10, nodes, budget)
    // Farley 1990: prices over the dearest bin are dual feasible.
    bound = Math.max(bound, Math.ceil(value / Math.max(1, priced.atMost) - SAFE))
    for (const column of priced.columns) add(column)
    const found = priced.columns.length
    if (found === 0 && !priced.isComplete && nodes < MOST_NODES && !budget.isOver) {
      nodes *= 8
      continue
    }
    if (bound >= enough) return finish()
    if (found === 0) {
      isOptimal = priced.isComplete
      return finish()
    }
    if (budget.isOver) return finish()
  }
}

export interface GoodColumn {
  readonly column: Column
  /** In the relaxation's solution. */
  readonly value: number
  /** Reduced cost: what the sum would grow by. */
  readonly cost: number
}

/** The columns of a relaxation that carry its solution or could, in classes instead of rows. */
export function goodColumns(
  classes: Classes,
  demand: Int32Array,
  { master }: Relaxed,
  mostReducedCost: number,
): GoodColumn[] {
  const classOf: number[] = []
  for (let c = 0; c < classes.count; c++) if (demand[c]! > 0) classOf.push(c)
  const values = new Map(master.solution())
  const good: GoodColumn[] = []
  for (let c = 0; c < master.columns.length; c++) {
    const value = values.get(c) ?? 0
    const column = master.columns[c]!
    const cost = master.reducedCost(column)
    if (value === 0 && cost > mostReducedCost) continue
    good.push({
      cost,
      column: { rows: column.rows.map(r => classOf[r]!), counts: column.counts },
      value,
    })
  }
  return good
}

/** Columns of an assignment: what its bins hold. */
export function columnsOf(classes: Classes, where: Int32Array, bins: number): Column[] {
  const held = new Map<number, Map<number, number>>()
  classes.itemsOf.forEach((members, c) => {
    for (const i of members) {
      const b = where[i]!
      if (b < 0 || b >= bins) continue
      let counts = held.get(b)
      if (counts === undefined) held.set(b, (counts = new Map<number, number>()))
      counts.set(c, (counts.get(c) ?? 0) + 1)
    }
  })
  return [...held.values()].map(counts => {
    const rows = Int32Array.from(counts.keys()).sort()
    return { rows, counts: Int32Array.from(rows, c => counts.get(c)!) }
  })
}

/** Bins filled one after the other, each by what is worth most at prices that are mixes of the dimensions drawn at random. */
export function greedyColumns(
  classes: Classes,
  rounds: number,
  random: Random,
  budget: Budget,
): Column[] {
  const { count, dims, size, capacity, demand } = classes
  const columns: Column[] = []
  const room = new Float64Array(dims)
  const price = new Float64Array(count)
  for (let round = 0; round < rounds && !budget.isOver; round++) {
    const mix = Float64Array.from({ length: dims }, () => 0.05 + random.next() ** 2)
    for (let c = 0; c < count; c++) {
      price[c] = 0
      for (let d = 0; d < dims; d++) price[c]! += (mix[d]! * size[c * dims + d]!) / capacity[d]!
      price[c]! *= 0.9 + 0.2 * random.next()
    }
    const waiting = Array.from({ length: count }, (_, c) => c).sort((a, b) => price[b]! - price[a]!)
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
        rows: Int32Array.from(order, k => rows[k]!),
        counts: Int32Array.from(order, k => counts[k]!),
      })
    }
  }
  return columns
}
