// The judgement of a scene: the verdict on X, the failure sets with what covers them, where each HAVM restarts, what is kept free. Pure.
import type { FailureSet, XVerdict } from '../../model/preview.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { type Change, type Said, stateAfter } from '../../operations/admission.ts'
import { shortage, shortText } from '../../operations/reasons.ts'
import type { Limits } from '../../solver/budget.ts'
import type { CounterExample, PlacementMap, Problem, Resilience } from '../../solver/problem.ts'
import { type Judged, judgeAgain } from '../../solver/resilience/again.ts'
import { judgeResilience } from '../../solver/resilience/index.ts'
import type { Hooks } from '../solving/answer.ts'
import { overload } from '../solving/plan.ts'
import { listSets, type ListedSets } from './failure-sets.ts'
import { restarted, type Scene, sceneOf } from './scene.ts'

export interface Judgement extends ListedSets {
  readonly verdict: Omit<XVerdict, 'at'>
}

/** For the verdict. Beyond it the answer is `unknown`. */
const VERDICT_S = 20
/** How long is looked beyond X, or below it: `largest X` may not cost more than the verdict itself. */
const LARGEST_S = 1

/** What the judgement before this one found, so that only what has changed is judged again. Belongs to whoever keeps the cluster. */
export interface Memory {
  judged?: Judged
}

/** Undefined while nothing is configured. Throws `UnsoundProblem`. */
export function judgeScene(
  snapshot: ClusterSnapshot,
  hooks: Hooks,
  memory: Memory = {},
): Judgement | undefined {
  const scene = sceneOf(snapshot)
  if (scene === undefined) return undefined
  const from = hooks.now()
  const limits = (seconds: number): Limits => ({
    now: () => hooks.now(),
    stopped: () => hooks.stopped(),
    seconds,
  })
  const { problem } = scene
  const { places, why } = restarted(scene, hooks)
  const broken = why ?? overload(problem, places)
  const options = { ...limits(VERDICT_S), findLargest: false }
  const resilience =
    memory.judged === undefined
      ? judgeResilience(problem, places, options)
      : judgeAgain(problem, places, memory.judged, options)
  memory.judged = { problem, map: places, resilience }
  const counter = broken ?? resilience.counterExample
  const holds = broken === undefined ? resilience.holds : 'no'
  const largest =
    broken === undefined
      ? largestOf(problem, places, resilience, limits(LARGEST_S))
      : { largest: 0, largestIsExact: true }
  const sets = listSets(scene, places, resilience, limits)
  return {
    verdict: {
      tolerate: problem.tolerate,
      holds,
      ...largest,
      failed: holds === 'no' ? (counter?.failed ?? []) : [],
      because: holds === 'no' && counter !== undefined ? shortText(counter) : '',
      tookMs: Math.round(hooks.now() - from),
    },
    ...sets,
    sets: { ...sets.sets, ...setsOfTheDead(scene, places, sets.sets, why) },
    ifFails: { ...sets.ifFails, ...ofTheDead(scene, places) },
  }
}

/** Whether X holds once the cluster has changed so: judged from the last verdict, when there is one. Throws `UnsoundProblem`. */
export function judgeAfter(
  snapshot: ClusterSnapshot,
  { change, seconds }: { readonly change?: Change; readonly seconds: number },
  hooks: Hooks,
  memory: Memory,
): Said {
  const scene = sceneOf(snapshot)
  if (scene === undefined) return { holds: 'unknown' }
  const { problem, map } = stateAfter({ problem: scene.problem, map: scene.places }, change)
  const options = {
    now: () => hooks.now(),
    stopped: () => hooks.stopped(),
    seconds,
    findLargest: false,
  }
  const { holds, counterExample } =
    memory.judged === undefined
      ? judgeResilience(problem, map, options)
      : judgeAgain(problem, map, memory.judged, options)
  return { holds, ...(counterExample && { counterExample }) }
}

/** Sets that have failed already: how many of their HAVMs restart now. After that there would be nothing to do for them. */
function setsOfTheDead(
  { problem, places: before, dead }: Scene,
  after: PlacementMap,
  sets: Readonly<Record<string, FailureSet>>,
  why: CounterExample | undefined,
): Record<string, FailureSet> {
  const isDead = new Set(dead)
  return Object.fromEntries(
    Object.entries(sets).flatMap(([name, set]) => {
      if (!set.failed.every(hwm => isDead.has(hwm))) return []
      const failed = new Set(set.failed)
      const waiting = problem.vms.filter(vm => vm.ha && failed.has(before.get(vm.name) ?? ''))
      const restarts = waiting.filter(vm => after.has(vm.name)).length
      const left = waiting.length - restarts
      const state = left > 0 ? ('short' as const) : ('covered' as const)
      const reason = left > 0 && why !== undefined ? shortage(why) : ''
      return [[name, { ...set, restarts, left, state, why: reason }]]
    }),
  )
}

/** Their own HWM has failed already: what matters is where they restart now, not where they would go after that. */
function ofTheDead(
  { problem, places: before, dead }: Scene,
  after: PlacementMap,
): Record<string, string> {
  const isDead = new Set(dead)
  const waiting = problem.vms.filter(({ name, ha }) => ha && isDead.has(before.get(name) ?? ''))
  return Object.fromEntries(waiting.map(({ name }) => [name, after.get(name) ?? '']))
}

function largestOf(
  problem: Problem,
  places: PlacementMap,
  { holds, asked, by }: Resilience,
  limits: Limits,
): Pick<XVerdict, 'largest' | 'largestIsExact'> {
  const now = limits.now ?? (() => 0)
  const until = now() + LARGEST_S * 1000
  const judge = (tolerate: number) =>
    judgeResilience(problem, places, {
      ...limits,
      seconds: Math.max(0.01, (until - now()) / 1000),
      tolerate,
      findLargest: false,
    }).holds
  if (holds !== 'yes') {
    for (let x = asked - 1; x > 0; x--)
      if (judge(x) === 'yes')
        return { largest: x, largestIsExact: holds === 'no' && x === asked - 1 }
    return { largest: 0, largestIsExact: holds === 'no' && asked === 1 }
  }
  // Without HAVMs any number of failures is survived: nothing has to restart.
  const most = by === 'nothing-to-protect' ? asked : problem.hwms.length
  let largest = asked
  while (largest < most && now() < until) {
    const above = judge(largest + 1)
    if (above !== 'yes') return { largest, largestIsExact: above === 'no' }
    largest++
  }
  return { largest, largestIsExact: false }
}
