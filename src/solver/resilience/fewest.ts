// Fewest HWMs that survive X failures. Two ways meet: X empty HWMs beside the fewest that hold everything (any X failures then fit
// wholesale: with no plain load nothing does better), and repair of fuller maps, which shares spare room between failure sets.
import { alone, type Beside } from '../beside.ts'
import { fractionalResilientBound } from '../bounds/fractional.ts'
import { mixedResilientBound } from '../bounds/mixed.ts'
import { pricedResilientBound } from '../bounds/priced.ts'
import { resilientBound } from '../bounds/resilient.ts'
import { unitBound } from '../bounds/units.ts'
import type { Budget } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import { binsUsed, packFewest } from '../packing/fewest.ts'
import { binOrder } from '../packing/greedy.ts'
import { isUniform, type Items, type Packing } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import { type Random, seeded } from '../random.ts'
import { groundOf } from './ground.ts'
import { judge, type Verdict } from './judge.ts'
import { repair } from './pool.ts'
import { starts } from './starts.ts'
import { holdsWholesale } from './wholesale.ts'

export interface ResilientFewest {
  readonly where: Int32Array
  /** HWMs that must be on: with VMs, or kept free for those of others. */
  readonly open: Int32Array
  readonly verdict: Verdict
}

export interface ResilientSearch {
  readonly best: ResilientFewest | undefined
  readonly bound: number
  /** The last verdict of a failed attempt on all HWMs: what to tell when there is no answer. */
  readonly lastNo: Verdict | undefined
}

/** The problem with only these HWMs on: the others take nobody in. */
export function withOnly(compiled: Compiled, open: Int32Array): Compiled {
  const takesFallback = new Uint8Array(compiled.hwms)
  for (const h of open) takesFallback[h] = compiled.takesFallback[h]!
  return { ...compiled, takesFallback }
}

function verdictOn(
  compiled: Compiled,
  items: Items,
  where: Int32Array,
  open: Int32Array,
  tolerate: number,
  budget: Budget,
): Verdict {
  const spread = Int32Array.from(items.itemOf, i => where[i]!)
  const ground = groundOf(withOnly(compiled, open), spread)
  return holdsWholesale(ground, tolerate)
    ? { holds: 'yes', by: 'sets', own: [], setsChecked: 0 }
    : judge(ground, tolerate, budget)
}

/** Steps for the first answer: a tenth of a second or two. */
const QUICK_WORK = 2e7

/** Of the budget, and in work, what prices of columns may take for a bound. */
const PRICES_SHARE = 0.1
const PRICES_WORK = 2e9

/** So far above the bound an attempt at the bound itself has little hope. */
const FAR = 3

/** Steps of a round beside those it counts: small cases fail at once, and the clock must be looked at all the same. */
const ROUND_WORK = 20_000

