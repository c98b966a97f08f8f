// Answers by brute force, for small cases: slow, plain, and built on the checker alone.
import { choices, failureUnits } from '../../src/solver/check/fallback.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'

/** Whether some fallback map answers the set: every HAVM on every HWM is tried. */
export function canSurvive(
  problem: Problem,
  map: PlacementMap,
  failed: readonly string[],
): boolean {
  const dead = new Set(failed)
  const havms = problem.vms.filter(vm => vm.ha && dead.has(map.get(vm.name) ?? ''))
  const state = new Map([...map].filter(([, hwm]) => !dead.has(hwm)))
  const targets = problem.hwms.filter(
    hwm => !dead.has(hwm.name) && hwm.fallback !== false && hwm.maintenance !== true,
  )
  const sizeOf = (vm: (typeof havms)[number]): number => Math.max(0, ...Object.values(vm.demand))
  havms.sort((a, b) => sizeOf(b) - sizeOf(a))
  const go = (k: number): boolean => {
    if (k === havms.length) return checkRunning(problem, state).length === 0
    for (const hwm of targets) {
      state.set(havms[k]!.name, hwm.name)
      // What is broken by those that are placed stays broken whoever comes later, so the search may turn back here.
      if (checkRunning(problem, state).length === 0 && go(k + 1)) return true
      state.delete(havms[k]!.name)
    }
    return false
  }
  return go(0)
}

/** Whether every set of exactly `tolerate` failure units (or all, when there are fewer) can be survived. */
export function isResilient(problem: Problem, map: PlacementMap, tolerate: number): boolean {
  const units = failureUnits(problem)
  for (const choice of choices(units, Math.min(tolerate, units.length))) {
    if (!canSurvive(problem, map, choice.flat())) return false
  }
  return true
}
