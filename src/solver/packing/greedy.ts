// First answers: best-fit by item and by bin with dot product and L2 (Panigrahy, Talwar, Uyeda, Wieder 2011, "Heuristics for
// vector bin packing"). Good enough to start from, fast enough for ten thousand items.
import { State } from './state.ts'
import type { Packing } from './packing.ts'

/** How an item's sizes become one number, by which the largest comes first. */
export type Measure = 'sum' | 'max' | 'squares'

/** Dimension weights by how scarce each is: total demand over total capacity of the bins. */
export function scarcity(packing: Packing, openBins: readonly number[]): Float64Array {
  const { dims, items, size, capacity, weight } = packing
  const result = new Float64Array(dims)
  for (let d = 0; d < dims; d++) {
    let asked = 0
    let there = 0
    for (let i = 0; i < items; i++) asked += size[i * dims + d]!
    for (const b of openBins) there += Math.min(capacity[b * dims + d]!, 1e18)
    result[d] = there > 0 ? (asked / there) * weight[d]! : weight[d]!
  }
  return result
}

/** Other weights worth a try: all dimensions alike, and the scarce ones far above the others (Panigrahy et al.: exponential). */
export function otherWeights(packing: Packing, scarce: Float64Array): Float64Array[] {
  const { weight, dims } = packing
  const share = scarce.map((x, d) => (weight[d]! > 0 ? x / weight[d]! : 0))
  const most = Math.max(...share)
  if (dims < 2 || !(most > 0)) return []
  const steep = weight.map((x, d) => x * Math.exp(STEEP * (share[d]! / most - 1)))
  return [steep, weight]
}

/** By so much the weight of a dimension grows from not asked for to the scarcest: e to the power of it. */
const STEEP = 3

function measured(packing: Packing, measure: Measure, weights: Float64Array): Float64Array {
  const { items, dims, size } = packing
  const value = new Float64Array(items)
  for (let i = 0; i < items; i++) {
    let sum = 0
    let max = 0
    let squares = 0
    for (let d = 0; d < dims; d++) {
      const x = size[i * dims + d]! * weights[d]!
      sum += x
      squares += x * x
      if (x > max) max = x
    }
    value[i] = measure === 'sum' ? sum : measure === 'max' ? max : squares
  }
  return value
}

/** Items by measure, largest first; those that are fixed or ruled come before all others. */
export function order(packing: Packing, measure: Measure, weights: Float64Array): Int32Array {
  const value = measured(packing, measure, weights)
  const rank = (i: number): number =>
    packing.fixed[i]! >= 0
      ? 3
      : (packing.groupsOf?.[i]?.length ?? 0) > 0
        ? 2
        : packing.rowOf[i]! > 0
          ? 1
          : 0
  return Int32Array.from({ length: packing.items }, (_, i) => i).sort(
    (a, b) => rank(b) - rank(a) || value[b]! - value[a]! || a - b,
  )
}

/** Bins by capacity, largest first, those that items are fixed to before all others. */
export function binOrder(packing: Packing): Int32Array {
  const { bins, dims, capacity, weight } = packing
  const value = new Float64Array(bins)
  for (let b = 0; b < bins; b++)
    for (let d = 0; d < dims; d++) value[b]! += Math.min(1e6, capacity[b * dims + d]! * weight[d]!)
  const isNeeded = new Uint8Array(bins)
  for (const bin of packing.fixed) if (bin >= 0) isNeeded[bin] = 1
  return Int32Array.from({ length: bins }, (_, b) => b).sort(
    (a, b) => isNeeded[b]! - isNeeded[a]! || value[b]! - value[a]! || a - b,
  )
}

/**
 * Best fit by item: each goes to the open bin that it leaves fullest, else to the next closed one.
 * Items that fit nowhere stay without a bin. Answers the number that do.
 */
