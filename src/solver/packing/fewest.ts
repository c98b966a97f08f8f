// Fewest bins: greedy first, then tabu search straight at the bound, then one bin less at a time for as long as the budget lasts.
// Bins of few kinds are packed by column generation too, in turns with tabu.
import { alone, type Beside } from '../beside.ts'
import { fractionalBound } from '../bounds/fractional.ts'
import { choicesOf, fewestOfKinds, kindsOf } from '../bounds/kinds.ts'
import { slotBound } from '../bounds/slots.ts'
import { openBins, unitBound } from '../bounds/units.ts'
import type { Budget } from '../budget.ts'
import type { WorthProof } from '../check/bins.ts'
import { type Random, seeded } from '../random.ts'
import { bestFit, binOrder, fillBins, levelled, order, otherWeights, scarcity } from './greedy.ts'
import { freed } from './freed.ts'
import { isFree, isUniform, type Packing } from './packing.ts'
import { Rounding } from './rounding.ts'
import { State } from './state.ts'
import { tabu } from './tabu.ts'

export interface Fewest {
  /** Undefined when not even all bins together were enough for what was tried. */
  readonly where: Int32Array | undefined
  readonly bins: number
  readonly bound: number
  /** Why there are no fewer, where that rests on prices of columns; a bound by counting needs none. */
  readonly proof?: WorthProof
}

export type OnFewest = (bins: number | undefined, bound: number, phase: string) => void

/** Items above which bin-centric greedy (quadratic in items) is left out. */
const MOST_FOR_FILLING = 4_000
/** The same for filling with other weights. */
const MOST_FOR_WEIGHTS = 1_000

export function binsUsed(state: State): Int32Array {
  const used: number[] = []
  state.count.forEach((count, b) => {
    if (count > 0) used.push(b)
  })
  return Int32Array.from(used)
}

/** The best of several greedy ways, undefined when none places all items. */
export function greedily(packing: Packing, bins: Int32Array, enough: number): State | undefined {
  const weights = scarcity(packing, [...bins])
  let best: State | undefined
  let fewest = Infinity
  const offer = (state: State, left: number): void => {
    const used = left > 0 ? Infinity : binsUsed(state).length
    if (used < fewest) {
      fewest = used
      best = state
    }
  }
  for (const measure of ['sum', 'max', 'squares'] as const) {
    if (fewest <= enough) break
    const state = new State(packing)
    offer(state, bestFit(state, order(packing, measure, weights), bins.slice(), weights))
  }
  const others = packing.items > MOST_FOR_WEIGHTS ? [] : otherWeights(packing, weights)
  for (const [by, mix] of [weights, ...others].flatMap(each => [
    ['dot', each] as const,
    ['l2', each] as const,
  ])) {
    if (fewest <= enough || packing.items > MOST_FOR_FILLING) break
    const state = new State(packing)
    // Fixed and ruled items first: filling does not know that others may go anywhere else.
    const first = order(packing, 'sum', weights).filter(
      i =>
        packing.fixed[i]! >= 0 || packing.rowOf[i]! > 0 || (packing.groupsOf?.[i]?.length ?? 0) > 0,
    )
    if (bestFit(state, first, bins.slice(), weights) > 0) continue
    const opened = binsUsed(state)
    const rest = bins.filter(b => !opened.includes(b))
    offer(state, fillBins(state, Int32Array.from([...opened, ...rest]), mix, by))
  }
  return best
}

/** Tabu search inside exactly these bins, from a best-fit start; the assignment when everything fits. */
export function packInto(
  packing: Packing,
  bins: Int32Array,
  start: Int32Array | undefined,
  random: Random,
  budget: Budget,
  steps: number,
): Int32Array | undefined {
  const state = new State(packing)
  const isOpen = new Uint8Array(packing.bins)
  for (const b of bins) isOpen[b] = 1
  if (start !== undefined) {
    for (let i = 0; i < packing.items; i++)
      if (start[i]! >= 0 && isOpen[start[i]!]) state.put(i, start[i]!)
  }
  const weights = scarcity(packing, [...bins])
  levelled(state, order(packing, 'sum', weights), bins, weights)
  if (state.where.some(b => b < 0)) return undefined
  const result = tabu(state, bins, random, budget, steps)
  if (!result.isPacked) return undefined
  const check = new State(packing)
  check.replace(result.where)
  return check.isValid() ? result.where : undefined
}

/** Work of one turn of column generation for each item, at least. */
const TURN_PER_ITEM = 1e6

/** Rounds in vain before columns that do not pack have a turn. */
const STUCK_ROUNDS = 2

/** Work of one turn of columns that do not pack, at least. */
const BOUNDING_WORK = 2e7

