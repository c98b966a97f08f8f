// The kinds of work a solver worker does, by name.
import type { Hooks, PlanAnswer, PlanRequest, SetAnswer } from './answer.ts'
import { answerSet } from './fallbacks.ts'
import { leaveOut, type LeftOutAnswer, type LeftOutRequest } from './left-out.ts'
import { listedAgain } from './listed-set.ts'
import { answerPlan } from './plan.ts'
import { answerVbp, type VbpAnswer, type VbpRequest } from './vbp.ts'
import type { Resident, SceneAnswer, SceneRequest } from '../preview/resident.ts'
import { TimeShare } from './time-share.ts'
import type { PlacementMap, Problem } from '../../solver/problem.ts'

export interface SetRequest {
  readonly problem: Problem
  readonly map: PlacementMap
  readonly failed: readonly string[]
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly seconds?: number
}

export interface Jobs {
  readonly plan: { readonly asked: PlanRequest; readonly answer: PlanAnswer }
  readonly set: { readonly asked: SetRequest; readonly answer: SetAnswer }
  /** What was found, without some of its moves. */
  readonly 'left-out': { readonly asked: LeftOutRequest; readonly answer: LeftOutAnswer }
  readonly vbp: { readonly asked: VbpRequest; readonly answer: VbpAnswer }
  /** About the cluster that the worker keeps. */
  readonly scene: { readonly asked: SceneRequest; readonly answer: SceneAnswer }
}

export type JobKind = keyof Jobs

const WORK: {
  readonly [K in JobKind]: (
    asked: Jobs[K]['asked'],
    hooks: Hooks,
    resident: Resident,
  ) => Jobs[K]['answer']
} = {
  plan: answerPlan,
  set: (asked, hooks) =>
    answerSet(
      asked.problem,
      asked.map,
      asked.failed,
      asked.lists,
      new TimeShare(hooks, { isRepeatable: false, ...asked }),
    ),
  'left-out': leaveOut,
  vbp: answerVbp,
  scene: (asked, hooks, resident) => resident.answer(asked, hooks),
}

/** What came from a worker's thread, as it was there. */
export function arrived<K extends JobKind>(kind: K, answer: Jobs[K]['answer']): Jobs[K]['answer'] {
  return kind === 'plan' ? listedAgain(answer as PlanAnswer) : answer
}

export function carryOut<K extends JobKind>(
  kind: K,
  asked: Jobs[K]['asked'],
  hooks: Hooks,
  resident: Resident,
): Jobs[K]['answer'] {
  return WORK[kind](asked, hooks, resident)
}
