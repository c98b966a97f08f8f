// Whether X holds once a plan has been carried out. For the eye of who confirms it.
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { Judge } from './admission.ts'
import type { Plan } from './plan/plan.ts'
import { presentPlaces, presentProblem } from './present.ts'
import { counterText } from './reasons.ts'

export interface AfterPlan {
  readonly tolerate: number
  readonly holds: 'yes' | 'no' | 'unknown'
  /** The counter-example, in words; empty when there is none. */
  readonly because: string
}

/** HWMs that are not up take nobody in then either. Undefined where the cluster is to tolerate nothing, or is not known yet. */
export async function afterPlan(
  snapshot: ClusterSnapshot,
  plan: Pick<Plan, 'moves' | 'cordon' | 'opens' | 'kind'>,
  judge: Judge,
): Promise<AfterPlan | undefined> {
  const { config } = snapshot
  if (config === undefined || config.tolerate === 0) return undefined
  const problem = presentProblem(snapshot, config)
  const places = new Map(
    [...presentPlaces(snapshot)].filter(([vm]) => {
      const state = snapshot.vms[vm]?.state
      return state !== 'stopped' && state !== 'absent'
    }),
  )
  for (const { vm, targets } of plan.moves) {
    const [target] = targets
    if (target === undefined) places.delete(vm)
    else places.set(vm, target)
  }
  const hwms = problem.hwms.map(hwm =>
    hwm.name === plan.cordon || snapshot.hwms[hwm.name]?.state !== 'up'
      ? { ...hwm, maintenance: true }
      : plan.opens?.includes(hwm.name)
        ? { ...hwm, maintenance: false }
        : hwm,
  )
  const { holds, counterExample } = await judge({ problem: { ...problem, hwms }, map: places })
  const because = counterExample === undefined ? '' : counterText(counterExample)
  return { tolerate: config.tolerate, holds, because }
}