/** Of the budget, and in work, what columns may take before all else in the second of two searches. */
const COLUMNS_FIRST = { share: 0.5, work: 5e9 }

/** Steps of one attempt, about constant work: an attempt looks at some hundred million pairs in all. */
function stepsFor(packing: Packing, round: number): number {
  return Math.ceil((400 + 4 * Math.min(packing.items, 12_000)) * 2 ** Math.min(round, 9))
}

/**
 * Packs into few bins and goes on until the bound is met or the budget is over. Every improvement is reported.
 * `beside`: another search for the same thing, whose bound and answer count as well.
 */
export function packFewest(
  packing: Packing,
  random: Random,
  whole: Budget,
  report: OnFewest,
  mostRounds = Infinity,
  beside: Beside = alone(),
): Fewest {
  const budget = whole.unless(() => beside.isSettled)
  let bound = boundOf(packing)
  const all = binOrder(packing)
  if (packing.items === 0) return { where: new Int32Array(0), bins: 0, bound: 0 }
  let best = greedily(packing, all, bound)?.where
  if (best === undefined) {
    for (
      let round = 0;
      best === undefined && !budget.isOver && round < Math.min(mostRounds, 8);
      round++
    ) {
      best = packInto(packing, all, undefined, random, budget, stepsFor(packing, round))
    }
    if (best === undefined) return { where: undefined, bins: Infinity, bound }
  }
  let used = usedBy(packing, best)
  const take = (found: Int32Array, phase: string): void => {
    best = found
    used = usedBy(packing, best)
    beside.tell(used.length, bound)
    report(used.length, bound, phase)
  }
  take(best, 'greedy')
  const rounding = Rounding.suits(packing) ? new Rounding(packing, random) : undefined
  // Where rules bind, columns do without them and bound only.
  const free = rounding === undefined && !isFree(packing) ? freed(packing) : undefined
  const bounding = free && Rounding.suits(free) ? new Rounding(free, seeded(1)) : undefined
  const raise = (proved: number, phase = 'columns'): void => {
    if (proved <= bound) return
    bound = proved
    beside.tell(undefined, bound)
    report(used.length, bound, phase)
  }
  const turn = (of: Rounding, work: number, within: Budget): void => {
    const rounded = of.turn(best!, used, work, within)
    raise(of.bound)
    if (rounded?.isComplete) take(rounded.where, 'columns')
    else if (rounded !== undefined && !budget.isOver) {
      // What a dive has left over, tabu search may still squeeze in.
      const bins = mostOf(rounded.where, used)
      const found = packInto(packing, bins, rounded.where, random, budget, stepsFor(packing, 0))
      if (found !== undefined) take(found, 'columns')
    }
  }
  if (used.length > bound) raise(fractionalBound(packing, bound, budget), 'pieces')
  if (beside.lane === 1 && rounding !== undefined) {
    const first = budget.share(COLUMNS_FIRST.share).part(COLUMNS_FIRST.work)
    while (!rounding.isRelaxed && used.length > bound && !first.isOver)
      turn(rounding, TURN_PER_ITEM * packing.items, first)
  }
  for (let round = 0; used.length > bound && !budget.isOver && round < mostRounds; round++) {
    const before = budget.spent
    const had = used.length
    raise(beside.bound)
    const goal = Math.min(used.length, beside.best) - 1
    const tries = attempts(packing, used, best, bound, goal, round, random)
    for (const { bins, start } of tries) {
      const found = packInto(packing, bins, start, random, budget, stepsFor(packing, round))
      if (found !== undefined) take(found, 'tabu')
      if (found !== undefined || budget.isOver) break
    }
    if (rounding !== undefined && used.length > bound && !budget.isOver) {
      const work = Math.max(TURN_PER_ITEM * packing.items, 3 * (budget.spent - before))
      turn(rounding, work, budget)
    }
    // Not before several rounds were in vain: who is not there yet needs the time to get there.
    const isStuck = round >= STUCK_ROUNDS && used.length === had
    if (isStuck && bounding?.isRelaxed === false && used.length > bound) {
      const work = Math.max(BOUNDING_WORK, (budget.spent - before) / 4)
      bounding.relax(best, used.length, budget.part(work))
      raise(bounding.bound)
    }
    if (used.length < had) round = -1
  }
  raise(beside.bound)
  const proof = rounding?.bound === bound ? rounding.proof : undefined
  return { where: best, bins: used.length, bound, ...(proof && { proof }) }
}

/** One bin less than are used: of those that an assignment uses, and of the others as many as it takes. */
function mostOf(where: Int32Array, used: Int32Array): Int32Array {
  const wanted = new Set(where.filter(b => b >= 0))
  const isUsed = new Set(used)
  const inTurn = [
    ...used.filter(b => wanted.has(b)),
    ...[...wanted].filter(b => !isUsed.has(b)),
    ...used.filter(b => !wanted.has(b)),
  ]
  return Int32Array.from(inTurn.slice(0, used.length - 1))
}

