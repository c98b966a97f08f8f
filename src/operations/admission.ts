// Admission: whether a change would break X, and by which failure set. Pure; a change of one VM or HWM is judged on the map it leaves.
import type { ClusterConfig } from '../model/cluster.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { problemOf } from '../solver/door.ts'
import type { CounterExample, Resilience } from '../solver/problem.ts'
import { judgeResilience } from '../solver/resilience/index.ts'
import type { Plan } from './plan/plan.ts'
import { presentState, type State } from './present.ts'
import { counterText } from './reasons.ts'

/** What a plan leaves otherwise than it is, as far as failures are concerned. */
export interface Change {
  /** Where these VMs will be; undefined: nowhere. */
  readonly places: ReadonlyMap<string, string | undefined>
  /** The HWM that takes nobody in any more. */
  readonly closes?: string
  /** HWMs that take VMs in again. */
  readonly opens?: readonly string[]
}

export interface JudgingTime {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** For each of the two states. Default 1 s. */
  readonly seconds?: number
}

/**
 * `kept`: X holds after the change. `broken`: it held before and does not after. `not-held-before`: it held neither before nor after.
 * `unknown`: not settled in the time given.
 */
export type Admission =
  | { readonly verdict: 'kept' | 'unknown' }
  | { readonly verdict: 'broken' | 'not-held-before'; readonly by: CounterExample | undefined }

const SECONDS = 1

export type Said = Pick<Resilience, 'holds' | 'counterExample'>

/**
 * Judges whether X holds once the cluster has changed so: on this thread (`judgeHere`), or wherever a solver keeps the cluster. Without
 * a change: as it is.
 */
export type Judge = (snapshot: ClusterSnapshot, change?: Change) => Promise<Said>

export function judgeHere(time: JudgingTime): Judge {
  return async (snapshot, change) => {
    const { config } = snapshot
    if (config === undefined) return { holds: 'unknown' }
    return judged(stateAfter(presentState(snapshot, config), change), time)
  }
}

/** The state that a change leaves. */
export function stateAfter({ problem, map }: State, change?: Change): State {
  if (change === undefined) return { problem, map }
  const { places, closes, opens = [] } = change
  const after = new Map(map)
  for (const [vm, hwm] of places) {
    if (hwm === undefined) after.delete(vm)
    else after.set(vm, hwm)
  }
  if (closes === undefined && opens.length === 0) return { problem, map: after }
  const hwms = problem.hwms.map(hwm =>
    hwm.name === closes
      ? { ...hwm, maintenance: true }
      : opens.includes(hwm.name)
        ? { ...hwm, maintenance: false }
        : hwm,
  )
  return { problem: { ...problem, hwms }, map: after }
}

/** What a plan changes, by the first choice of each move. */
export function changeOf({
  moves,
  cordon,
  opens,
}: Pick<Plan, 'moves' | 'cordon' | 'opens'>): Change {
  return {
    places: new Map(moves.map(({ vm, targets }) => [vm, targets[0]])),
    ...(cordon !== undefined && { closes: cordon }),
    ...(opens && { opens }),
  }
}

function judged({ problem, map }: State, time: JudgingTime): Resilience {
  return judgeResilience(problem, map, {
    now: () => time.now(),
    seconds: time.seconds ?? SECONDS,
    findLargest: false,
  })
}

/** Throws `UnsoundProblem` for a state that is no problem. */
export function admit(before: State, after: State, time: JudgingTime): Admission {
  const now = judged(after, time)
  return now.holds === 'no'
    ? broken(judged(before, time), now)
    : { verdict: now.holds === 'yes' ? 'kept' : 'unknown' }
}

function broken(was: Said, { counterExample: by }: Said): Admission {
  return { verdict: was.holds === 'no' ? 'not-held-before' : 'broken', by }
}

/** For people: what the change would do to X; undefined when it keeps it. */
export function admissionText(admission: Admission, tolerate: number): string | undefined {
  const failures = `${tolerate} ${tolerate === 1 ? 'failure' : 'failures'}`
  switch (admission.verdict) {
    case 'kept':
      return undefined
    case 'unknown':
      return `whether ${failures} can still be survived afterwards was not settled in time: yasco fallback`
    case 'broken':
      return `afterwards ${failures} cannot be survived any more: ${because(admission.by)}`
    case 'not-held-before':
      return `${failures} cannot be survived, neither before nor after: ${because(admission.by)}`
  }
}

function because(by: CounterExample | undefined): string {
  return by === undefined ? 'see yasco fallback' : counterText(by)
}

/** The state a configuration and a CDM describe, by what the cluster file states: what only libvirt knows is taken as unlimited. */
export function configuredState(
  config: ClusterConfig,
  homes: Readonly<Record<string, string>>,
): State {
  const known = new Set(config.hwms.map(hwm => hwm.name))
  const map = new Map<string, string>()
  for (const vm of config.vms) {
    const home = homes[vm.name]
    if (home !== undefined && known.has(home)) map.set(vm.name, home)
  }
  return { problem: problemOf(config, { homes: map }), map }
}

/**
 * What a plan would do to X. Undefined when it keeps it, when nothing is to be judged, or when the plan is not the operator's choice: what
 * is dead must be restarted and what is away may come home, whatever X says.
 */
async function admissionOf(
  snapshot: ClusterSnapshot,
  plan: Pick<Plan, 'kind' | 'moves' | 'cordon' | 'opens' | 'mustBeOff'>,
  judge: Judge,
): Promise<Admission | undefined> {
  const { config } = snapshot
  const isJudged =
    plan.kind === 'start' ||
    plan.kind === 'migrate' ||
    plan.kind === 'apply-plan' ||
    (plan.kind === 'evacuate' && plan.mustBeOff.length === 0)
  if (!isJudged || config === undefined || config.tolerate === 0) return undefined
  const now = await judge(snapshot, changeOf(plan))
  return now.holds === 'no'
    ? broken(await judge(snapshot), now)
    : { verdict: now.holds === 'yes' ? 'kept' : 'unknown' }
}

/**
 * What a plan would break of X, as a sentence; undefined: nothing. `judgesOnlyToRefuse`: whoever shows plans says beside each whether X
 * holds afterwards, so that only a cluster that refuses has them wait for it.
 */
export function admissionBy(
  judge: Judge,
  { judgesOnlyToRefuse = false } = {},
): (snapshot: ClusterSnapshot, plan: Plan) => Promise<string | undefined> {
  return async (snapshot, plan) => {
    const { config } = snapshot
    if (judgesOnlyToRefuse && config?.settings.admission !== 'refuse') return undefined
    const admission = await admissionOf(snapshot, plan, judge)
    return admission && admissionText(admission, config?.tolerate ?? 0)
  }
}
