// Steepest descent: each step takes the move that lowers the imbalance most, or, when none is worth it, the exchange of two VMs.
// As Ganeti's hbal (its `-l` steps), with exchanges, and with sums kept up to date instead of made anew.
import type { Budget } from '../budget.ts'
import type { State } from '../packing/state.ts'
import type { Random } from '../random.ts'
import { canChange, type Homes, tollOf } from './changes.ts'
import type { Measure } from './measure.ts'

export interface Step {
  readonly i: number
  readonly a: number
  /** -1: nobody comes back. */
  readonly j: number
  readonly b: number
}

/** Pairs of VMs looked at for one exchange. */
const MOST_PAIRS = 60_000
/** VMs that are looked at again, after a look at all, for as long as the best of them beats the last of them then. */
const SHORT_LIST = 128

/** Exchanges in a row. */
const MOST_EXCHANGES = 32

/** What one step may do. */
interface Terms {
  /** Migrations that may still be added. */
  readonly left: number
  /** A migration must lower the value by this. */
  readonly least: number
  readonly isRefused: (step: Step) => boolean
}

/** Finds step after step on one state; keeps a short list of VMs worth moving (Glover's candidate lists, 1989). */
export class Descent {
  readonly #state: State
  readonly #spread: Measure
  readonly #homes: Homes
  readonly #open: Int32Array
  readonly #random: Random
  readonly #budget: Budget
  readonly #isOpen: Uint8Array
  #list: Int32Array = new Int32Array(0)
  /** What the last of the list was worth when it was made. */
  #floor = Infinity
  /** Exchanges since the last look at all moves. */
  #exchanges = 0

  constructor(
    state: State,
    spread: Measure,
    homes: Homes,
    open: Int32Array,
    random: Random,
    budget: Budget,
  ) {
    this.#state = state
    this.#spread = spread
    this.#homes = homes
    this.#open = open
    this.#random = random
    this.#budget = budget
    this.#isOpen = new Uint8Array(state.packing.bins)
    for (const b of open) this.#isOpen[b] = 1
  }

  /** The best move, or, when none is worth it, the best exchange of two VMs; undefined when there is none either. */
  next(terms: Terms): Step | undefined {
    // Where no move was worth it a moment ago, exchanges go on for a while before all moves are looked at again.
    if (this.#exchanges > 0 && this.#exchanges < MOST_EXCHANGES) {
      const exchange = this.#bestExchange(terms)
      if (exchange !== undefined) {
        this.#exchanges++
        return exchange
      }
    }
    this.#exchanges = 0
    const shift = this.#bestShift(terms)
    if (shift !== undefined) return shift
    this.#exchanges = 1
    return this.#bestExchange(terms)
  }

  /** The short list is of no use any more: the state was changed by others. */
  forget(): void {
    this.#list = new Int32Array(0)
    this.#exchanges = 0
  }

  #bestShift(terms: Terms): Step | undefined {
    if (this.#list.length > 0) {
      let best: Step | undefined
      let bestGain = Math.max(terms.least, this.#floor)
      for (const i of this.#list) {
        const found = this.#bestOf(i, bestGain, terms)
        if (found === undefined) continue
        best = found.step
        bestGain = found.gain
      }
      if (best !== undefined) return best
    }
    return this.#fullLook(terms)
  }

  /** Every VM: the best step, and the short list for the next ones. */
  #fullLook(terms: Terms): Step | undefined {
    const { items, fixed } = this.#state.packing
    const worth: { i: number; gain: number }[] = []
    let best: Step | undefined
    let bestGain = terms.least
    for (let i = 0; i < items; i++) {
      if (fixed[i]! >= 0 || !this.#isOpen[this.#state.where[i]!]) continue
      const found = this.#bestOf(i, terms.least, terms)
      if (found === undefined) continue
      worth.push({ i, gain: found.gain })
      if (found.gain <= bestGain) continue
      bestGain = found.gain
      best = found.step
    }
    worth.sort((x, y) => y.gain - x.gain || x.i - y.i)
    this.#list = Int32Array.from(worth.slice(0, SHORT_LIST), entry => entry.i)
    this.#floor = worth.length > SHORT_LIST ? worth[SHORT_LIST]!.gain : 0
    return best
  }

  /** Where one VM's move gains most a migration, and more than `above`. */
  #bestOf(i: number, above: number, terms: Terms): { step: Step; gain: number } | undefined {
    const state = this.#state
    const spread = this.#spread
    const a = state.where[i]!
    let bestGain = above
    let best: Step | undefined
    for (const b of this.#open) {
      if (b === a) continue
      const gain = spread.value - spread.after(i, a, -1, b)
      if (gain <= bestGain) continue
      const toll = tollOf(this.#homes, state.where, i, b)
      const worth = gain / Math.max(1, toll)
      if (worth <= bestGain || toll > terms.left || !canChange(state, i, a, -1, b)) continue
      const step = { i, a, j: -1, b }
      if (terms.isRefused(step)) continue
      bestGain = worth
      best = step
    }
    this.#budget.spend(this.#open.length * state.packing.dims * 4)
    return best === undefined ? undefined : { step: best, gain: bestGain }
  }

  /** Of all pairs of VMs when they are few, else of a sample of them. */
  #bestExchange(terms: Terms): Step | undefined {
    const { items, dims } = this.#state.packing
    const best: { step: Step | undefined; gain: number } = { step: undefined, gain: terms.least }
    const isSampled = (items * items) / 2 > MOST_PAIRS
    if (isSampled) {
      for (let n = 0; n < MOST_PAIRS; n++)
        this.#consider(this.#random.below(items), this.#random.below(items), terms, best)
    } else {
      for (let i = 0; i < items; i++)
        for (let j = i + 1; j < items; j++) this.#consider(i, j, terms, best)
    }
    this.#budget.spend((isSampled ? MOST_PAIRS : (items * items) / 2) * dims * 2)
    return best.step
  }

  #consider(
    i: number,
    j: number,
    terms: Terms,
    best: { step: Step | undefined; gain: number },
  ): void {
    const { where } = this.#state
    const a = where[i]!
    const b = where[j]!
    if (a === b || !this.#isOpen[a] || !this.#isOpen[b]) return
    const gain = this.#spread.value - this.#spread.after(i, a, j, b)
    if (gain <= best.gain) return
    const toll = tollOf(this.#homes, where, i, b) + tollOf(this.#homes, where, j, a)
    const worth = gain / Math.max(1, toll)
    if (worth <= best.gain || toll > terms.left || !canChange(this.#state, i, a, j, b)) return
    const step = { i, a, j, b }
    if (terms.isRefused(step)) return
    best.gain = worth
    best.step = step
  }
}
