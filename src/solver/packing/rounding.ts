// Column generation and dives beside the tabu search of fewest.ts: in turns, each with a share of the work. Only where no rule tells items
// or bins apart, and there are few kinds of bins, or few kinds of items.
import type { Budget } from '../budget.ts'
import type { WorthProof } from '../check/bins.ts'
import type { Random } from '../random.ts'
import { allOf, type Classes, classesOf } from './classes.ts'
import { columnsOf, greedyColumns, Relaxation } from './columns.ts'
import { dive, type DiveOptions } from './dive.ts'
import { isFree, type Packing } from './packing.ts'
import { type Column, Pricing } from './pricing.ts'
import { reform } from './reform.ts'

/** Classes above which the relaxation is too large to pay. */
const MOST_CLASSES = 900
const GREEDY_ROUNDS = 8
/** Kinds of bins times classes above which each kind is priced too seldom: six kinds of the most classes there may be. */
const MOST_PRICED = 6 * MOST_CLASSES

/** An assignment that a turn came to; items without a bin have -1. */
export interface Rounded {
  readonly where: Int32Array
  readonly isComplete: boolean
}

export class Rounding {
  readonly #packing: Packing
  readonly #classes: Classes
  readonly #pricings: readonly Pricing[]
  readonly #random: Random
  readonly #root: Relaxation
  #hasBegun = false
  #dives = 0

  constructor(packing: Packing, random: Random) {
    this.#packing = packing
    this.#random = random
    this.#classes = classesOf(packing)
    this.#pricings = this.#classes.kinds.map((_, k) => new Pricing(this.#classes, k))
    this.#root = new Relaxation(this.#classes, this.#pricings, allOf(this.#classes), random)
  }

  static suits(packing: Packing): boolean {
    if (packing.items > 20 * MOST_CLASSES || !isFree(packing)) return false
    const { count, kinds } = classesOf(packing)
    return count <= MOST_CLASSES && kinds.length > 0 && kinds.length * count <= MOST_PRICED
  }

  /** The relaxation is as good as it gets. */
  get isRelaxed(): boolean {
    return this.#root.isSolved
  }

  /** No packing has fewer bins. */
  get bound(): number {
    return this.#root.bound
  }

  /** Why, in a form that can be checked: see `check/bins.ts`. Undefined where there is none. */
  get proof(): WorthProof | undefined {
    const { proof, bound } = this.#root
    if (proof === undefined || proof.bins < bound) return undefined
    const worth = Array.from({ length: this.#packing.items }, () => 0)
    this.#classes.itemsOf.forEach((members, c) => {
      for (const i of members) worth[i] = proof.worth[c]!
    })
    return { scale: proof.scale, worth }
  }

  /** Goes on with the relaxation until it is solved, the bound reaches `enough` or the budget is over. `best`: a packing to begin from. */
  relax(best: Int32Array, enough: number, budget: Budget): void {
    if (this.#root.isSolved) return
    for (const column of columnsOf(this.#classes, best)) this.#root.add(column)
    if (!this.#hasBegun) {
      this.#hasBegun = true
      for (const column of greedyColumns(this.#classes, GREEDY_ROUNDS, this.#random, budget))
        this.#root.add(column)
    }
    this.#root.advance(enough, budget)
  }

  /**
   * One turn of `work` steps: on the relaxation until it is solved, then dives for fewer bins than `best` has. A dive may leave
   * items without a bin.
   */
  turn(best: Int32Array, bins: Int32Array, work: number, budget: Budget): Rounded | undefined {
    const share = budget.part(work)
    this.relax(best, bins.length, share)
    if (!this.#root.isSolved) return undefined
    if (this.bound >= bins.length) return undefined
    const known = this.#root.columns(0.3).map(({ column }) => column)
    let packed = columnsOf(this.#classes, best)
    let fullest: readonly Column[] | undefined
    while (!share.isOver) {
      // A dive starts from nothing, a reform from the best there is: one after a few of the other.
      if (this.#dives === 0 || this.#random.below(5) === 0) {
        const options = this.#options(bins.length - 1)
        const dived = dive(
          this.#classes,
          this.#pricings,
          this.#root,
          allOf(this.#classes),
          options,
          this.#random,
          share,
        )
        if (dived.isComplete) return { where: this.#assign(dived.columns, bins), isComplete: true }
        if (dived.columns.length > (fullest?.length ?? 0)) fullest = dived.columns
        continue
      }
      const formed = reform(
        this.#classes,
        this.#pricings,
        this.#root,
        packed,
        known,
        this.#random,
        share,
      )
      if (formed === undefined) continue
      if (formed.length < packed.length)
        return { where: this.#assign(formed, bins), isComplete: true }
      packed = formed
    }
    if (fullest !== undefined) return { where: this.#assign(fullest, bins), isComplete: false }
    return { where: this.#assign(packed, bins), isComplete: false }
  }

  /** The first dive is plain; later ones differ in noise and in how many columns they take at a time. */
  #options(most: number): DiveOptions {
    if (this.#dives++ === 0) return { most, noise: 0, clear: 0.75 }
    return {
      most,
      noise: 0.05 + 0.4 * this.#random.next(),
      clear: 0.6 + 0.5 * this.#random.next(),
    }
  }

  #assign(columns: readonly Column[], bins: Int32Array): Int32Array {
    const where = new Int32Array(this.#packing.items).fill(-1)
    const next = new Int32Array(this.#classes.count)
    const isUsed = new Set(bins)
    // Bins that are used come first.
    const ofKind = this.#classes.kinds.map(kind => [
      ...kind.bins.filter(b => !isUsed.has(b)),
      ...[...bins]
        .filter(b => this.#classes.kindOf[b] === this.#classes.kinds.indexOf(kind))
        .reverse(),
    ])
    for (const { kind, rows, counts } of columns) {
      const bin = ofKind[kind]!.pop()!
      rows.forEach((c, n) => {
        for (let copies = counts[n]!; copies > 0; copies--)
          where[this.#classes.itemsOf[c]![next[c]!++]!] = bin
      })
    }
    return where
  }
}
