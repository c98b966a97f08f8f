// Balance: the weighted sum, over dimensions, of the standard deviation of the HWMs' utilisation. Steepest descent by single moves and
// swaps; every step takes the change that lowers it most, so that few moves do most of the work (as Ganeti's hbal, with swaps).
import type { Budget } from './budget.ts'
import type { Packing } from './packing/packing.ts'
import { State } from './packing/state.ts'

/** Sums from which the deviations follow; kept up to date change by change. */
interface Sums {
  readonly scale: Float64Array
  readonly sum: Float64Array
  readonly squares: Float64Array
  readonly count: number
}

export interface BalanceOptions {
  /** Weight per dimension; 1 when left out. */
  readonly weights: Float64Array
  readonly open: Int32Array
  /** Ends when the best change lowers the value by less than this share. Default 1e-3. */
  readonly leastGain?: number
  readonly mostMoves?: number
}

function sumsOf(state: State, open: Int32Array): Sums {
  const { dims, capacity, bins } = state.packing
  const scale = new Float64Array(bins * dims)
  const sum = new Float64Array(dims)
  const squares = new Float64Array(dims)
  for (const b of open) {
    for (let d = 0, k = b * dims; d < dims; d++, k++) {
      const c = capacity[k]!
      scale[k] = c > 0 && c < Infinity ? 1 / c : 0
      const u = state.load[k]! * scale[k]!
      sum[d]! += u
      squares[d]! += u * u
    }
  }
  return { scale, sum, squares, count: open.length }
}

/** The value that is lowered: 0 is perfect balance. */
export function imbalance(
  packing: Packing,
  where: Int32Array,
  open: Int32Array,
  weights: Float64Array,
): number {
  const state = new State(packing)
  state.replace(where)
  return valueOf(sumsOf(state, open), weights)
}

function valueOf({ sum, squares, count }: Sums, weights: Float64Array): number {
  let value = 0
  for (let d = 0; d < sum.length; d++) {
    value += weights[d]! * Math.sqrt(Math.max(0, squares[d]! / count - (sum[d]! / count) ** 2))
  }
  return value
}

/** Swap partners looked at per pair of bins are all; bins beyond this many are only the fullest and emptiest. */
const MOST_BINS_FOR_SWAPS = 64

/**
 * Lowers the imbalance of a valid assignment by as few changes as it can. Resilience is kept by `isGood`, asked before a
 * change is made final.
 */
export function balance(
  packing: Packing,
  start: Int32Array,
  options: BalanceOptions,
  budget: Budget,
  isGood: (where: Int32Array) => boolean = () => true,
): Int32Array {
  const { dims, size, fixed, rows, rowOf } = packing
  const { open, weights } = options
  const state = new State(packing)
  state.replace(start)
  const sums = sumsOf(state, open)
  const { scale, sum, squares, count } = sums
  const refused = new Set<string>()
  let value = valueOf(sums, weights)
  const most = options.mostMoves ?? Infinity
  let moved = 0
  /** The value after i goes a -> b and j (or nobody) b -> a. */
  const after = (i: number, a: number, j: number, b: number): number => {
    let result = 0
    for (let d = 0; d < dims; d++) {
      const shift = size[i * dims + d]! - (j >= 0 ? size[j * dims + d]! : 0)
      const ka = a * dims + d
      const kb = b * dims + d
      const ua = state.load[ka]! * scale[ka]!
      const ub = state.load[kb]! * scale[kb]!
      const va = (state.load[ka]! - shift) * scale[ka]!
      const vb = (state.load[kb]! + shift) * scale[kb]!
      const s = sum[d]! - ua - ub + va + vb
      const q = squares[d]! - ua * ua - ub * ub + va * va + vb * vb
      result += weights[d]! * Math.sqrt(Math.max(0, q / count - (s / count) ** 2))
    }
    return result
  }
  const canSwap = (i: number, a: number, j: number, b: number): boolean => {
    state.take(i)
    if (j >= 0) state.take(j)
    let fits = state.hasRoom(i, b) && state.isAllowed(i, b)
    if (fits && j >= 0) {
      state.put(i, b)
      fits = state.hasRoom(j, a) && state.isAllowed(j, a)
      state.take(i)
    }
    state.put(i, a)
    if (j >= 0) state.put(j, b)
    return fits
  }
  for (;;) {
    let bestValue = value
    let best: [number, number, number, number] | undefined
    let work = 0
    const consider = (i: number, a: number, j: number, b: number): void => {
      work += dims * 4
      const next = after(i, a, j, b)
      // A swap is two moves: it must win by more than twice what a move would.
      const gain = (value - next) / (j >= 0 ? 2 : 1)
      if (value - gain < bestValue && !refused.has(`${i} ${b} ${j}`) && canSwap(i, a, j, b)) {
        bestValue = value - gain
        best = [i, a, j, b]
      }
    }
    const members = Array.from({ length: packing.bins }, (_, b) => state.membersOf(b))
    const level = levels(state, open, scale, weights)
    for (const a of open) {
      for (const i of members[a]!) {
        if (fixed[i]! >= 0) continue
        for (const b of open) {
          if (b !== a && rows[rowOf[i]!]![b] && level[b]! < level[a]! + 1e-9) consider(i, a, -1, b)
        }
      }
      if (budget.isOver) break
    }
    const sorted = open.toSorted((x, y) => level[y]! - level[x]!)
    const ends =
      sorted.length <= MOST_BINS_FOR_SWAPS
        ? [...sorted]
        : [...sorted.slice(0, 8), ...sorted.slice(-8)]
    const swappable = moved + 2 <= most ? ends : []
    for (let x = 0; x < swappable.length; x++) {
      for (let y = ends.length - 1; y > x; y--) {
        const a = ends[x]!
        const b = ends[y]!
        for (const i of members[a]!) {
          if (fixed[i]! >= 0 || !rows[rowOf[i]!]![b]) continue
          for (const j of members[b]!) {
            if (fixed[j]! < 0 && rows[rowOf[j]!]![a]) consider(i, a, j, b)
          }
        }
      }
    }
    if (best === undefined || budget.spend(work)) break
    const [i, a, j, b] = best
    const next = after(i, a, j, b)
    // Below a millionth only rounding is left.
    if (value - next < Math.max(1e-6, (options.leastGain ?? 1e-3) * value)) break
    if (j >= 0) state.move(j, a)
    state.move(i, b)
    if (!isGood(state.where)) {
      state.move(i, a)
      if (j >= 0) state.move(j, b)
      refused.add(`${i} ${b} ${j}`)
      continue
    }
    moved += j >= 0 ? 2 : 1
    const fresh = sumsOf(state, open)
    sum.set(fresh.sum)
    squares.set(fresh.squares)
    value = valueOf(sums, weights)
    if (moved >= most) break
  }
  return state.where.slice()
}

function levels(
  state: State,
  open: Int32Array,
  scale: Float64Array,
  weights: Float64Array,
): Float64Array {
  const { dims, bins } = state.packing
  const level = new Float64Array(bins)
  for (const b of open)
    for (let d = 0; d < dims; d++)
      level[b]! += state.load[b * dims + d]! * scale[b * dims + d]! * weights[d]!
  return level
}
