// Lower bounds by counting in whole units (superadditive: a bin of capacity C holds at most floor(C / t) units of t, and items of
// size x take floor(x / t) each). Unit 1 is volume; units equal to item sizes are T5's class tests.
import type { Packing } from '../packing/packing.ts'

export interface UnitBound {
  readonly bins: number
  readonly dim: number
  readonly unit: number
  /** Units asked for, and what all open bins hold together. */
  readonly needed: number
  readonly available: number
}

/** At most this many distinct sizes per dimension are tried as units; they are taken evenly from the sorted ones. */
const MOST_UNITS = 64

/** The largest amount that all sizes are whole numbers of: capacity beyond such a number is of no use. 1 when there is none. */
function commonUnit(sizes: readonly number[]): number {
  let common = 0
  for (const size of sizes) {
    let x = size
    while (x > 0) [common, x] = [x, common % x]
    if (common === 1) break
  }
  return Math.max(1, common)
}

/** Units worth trying in a dimension: 1, what all sizes are made of, and item sizes. */
export function unitsOf(sizes: Iterable<number>): number[] {
  const distinct = [...new Set(sizes)].filter(x => x > 1).sort((a, b) => a - b)
  const common = commonUnit(distinct)
  const base = common > 1 && common !== distinct[0] ? [1, common] : [1]
  if (distinct.length <= MOST_UNITS) return [...base, ...distinct]
  const chosen = Array.from(
    { length: MOST_UNITS },
    (_, k) => distinct[Math.floor((k * distinct.length) / MOST_UNITS)]!,
  )
  return [...base, ...chosen]
}

/** Bins that some item may use. */
export function openBins({ bins, rows, rowOf, fixed }: Packing): number[] {
  const isOpen = new Uint8Array(bins)
  for (const r of new Set(rowOf)) for (let b = 0; b < bins; b++) isOpen[b]! |= rows[r]![b]!
  for (const b of fixed) if (b >= 0) isOpen[b] = 1
  const open: number[] = []
  for (let b = 0; b < bins; b++) if (isOpen[b]) open.push(b)
  return open
}

/**
 * The fewest bins that hold enough units, over all dimensions and units, the largest bins first; `bins` is above the number
 * of open bins when they are not enough together. Bins that no item may use do not count.
 */
export function unitBound(packing: Packing): UnitBound {
  const { items, dims, capacity, size } = packing
  const open = openBins(packing)
  let best: UnitBound = { bins: items > 0 ? 1 : 0, dim: -1, unit: 1, needed: 0, available: 0 }
  for (let d = 0; d < dims; d++) {
    const sizes = Array.from({ length: items }, (_, i) => size[i * dims + d]!)
    for (const unit of unitsOf(sizes)) {
      let needed = 0
      for (const x of sizes) needed += Math.floor(x / unit)
      const held = open.map(b => Math.floor(capacity[b * dims + d]! / unit)).sort((x, y) => y - x)
      let available = 0
      let count = 0
      while (count < held.length && available < needed) available += held[count++]!
      if (available < needed) return { bins: open.length + 1, dim: d, unit, needed, available }
      if (count > best.bins) best = { bins: count, dim: d, unit, needed, available }
    }
  }
  return best
}
