// What a cluster file would do to X, said before it is applied.
import { monotonicMs } from '../model/clock.ts'
import type { ClusterConfig, HomeMap } from '../model/cluster.ts'
import { admit, admissionText, configuredState } from '../operations/admission.ts'
import { UnsoundProblem } from '../solver/faults.ts'
import type { ApplyPlan } from './apply-plan.ts'
import { changedHomes } from './apply-plan.ts'

export interface ApplyAdmission {
  readonly text: string
  /** X held before and does not afterwards: the cluster may be set to refuse that. */
  readonly isBroken: boolean
}

/**
 * Judged by what the two configurations state, with every VM at home: what only libvirt knows is taken as unlimited. Undefined for a new
 * cluster, where there is nothing to break, and when X is kept.
 */
export function applyAdmission(
  before: ClusterConfig | undefined,
  homes: HomeMap | undefined,
  plan: ApplyPlan,
): ApplyAdmission | undefined {
  if (before === undefined || plan.config.tolerate === 0) return undefined
  try {
    const admission = admit(
      configuredState({ ...before, tolerate: plan.config.tolerate }, homes?.homes ?? {}),
      configuredState(plan.config, changedHomes(homes, plan.homes)),
      { now: monotonicMs },
    )
    const text = admissionText(admission, plan.config.tolerate)
    return text === undefined ? undefined : { text, isBroken: admission.verdict === 'broken' }
  } catch (error) {
    if (!(error instanceof UnsoundProblem)) throw error
    const [first] = error.faults
    return { text: `X cannot be judged: ${first?.sentence ?? ''}`, isBroken: false }
  }
}
