// What failures are judged on: one map, its loads, and the HAVMs of each failure unit, largest first.
import type { Compiled } from '../compile.ts'
import { weightsOf } from '../packing/packing.ts'

/** HAVMs that must restart together (a `together: hwm` group) are one load. */
export interface Load {
  readonly vms: readonly number[]
  readonly home: number
  readonly unit: number
  /** Row of allowed HWMs; joint for several VMs. */
  readonly allowed: Uint8Array
  readonly hasGroups: boolean
}

export interface Ground {
  readonly compiled: Compiled
  readonly where: Int32Array
  /** Free capacity per HWM and dimension. */
  readonly spare: Float64Array
  readonly loads: readonly Load[]
  /** load * dims + dim. */
  readonly size: Float64Array
  /** Loads by failure unit, largest first. */
  readonly ofUnit: readonly Int32Array[]
  readonly weight: Float64Array
}

/** VMs without an HWM are left out of all sums. */
export function groundOf(compiled: Compiled, where: Int32Array): Ground {
  const { hwms, vms, dims, capacity, demand } = compiled
  const spare = capacity.slice()
  for (let v = 0; v < vms; v++) {
    const h = where[v]!
    if (h >= 0) for (let d = 0; d < dims; d++) spare[h * dims + d]! -= demand[v * dims + d]!
  }
  const weight = weightsOf(capacity, hwms, dims)
  const leader = leadersOf(compiled)
  const loads: Load[] = []
  const made = new Map<string, number[]>()
  for (let v = 0; v < vms; v++) {
    const home = where[v]!
    if (!compiled.ha[v] || home < 0) continue
    const first = leader.get(v)
    const key = `${first} ${home}`
    const mates = first === undefined ? undefined : made.get(key)
    if (mates !== undefined) {
      mates.push(v)
      continue
    }
    const list = [v]
    if (first !== undefined) made.set(key, list)
    loads.push({
      vms: list,
      home,
      unit: compiled.unitOf[home]!,
      allowed: compiled.rows[compiled.rowOf[v]!]!,
      hasGroups: false,
    })
  }
  const finished = loads.map(load => {
    const rows = [...new Set(load.vms.map(v => compiled.rowOf[v]!))]
    const allowed =
      rows.length === 1
        ? load.allowed
        : load.allowed.map((_, h) => (rows.every(row => compiled.rows[row]![h] === 1) ? 1 : 0))
    const hasGroups = load.vms.some(v => compiled.groupsOf[v]!.some(g => !isJoined(compiled, g)))
    return { ...load, allowed, hasGroups }
  })
  const size = new Float64Array(finished.length * dims)
  const measure = new Float64Array(finished.length)
  finished.forEach((load, l) => {
    for (const v of load.vms)
      for (let d = 0; d < dims; d++) size[l * dims + d]! += demand[v * dims + d]!
    for (let d = 0; d < dims; d++)
      measure[l] = Math.max(measure[l]!, size[l * dims + d]! * weight[d]!)
  })
  const ofUnit: number[][] = compiled.units.map(() => [])
  finished.forEach((load, l) => ofUnit[load.unit]!.push(l))
  const sorted = ofUnit.map(list =>
    Int32Array.from(list).sort((a, b) => measure[b]! - measure[a]! || a - b),
  )
  return { compiled, where, spare, loads: finished, size, ofUnit: sorted, weight }
}

/** HAVMs that must share an HWM, by one of them: groups, and those that a common HAVM joins. A plain VM waits, so it joins nobody. */
function leadersOf(compiled: Compiled): Map<number, number> {
  const leader = new Map<number, number>()
  const find = (v: number): number => {
    const up = leader.get(v)
    return up === undefined || up === v ? v : find(up)
  }
  for (const group of compiled.groups) {
    if (group.kind !== 'together' || !group.perHwm) continue
    const havms = group.members.filter(v => compiled.ha[v] === 1)
    for (const v of havms) leader.set(find(v), find(havms[0]!))
  }
  for (const v of leader.keys()) leader.set(v, find(v))
  return leader
}

function isJoined(compiled: Compiled, g: number): boolean {
  const group = compiled.groups[g]!
  return group.kind === 'together' && group.perHwm
}

/** HWM numbers of a set of units. */
export function hwmsOf(ground: Ground, units: ArrayLike<number>): number[] {
  return Array.from(units).flatMap(unit => [...ground.compiled.units[unit]!])
}
