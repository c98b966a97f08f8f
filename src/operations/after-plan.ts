// Whether X holds once a plan has been carried out. For the eye of who confirms it.
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { changeOf, type Judge } from './admission.ts'
import type { Plan } from './plan/plan.ts'
import { counterText } from './reasons.ts'

export interface AfterPlan {
  readonly tolerate: number
  readonly holds: 'yes' | 'no' | 'unknown'
  /** The counter-example, in words; empty when there is none. */
  readonly because: string
}

/** Undefined where the cluster is to tolerate nothing, or is not known yet. */
export async function afterPlan(
  snapshot: ClusterSnapshot,
  plan: Pick<Plan, 'moves' | 'cordon' | 'opens'>,
  judge: Judge,
): Promise<AfterPlan | undefined> {
  const { config } = snapshot
  if (config === undefined || config.tolerate === 0) return undefined
  const { holds, counterExample } = await judge(snapshot, changeOf(plan))
  const because = counterExample === undefined ? '' : counterText(counterExample)
  return { tolerate: config.tolerate, holds, because }
}
