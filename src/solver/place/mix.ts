// The best map by a weighted sum of objectives: the best by each of them alone is where the search begins; HWMs are emptied while that is
// worth it; what is left is a local search over the sum. Small cases are enumerated whole, and then the answer is proved.
import { balance } from '../balance/balance.ts'
import { Spread } from '../balance/spread.ts'
import { unitBound } from '../bounds/units.ts'
import type { Budget } from '../budget.ts'
import { State } from '../packing/state.ts'
import type { Objective, Term } from '../problem.ts'
import { leastHwms, leastMoves, mostBalanced } from './first.ts'
import {
  type Found,
  hasHavms,
  type Outcome,
  report,
  type Task,
  usableBins,
  usedBins,
  verdictOf,
  weightsFor,
} from './task.ts'
import { type Amounts, Weighed } from './weighed.ts'

/** Maps looked at when all are. */
const MOST_NODES = 200_000
/** Share of what is left of the budget that each beginning may take. */
const SHARE = 0.25

/** What each objective is worth on the map, and the sum. */
export interface Mixed extends Found {
  readonly amounts: Amounts
  readonly value: number
}

function weightOf(terms: readonly Term[]): Amounts {
  const weight: Record<Objective, number> = { 'fewest-hwms': 0, balance: 0, 'fewest-moves': 0 }
  for (const term of terms) weight[term.objective] += term.weight
  return weight
}

/** Lowest sum found. The balance is over all HWMs that may be used, as in `balance` alone. */
export function bestMix(task: Task, terms: readonly Term[]): Mixed | Exclude<Outcome, Found> {
  const weight = weightOf(terms)
  const whole = task.budget
  const alone: Readonly<Record<Objective, (task: Task) => Outcome>> = {
    'fewest-hwms': leastHwms,
    balance: mostBalanced,
    'fewest-moves': leastMoves,
  }
  let bound = 0
  const begun: Int32Array[] = []
  for (const objective of ['fewest-moves', 'fewest-hwms', 'balance'] as const) {
    if (weight[objective] === 0) continue
    const outcome = alone[objective](beginning(task, whole.share(SHARE), objective, bound))
    if (outcome === undefined) continue
    if ('why' in outcome) return outcome
    // The bound of fewest HWMs with X counts those kept free, too: here only those with VMs count.
    const least =
      objective === 'fewest-hwms' && hasHavms(task)
        ? unitBound(task.items.packing).bins
        : outcome.bound
    bound += weight[objective] * least
    begun.push(outcome.where)
    report(task, 'beginnings', undefined, bound)
  }
  const open = usableBins(task)
  let best: { where: Int32Array; value: number } | undefined
  for (const start of begun) {
    if (!isGood(task, start, open)) continue
    const found = lowered(task, weight, start, open)
    const value = amountsOf(task, weight, found, open).value
    if (best === undefined || value < best.value) best = { where: found, value }
    report(task, 'mix', best.value, Math.min(bound, best.value))
  }
  if (best === undefined) return undefined
  if (weight['fewest-hwms'] > 0) best = emptied(task, weight, best, open, bound)
  const all = enumerated(task, weight, best, open)
  const { where, value } = all ?? best
  return {
    where,
    open,
    amounts: amountsOf(task, weight, where, open).amounts,
    value,
    bound: all === undefined ? Math.min(bound, value) : value,
  }
}

/** A search for one objective alone: what it is worth is not what the mix is worth, so that only its phase is told. */
function beginning(task: Task, budget: Budget, objective: Objective, bound: number): Task {
  const { onProgress, ...options } = task.options
  return {
    ...task,
    budget,
    options: {
      ...options,
      ...(onProgress && {
        onProgress: () => onProgress({ phase: `beginning: ${objective} alone`, bound }),
      }),
    },
  }
}

function isGood(task: Task, where: Int32Array, open: Int32Array): boolean {
  return !hasHavms(task) || verdictOf(task, where, open).holds === 'yes'
}

function measureOn(task: Task, weight: Amounts, state: State, open: Int32Array): Weighed {
  const counted = open.filter(b => task.usable[b] === 1)
  return new Weighed(state, new Spread(state, counted, weightsFor(task)), task, weight)
}

