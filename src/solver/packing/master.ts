// The restricted master of column generation: least cost, every class covered, no more bins of a kind than there are, by the revised simplex method (Gilmore and Gomory 1961;
// Chvatal 1983, chapters 7 and 13). Right-hand sides are perturbed a little against stalling.
import { Basis, type Sparse } from './basis.ts'
import type { Column } from './pricing.ts'

/** Pivots after which the inverse is made anew, if not before. */
const REBUILD_AFTER = 100
const EPSILON = 1e-8
/** Columns that one look over all brings up for the next pivots. */
const SHORT_LIST = 20

/**
 * Grows by columns; `solve` brings it to the optimum of those it has. Row r must be covered at least `demand[r]` times; rows after those
 * are limits, met at most `limits[r]` times.
 */
export class Master {
  readonly #covers: number
  readonly rows: number
  readonly columns: Pick<Column, 'rows' | 'counts'>[] = []
  /** The same, one after the other: looking over all of them is much of the work. */
  #from = new Int32Array(1 << 8)
  #rowsOf = new Int32Array(1 << 10)
  #countsOf = new Float64Array(1 << 10)
  #cost = new Float64Array(1 << 8)
  /** Duals: the price of each row at the last optimum. */
  readonly prices: Float64Array
  /** Column of each basic variable; ~row for the surplus of a row, or for what is left of its limit. */
  readonly #basis: Int32Array
  readonly #inverse: Basis
  readonly #value: Float64Array
  readonly #right: Float64Array
  readonly #direction: Float64Array
  readonly #row: Float64Array
  #sinceRebuild = 0
  #pivots = 0
  #isSingular = false
  /** Elementary steps so far, to be spent on a budget. */
  work = 0

