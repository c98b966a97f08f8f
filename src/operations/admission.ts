// Admission: whether a change would break X, and by which failure set. Pure; a change of one VM or HWM is judged on the map it leaves.
import type { ClusterConfig } from '../model/cluster.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { problemOf } from '../solver/door.ts'
import type { CounterExample, PlacementMap, Problem, Resilience } from '../solver/problem.ts'
import { judgeResilience } from '../solver/resilience/index.ts'
import type { Plan } from './plan/plan.ts'
import { presentPlaces, presentProblem } from './present.ts'
import { counterText } from './reasons.ts'

/** A cluster at one instant: what is asked, and where everything is. */
export interface State {
  readonly problem: Problem
  readonly map: PlacementMap
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

/** Judges whether X holds in a state: on this thread (`judgeHere`), or wherever a solver runs. */
export type Judge = (state: State) => Promise<Pick<Resilience, 'holds' | 'counterExample'>>

export function judgeHere(time: JudgingTime): Judge {
  return async state => judged(state, time)
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

type Said = Awaited<ReturnType<Judge>>

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
export async function admissionOf(
  snapshot: ClusterSnapshot,
  plan: Pick<Plan, 'kind' | 'moves' | 'cordon' | 'mustBeOff'>,
  judge: Judge,
): Promise<Admission | undefined> {
  const { config } = snapshot
  const isJudged =
    plan.kind === 'start' ||
    plan.kind === 'migrate' ||
    plan.kind === 'apply-plan' ||
    (plan.kind === 'evacuate' && plan.mustBeOff.length === 0)
  if (!isJudged || config === undefined || config.tolerate === 0) return undefined
  const running = (name: string) => {
    const state = snapshot.vms[name]?.state
    return state !== 'stopped' && state !== 'absent'
  }
  const problem = presentProblem(snapshot, config)
  const before = new Map([...presentPlaces(snapshot)].filter(([vm]) => running(vm)))
  const after = new Map(before)
  for (const { vm, targets } of plan.moves) {
    const target = targets[0]
    if (target !== undefined) after.set(vm, target)
  }
  const cordoned = problem.hwms.map(hwm =>
    hwm.name === plan.cordon ? { ...hwm, maintenance: true } : hwm,
  )
  const now = await judge({ problem: { ...problem, hwms: cordoned }, map: after })
  return now.holds === 'no'
    ? broken(await judge({ problem, map: before }), now)
    : { verdict: now.holds === 'yes' ? 'kept' : 'unknown' }
}
