// The solver's answers as --json prints them. Documented in docs/json.md: fields are added, none changes its meaning.
import type { PlanAnswer, SetAnswer } from '../engine/solving/answer.ts'
import type { CounterExample, PlacementMap } from '../solver/problem.ts'
import { Each } from './print.ts'

export function planJson(answer: PlanAnswer): object {
  const { resilience, why } = answer
  return {
    answer: answer.answer,
    objective: answer.objective,
    terms: answer.terms ?? null,
    inOrder: answer.inOrder ?? null,
    map: record(answer.map),
    unplaced: answer.unplaced,
    hwmsUsed: answer.hwmsUsed,
    hwmsOn: answer.hwmsOn,
    value: answer.value,
    bound: answer.bound,
    gap: answer.gap,
    proved: answer.proved,
    seconds: answer.seconds,
    why: why === undefined ? null : { sentence: why.sentence, proof: why.proof },
    complaints: answer.complaints,
    resilience: {
      ...resilience,
      counterExample:
        resilience.counterExample === undefined ? null : counterJson(resilience.counterExample),
    },
    lists: Object.fromEntries(answer.lists),
    fallback: new Each(answer.fallback, setJson),
    fallbackIsComplete: answer.fallbackIsComplete,
    fallbackInAll: answer.fallbackInAll,
    moves: answer.moves,
    order: answer.order,
    blocked: answer.blocked,
    capacity: answer.capacity ?? null,
  }
}

export function setJson({ failed, map, complete, by, why, movesAgain = [] }: SetAnswer): object {
  return {
    failed,
    map: record(map),
    complete,
    by,
    movesAgain,
    ...(why === undefined ? {} : { why: counterJson(why) }),
  }
}

/** `dimension`, `missing` and `rule` are null when they are not what is short. */
function counterJson({ failed, vms, dimension, missing, rule, proof }: CounterExample): object {
  return {
    failed,
    vms,
    dimension: dimension ?? null,
    missing: missing ?? null,
    rule: rule ?? null,
    proof,
  }
}

function record(map: PlacementMap): Record<string, string> {
  return Object.fromEntries(map)
}
