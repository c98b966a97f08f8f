// Judges fallback maps and backup lists from the problem's text alone.
import type { PlacementMap, Problem, ProblemHwm } from '../problem.ts'
import { checkRunning, type Complaints } from './placement.ts'
import { failureUnits } from './units.ts'

export { failureUnits }

/** Every choice of exactly `size` of the things, in order. */
export function* choices<T>(things: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) {
    yield []
    return
  }
  for (let i = from; i + size <= things.length; i++) {
    for (const rest of choices(things, size - 1, i + 1)) yield [things[i]!, ...rest]
  }
}

/**
 * Whether `fallback` is a valid answer to the failure of `failed`: every HAVM of the failed HWMs restarts on a living HWM that
 * takes fallback, survivors' VMs stay, and the state that results is valid. Plain VMs of the failed HWMs wait.
 */
export function checkFallback(
  problem: Problem,
  map: PlacementMap,
  failed: readonly string[],
  fallback: PlacementMap,
): Complaints {
  const complaints: Complaints = []
  const dead = new Set(failed)
  const hwms = new Map<string, ProblemHwm>(problem.hwms.map(hwm => [hwm.name, hwm]))
  const state = new Map<string, string>()
  for (const vm of problem.vms) {
    const home = map.get(vm.name)
    if (home === undefined) continue
    if (!dead.has(home)) {
      state.set(vm.name, home)
      if (fallback.has(vm.name))
        complaints.push(`VM ${vm.name} lives on ${home} but the fallback map moves it.`)
      continue
    }
    const target = fallback.get(vm.name)
    if (!vm.ha) {
      if (target !== undefined)
        complaints.push(`VM ${vm.name} is plain but the fallback map restarts it.`)
    } else if (target === undefined)
      complaints.push(`HAVM ${vm.name} has no place when ${failed.join(', ')} fail.`)
    else {
      const hwm = hwms.get(target)
      if (hwm === undefined)
        complaints.push(`HAVM ${vm.name} falls back to ${target}, which is no HWM of this cluster.`)
      else if (dead.has(target))
        complaints.push(`HAVM ${vm.name} falls back to ${target}, which is dead.`)
      else if (hwm.fallback === false || hwm.maintenance === true) {
        complaints.push(`HAVM ${vm.name} falls back to ${target}, which takes nobody in.`)
      }
      state.set(vm.name, target)
    }
  }
  return complaints.length > 0 ? complaints : checkRunning(problem, state)
}

/** The fallback map that backup lists give for one set: every HAVM on the first of its list that lives. */
export function mapByLists(
  problem: Problem,
  map: PlacementMap,
  lists: ReadonlyMap<string, readonly string[]>,
  failed: readonly string[],
): Map<string, string> {
  const dead = new Set(failed)
  const fallback = new Map<string, string>()
  for (const vm of problem.vms) {
    const home = map.get(vm.name)
    if (!vm.ha || home === undefined || !dead.has(home)) continue
    const target = lists.get(vm.name)?.find(name => !dead.has(name))
    if (target !== undefined) fallback.set(vm.name, target)
  }
  return fallback
}

/** Every failure set of at most `tolerate` units, against backup lists. Stops at the first ten complaints. */
export function checkLists(
  problem: Problem,
  map: PlacementMap,
  lists: ReadonlyMap<string, readonly string[]>,
  tolerate: number,
): Complaints {
  const complaints: Complaints = []
  const units = failureUnits(problem)
  for (let size = 1; size <= Math.min(tolerate, units.length); size++) {
    for (const choice of choices(units, size)) {
      const failed = choice.flat()
      complaints.push(
        ...checkFallback(problem, map, failed, mapByLists(problem, map, lists, failed)),
      )
      if (complaints.length >= 10) return complaints
    }
  }
  return complaints
}

/** VMs that would move a second time: placed by the map of a smaller set on an HWM that lives, elsewhere by the larger's. */
export function movedAgain(
  smaller: PlacementMap,
  larger: PlacementMap,
  largerFailed: readonly string[],
): string[] {
  const dead = new Set(largerFailed)
  return [...smaller]
    .filter(([vm, hwm]) => !dead.has(hwm) && larger.get(vm) !== hwm)
    .map(([vm]) => vm)
}
