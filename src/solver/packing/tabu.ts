// Aims at a number of bins: all items are inside from the start, bins may overflow, and shifts and swaps out of overfull bins take
// the overflow down to zero. Tabu search in the manner of Loh, Golden and Wasil (weight annealing) and Buljubasic and Vasquez
// (consistent neighbourhood search), with the plain sum of overflow as the value.
import type { Budget } from '../budget.ts'
import type { Random } from '../random.ts'
import { State } from './state.ts'

/** Pairs looked at in one step before bins are sampled instead. */
const PAIRS_A_STEP = 24_000
/** While many bins overflow almost any change helps: the fewer are looked at, the more bins there are to relieve. */
const PAIRS_IN_ALL = 200_000
const LEAST_PAIRS = 1_500

export interface TabuResult {
  readonly isPacked: boolean
  /** Sum of overflow left, in mean bins. */
  readonly overflow: number
  /** The assignment with the least overflow. */
  readonly where: Int32Array
}

/** Places what has no bin where it overflows least. */
export function forceIn(state: State, bins: Int32Array): void {
  const { dims, size, capacity, weight, items, fixed, rows, rowOf } = state.packing
  const waiting: number[] = []
  for (let i = 0; i < items; i++) if (state.where[i]! < 0) waiting.push(i)
  for (const i of waiting) {
    let best = -1
    let bestCost = Infinity
    for (const b of bins) {
      if (fixed[i]! >= 0 ? fixed[i] !== b : !rows[rowOf[i]!]![b]) continue
      let cost = state.conflicts(i, b)
      for (let d = 0; d < dims; d++) {
        const excess = state.load[b * dims + d]! + size[i * dims + d]! - capacity[b * dims + d]!
        if (excess > 0) cost += Math.min(excess, size[i * dims + d]!) * weight[d]!
      }
      if (cost < bestCost) {
        bestCost = cost
        best = b
      }
    }
    if (best >= 0) state.put(i, best)
  }
}

/**
 * Tabu search from `state` (all items placed) over the bins given, until nothing overflows, `steps` are done or the budget ends.
 * `state` ends as the last one looked at; the result holds the best.
 */
