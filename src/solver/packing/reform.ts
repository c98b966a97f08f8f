// Some bins are emptied and filled anew by column generation and a dive, the others stay (large neighbourhood search, Shaw 1998). By the
// relaxation's prices every bin wastes a part of itself; only bins that waste more than one together can do with one less, so those
// are taken that waste most, with some chance.
import type { Budget } from '../budget.ts'
import type { Random } from '../random.ts'
import { allOf, type Classes } from './classes.ts'
import { Relaxation } from './columns.ts'
import { dive } from './dive.ts'
import type { Column, Pricing } from './pricing.ts'

/** Bins beyond those whose waste is one, so that there is something to choose from. */
const MORE_BINS = 4

/**
 * One attempt on a packing given by its bins. Answers a packing of as many bins, in another order of things, or of one less; undefined
 * when the attempt led to nothing.
 */
export function reform(
  classes: Classes,
  pricings: readonly Pricing[],
  root: Relaxation,
  packed: readonly Column[],
  known: readonly Column[],
  random: Random,
  budget: Budget,
): Column[] | undefined {
  const wasted = packed.map(column => {
    let worth = 0
    for (let k = 0; k < column.rows.length; k++)
      worth += root.prices[column.rows[k]!]! * column.counts[k]!
    return Math.max(0, 1 + root.rents[column.kind]! - worth)
  })
  const rank = wasted.map(waste => (waste + 0.01) * (0.2 + random.next()))
  const order = packed.map((_, b) => b).sort((a, b) => rank[b]! - rank[a]!)
  const unused = allOf(classes).bins
  for (const { kind } of packed) unused[kind]!--
  let waste = 0
  let count = 0
  // Of a kind that is scarce, bins that are not used are a waste too.
  for (let k = 0; k < unused.length; k++) waste += root.rents[k]! * unused[k]!
  while (count < order.length && waste < 1.02) waste += wasted[order[count++]!]!
  if (waste < 1) return undefined
  count = Math.min(order.length, count + MORE_BINS + random.below(1 + (count >> 1)))
  const demand = new Int32Array(classes.count)
  demandOf(
    order.slice(0, count).map(b => packed[b]!),
    demand,
  )
  const bins = unused
  for (const b of order.slice(0, count)) bins[packed[b]!.kind]!++
  const left = { demand, bins }
  const part = new Relaxation(classes, pricings, left, random)
  for (const b of order.slice(0, count)) part.add(packed[b]!)
  for (const column of known) if (column.rows.every(c => demand[c]! > 0)) part.add(column)
  part.advance(count + 1, budget)
  if (!part.isSolved) return undefined
  // With no hope for one less, another packing of as many bins is as good a place to go on from.
  const options = { most: count, noise: 0.05 + 0.3 * random.next(), clear: 0.7 }
  const dived = dive(classes, pricings, part, left, options, random, budget)
  if (!dived.isComplete) return undefined
  return [...order.slice(count).map(b => packed[b]!), ...dived.columns]
}

/** What the columns hold together. */
function demandOf(columns: readonly Column[], demand: Int32Array): void {
  for (const { rows, counts } of columns)
    for (let k = 0; k < rows.length; k++) demand[rows[k]!]! += counts[k]!
}
