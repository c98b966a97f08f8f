// What a change that nobody makes does to X: the homes as they are, judged without it and with it.
import type { Change } from '../../model/change.ts'
import type { SolvedVerdict, WhatIf } from '../../model/solved.ts'
import { shortText } from '../../operations/reasons.ts'
import { faultsOf } from '../../solver/faults.ts'
import type { PlacementMap, Problem } from '../../solver/problem.ts'
import type { PlanAnswer } from '../solving/answer.ts'
import type { OneWorker } from './scene-worker.ts'

/** For each of the two judgements. */
const JUDGED_S = 4

interface Compared {
  readonly now: Problem
  readonly problem: Problem
  readonly changes: readonly Change[]
}

/** Throws what the worker throws. */
export async function judged(
  worker: OneWorker,
  { now, problem, changes }: Compared,
  { signal }: { readonly signal: AbortSignal },
): Promise<WhatIf> {
  const judge = async (of: Problem): Promise<PlanAnswer> =>
    await worker.run(
      'plan',
      {
        problem: of,
        keepsMap: true,
        seed: 1,
        seconds: JUDGED_S,
        isRepeatable: false,
        fallbacks: 'none',
        parallelPerHwm: 1,
      },
      { signal, enoughAfterMs: JUDGED_S * 2000 },
    )
  const before = await judge(now)
  const after = await judge(problem)
  return {
    changes,
    before: verdictOf(before.resilience),
    after: verdictOf(after.resilience),
    homeless: after.unplaced.length,
  }
}

export function verdictOf({
  asked,
  verdict,
  largest,
  largestIsExact,
  counterExample,
}: PlanAnswer['resilience']): SolvedVerdict {
  return {
    tolerate: asked,
    holds: verdict,
    largest,
    largestIsExact,
    because: counterExample === undefined ? '' : shortText(counterExample),
  }
}

/** Throws, with every fault that the change makes, in sentences. */
export function soundly(problem: Problem): Problem {
  const faults = faultsOf(problem)
  if (faults.length > 0) throw new Error(faults.map(fault => fault.sentence).join(' '))
  return problem
}

/** Of the VMs that are on HWMs that are there. */
export function placesIn(problem: Problem, places: PlacementMap): PlacementMap {
  const hwms = new Set(problem.hwms.map(hwm => hwm.name))
  return new Map([...places].filter(([, hwm]) => hwms.has(hwm)))
}
