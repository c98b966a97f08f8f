// The solver's problem as the cluster poses it now: configured facts, completed by what libvirt says, less what others use. Pure.
import type { ClusterConfig } from '../model/cluster.ts'
import type { ClusterSnapshot, VmView } from '../model/snapshot.ts'
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

/** A cluster at one instant: what is asked, and where everything is. */
export interface State {
  readonly problem: Problem
  readonly map: PlacementMap
}

/**
 * What failures are judged on: HWMs that do not answer take nobody in, and VMs are where they run or should; those of a dead HWM are still
 * there. What is stopped, or is to be, takes no room.
 */
export function presentState(snapshot: ClusterSnapshot, config: ClusterConfig): State {
  const problem = presentProblem(snapshot, config)
  const takesNobody = new Set(
    Object.values(snapshot.hwms).flatMap(hwm =>
      hwm.state === 'down' || hwm.state === 'refused' ? [hwm.name] : [],
    ),
  )
  const posed: Problem =
    takesNobody.size === 0
      ? problem
      : {
          ...problem,
          hwms: problem.hwms.map(hwm =>
            takesNobody.has(hwm.name) ? { ...hwm, fallback: false } : hwm,
          ),
        }
  const stopped = new Set(config.vms.flatMap(vm => (vm.desired === 'stopped' ? [vm.name] : [])))
  const map = new Map(presentPlaces(snapshot))
  for (const name of map.keys()) {
    const vm = snapshot.vms[name]
    if (vm === undefined || takesNoRoom(vm, stopped.has(name))) map.delete(name)
  }
  return { problem: posed, map }
}

function takesNoRoom({ state }: VmView, isToBeStopped: boolean): boolean {
  if (!isActive(state)) return true
  return isToBeStopped && (state === 'waiting' || state === 'unknown')
}

function isActive(state: string): boolean {
  return state !== 'stopped' && state !== 'absent'
}