  /** `single`: what one item by itself costs; with limits, more than any bin, so that such columns are left when there are bins. */
  constructor(
    demand: ArrayLike<number>,
    perturb: () => number,
    limits: ArrayLike<number> = [],
    single = 1,
  ) {
    const covers = demand.length
    const rows = covers + limits.length
    this.rows = rows
    this.#covers = covers
    this.prices = new Float64Array(rows).fill(single, 0, covers)
    this.#right = Float64Array.from({ length: rows }, (_, r) =>
      r < covers ? demand[r]! + 1e-3 * perturb() : limits[r - covers]!,
    )
    this.#value = this.#right.slice()
    this.#inverse = new Basis(rows)
    this.#basis = new Int32Array(rows)
    this.#direction = new Float64Array(rows)
    this.#row = new Float64Array(rows)
    // One item by itself: always a solution, and the identity as first basis.
    for (let r = 0; r < rows; r++)
      this.#basis[r] =
        r < covers ? this.add({ rows: Int32Array.of(r), counts: Int32Array.of(1) }, single) : ~r
  }

  add({ rows, counts }: Pick<Column, 'rows' | 'counts'>, cost = 1): number {
    const c = this.columns.push({ rows, counts }) - 1
    const at = this.#from[c]!
    if (c + 2 > this.#from.length) {
      this.#from = longer(this.#from, new Int32Array(2 * c + 2))
      this.#cost = longer(this.#cost, new Float64Array(2 * c + 2))
    }
    this.#cost[c] = cost
    if (at + rows.length > this.#rowsOf.length) {
      const size = 2 * (at + rows.length)
      this.#rowsOf = longer(this.#rowsOf, new Int32Array(size))
      this.#countsOf = longer(this.#countsOf, new Float64Array(size))
    }
    this.#rowsOf.set(rows, at)
    this.#countsOf.set(counts, at)
    this.#from[c + 1] = at + rows.length
    return c
  }

  /** Of a column, by its number; what the sum would grow by. */
  reducedCost(column: number): number {
    const prices = this.prices
    const rows = this.#rowsOf
    const counts = this.#countsOf
    const end = this.#from[column + 1]!
    let sum = this.#cost[column]!
    for (let k = this.#from[column]!; k < end; k++) sum -= prices[rows[k]!]! * counts[k]!
    return sum
  }

  #costOf(entry: number): number {
    return entry < 0 ? this.#slackCost(~entry) : this.reducedCost(entry)
  }

  #slackCost(row: number): number {
    return row < this.#covers ? this.prices[row]! : -this.prices[row]!
  }

  /** Pivots until no column it has lowers the sum. False when `isOver` ended it before, or it does not get there. */
  solve(isOver: () => boolean): boolean {
    // Perturbed right-hand sides make cycles unlikely, not impossible.
    const last = this.#pivots + 200 * (this.rows + 20) + 10 * this.columns.length
    while (!this.#isSingular && this.#pivots < last) {
      const list = this.#shortList()
      if (list.length === 0) return true
      for (;;) {
        let best = -EPSILON
        let entering: number | undefined
        for (const entry of list) {
          const cost = this.#costOf(entry)
          if (cost < best) {
            best = cost
            entering = entry
          }
        }
        if (entering === undefined) break
        if (!this.#pivot(entering, best)) return true
        if (isOver() || this.#pivots >= last) return false
      }
    }
    return false
  }

  /** Basic columns with a value above zero. */
  *solution(): Generator<[column: number, value: number]> {
    for (let r = 0; r < this.rows; r++)
      if (this.#basis[r]! >= 0 && this.#value[r]! > 1e-4) yield [this.#basis[r]!, this.#value[r]!]
  }

  /** Those that would lower the sum most, surplus of rows among them. */
  #shortList(): number[] {
    const found: [entry: number, cost: number][] = []
    let limit = -EPSILON
    const offer = (entry: number, cost: number): void => {
      found.push([entry, cost])
      if (found.length < SHORT_LIST * 3) return
      found.sort((a, b) => a[1] - b[1])
      found.length = SHORT_LIST
      limit = found[SHORT_LIST - 1]![1]
    }
    for (let r = 0; r < this.rows; r++) {
      const cost = this.#slackCost(r)
      if (cost < limit) offer(~r, cost)
    }
    for (let c = 0; c < this.columns.length; c++) {
      const cost = this.reducedCost(c)
      if (cost < limit) offer(c, cost)
    }
    this.work += this.columns.length * 8 + this.rows
    return found
      .sort((a, b) => a[1] - b[1])
      .slice(0, SHORT_LIST)
      .map(([entry]) => entry)
  }

  #pivot(entering: number, reduced: number): boolean {
    const { rows } = this
    const direction = this.#direction
    direction.fill(0)
    const column = this.#sparse(entering)
    for (let k = 0; k < column.rows.length; k++) direction[column.rows[k]!] = column.counts[k]!
    this.#inverse.solve(direction)
    let leaving = -1
    let least = Infinity
    for (let r = 0; r < rows; r++) {
      if (direction[r]! <= 1e-7) continue
      const ratio = Math.max(0, this.#value[r]!) / direction[r]!
      if (
        ratio < least - 1e-12 ||
        (ratio < least + 1e-12 && leaving >= 0 && direction[r]! > direction[leaving]!)
      ) {
        least = ratio
        leaving = r
      }
    }
    if (leaving < 0) return false
    const pivot = direction[leaving]!
    const row = this.#row
    row.fill(0)
    row[leaving] = 1
    this.#inverse.solveRow(row)
    const change = reduced / pivot
    const step = this.#value[leaving]! / pivot
    for (let r = 0; r < rows; r++) {
      this.prices[r]! += change * row[r]!
      this.#value[r]! -= direction[r]! * step
    }
    this.#value[leaving] = step
    this.#basis[leaving] = entering
    this.#inverse.replace(leaving, direction)
    this.work += this.#inverse.entries * 2 + rows * 6
    this.#pivots++
    if (++this.#sinceRebuild >= REBUILD_AFTER || this.#inverse.isLong) this.#rebuild()
    return true
  }

  #sparse(entry: number): Sparse {
    if (entry >= 0) return this.columns[entry]!
    return { rows: [~entry], counts: [~entry < this.#covers ? -1 : 1] }
  }

  /** Makes the inverse anew: it is short again, and rounding errors go. */
  #rebuild(): void {
    this.#sinceRebuild = 0
    const entries = Array.from(this.#basis)
    const placed = this.#inverse.rebuild(entries.map(entry => this.#sparse(entry)))
    if (placed === undefined) {
      this.#isSingular = true
      return
    }
    this.work += this.#inverse.entries * 4 + this.rows * this.rows
    placed.forEach((k, r) => {
      this.#basis[r] = entries[k]!
      this.prices[r] = entries[k]! >= 0 ? this.#cost[entries[k]!]! : 0
    })
    this.#value.set(this.#right)
    this.#inverse.solve(this.#value)
    this.#inverse.solveRow(this.prices)
  }
}

/** What was there, in an array that has room for more. */
function longer<A extends Int32Array | Float64Array>(of: A, into: A): A {
  into.set(of)
  return into
}
