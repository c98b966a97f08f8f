// Column generation and dives beside the tabu search of fewest.ts: in turns, each with a share of the work. Only for bins that are alike.
import type { Budget } from '../budget.ts'
import type { Random } from '../random.ts'
import { type Classes, classesOf } from './classes.ts'
import { columnsOf, goodColumns, greedyColumns, type Relaxed, relax } from './columns.ts'
import { dive } from './dive.ts'
import type { Packing } from './packing.ts'
import { type Column, Pricing } from './pricing.ts'

/** Classes above which the relaxation is too large to pay. */
const MOST_CLASSES = 900
const GREEDY_ROUNDS = 8
/** Columns kept between turns. */
const MOST_KNOWN = 6_000

/** An assignment that a turn came to; items without a bin have -1. */
export interface Rounded {
  readonly where: Int32Array
  readonly isComplete: boolean
}

export class Rounding {
  readonly #packing: Packing
  readonly #classes: Classes
  readonly #pricing: Pricing
  readonly #random: Random
  #known: Column[] = []
  #root: Relaxed | undefined
  #dives = 0
  /** No packing has fewer bins. */
  bound = 1

  constructor(packing: Packing, random: Random) {
    this.#packing = packing
    this.#random = random
    this.#classes = classesOf(packing)
    this.#pricing = new Pricing(this.#classes)
  }

  static suits(packing: Packing): boolean {
    if (packing.items > 20 * MOST_CLASSES) return false
    return classesOf(packing).count <= MOST_CLASSES
  }

  /** A packing that was found elsewhere: its bins are columns. */
  learn(where: Int32Array): void {
    this.#known.push(...columnsOf(this.#classes, where, this.#packing.bins))
  }

  /** One turn of `work` steps: on the relaxation until it is solved, then a dive for fewer than `best` bins. */
  turn(best: number, bins: Int32Array, work: number, budget: Budget): Rounded | undefined {
    const share = budget.part(work)
    const { demand } = this.#classes
    if (this.#known.length < 2 * best)
      this.#known.push(...greedyColumns(this.#classes, GREEDY_ROUNDS, this.#random, share))
    if (this.#root === undefined) {
      const relaxed = relax(
        this.#classes,
        this.#pricing,
        demand,
        this.#known,
        best,
        this.#random,
        share,
      )
      this.bound = Math.max(this.bound, relaxed.bound)
      if (this.bound >= best) return undefined
      this.#known = goodColumns(this.#classes, demand, relaxed, 1)
        .sort((a, b) => a.cost - b.cost)
        .slice(0, MOST_KNOWN)
        .map(({ column }) => column)
      if (share.isOver) return undefined
      this.#root = relaxed
    }
    const noise = this.#dives++ === 0 ? 0 : 0.1 + 0.3 * this.#random.next()
    const dived = dive(
      this.#classes,
      this.#pricing,
      this.#root,
      best - 1,
      noise,
      this.#random,
      share,
    )
    return { where: this.#assign(dived.columns, bins), isComplete: dived.isComplete }
  }

  #assign(columns: readonly Column[], bins: Int32Array): Int32Array {
    const where = new Int32Array(this.#packing.items).fill(-1)
    const next = new Int32Array(this.#classes.count)
    columns.forEach(({ rows, counts }, k) => {
      rows.forEach((c, n) => {
        for (let copies = counts[n]!; copies > 0; copies--)
          where[this.#classes.itemsOf[c]![next[c]!++]!] = bins[k]!
      })
    })
    return where
  }
}