/** Searches until the bound is met, the budget is over or `effort` attempts are done. */
export function resilientFewest(
  compiled: Compiled,
  items: Items,
  tolerate: number,
  random: Random,
  whole: Budget,
  effort: number,
  report: (hwms: number | undefined, bound: number, phase: string) => void,
  beside: Beside = alone(),
): ResilientSearch {
  const budget = whole.unless(() => beside.isSettled)
  const { packing } = items
  const usable = Uint8Array.from({ length: packing.bins }, (_, h) =>
    compiled.inMaintenance[h] ? 0 : 1,
  )
  let bound = Math.max(
    resilientBound(compiled, tolerate).hwms,
    mixedResilientBound(compiled, tolerate),
  )
  let best: ResilientFewest | undefined
  let lastNo: Verdict | undefined
  const offer = (where: Int32Array, open: Int32Array, verdict: Verdict, phase: string): boolean => {
    if (verdict.holds !== 'yes') {
      lastNo = verdict
      return false
    }
    if (best === undefined || open.length < best.open.length) {
      best = { where, open, verdict }
      beside.tell(open.length, bound)
      report(open.length, bound, phase)
    }
    return true
  }
  /** All that `where` uses, and some HWMs that are empty. */
  const wholesale = (where: Int32Array): { used: Int32Array; others: number[] } => {
    const state = new State(packing)
    state.replace(where)
    const used = binsUsed(state)
    const others = spareOrder(packing, used, usable)
    const fewest = Math.max(0, Math.min(tolerate, bound - used.length))
    for (let spares = fewest; spares <= others.length; spares++) {
      const open = Int32Array.from([...used, ...others.slice(0, spares)])
      const verdict = verdictOn(compiled, items, where, open, tolerate, budget)
      if (offer(where, open, verdict, 'spare HWMs')) break
      if (budget.isOver || spares > 4 * tolerate + 4) break
    }
    return { used, others }
  }
  // Who ends the search early gets something: a packing made in a moment, and as many empty HWMs beside it as it takes.
  const quick = packFewest(packing, seeded(0), budget.part(QUICK_WORK), () => undefined, 1)
  if (quick.where !== undefined) wholesale(quick.where)
  const found: ResilientFewest | undefined = best
  if (found !== undefined && found.open.length <= bound) return { best, bound, lastNo }
  bound = fractionalResilientBound(compiled, tolerate, bound, budget)
  if (found !== undefined) {
    beside.tell(undefined, bound)
    report(found.open.length, bound, 'pieces')
    if (found.open.length <= bound) return { best, bound, lastNo }
  }
  // Where X empty HWMs beside the tightest packing would meet the bound, the packing is what counts; else most time goes to repair.
  // Of two searches the second shares its time out the other way.
  const isWholesale = unitBound(packing).bins + tolerate <= bound !== (beside.lane === 1)
  const plain = packFewest(
    packing,
    random,
    budget.share(isWholesale ? 0.6 : 0.2),
    () => undefined,
    5,
  )
  if (plain.where === undefined) return { best, bound: Math.max(bound, plain.bound), lastNo }
  const { used, others } = wholesale(plain.where)
  const all = Int32Array.from([...used, ...others])
  if (!isUniform(packing)) {
    // Where HWMs differ, the largest are spares for all others; the tightest packing of all would have used them up.
    const kept = [...binOrder(packing)]
      .filter(b => compiled.takesFallback[b] === 1)
      .slice(0, tolerate)
    const rest = packFewest(without(packing, kept), random, budget.share(0.25), () => undefined, 5)
    if (rest.where !== undefined && rest.bins + tolerate < (best?.open.length ?? Infinity))
      wholesale(rest.where)
  }
  let isPriced = false
  for (let round = 0; round < effort && !budget.spend(ROUND_WORK); round++) {
    if (round === 1 && !isPriced) {
      // Not before a round was in vain: most are at the bound by then.
      isPriced = true
      const share = budget.share(PRICES_SHARE).part(PRICES_WORK)
      const priced = pricedResilientBound(compiled, items, tolerate, plain.where, share)
      // More than all there are: nothing holds X; that is for others to prove.
      bound = Math.max(bound, Math.min(priced, all.length))
      beside.tell(undefined, bound)
      report(best?.open.length, bound, 'prices')
    }
    const target = Math.min(best?.open.length ?? all.length + 1, beside.best) - 1
    if (target < bound) break
    let isBetter = false
    // Any map at all comes first: with all HWMs on it is found soonest. Far from the bound half the way is tried before the bound itself.
    const half = Math.floor((bound + target) / 2)
    const counts =
      best === undefined ? [target] : half > bound + FAR ? [half, target] : [bound, half, target]
    for (const count of new Set(counts)) {
      if (count > all.length || budget.isOver) continue
      for (const attempt of starts(
        compiled,
        items,
        all,
        used.length,
        count,
        tolerate,
        round,
        random,
        budget,
      )) {
        const repaired = repair(
          withOnly(compiled, attempt.open),
          items,
          attempt.where,
          attempt.open,
          tolerate,
          random,
          budget,
          6 + 6 * round,
        )
        isBetter = offer(repaired.where, attempt.open, repaired.verdict, 'repair')
        if (isBetter || budget.isOver) break
      }
      if (isBetter) break
    }
    if (isBetter) round = -1
  }
  return { best, bound: Math.max(bound, plain.bound, beside.bound), lastNo }
}

/** The packing with these bins closed. */
function without(packing: Packing, closed: readonly number[]): Packing {
  const rows = packing.rows.map(row => row.map((isOpen, b) => (closed.includes(b) ? 0 : isOpen)))
  return { ...packing, rows }
}

/** HWMs that are not used, the best spare first: largest first. */
function spareOrder(packing: Packing, used: Int32Array, usable: Uint8Array): number[] {
  const isUsed = new Set(used)
  return [...binOrder(packing)].filter(b => !isUsed.has(b) && usable[b] === 1)
}
