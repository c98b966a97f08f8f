// Several objectives as one measure: their weighted sum, or one of them while others may not get worse.
import type { Homes } from '../balance/changes.ts'
import { migrationsOf, tollOf } from '../balance/changes.ts'
import type { Measure } from '../balance/measure.ts'
import { Spread } from '../balance/spread.ts'
import type { State } from '../packing/state.ts'
import type { Objective } from '../problem.ts'

/** An amount per objective. Units: HWMs in use; the balance score (weighted sum of standard deviations of utilisation); migrations. */
export type Amounts = Readonly<Record<Objective, number>>

/** Rounding that is no worsening. */
const SLACK = 1e-9

/** The weighted sum of the objectives; a change that makes one of them more than `most` is worth Infinity. */
export class Weighed implements Measure {
  readonly #state: State
  readonly #spread: Spread
  readonly #homes: Homes
  readonly #weight: Amounts
  readonly #most: Amounts
  #moves = 0
  #used = 0

  constructor(
    state: State,
    spread: Spread,
    homes: Homes,
    weight: Amounts,
    most: Amounts = { 'fewest-hwms': Infinity, balance: Infinity, 'fewest-moves': Infinity },
  ) {
    this.#state = state
    this.#spread = spread
    this.#homes = homes
    this.#weight = weight
    this.#most = most
    this.#count()
  }

  get amounts(): Amounts {
    return {
      'fewest-hwms': this.#used,
      balance: this.#spread.value,
      'fewest-moves': this.#moves,
    }
  }

  get value(): number {
    return this.#sum(this.#used, this.#spread.value, this.#moves)
  }

  after(i: number, a: number, j: number, b: number): number {
    return this.#sum(
      this.#used + this.#opened(a, j, b),
      this.#spread.after(i, a, j, b),
      this.#moves + this.#toll(i, a, j, b),
    )
  }

  commit(i: number, a: number, j: number, b: number): void {
    this.#used += this.#opened(a, j, b)
    this.#moves += this.#toll(i, a, j, b)
    this.#spread.commit(i, a, j, b)
  }

  refresh(): void {
    this.#spread.refresh()
    this.#count()
  }

  #count(): void {
    this.#moves = migrationsOf(this.#homes, this.#state.where)
    this.#used = this.#state.count.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
  }

  #sum(used: number, balance: number, moves: number): number {
    const most = this.#most
    if (
      used > most['fewest-hwms'] ||
      balance > most.balance + SLACK ||
      moves > most['fewest-moves']
    )
      return Infinity
    const weight = this.#weight
    return weight['fewest-hwms'] * used + weight.balance * balance + weight['fewest-moves'] * moves
  }

  /** HWMs more in use, once i has gone from a to b. */
  #opened(a: number, j: number, b: number): number {
    if (j >= 0) return 0
    return (this.#state.count[b] === 0 ? 1 : 0) - (this.#state.count[a] === 1 ? 1 : 0)
  }

  #toll(i: number, a: number, j: number, b: number): number {
    const { where } = this.#state
    return tollOf(this.#homes, where, i, b) + (j < 0 ? 0 : tollOf(this.#homes, where, j, a))
  }
}
