// Judges a map from the problem's text alone: no code shared with the solver, names and plain sums only.
import type { PlacementMap, Problem, ProblemGroup, ProblemHwm, ProblemVm } from '../problem.ts'
import { leastRunning } from './units.ts'

/** What is wrong with a state, as a sentence each; none means that it is valid. */
export type Complaints = string[]

/** Usable capacity of an HWM in one dimension. */
export function usable(problem: Problem, hwm: ProblemHwm, dimension: string): number {
  const stated = hwm.capacity[dimension]
  if (stated === undefined || stated === Infinity) return Infinity
  return Math.max(
    0,
    Math.floor((stated - (hwm.reserve?.[dimension] ?? 0)) * (problem.overcommit?.[dimension] ?? 1)),
  )
}

/** Whether the VM's own rules let it run on the HWM, whatever else runs there. */
export function mayRunOn(vm: ProblemVm, hwm: ProblemHwm): boolean {
  if (vm.only !== undefined && !vm.only.includes(hwm.name)) return false
  return !(vm.never ?? []).includes(hwm.name)
}

function zone(hwm: ProblemHwm, label: string): string {
  if (label === 'hwm') return `hwm ${hwm.name}`
  const value = hwm.labels?.[label]
  return value === undefined ? `hwm ${hwm.name}` : `label ${value}`
}

/** What is wrong with a group; all of `where` are HWMs of the cluster. */
export function groupComplaints(
  group: ProblemGroup,
  where: PlacementMap,
  hwms: ReadonlyMap<string, ProblemHwm>,
): Complaints {
  const complaints: Complaints = []
  const running = group.members.filter(member => where.has(member))
  const zones = (label: string): string[] =>
    running.map(member => zone(hwms.get(where.get(member)!)!, label))
  if (group.spread !== undefined && new Set(zones(group.spread)).size < running.length) {
    complaints.push(`Group ${group.name}: two of its members share a ${group.spread}.`)
  }
  if (group.together !== undefined && new Set(zones(group.together)).size > 1) {
    complaints.push(`Group ${group.name}: its members are not together on one ${group.together}.`)
  }
  return complaints
}

/** Capacity, only/never and groups of the VMs that run: holds for placements, fallback states and states on the way. */
export function checkRunning(problem: Problem, where: PlacementMap): Complaints {
  const complaints: Complaints = []
  const hwms = new Map(problem.hwms.map(hwm => [hwm.name, hwm]))
  const load = new Map(problem.hwms.map(hwm => [hwm.name, new Map<string, number>()]))
  for (const vm of problem.vms) {
    const name = where.get(vm.name)
    if (name === undefined) continue
    const hwm = hwms.get(name)
    if (hwm === undefined) {
      complaints.push(`VM ${vm.name} is on ${name}, which is no HWM of this cluster.`)
      continue
    }
    if (!mayRunOn(vm, hwm)) complaints.push(`VM ${vm.name} may not run on ${name}.`)
    const sums = load.get(name)!
    for (const [dimension, amount] of Object.entries(vm.demand)) {
      sums.set(dimension, (sums.get(dimension) ?? 0) + amount)
    }
  }
  if (complaints.length > 0) return complaints
  for (const hwm of problem.hwms) {
    for (const [dimension, amount] of load.get(hwm.name)!) {
      const limit = usable(problem, hwm, dimension)
      if (amount > limit)
        complaints.push(`HWM ${hwm.name}: ${dimension} ${amount} is above ${limit}.`)
    }
  }
  for (const group of problem.groups) complaints.push(...groupComplaints(group, where, hwms))
  return complaints
}

/** Members of a group that go on running, whatever X units fail: at least its `replicas`. Binds the CDM, not what failures leave. */
export function checkReplicas(problem: Problem, map: PlacementMap): Complaints {
  return problem.groups.flatMap(group => {
    const { failed, running } = leastRunning(problem, group, map)
    return running >= (group.replicas ?? 0)
      ? []
      : [
          `Group ${group.name}: when ${failed.join(', ')} fail, ${running} of its members go on running, not ${group.replicas}.`,
        ]
  })
}

/** Whether a map is a valid CDM: all VMs placed, capacity, rules, pins and maintenance kept. */
export function checkPlacement(problem: Problem, map: PlacementMap): Complaints {
  const complaints: Complaints = []
  const names = new Set(problem.vms.map(vm => vm.name))
  for (const name of map.keys())
    if (!names.has(name)) complaints.push(`${name} is no VM of this cluster.`)
  const maintained = new Set(
    problem.hwms.filter(hwm => hwm.maintenance === true).map(hwm => hwm.name),
  )
  for (const vm of problem.vms) {
    const name = map.get(vm.name)
    if (name === undefined) complaints.push(`VM ${vm.name} has no place.`)
    else if (vm.pinned === true && vm.home !== name)
      complaints.push(`VM ${vm.name} is pinned to ${vm.home}, not ${name}.`)
    else if (vm.pinned !== true && maintained.has(name))
      complaints.push(`VM ${vm.name} is on ${name}, which is in maintenance.`)
  }
  return [...complaints, ...checkRunning(problem, map), ...checkReplicas(problem, map)]
}
