// Balance: steepest descent first, so that few migrations do most of the work; then those migrations are spent better. X, where it
// is asked for, is judged on whole stretches of steps: what breaks it is taken back and cut in half until the step is found.
import type { Budget } from '../budget.ts'
import type { Packing } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Random } from '../random.ts'
import { type Homes, migrationsOf } from './changes.ts'
import { Descent, type Step } from './descend.ts'
import type { Measure } from './measure.ts'
import { refine } from './refine.ts'
import { Spread } from './spread.ts'

export interface BalanceOptions {
  /** Weight per dimension. */
  readonly weights: Float64Array
  /** Bins that are counted and may be used. */
  readonly open: Int32Array
  readonly homes: Homes
  readonly random: Random
  /** A migration must lower the value by this share of it. Default 1e-3. */
  readonly leastGain?: number
  /** Migrations that the result may cost; what the start costs already is always granted. */
  readonly mostMoves?: number
  /** What is lowered, when it is not the imbalance alone. */
  readonly measure?: (state: State) => Measure
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
  return new Spread(state, open, weights).value
}

/** Below this only rounding is left. */
const LEAST = 1e-6
/** Descents, each followed by a refinement that begins with this share of the first value as slack, and may make the next one worthwhile. */
const SLACKS = [0, 0.002, 0.02, 0.2, 0, 0.002, 0.02, 0.2]

/**
 * Lowers the imbalance of a valid assignment for few migrations. Every map on which `isGood` is asked is valid; the result is the start
 * or one that it called good.
 */
export function balance(
  packing: Packing,
  start: Int32Array,
  options: BalanceOptions,
  budget: Budget,
  isGood: (where: Int32Array) => boolean = () => true,
): Int32Array {
  const { weights, open, homes, random } = options
  const state = new State(packing)
  state.replace(start)
  const spread = options.measure?.(state) ?? new Spread(state, open, weights)
  const first = spread.value
  const most = Math.max(options.mostMoves ?? Infinity, migrationsOf(homes, start))
  const patience = Math.min(60_000, 600 * packing.items) + 40 * packing.items
  let good = state.where.slice()
  for (let round = 0; round < SLACKS.length && !budget.isOver; round++) {
    descend(state, spread, options, most, budget, isGood)
    good = state.where.slice()
    const allowed = options.mostMoves === undefined ? migrationsOf(homes, good) : most
    refine(state, spread, homes, open, allowed, random, budget, patience, SLACKS[round]! * first)
    if (isGood(state.where)) good = state.where.slice()
    else {
      state.replace(good)
      spread.refresh()
    }
  }
  return good
}

/** Descends until no change is worth it; the state ends on a map that is good. */
function descend(
  state: State,
  spread: Measure,
  { open, homes, random, leastGain }: BalanceOptions,
  most: number,
  budget: Budget,
  isGood: (where: Int32Array) => boolean,
): void {
  const refused = new Set<string>()
  const nameOf = ({ i, j, b }: Step): string => `${i} ${b} ${j}`
  const pending: Step[] = []
  const descent = new Descent(state, spread, homes, open, random, budget)
  const isRefused = (step: Step): boolean => refused.has(nameOf(step))
  let stretch = 1
  const takeBack = (): void => {
    descent.forget()
    while (pending.length > 0) {
      const { i, a, j, b } = pending.pop()!
      spread.commit(i, b, j, a)
    }
  }
  for (;;) {
    const left = most - migrationsOf(homes, state.where)
    const least = Math.max(LEAST, (leastGain ?? 1e-3) * spread.value)
    const step = budget.isOver ? undefined : descent.next({ left, least, isRefused })
    if (step !== undefined) {
      spread.commit(step.i, step.a, step.j, step.b)
      pending.push(step)
      if (pending.length < stretch) continue
    }
    if (pending.length === 0) return
    if (isGood(state.where)) {
      pending.length = 0
      stretch *= 2
    } else if (pending.length === 1) {
      refused.add(nameOf(pending[0]!))
      takeBack()
    } else {
      takeBack()
      stretch = Math.max(1, stretch >> 1)
    }
    if (budget.isOver) {
      takeBack()
      return
    }
  }
}
