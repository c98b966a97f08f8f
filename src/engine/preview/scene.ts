// The cluster as the solver sees it at one instant: who lives, where every VM that runs is, and HAVMs of the dead where they would restart.
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { presentState } from '../../operations/present.ts'
import type { Limits } from '../../solver/budget.ts'
import type { CounterExample, PlacementMap, Problem } from '../../solver/problem.ts'
import { type Fallback, fallbacksOn } from '../../solver/resilience/index.ts'
import type { Hooks } from '../solving/answer.ts'

export interface Scene {
  /** HWMs that do not answer take nobody in. */
  readonly problem: Problem
  /** Where VMs are that run or should: those of a dead HWM are still there. */
  readonly places: PlacementMap
  readonly dead: readonly string[]
  /** Answers for sets of HWMs that fail with everything where `places` says; what all sets share is made with the first. */
  readonly fallback: (failed: readonly string[], limits: Limits) => Fallback
}

/** Kept for as long as its snapshot is: set after set is asked about, and the cluster is the same. */
const scenes = new WeakMap<ClusterSnapshot, Scene>()

/** Undefined while nothing is configured. */
export function sceneOf(snapshot: ClusterSnapshot): Scene | undefined {
  const known = scenes.get(snapshot)
  if (known !== undefined) return known
  const scene = makeScene(snapshot)
  if (scene !== undefined) scenes.set(snapshot, scene)
  return scene
}

function makeScene(snapshot: ClusterSnapshot): Scene | undefined {
  const { config } = snapshot
  if (config === undefined) return undefined
  const { problem, map: places } = presentState(snapshot, config)
  const dead = Object.values(snapshot.hwms).flatMap(hwm => (hwm.state === 'down' ? [hwm.name] : []))
  let all: ReturnType<typeof fallbacksOn> | undefined
  return {
    problem,
    places,
    dead,
    fallback: (failed, limits) => (all ??= fallbacksOn(problem, places))(failed, limits),
  }
}

/** The scene once the HAVMs of those that are dead already have restarted, as far as they can. */
export interface Restarted {
  readonly places: PlacementMap
  /** What keeps them from it; undefined: all of them can. */
  readonly why: CounterExample | undefined
}

const RESTART_S = 2

export function restarted({ problem, places, dead, fallback }: Scene, hooks: Hooks): Restarted {
  const deadSet = new Set(dead)
  const ha = new Set(problem.vms.flatMap(vm => (vm.ha ? [vm.name] : [])))
  const waiting = [...places].filter(([vm, hwm]) => deadSet.has(hwm) && ha.has(vm))
  if (waiting.length === 0) return { places, why: undefined }
  const found = fallback(dead, {
    now: () => hooks.now(),
    stopped: () => hooks.stopped(),
    seconds: RESTART_S,
  })
  const after = new Map(places)
  for (const [vm] of waiting) {
    const target = found.map.get(vm)
    if (target === undefined) after.delete(vm)
    else after.set(vm, target)
  }
  return { places: after, why: found.answer === 'map' ? undefined : found.why }
}
