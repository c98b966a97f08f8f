// The solver's problem as the cluster poses it now: configured facts, completed by what libvirt says, less what others use. Pure.
import type { ClusterConfig } from '../model/cluster.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { problemOf } from '../solver/door.ts'
import type { PlacementMap, Problem } from '../solver/problem.ts'

/** Homes by the CDM. What domains use that yasco does not manage is taken off the HWM that runs them. */
export function presentProblem(snapshot: ClusterSnapshot, config: ClusterConfig): Problem {
  const vms = Object.values(snapshot.vms)
  const managed = vms.filter(vm => vm.config !== undefined)
  const problem = problemOf(config, {
    homes: new Map(
      managed.flatMap(vm => (vm.home === undefined ? [] : [[vm.name, vm.home] as const])),
    ),
    capacities: new Map(Object.values(snapshot.hwms).map(hwm => [hwm.name, hwm.capacity])),
    demands: new Map(managed.map(vm => [vm.name, vm.demand])),
  })
  const others = new Map<string, Record<string, number>>()
  for (const vm of vms) {
    if (vm.config !== undefined || vm.where === undefined || !isActive(vm.state)) continue
    const used = others.get(vm.where) ?? {}
    for (const [dimension, amount] of Object.entries(vm.demand))
      used[dimension] = (used[dimension] ?? 0) + amount
    others.set(vm.where, used)
  }
  if (others.size === 0) return problem
  return {
    ...problem,
    hwms: problem.hwms.map(hwm => {
      const reserve: Record<string, number> = { ...hwm.reserve }
      for (const [dimension, amount] of Object.entries(others.get(hwm.name) ?? {})) {
        if (!problem.dimensions.includes(dimension)) continue
        // A reserve is taken off before the overcommit ratio, a load after it.
        const held = Math.ceil(amount / (problem.overcommit?.[dimension] ?? 1))
        reserve[dimension] = (reserve[dimension] ?? 0) + held
      }
      return { ...hwm, reserve }
    }),
  }
}

/** Where each managed VM is: where it runs or ran, else at home. */
export function presentPlaces(snapshot: ClusterSnapshot): PlacementMap {
  const places = new Map<string, string>()
  for (const vm of Object.values(snapshot.vms)) {
    if (vm.config === undefined) continue
    const place = vm.where ?? vm.home
    if (place !== undefined && snapshot.hwms[place] !== undefined) places.set(vm.name, place)
  }
  return places
}

function isActive(state: string): boolean {
  return state !== 'stopped' && state !== 'absent'
}