function usedBy(packing: Packing, where: Int32Array): Int32Array {
  const state = new State(packing)
  state.replace(where)
  return binsUsed(state)
}

/** By counting, dimension by dimension, and over all choices of so many of each kind of bin. */
function boundOf(packing: Packing): number {
  const units = Math.max(unitBound(packing).bins, slotBound(packing)?.bins ?? 0)
  if (isUniform(packing)) return units
  const open = openBins(packing)
  const asked = askedOf(packing)
  const kinds = kindsOf(packing.capacity, packing.dims, open)
  return Math.min(
    open.length,
    fewestOfKinds(kinds, units, () => asked),
  )
}

/** Sum of all sizes, per dimension. */
function askedOf({ items, dims, size }: Packing): Float64Array {
  const asked = new Float64Array(dims)
  for (let i = 0; i < items; i++) for (let d = 0; d < dims; d++) asked[d]! += size[i * dims + d]!
  return asked
}

/** Choices of bins that are looked at in turn. */
const MOST_CHOICES = 6

/** `count` bins that have most of the dimension of which they have least; `nth`: the best, the next, and so on. Those that items are fixed to among them. */
export function plentifulBins(
  packing: Packing,
  count: number,
  nth: number,
): Int32Array | undefined {
  const isFixed = new Set(packing.fixed.filter(b => b >= 0))
  const bins = [...isFixed, ...openBins(packing).filter(b => !isFixed.has(b))]
  const kinds = kindsOf(packing.capacity, packing.dims, bins)
  const choices = choicesOf(kinds, count, askedOf(packing), MOST_CHOICES)
  if (choices === undefined || choices.length === 0) return undefined
  const { counts } = choices[nth % choices.length]!
  const chosen = kinds.flatMap(({ members }, k) => members.slice(0, counts[k]))
  return [...isFixed].every(b => chosen.includes(b)) ? Int32Array.from(chosen) : undefined
}

interface Attempt {
  readonly bins: Int32Array
  readonly start: Int32Array | undefined
}

/** What to try next: the bound itself, one above, half way, and the goal, one less than is known; where bins differ, closing one of several. */
function attempts(
  packing: Packing,
  used: Int32Array,
  best: Int32Array,
  bound: number,
  goal: number,
  round: number,
  random: Random,
): Attempt[] {
  if (isUniform(packing)) {
    const counts = new Set([bound, Math.min(bound + 1, goal), (bound + goal) >> 1, goal])
    const tries: Attempt[] = [...counts].map(count => ({
      bins: used.slice(0, count),
      start: undefined,
    }))
    // Far from the bound what is packed well is worth keeping: one bin is closed.
    if (goal > bound + 1) {
      const closed = used[random.below(used.length)]!
      tries.push({ bins: used.filter(b => b !== closed).slice(0, goal), start: best })
    }
    return tries
  }
  const load = new State(packing)
  load.replace(best)
  const { dims, weight } = packing
  const isFixed = new Uint8Array(packing.bins)
  for (const b of packing.fixed) if (b >= 0) isFixed[b] = 1
  const fullness = (b: number): number => {
    let sum = 0
    for (let d = 0; d < dims; d++) sum += load.load[b * dims + d]! * weight[d]!
    return sum
  }
  const closable = [...used].filter(b => !isFixed[b]).sort((a, b) => fullness(a) - fullness(b))
  const tries: Attempt[] = []
  if (round === 0 && bound < used.length - 1)
    tries.push({ bins: binOrder(packing).slice(0, bound), start: undefined })
  for (const count of new Set([bound, (bound + goal) >> 1, goal])) {
    const bins = plentifulBins(packing, count, round)
    if (bins !== undefined) tries.push({ bins, start: undefined })
  }
  for (let k = 0; k < Math.min(3 + round, closable.length); k++) {
    const closed = k === 0 ? closable[0]! : closable[random.below(closable.length)]!
    tries.push({ bins: used.filter(b => b !== closed), start: best })
  }
  // A closed bin may be the better one to keep: exchange one that is used for one that is not, and close another.
  const unused = [...binOrder(packing)].filter(b => !used.includes(b))
  if (unused.length > 0 && closable.length > 1) {
    const two = [closable[random.below(closable.length)]!, closable[random.below(closable.length)]!]
    if (two[0] !== two[1]) {
      const kept = [...used].filter(b => !two.includes(b))
      tries.push({
        bins: Int32Array.from([...kept, unused[random.below(unused.length)]!]),
        start: best,
      })
    }
  }
  return tries
}
