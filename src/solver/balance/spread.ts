// How unevenly HWMs are used, kept up to date change by change: the weighted sum, over dimensions, of the standard deviation of
// utilisation. What a change would make of it costs a few operations per dimension.
import type { State } from '../packing/state.ts'
import type { Measure } from './measure.ts'

/** Commits after which sums are made anew, so that rounding does not add up. */
const FRESH_EVERY = 512

/** Follows a `State` over the bins `open`: every change of it must be committed here too. */
export class Spread implements Measure {
  readonly #state: State
  readonly #open: Int32Array
  readonly #weights: Float64Array
  /** 1 / capacity, bin * dims + dim; 0 for bins that are not counted and dimensions without a limit. */
  readonly #scale: Float64Array
  readonly #sum: Float64Array
  readonly #squares: Float64Array
  /** Each dimension's part of the value. */
  readonly #part: Float64Array
  #commits = 0
  /** 0 is perfect balance. */
  value = 0

  constructor(state: State, open: Int32Array, weights: Float64Array) {
    const { dims, bins, capacity } = state.packing
    this.#state = state
    this.#open = open
    this.#weights = weights
    this.#scale = new Float64Array(bins * dims)
    for (const b of open) {
      for (let k = b * dims; k < (b + 1) * dims; k++) {
        const c = capacity[k]!
        this.#scale[k] = c > 0 && c < Infinity ? 1 / c : 0
      }
    }
    this.#sum = new Float64Array(dims)
    this.#squares = new Float64Array(dims)
    this.#part = new Float64Array(dims)
    this.refresh()
  }

  /** Makes the sums anew from the state. */
  refresh(): void {
    const { dims } = this.#state.packing
    this.#sum.fill(0)
    this.#squares.fill(0)
    for (const b of this.#open) {
      for (let d = 0, k = b * dims; d < dims; d++, k++) {
        const u = this.#state.load[k]! * this.#scale[k]!
        this.#sum[d]! += u
        this.#squares[d]! += u * u
      }
    }
    this.#commits = 0
    this.#evaluate()
  }

  #deviation(sum: number, squares: number): number {
    const count = this.#open.length
    const mean = sum / count
    return Math.sqrt(Math.max(0, squares / count - mean * mean))
  }

  #evaluate(): void {
    this.value = 0
    for (let d = 0; d < this.#part.length; d++) {
      this.#part[d] = this.#weights[d]! * this.#deviation(this.#sum[d]!, this.#squares[d]!)
      this.value += this.#part[d]!
    }
  }

  /** The weighted utilisation of a bin, all dimensions together. */
  levelOf(bin: number): number {
    const { dims } = this.#state.packing
    let level = 0
    for (let d = 0, k = bin * dims; d < dims; d++, k++)
      level += this.#state.load[k]! * this.#scale[k]! * this.#weights[d]!
    return level
  }

  /** The value after i has gone from bin a to b and j (-1: nobody) from b to a. */
  after(i: number, a: number, j: number, b: number): number {
    const { dims, size } = this.#state.packing
    const { load } = this.#state
    const scale = this.#scale
    let result = 0
    for (let d = 0; d < dims; d++) {
      const shift = size[i * dims + d]! - (j >= 0 ? size[j * dims + d]! : 0)
      if (shift === 0) {
        result += this.#part[d]!
        continue
      }
      const ka = a * dims + d
      const kb = b * dims + d
      const ua = load[ka]! * scale[ka]!
      const ub = load[kb]! * scale[kb]!
      const da = shift * scale[ka]!
      const db = shift * scale[kb]!
      // (ua - da)^2 - ua^2 + (ub + db)^2 - ub^2
      const squares = this.#squares[d]! + da * (da - 2 * ua) + db * (db + 2 * ub)
      result += this.#weights[d]! * this.#deviation(this.#sum[d]! + db - da, squares)
    }
    return result
  }

  /** Takes up a change that is made to the state now: i from a to b, and j (-1: nobody) back. */
  commit(i: number, a: number, j: number, b: number): void {
    const { dims, size } = this.#state.packing
    for (let d = 0; d < dims; d++) {
      const shift = size[i * dims + d]! - (j >= 0 ? size[j * dims + d]! : 0)
      const ka = a * dims + d
      const kb = b * dims + d
      const da = shift * this.#scale[ka]!
      const db = shift * this.#scale[kb]!
      const ua = this.#state.load[ka]! * this.#scale[ka]!
      const ub = this.#state.load[kb]! * this.#scale[kb]!
      this.#squares[d]! += da * (da - 2 * ua) + db * (db + 2 * ub)
      this.#sum[d]! += db - da
    }
    if (j >= 0) this.#state.move(j, a)
    this.#state.move(i, b)
    if (++this.#commits >= FRESH_EVERY) this.refresh()
    else this.#evaluate()
  }
}
