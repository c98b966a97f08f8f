// Diving: the relaxation's fullest columns are taken for bins, the rest is relaxed again, and so on to the end. What a dive leaves
// without a bin, tabu search places. Rounding by column generation is what exact bin packing codes do first (Vanderbeck 2000;
// Sadykov et al. 2019, "Primal heuristics for branch and price").
import type { Budget } from '../budget.ts'
import type { Random } from '../random.ts'
import type { Classes, Left } from './classes.ts'
import { Relaxation } from './columns.ts'
import type { Column, Pricing } from './pricing.ts'

export interface Dive {
  /** Bins that were filled, in classes. */
  readonly columns: readonly Column[]
  /** Everything is in them, and they are no more than were allowed. */
  readonly isComplete: boolean
}

export interface DiveOptions {
  /** Ends when it is sure to need more bins than this. */
  readonly most: number
  /** How much chance has a say in which columns are taken. */
  readonly noise: number
  /** Value from which a column is taken together with others; above 1: one at a time. */
  readonly clear: number
}

/** One dive, from a solved relaxation of all that there is to place. */
export function dive(
  classes: Classes,
  pricings: readonly Pricing[],
  root: Relaxation,
  all: Left,
  { most, noise, clear }: DiveOptions,
  random: Random,
  budget: Budget,
): Dive {
  const taken: Column[] = []
  let demand = all.demand.slice()
  const bins = all.bins.slice()
  let relaxed = root
  for (;;) {
    const good = relaxed.columns(0.25)
    const valued = good
      .filter(({ value }) => value > 0)
      .map(({ column, value }) => ({
        column,
        value,
        rank: value + noise * random.next() * Math.min(1, value * 4),
      }))
      .sort((a, b) => b.rank - a.rank)
    const left = demand.slice()
    let isFirst = true
    for (const { column, value, rank } of valued) {
      if (!isFirst && rank < clear) break
      for (let copies = Math.max(1, Math.floor(value + 1e-4)); copies > 0; copies--) {
        const part = fitted(column, left)
        // A column that lost items to others is not what the relaxation chose.
        if (part === undefined || (!isFirst && part.items < part.of)) break
        if (bins[column.kind] === 0) break
        bins[column.kind]!--
        taken.push(part.column)
        for (let k = 0; k < part.column.rows.length; k++)
          left[part.column.rows[k]!]! -= part.column.counts[k]!
        isFirst = false
      }
    }
    demand = left
    if (demand.every(count => count === 0))
      return { columns: taken, isComplete: taken.length <= most }
    if (isFirst || budget.isOver) return { columns: taken, isComplete: false }
    relaxed = new Relaxation(classes, pricings, { demand, bins }, random)
    for (const { column } of good) relaxed.add(column)
    relaxed.advance(most - taken.length + 1, budget)
    if (taken.length + relaxed.bound > most) return { columns: taken, isComplete: false }
  }
}

/** A column cut down to what is still there; undefined when nothing is. */
function fitted(
  column: Column,
  left: Int32Array,
): { column: Column; items: number; of: number } | undefined {
  const rows: number[] = []
  const counts: number[] = []
  let items = 0
  let of = 0
  for (let k = 0; k < column.rows.length; k++) {
    const c = column.rows[k]!
    of += column.counts[k]!
    const copies = Math.min(column.counts[k]!, left[c]!)
    if (copies === 0) continue
    rows.push(c)
    counts.push(copies)
    items += copies
  }
  if (rows.length === 0) return undefined
  return {
    column: { kind: column.kind, rows: Int32Array.from(rows), counts: Int32Array.from(counts) },
    items,
    of,
  }
}
