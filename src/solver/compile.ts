// A problem as typed arrays: numbers for names, rows for rules. Everything inside the solver works on this.
import { faultsOf, UnsoundProblem } from './faults.ts'
import type { PlacementMap, Problem } from './problem.ts'
import type { Replicas } from './replicas.ts'

/** A group as the solver sees it: members, and the zone (HWM or label value) of every HWM. */
export interface Zoned {
  readonly name: string
  readonly kind: 'spread' | 'together'
  /** Zones are single HWMs. */
  readonly perHwm: boolean
  readonly members: Int32Array
  readonly zoneOf: Int32Array
  readonly zones: number
}

export interface Compiled {
  readonly problem: Problem
  /** HWMs, VMs, and dimensions that are asked for and limited somewhere. */
  readonly hwms: number
  readonly vms: number
  readonly dims: number
  readonly dimensions: readonly string[]
  /** Usable capacity, hwm * dims + dim; Infinity when unlimited. */
  readonly capacity: Float64Array
  /** vm * dims + dim. */
  readonly demand: Float64Array
  readonly ha: Uint8Array
  readonly pinned: Uint8Array
  readonly priority: Float64Array
  /** HWM of today, -1 for none. */
  readonly home: Int32Array
  /** Row of `rows` that holds the VM's only/never rule; row 0 allows all. */
  readonly rowOf: Int32Array
  readonly rows: readonly Uint8Array[]
  readonly inMaintenance: Uint8Array
  /** May take in VMs of failed HWMs. */
  readonly takesFallback: Uint8Array
  /** Failure units: the unit of each HWM, and the HWMs of each unit. */
  readonly unitOf: Int32Array
  readonly units: readonly Int32Array[]
  readonly groups: readonly Zoned[]
  /** Indices into `groups`, per VM; empty for most. */
  readonly groupsOf: readonly (readonly number[])[]
  /** Groups of which some must go on running; they bind the CDM only. */
  readonly replicas: readonly Replicas[]
  readonly hwmIndex: ReadonlyMap<string, number>
  readonly vmIndex: ReadonlyMap<string, number>
}

/** The number of each distinct label value among the HWMs; one without the label has a value of its own. */
function zonesBy(problem: Problem, label: string | undefined): { of: Int32Array; count: number } {
  const of = new Int32Array(problem.hwms.length)
  const seen = new Map<string, number>()
  let count = 0
  for (const [h, hwm] of problem.hwms.entries()) {
    const value = label === undefined || label === 'hwm' ? undefined : hwm.labels?.[label]
    const known = value === undefined ? undefined : seen.get(value)
    of[h] = known ?? count
    if (known === undefined) {
      if (value !== undefined) seen.set(value, count)
      count++
    }
  }
  return { of, count }
}

function rulesOf(
  problem: Problem,
  hwmIndex: ReadonlyMap<string, number>,
): { rowOf: Int32Array; rows: Uint8Array[] } {
  const rows = [new Uint8Array(problem.hwms.length).fill(1)]
  const rowOf = new Int32Array(problem.vms.length)
  const seen = new Map<string, number>()
  for (const [v, vm] of problem.vms.entries()) {
    if (vm.only === undefined && (vm.never ?? []).length === 0) continue
    const key = JSON.stringify([vm.only?.toSorted(), vm.never?.toSorted()])
    let row = seen.get(key)
    if (row === undefined) {
      const allowed = new Uint8Array(problem.hwms.length).fill(vm.only === undefined ? 1 : 0)
      for (const name of vm.only ?? []) allowed[hwmIndex.get(name)!] = 1
      for (const name of vm.never ?? []) allowed[hwmIndex.get(name)!] = 0
      row = rows.push(allowed) - 1
      seen.set(key, row)
    }
    rowOf[v] = row
  }
  return { rowOf, rows }
}

function groupsOf(problem: Problem, vmIndex: ReadonlyMap<string, number>): Zoned[] {
  const groups: Zoned[] = []
  for (const group of problem.groups) {
    for (const kind of ['spread', 'together'] as const) {
      const label = group[kind]
      if (label === undefined || group.members.length < 2) continue
      const zones = zonesBy(problem, label)
      groups.push({
        name: group.name,
        kind,
        perHwm: label === 'hwm',
        members: Int32Array.from(group.members, name => vmIndex.get(name)!),
        zoneOf: zones.of,
        zones: zones.count,
      })
    }
  }
  return groups
}

