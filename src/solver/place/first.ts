// The best map by one objective: the first one asked for.
import { balance } from '../balance/balance.ts'
import { alone } from '../beside.ts'
import { resilientBound } from '../bounds/resilient.ts'
import { fewestMoves } from '../moves/fewest-moves.ts'
import { sendHome } from '../moves/homing.ts'
import { packFewest, packInto } from '../packing/fewest.ts'
import { State } from '../packing/state.ts'
import { resilientFewest } from '../resilience/fewest.ts'
import { repair } from '../resilience/pool.ts'
import { anyMap, provedHwms, provedMoves } from './complete.ts'
import {
  hasHavms,
  isLimited,
  movesOf,
  type Outcome,
  report,
  type Task,
  usableBins,
  usedBins,
  verdictOf,
  weightsFor,
} from './task.ts'

export function leastHwms(task: Task): Outcome {
  const { compiled, items, random, budget, tolerate, options } = task
  const tell = (hwms: number | undefined, bound: number, phase: string): void =>
    report(task, phase, hwms, bound)
  if (!hasHavms(task)) {
    const { where, bound } = packFewest(
      items.packing,
      random,
      budget,
      tell,
      isLimited(task) ? Infinity : 8,
      options.beside ?? alone(),
    )
    return where === undefined ? undefined : { where, open: usedBins(where), bound }
  }
  const proved = provedHwms(task, resilientBound(compiled, tolerate).hwms)
  if (proved !== undefined) return proved
  const result = resilientFewest(
    compiled,
    items,
    tolerate,
    random,
    budget,
    isLimited(task) ? Infinity : 4,
    tell,
    options.beside ?? alone(),
  )
  return result.best === undefined ? undefined : { ...result.best, bound: result.bound }
}

export function leastMoves(task: Task): Outcome {
  const proved = provedMoves(task)
  if (proved !== undefined) return proved
  const { items, random, budget, home, cost } = task
  const open = usableBins(task)
  const steps = isLimited(task) ? Infinity : 20_000 + 10 * items.packing.items
  let result = fewestMoves(items.packing, home, cost, open, random, budget, steps)
  if (result.where === undefined) {
    const where = packFewest(items.packing, random, budget, () => undefined, 6).where
    if (where === undefined) return undefined
    result = {
      where: sendHome(items.packing, where, home, cost, task.usable, false),
      moves: 0,
      bound: result.bound,
    }
  }
  report(task, 'moves', movesOf(task, result.where!), result.bound)
  const where = madeResilient(task, result.where!, open, true)
  if (where === undefined) return undefined
  return { where: wentHome(task, where), open, bound: result.bound }
}

export function mostBalanced(task: Task): Outcome {
  const any = anyMap(task)
  if (any !== undefined && 'why' in any) return any
  const { items, random, budget, home, cost } = task
  const open = usableBins(task)
  const valid = new State(items.packing)
  home.forEach((h, i) => {
    if (h >= 0) valid.put(i, h)
  })
  let start: Int32Array | undefined
  if (
    valid.isValid() &&
    items.packing.fixed.every((b, i) => b >= 0 || task.usable[valid.where[i]!] === 1)
  )
    start = valid.where.slice()
  else if (home.some(h => h >= 0))
    start = fewestMoves(items.packing, home, cost, open, random, budget, 20_000).where
  start ??= packInto(items.packing, open, undefined, random, budget, 50_000) ?? any?.where
  if (start === undefined) return undefined
  const kept = madeResilient(task, start, open, true) ?? any?.where
  if (kept === undefined) return undefined
  const isGood = hasHavms(task)
    ? (where: Int32Array): boolean => verdictOf(task, where).holds === 'yes'
    : undefined
  const where = balance(
    items.packing,
    kept,
    {
      weights: weightsFor(task),
      open: open.filter(b => task.usable[b] === 1),
      homes: { home, cost },
      random,
      ...(task.options.mostMoves === undefined ? {} : { mostMoves: task.options.mostMoves }),
    },
    budget,
    isGood,
  )
  return { where, open, bound: 0 }
}

/** Judges, and repairs when X is not held. Undefined when neither succeeds. */
function madeResilient(
  task: Task,
  where: Int32Array,
  open: Int32Array,
  stays: boolean,
): Int32Array | undefined {
  if (!hasHavms(task)) return where
  const { compiled, items, tolerate, random, budget, home, cost } = task
  const price = (i: number, b: number): number =>
    stays && home[i]! >= 0 && b !== home[i] ? 1e-6 * cost[i]! : 0
  let start = where
  for (let round = 0; round < 12 && !budget.isOver; round++) {
    const repaired = repair(compiled, items, start, open, tolerate, random, budget, 10, price)
    if (repaired.verdict.holds === 'yes') return repaired.where
    if (repaired.verdict.holds === 'unknown') return undefined
    start = round % 3 === 2 ? where : repaired.where
  }
  const fewest = resilientFewest(compiled, items, tolerate, random, budget, 2, () => undefined)
  return fewest.best?.where
}

/** Lets repaired VMs go home where X allows it. */
function wentHome(task: Task, where: Int32Array): Int32Array {
  if (!hasHavms(task)) return where
  const all = sendHome(task.items.packing, where, task.home, task.cost, task.usable, false)
  if (verdictOf(task, all).holds === 'yes') return all
  const state = new State(task.items.packing)
  state.replace(where)
  for (let i = 0; i < where.length && !task.budget.isOver; i++) {
    const h = task.home[i]!
    const a = state.where[i]!
    if (h < 0 || h === a || !task.usable[h] || !state.hasRoom(i, h) || !state.isAllowed(i, h))
      continue
    state.move(i, h)
    if (verdictOf(task, state.where).holds !== 'yes') state.move(i, a)
  }
  return state.where.slice()
}
