// Items into bins: what placement and restart have in common. Bins may differ, may be partly full, and rules may bind items.
import type { Compiled } from '../compile.ts'
import { cannotBe, spreadFor } from '../replicas.ts'

/** A rule between items. `zoneOf` gives the zone of each bin; spread: at most one member per zone; together: all in one. */
export interface ItemGroup {
  readonly kind: 'spread' | 'together'
  readonly name: string
  readonly zoneOf: Int32Array
  readonly zones: number
  readonly members: Int32Array
  /** More is asked than the problem asks: what it rules out may be possible all the same. */
  readonly isGuide?: boolean
}

export interface Packing {
  readonly bins: number
  readonly items: number
  readonly dims: number
  /** bin * dims + dim; may be Infinity. */
  readonly capacity: Float64Array
  /** item * dims + dim. */
  readonly size: Float64Array
  /** Row of `rows` with the bins an item may use; row 0 allows all that are open. */
  readonly rowOf: Int32Array
  readonly rows: readonly Uint8Array[]
  readonly groups: readonly ItemGroup[]
  /** Groups of each item; undefined when there are none at all. */
  readonly groupsOf: readonly (readonly number[])[] | undefined
  /** The bin an item must stay in, -1 for none. */
  readonly fixed: Int32Array
  /** 1 / the mean finite capacity per dimension: makes amounts of different dimensions comparable. */
  readonly weight: Float64Array
}

/** 1 / mean finite capacity, per dimension; 0 where nothing is limited. */
export function weightsOf(capacity: Float64Array, bins: number, dims: number): Float64Array {
  const weight = new Float64Array(dims)
  for (let d = 0; d < dims; d++) {
    let sum = 0
    let count = 0
    for (let b = 0; b < bins; b++) {
      const c = capacity[b * dims + d]!
      if (Number.isFinite(c)) {
        sum += c
        count++
      }
    }
    weight[d] = sum > 0 ? count / sum : count > 0 ? 1 : 0
  }
  return weight
}

/** A packing without rules: equal bins, as in vector bin packing. */
export function plainPacking(
  capacity: ArrayLike<number>,
  sizes: Float64Array,
  bins: number,
): Packing {
  const dims = capacity.length
  const items = dims === 0 ? 0 : sizes.length / dims
  const all = new Float64Array(bins * dims)
  for (let b = 0; b < bins; b++) for (let d = 0; d < dims; d++) all[b * dims + d] = capacity[d]!
  return {
    bins,
    items,
    dims,
    capacity: all,
    size: sizes,
    rowOf: new Int32Array(items),
    rows: [new Uint8Array(bins).fill(1)],
    groups: [],
    groupsOf: undefined,
    fixed: new Int32Array(items).fill(-1),
    weight: weightsOf(all, bins, dims),
  }
}

/** The VMs of a cluster as items. VMs that must share an HWM are one item. */
export interface Items {
  readonly packing: Packing
  /** Item of each VM. */
  readonly itemOf: Int32Array
  readonly vmsOf: readonly (readonly number[])[]
  /** VMs in one item whose rules contradict each other, with the rule's name. */
  readonly contradiction?: { readonly rule: string; readonly vms: readonly number[] }
}

function joined(compiled: Compiled): Int32Array {
  const leader = Int32Array.from({ length: compiled.vms }, (_, v) => v)
  const find = (v: number): number => {
    while (leader[v] !== v) {
      leader[v] = leader[leader[v]!]!
      v = leader[v]!
    }
    return v
  }
  for (const group of compiled.groups) {
    if (group.kind !== 'together' || !group.perHwm) continue
    for (const v of group.members) leader[find(v)] = find(group.members[0]!)
  }
  return Int32Array.from({ length: compiled.vms }, (_, v) => find(v))
}