export function tabu(
  state: State,
  bins: Int32Array,
  random: Random,
  budget: Budget,
  steps: number,
): TabuResult {
  const { packing, where, first, next } = state
  const { dims, size, capacity, weight, items, fixed, rows, rowOf } = packing
  const free = new Float64Array(packing.bins * dims)
  for (let k = 0; k < free.length; k++) free[k] = capacity[k]! - state.load[k]!
  const over = new Float64Array(packing.bins)
  /** The part of it that is rules, not capacity. */
  const clashes = new Float64Array(packing.bins)
  const hasGroups = packing.groupsOf !== undefined
  const overOf = (b: number): number => {
    let sum = 0
    for (let d = 0, k = b * dims; d < dims; d++, k++) if (free[k]! < 0) sum -= free[k]! * weight[d]!
    if (!hasGroups) return sum
    let rules = 0
    for (let i = first[b]!; i >= 0; i = next[i]!) rules += state.conflicts(i, b)
    clashes[b] = rules
    return sum + rules
  }
  /** Bins where members of the item's groups are: what these clash with has changed. */
  const renewPartners = (i: number): void => {
    for (const g of packing.groupsOf![i]!)
      for (const member of packing.groups[g]!.members) {
        const b = where[member]!
        if (b < 0) continue
        total -= over[b]!
        total += over[b] = overOf(b)
      }
  }
  const refresh = (): number => {
    let sum = 0
    for (const b of bins) sum += over[b] = overOf(b)
    return sum
  }
  const relocate = (i: number, b: number): void => {
    const a = where[i]!
    for (let d = 0; d < dims; d++) {
      free[a * dims + d]! += size[i * dims + d]!
      free[b * dims + d]! -= size[i * dims + d]!
    }
    state.move(i, b)
  }
  let total = refresh()
  let bestTotal = total
  let bestWhere = where.slice()
  let sinceBest = 0
  const usesMatrix = items * packing.bins <= 8_000_000
  const tabuUntil = new Int32Array(usesMatrix ? items * packing.bins : items)
  const key = (i: number, b: number): number => (usesMatrix ? i * packing.bins + b : i)
  const overfull = new Int32Array(bins.length)
  const stale = Math.max(400, Math.min(20_000, items * 20))

  for (let step = 1; step <= steps && bestTotal > 0; step++) {
    let count = 0
    for (const b of bins) if (over[b]! > 0) overfull[count++] = b
    if (count === 0) {
      total = refresh()
      if (total === 0) break
      continue
    }
    const a = overfull[random.below(count)]!
    // Sampled when there are too many pairs: a random run of bins, so that memory is walked in order.
    const members = state.count[a]!
    const pairs = Math.max(1, members) * items
    const most = Math.max(LEAST_PAIRS, Math.min(PAIRS_A_STEP, PAIRS_IN_ALL / count))
    const share = Math.min(1, most / pairs)
    const looked = Math.max(Math.min(bins.length, 8), Math.ceil(bins.length * share))
    const start = share < 1 ? random.below(bins.length) : 0
    let bestDelta = Infinity
    let bestItem = -1
    let bestBin = -1
    let bestOther = -1
    let ties = 0
    let work = 0
    for (let i = first[a]!; i >= 0; i = next[i]!) {
      if (fixed[i]! >= 0) continue
      const row = rows[rowOf[i]!]!
      const si = i * dims
      const own = hasGroups ? state.conflicts(i, a) : 0
      // What bin a overflows without i.
      let gain = 0
      for (let d = 0, k = a * dims; d < dims; d++, k++) {
        const f = free[k]!
        if (f < 0) gain += (f + size[si + d]! < 0 ? size[si + d]! : -f) * weight[d]!
      }
      for (let n = 0, at = start; n < looked; n++, at = at + 1 === bins.length ? 0 : at + 1) {
        const b = bins[at]!
        if (b === a || !row[b]) continue
        const rules = hasGroups ? 2 * (state.conflicts(i, b) - own) : 0
        let cost = rules - gain
        for (let d = 0, k = b * dims; d < dims; d++, k++) {
          const f = free[k]! - size[si + d]!
          if (f < 0) cost += (free[k]! < 0 ? size[si + d]! : -f) * weight[d]!
        }
        work += dims
        const isTabu = tabuUntil[key(i, b)]! > step && !(total + cost < bestTotal - 1e-12)
        if (cost <= bestDelta && !isTabu) {
          if (cost < bestDelta) {
            bestDelta = cost
            ties = 0
          }
          if (random.below(++ties) === 0) {
            bestItem = i
            bestBin = b
            bestOther = -1
          }
        }
        // Swap i with each j of bin b; the sum can only stay below the best if every dimension's part does.
        for (let j = first[b]!; j >= 0; j = next[j]!) {
          if (fixed[j]! >= 0 || !rows[rowOf[j]!]![a]) continue
          const sj = j * dims
          let swap = -over[a]! - over[b]!
          const limit = bestDelta
          let d = 0
          for (let ka = a * dims, kb = b * dims; d < dims; d++, ka++, kb++) {
            const shift = size[si + d]! - size[sj + d]!
            const fa = free[ka]! + shift
            const fb = free[kb]! - shift
            if (fa < 0) swap -= fa * weight[d]!
            if (fb < 0) swap -= fb * weight[d]!
            if (swap > limit) break
          }
          work += d + 1
          if (d < dims) continue
          if (hasGroups) {
            swap += clashes[a]! + clashes[b]! + rulesOfSwap(state, i, a, j, b)
            if (swap > limit) continue
          }
          const tabuSwap =
            (tabuUntil[key(i, b)]! > step || tabuUntil[key(j, a)]! > step) &&
            !(total + swap < bestTotal - 1e-12)
          if (tabuSwap) continue
          if (swap < bestDelta) {
            bestDelta = swap
            ties = 0
          }
          if (random.below(++ties) === 0) {
            bestItem = i
            bestBin = b
            bestOther = j
          }
        }
      }
    }
    if (budget.spend(work + 50)) break
    sinceBest++
    if (bestItem >= 0) {
      const tenure = 4 + random.below(6 + Math.min(20, count * 2))
      if (bestOther >= 0) {
        tabuUntil[key(bestOther, bestBin)] = step + tenure
        relocate(bestOther, a)
      }
      tabuUntil[key(bestItem, a)] = step + tenure
      relocate(bestItem, bestBin)
    }
    if (sinceBest > stale || bestItem < 0) {
      sinceBest = 0
      shake(state, bins, random, relocate, 2 + random.below(Math.max(2, bins.length >> 2)))
      total = refresh()
    } else {
      total -= over[a]! + over[bestBin]!
      total += (over[a] = overOf(a)) + (over[bestBin] = overOf(bestBin))
      if (hasGroups) {
        renewPartners(bestItem)
        if (bestOther >= 0) renewPartners(bestOther)
      }
    }
    if (total < bestTotal - 1e-12) {
      // Sums of floats drift: what looks like zero is summed again before it is believed.
      if (total < 1e-9) total = refresh()
      bestTotal = total
      bestWhere = where.slice()
      sinceBest = 0
    }
  }
  return { isPacked: bestTotal === 0, overflow: bestTotal, where: bestWhere }
}

/**
 * What clashes of two bins grow by when i in a and j in b change places, counted as in the value: `overOf` of each bin holds its
 * items' conflicts, and every item of a clash counts.
 */
function rulesOfSwap(state: State, i: number, a: number, j: number, b: number): number {
  const groupsOf = state.packing.groupsOf!
  if (groupsOf[i]!.length === 0 && groupsOf[j]!.length === 0) return 0
  return (
    2 *
    (state.conflicts(i, b) - state.conflicts(i, a) + state.conflicts(j, a) - state.conflicts(j, b))
  )
}

/** A few random swaps out of a valley. */
function shake(
  state: State,
  bins: Int32Array,
  random: Random,
  relocate: (i: number, b: number) => void,
  times: number,
): void {
  const { items, fixed, rows, rowOf } = state.packing
  for (let t = 0; t < times; t++) {
    const i = random.below(items)
    const j = random.below(items)
    const a = state.where[i]!
    const b = state.where[j]!
    if (a === b || fixed[i]! >= 0 || fixed[j]! >= 0 || !rows[rowOf[i]!]![b] || !rows[rowOf[j]!]![a])
      continue
    if (!bins.includes(a) || !bins.includes(b)) continue
    relocate(i, b)
    relocate(j, a)
  }
}