export function bestFit(
  state: State,
  items: Int32Array,
  bins: Int32Array,
  weights: Float64Array,
): number {
  const { dims, capacity, size } = state.packing
  let opened = 0
  let left = 0
  for (const i of items) {
    if (state.where[i]! >= 0) continue
    let best = -1
    let bestRest = Infinity
    for (let k = 0; k < opened; k++) {
      const b = bins[k]!
      if (!state.hasRoom(i, b) || !state.isAllowed(i, b)) continue
      let rest = 0
      for (let d = 0; d < dims; d++) {
        const free =
          (capacity[b * dims + d]! - state.load[b * dims + d]! - size[i * dims + d]!) * weights[d]!
        rest += Math.min(free, 1e6) * size[i * dims + d]! * weights[d]!
      }
      if (rest < bestRest) {
        bestRest = rest
        best = b
      }
    }
    for (let k = opened; best < 0 && k < bins.length; k++) {
      const b = bins[k]!
      if (!state.hasRoom(i, b) || !state.isAllowed(i, b)) continue
      // Bins that were skipped stay closed but come within reach: those that open count as opened, in order.
      best = b
      bins.copyWithin(opened + 1, opened, k)
      bins[opened++] = b
    }
    if (best < 0) left++
    else state.put(i, best)
  }
  return left
}

/**
 * Fills bin after bin: the next item is the one that fits and has the largest dot product with what is free
 * (or, by L2, leaves the least). Answers the number of items without a bin.
 */
export function fillBins(
  state: State,
  bins: Int32Array,
  weights: Float64Array,
  by: 'dot' | 'l2',
): number {
  const { dims, capacity, size, items } = state.packing
  const waiting: number[] = []
  for (let i = 0; i < items; i++) if (state.where[i]! < 0) waiting.push(i)
  const free = new Float64Array(dims)
  for (const b of bins) {
    for (;;) {
      for (let d = 0; d < dims; d++)
        free[d] = Math.min(1e15, capacity[b * dims + d]! - state.load[b * dims + d]!)
      let best = -1
      let bestValue = -Infinity
      for (let w = 0; w < waiting.length; w++) {
        const i = waiting[w]!
        let value = 0
        let fits = true
        for (let d = 0; d < dims; d++) {
          const x = size[i * dims + d]!
          if (x > free[d]!) {
            fits = false
            break
          }
          const rest = (free[d]! - x) * weights[d]!
          value += by === 'dot' ? x * weights[d]! * free[d]! * weights[d]! : -rest * rest
        }
        if (fits && value > bestValue && state.isAllowed(i, b)) {
          bestValue = value
          best = w
        }
      }
      if (best < 0) break
      state.put(waiting[best]!, b)
      waiting[best] = waiting[waiting.length - 1]!
      waiting.pop()
    }
    if (waiting.length === 0) break
  }
  return waiting.length
}

/**
 * Spreads items over exactly these bins, largest first, each to where the weighted squares of the loads grow least. Bins may
 * overflow, but all about equally little: the start for a search that aims at a number of bins.
 */
export function levelled(
  state: State,
  items: Int32Array,
  bins: Int32Array,
  weights: Float64Array,
): void {
  const { dims, capacity, size, fixed, rows, rowOf } = state.packing
  for (const i of items) {
    if (state.where[i]! >= 0) continue
    let best = -1
    let bestCost = Infinity
    for (const b of bins) {
      if (fixed[i]! >= 0 ? fixed[i] !== b : !rows[rowOf[i]!]![b]) continue
      let cost = state.conflicts(i, b) * 1e3
      for (let d = 0, k = b * dims; d < dims; d++, k++) {
        const c = capacity[k]!
        if (c === Infinity) continue
        const x = size[i * dims + d]!
        // Growth of ((load / capacity) ^ 2), scarce dimensions counting more.
        cost += c > 0 ? ((2 * state.load[k]! + x) * x * weights[d]!) / c / c : x > 0 ? 1e6 : 0
      }
      if (cost < bestCost) {
        bestCost = cost
        best = b
      }
    }
    if (best >= 0) state.put(i, best)
  }
}