/** Places all VMs of a compiled problem: pins are fixed, HWMs in maintenance take nobody else. */
export function itemsOf(compiled: Compiled): Items {
  const { hwms, vms, dims } = compiled
  const leader = joined(compiled)
  const itemOf = new Int32Array(vms).fill(-1)
  const vmsOf: number[][] = []
  for (let v = 0; v < vms; v++) {
    const first = leader[v]!
    if (itemOf[first] === -1) itemOf[first] = vmsOf.push([]) - 1
    itemOf[v] = itemOf[first]!
    vmsOf[itemOf[v]!]!.push(v)
  }
  const items = vmsOf.length
  const size = new Float64Array(items * dims)
  const fixed = new Int32Array(items).fill(-1)
  const rowOf = new Int32Array(items)
  const open = (row: Uint8Array): Uint8Array =>
    row.map((allowed, h) => (allowed && !compiled.inMaintenance[h] ? 1 : 0))
  const rows = compiled.rows.map(open)
  const madeRows = new Map<string, number>()
  let contradiction: Items['contradiction']
  vmsOf.forEach((members, i) => {
    for (const v of members) {
      for (let d = 0; d < dims; d++) size[i * dims + d]! += compiled.demand[v * dims + d]!
      if (compiled.pinned[v]) {
        const stays = compiled.home[v]!
        if (fixed[i]! >= 0 && fixed[i] !== stays) contradiction = { rule: 'pinned', vms: members }
        fixed[i] = stays
      }
    }
    // Who must share an HWM with one that is pinned goes there, if its own rules let it.
    const barred = members.find(
      v => fixed[i]! >= 0 && compiled.rows[compiled.rowOf[v]!]![fixed[i]!] === 0,
    )
    if (barred !== undefined) contradiction = { rule: 'pinned', vms: members }
    if (members.length === 1) rowOf[i] = compiled.rowOf[members[0]!]!
    else {
      const distinct = [...new Set(members.map(v => compiled.rowOf[v]!))].sort((a, b) => a - b)
      const key = distinct.join()
      if (!madeRows.has(key)) {
        const row = new Uint8Array(hwms).fill(1)
        for (const r of distinct) for (let h = 0; h < hwms; h++) row[h]! &= rows[r]![h]!
        madeRows.set(key, rows.push(row) - 1)
      }
      rowOf[i] = madeRows.get(key)!
    }
  })
  const groups: ItemGroup[] = []
  for (const group of compiled.groups) {
    if (group.kind === 'together' && group.perHwm) continue
    const members = [...new Set(Array.from(group.members, v => itemOf[v]!))]
    if (group.kind === 'spread' && members.length < group.members.length) {
      contradiction = { rule: group.name, vms: [...group.members] }
    }
    groups.push({ ...group, members: Int32Array.from(members) })
  }
  for (const group of compiled.replicas) {
    const names = [...group.members]
    if (cannotBe(group, compiled.units.length, compiled.problem.tolerate))
      contradiction = { rule: group.name, vms: names }
  }
  for (const group of spreadFor(compiled)) {
    const members = [...new Set(Array.from(group.members, v => itemOf[v]!))]
    groups.push({ ...group, members: Int32Array.from(members), isGuide: true })
  }
  const groupsOf =
    groups.length === 0 ? undefined : Array.from({ length: items }, (): number[] => [])
  groups.forEach((group, g) => {
    for (const i of group.members) groupsOf![i]!.push(g)
  })
  const packing: Packing = {
    bins: hwms,
    items,
    dims,
    capacity: compiled.capacity,
    size,
    rowOf,
    rows,
    groups,
    groupsOf,
    fixed,
    weight: weightsOf(compiled.capacity, hwms, dims),
  }
  return { packing, itemOf, vmsOf, ...(contradiction === undefined ? {} : { contradiction }) }
}

/** Bound by the problem's own rules only: for who says that something cannot be. */
export function withoutGuides(packing: Packing): Packing {
  const groups = packing.groups.filter(group => group.isGuide !== true)
  if (groups.length === packing.groups.length) return packing
  const groupsOf =
    groups.length === 0 ? undefined : Array.from({ length: packing.items }, (): number[] => [])
  groups.forEach((group, g) => {
    for (const i of group.members) groupsOf![i]!.push(g)
  })
  return { ...packing, groups, groupsOf }
}

/** Whether no rule tells items apart: any may go to any bin that is open, as far as it has room. */
export function isFree({ groups, fixed, rowOf }: Packing): boolean {
  return groups.length === 0 && fixed.every(bin => bin < 0) && rowOf.every(row => row === 0)
}

/** Whether no rule tells items or bins apart: any item may go to any bin that is open, and those have equal capacity. */
export function isUniform(packing: Packing): boolean {
  const { bins, dims, capacity, rows } = packing
  if (!isFree(packing)) return false
  const first = rows[0]!.indexOf(1)
  for (let b = first + 1; b < bins; b++) {
    if (!rows[0]![b]) continue
    for (let d = 0; d < dims; d++)
      if (capacity[b * dims + d] !== capacity[first * dims + d]) return false
  }
  return first >= 0
}