function replicasOf(problem: Problem, vmIndex: ReadonlyMap<string, number>): Replicas[] {
  return problem.groups.flatMap(({ name, members, replicas: needed = 0 }) =>
    needed === 0
      ? []
      : [{ name, needed, members: Int32Array.from(members, vm => vmIndex.get(vm)!) }],
  )
}

/** Compiles a problem. Throws `UnsoundProblem` when it has faults. */
export function compile(problem: Problem): Compiled {
  const faults = faultsOf(problem)
  if (faults.length > 0) throw new UnsoundProblem(faults)
  const hwmIndex = new Map(problem.hwms.map((hwm, h) => [hwm.name, h]))
  const vmIndex = new Map(problem.vms.map((vm, v) => [vm.name, v]))
  const dimensions = problem.dimensions.filter(
    dimension =>
      problem.vms.some(vm => (vm.demand[dimension] ?? 0) > 0) &&
      problem.hwms.some(hwm => Number.isFinite(hwm.capacity[dimension] ?? Infinity)),
  )
  const hwms = problem.hwms.length
  const vms = problem.vms.length
  const dims = dimensions.length
  const capacity = new Float64Array(hwms * dims)
  const demand = new Float64Array(vms * dims)
  for (const [d, dimension] of dimensions.entries()) {
    const ratio = problem.overcommit?.[dimension] ?? 1
    for (const [h, hwm] of problem.hwms.entries()) {
      const usable = (hwm.capacity[dimension] ?? Infinity) - (hwm.reserve?.[dimension] ?? 0)
      capacity[h * dims + d] = Math.max(0, Math.floor(usable * ratio))
    }
    for (const [v, vm] of problem.vms.entries()) demand[v * dims + d] = vm.demand[dimension] ?? 0
  }
  const failing = zonesBy(problem, problem.failureDomains)
  const members: number[][] = Array.from({ length: failing.count }, () => [])
  failing.of.forEach((unit, h) => members[unit]!.push(h))
  const groups = groupsOf(problem, vmIndex)
  const none: readonly number[] = []
  const ofVm: (readonly number[])[] = Array.from({ length: vms }, () => none)
  groups.forEach((group, g) => {
    for (const v of group.members) ofVm[v] = [...ofVm[v]!, g]
  })
  return {
    problem,
    hwms,
    vms,
    dims,
    dimensions,
    capacity,
    demand,
    ha: Uint8Array.from(problem.vms, vm => (vm.ha ? 1 : 0)),
    pinned: Uint8Array.from(problem.vms, vm => (vm.pinned === true ? 1 : 0)),
    priority: Float64Array.from(problem.vms, vm => vm.priority ?? 0),
    home: Int32Array.from(problem.vms, vm => (vm.home === undefined ? -1 : hwmIndex.get(vm.home)!)),
    ...rulesOf(problem, hwmIndex),
    inMaintenance: Uint8Array.from(problem.hwms, hwm => (hwm.maintenance === true ? 1 : 0)),
    takesFallback: Uint8Array.from(problem.hwms, hwm =>
      hwm.fallback === false || hwm.maintenance === true ? 0 : 1,
    ),
    unitOf: failing.of,
    units: members.map(list => Int32Array.from(list)),
    groups,
    groupsOf: ofVm,
    replicas: replicasOf(problem, vmIndex),
    hwmIndex,
    vmIndex,
  }
}

/** Numbers for names: the HWM of every VM, -1 where the map has none. */
export function assignmentOf(compiled: Compiled, map: PlacementMap): Int32Array {
  return Int32Array.from(compiled.problem.vms, vm => {
    const name = map.get(vm.name)
    return name === undefined ? -1 : (compiled.hwmIndex.get(name) ?? -1)
  })
}

/** Names for numbers; VMs without an HWM are left out. */
export function mapOf(compiled: Compiled, assignment: Int32Array): Map<string, string> {
  const map = new Map<string, string>()
  compiled.problem.vms.forEach((vm, v) => {
    const h = assignment[v]!
    if (h >= 0) map.set(vm.name, compiled.problem.hwms[h]!.name)
  })
  return map
}

/** Today's homes as a map. */
export function homesOf(problem: Problem): Map<string, string> {
  const map = new Map<string, string>()
  for (const vm of problem.vms) if (vm.home !== undefined) map.set(vm.name, vm.home)
  return map
}