function amountsOf(task: Task, weight: Amounts, where: Int32Array, open: Int32Array): Weighed {
  const state = new State(task.items.packing)
  state.replace(where)
  return measureOn(task, weight, state, open)
}

/** Local search from a good map; the result is good. */
function lowered(task: Task, weight: Amounts, start: Int32Array, open: Int32Array): Int32Array {
  return balance(
    task.items.packing,
    start,
    {
      weights: weightsFor(task),
      open: open.filter(b => task.usable[b] === 1),
      homes: task,
      random: task.random,
      leastGain: 0,
      mostMoves: Infinity,
      measure: state => measureOn(task, weight, state, open),
    },
    task.budget,
    where => isGood(task, where, open),
  )
}

/** Empties one HWM after the other into those in use, while the sum gets lower; the emptiest are tried first. */
function emptied(
  task: Task,
  weight: Amounts,
  start: { where: Int32Array; value: number },
  open: Int32Array,
  bound: number,
): { where: Int32Array; value: number } {
  const { packing } = task.items
  let best = start
  for (let isBetter = true; isBetter && !task.budget.isOver; ) {
    isBetter = false
    const state = new State(packing)
    state.replace(best.where)
    const used = [...usedBins(best.where)].sort((a, b) => state.count[a]! - state.count[b]!)
    for (const bin of used) {
      if (task.budget.spend(packing.items * packing.dims * 8)) break
      state.replace(best.where)
      const measure = measureOn(task, weight, state, open)
      if (!emptyOne(state, measure, bin, used, task.usable) || measure.value >= best.value) continue
      if (!isGood(task, state.where, open)) continue
      const where = lowered(task, weight, state.where.slice(), open)
      const { value } = amountsOf(task, weight, where, open)
      if (value >= best.value) continue
      best = { where, value }
      report(task, 'emptying HWMs', value, Math.min(bound, value))
      isBetter = true
      break
    }
  }
  return best
}

/** Each VM to where the sum grows least; false when one of them cannot go. */
function emptyOne(
  state: State,
  measure: Weighed,
  bin: number,
  used: readonly number[],
  isUsable: Uint8Array,
): boolean {
  for (const i of state.membersOf(bin)) {
    let to = -1
    let least = Infinity
    if (state.packing.fixed[i]! >= 0) return false
    for (const b of used) {
      if (b === bin || !isUsable[b] || !state.hasRoom(i, b) || !state.isAllowed(i, b)) continue
      const value = measure.after(i, bin, -1, b)
      if (value >= least) continue
      least = value
      to = b
    }
    if (to < 0) return false
    measure.commit(i, bin, -1, to)
  }
  return true
}

/** Every map of a small case, item by item; undefined when there are too many. HWMs in use and moves only grow on the way: that cuts. */
function enumerated(
  task: Task,
  weight: Amounts,
  start: { where: Int32Array; value: number },
  open: Int32Array,
): { where: Int32Array; value: number } | undefined {
  const { packing } = task.items
  if (packing.items * Math.log(open.length) > Math.log(MOST_NODES) * 2) return undefined
  const state = new State(packing)
  let best = start
  let nodes = 0
  let used = 0
  const cost = (i: number, b: number): number =>
    task.home[i]! >= 0 && task.home[i] !== b ? task.cost[i]! * weight['fewest-moves'] : 0
  const go = (i: number, paid: number): void => {
    if (++nodes > MOST_NODES || task.budget.spend(packing.dims * open.length * 4)) return
    if (paid + used * weight['fewest-hwms'] >= best.value - 1e-12) return
    if (i === packing.items) {
      const { value } = measureOn(task, weight, state, open)
      if (value < best.value - 1e-12 && isGood(task, state.where, open))
        best = { where: state.where.slice(), value }
      return
    }
    const fixed = packing.fixed[i]!
    for (const b of fixed >= 0 ? [fixed] : open) {
      if (fixed < 0 && !task.usable[b]) continue
      if (!state.hasRoom(i, b) || !state.isAllowed(i, b)) continue
      if (state.count[b] === 0) used++
      state.put(i, b)
      go(i + 1, paid + cost(i, b))
      state.take(i)
      if (state.count[b] === 0) used--
    }
  }
  go(0, 0)
  return nodes > MOST_NODES || task.budget.isOver ? undefined : best
}
