// The Cluster Knapsack: a valid map, X-resilient, best by the objectives - or why there is none.
import { imbalance } from './balance/balance.ts'
import { Budget } from './budget.ts'
import { compile, mapOf } from './compile.ts'
import { itemsOf } from './packing/packing.ts'
import { leastHwms, leastMoves, mostBalanced } from './place/first.ts'
import { refine } from './place/later.ts'
import { bestMix, type Mixed } from './place/mix.ts'
import { exhaust, refuse } from './place/refuse.ts'
import {
  type Found,
  hasHavms,
  movesOf,
  type PlaceOptions,
  report,
  type Task,
  taskOf,
  usableBins,
  usedBins,
  weightsFor,
} from './place/task.ts'
import type {
  CounterExample,
  Objective,
  Placed,
  Problem,
  Refusal,
  Resilience,
  Term,
} from './problem.ts'
import { withOnly } from './resilience/fewest.ts'
import { groundOf } from './resilience/ground.ts'
import { LARGEST_WORK, resilienceOf } from './resilience/index.ts'
import { sentenceOf } from './sentences.ts'

/** Solves a placement problem within the limits; without limits it stops by itself. Throws `UnsoundProblem`. */
export function solvePlacement(problem: Problem, options: PlaceOptions = {}): Placed {
  const budget = new Budget(options)
  const compiled = compile(problem)
  const items = itemsOf(compiled)
  const task = taskOf(compiled, items, options, budget)
  const impossible = (why: Refusal | CounterExample): Placed => ({
    answer: 'impossible',
    why,
    sentence: sentenceOf(why),
    seconds: budget.seconds,
  })
  const refusal = refuse(task)
  if (refusal !== undefined) return impossible(refusal)
  const mix = (options.mix ?? []).filter(term => term.weight > 0)
  const isMixed = new Set(mix.map(term => term.objective)).size > 1
  const asked = mix.length > 0 ? [mix[0]!.objective] : options.objectives
  const [first = defaultObjective(problem), ...rest] = asked ?? []
  const mixed = isMixed ? bestMix(task, mix) : undefined
  const best = isMixed
    ? mixed
    : first === 'fewest-hwms'
      ? leastHwms(task)
      : first === 'balance'
        ? mostBalanced(task)
        : leastMoves(task)
  const outcome = best ?? exhaust(task)
  if (outcome === undefined) {
    return {
      answer: 'no-answer',
      sentence: 'No map was found in the time given, and none was ruled out.',
      seconds: budget.seconds,
    }
  }
  if ('why' in outcome) return impossible(outcome.why)
  if (mixed !== undefined && !('why' in mixed)) return answerOfMix(task, mix, mixed)
  const found = { ...outcome, where: refine(task, first, rest, outcome) }
  return answerOf(task, first, found)
}

/** What is best where nothing is said of it. */
export function defaultObjective(problem: Problem): Objective {
  return problem.vms.some(vm => vm.home !== undefined) ? 'fewest-moves' : 'fewest-hwms'
}

function answerOfMix(task: Task, mix: readonly Term[], found: Mixed): Placed {
  // What is told at the end is the mix, not one of its parts.
  const { onProgress: _, ...silent } = task.options
  const answer = answerOf({ ...task, options: silent }, 'fewest-moves', found)
  if (answer.answer !== 'map') return answer
  const { value, bound, amounts } = found
  report(task, 'done', value, bound)
  const proved = value <= bound + 1e-9
  return {
    ...answer,
    terms: mix.map(term => ({ ...term, value: amounts[term.objective] })),
    value,
    bound,
    gap: proved ? 0 : bound > 0 ? (value - bound) / bound : value,
    proved,
  }
}

/** Asked to end, so long ago that a machine with other work would have judged the largest clusters. */
const PATIENCE_MS = 5_000

/** True from a while after the search was asked to end. */
function insistent({ stopped, now }: PlaceOptions): () => boolean {
  let since: number | undefined
  return () => {
    if (stopped?.() !== true || now === undefined) return false
    since ??= now()
    return now() - since > PATIENCE_MS
  }
}

function answerOf(task: Task, first: Objective, found: Found): Placed {
  const { compiled, items, budget, tolerate, options } = task
  const { where } = found
  const hwmsUsed =
    first === 'fewest-hwms' && hasHavms(task) ? found.open.length : usedBins(where).length
  const open =
    first === 'fewest-hwms' ? (hasHavms(task) ? found.open : usedBins(where)) : usableBins(task)
  const moves = movesOf(task, where)
  const value =
    first === 'fewest-hwms'
      ? hwmsUsed
      : first === 'fewest-moves'
        ? moves
        : imbalance(items.packing, where, usableBins(task), weightsFor(task))
  const spread = Int32Array.from(items.itemOf, i => where[i]!)
  const ground = groundOf(hasHavms(task) ? withOnly(compiled, open) : compiled, spread)
  // What is told about X is judged to the end, whatever the time: it takes seconds at most. Who wants an answer now gets what is known.
  const { verdict: _, ...judged } = resilienceOf(
    ground,
    tolerate,
    options.findLargest ?? true,
    new Budget({ stopped: insistent(options) }),
    budget.part(LARGEST_WORK),
  )
  const isKnown = judged.holds === 'unknown' && found.verdict?.holds === 'yes'
  const resilience: Resilience = isKnown
    ? { ...judged, holds: 'yes', by: found.verdict.by, largest: tolerate }
    : judged
  const proved = first !== 'balance' && value <= found.bound
  report(task, 'done', value, found.bound)
  return {
    answer: 'map',
    map: mapOf(compiled, spread),
    hwmsOn: Array.from(open, h => compiled.problem.hwms[h]!.name),
    hwmsUsed,
    moves,
    value,
    bound: found.bound,
    gap: proved ? 0 : found.bound > 0 ? (value - found.bound) / found.bound : value,
    proved,
    resilience,
    seconds: budget.seconds,
  }
}
