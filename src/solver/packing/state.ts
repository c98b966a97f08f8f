// A working assignment: loads, members of each bin, and how many members of each group are in each zone.
import type { Packing } from './packing.ts'

/** Mutable. `where[i]` is the bin of item i, -1 when it has none. */
export class State {
  readonly packing: Packing
  readonly where: Int32Array
  readonly load: Float64Array
  readonly count: Int32Array
  /** Members per bin as linked lists: first[bin], next[item], previous[item]. */
  readonly first: Int32Array
  readonly next: Int32Array
  readonly #previous: Int32Array
  /** Per group, members in each zone. */
  readonly inZone: Int32Array[]

  constructor(packing: Packing) {
    this.packing = packing
    this.where = new Int32Array(packing.items).fill(-1)
    this.load = new Float64Array(packing.bins * packing.dims)
    this.count = new Int32Array(packing.bins)
    this.first = new Int32Array(packing.bins).fill(-1)
    this.next = new Int32Array(packing.items).fill(-1)
    this.#previous = new Int32Array(packing.items).fill(-1)
    this.inZone = packing.groups.map(group => new Int32Array(group.zones))
  }

  put(item: number, bin: number): void {
    const { dims, size, groupsOf, groups } = this.packing
    for (let d = 0; d < dims; d++) this.load[bin * dims + d]! += size[item * dims + d]!
    this.where[item] = bin
    this.count[bin]!++
    const head = this.first[bin]!
    this.next[item] = head
    this.#previous[item] = -1
    if (head >= 0) this.#previous[head] = item
    this.first[bin] = item
    if (groupsOf !== undefined)
      for (const g of groupsOf[item]!) this.inZone[g]![groups[g]!.zoneOf[bin]!]!++
  }

  take(item: number): void {
    const { dims, size, groupsOf, groups } = this.packing
    const bin = this.where[item]!
    for (let d = 0; d < dims; d++) this.load[bin * dims + d]! -= size[item * dims + d]!
    this.where[item] = -1
    this.count[bin]!--
    const before = this.#previous[item]!
    const after = this.next[item]!
    if (before >= 0) this.next[before] = after
    else this.first[bin] = after
    if (after >= 0) this.#previous[after] = before
    if (groupsOf !== undefined)
      for (const g of groupsOf[item]!) this.inZone[g]![groups[g]!.zoneOf[bin]!]!--
  }

  move(item: number, bin: number): void {
    if (this.where[item]! >= 0) this.take(item)
    this.put(item, bin)
  }

  /** The items of a bin, as a copy: safe while items move. */
  membersOf(bin: number): number[] {
    const members: number[] = []
    for (let i = this.first[bin]!; i >= 0; i = this.next[i]!) members.push(i)
    return members
  }

  /** Replaces the whole assignment. */
  replace(where: Int32Array): void {
    for (let i = 0; i < this.where.length; i++) if (this.where[i]! >= 0) this.take(i)
    for (let i = 0; i < where.length; i++) if (where[i]! >= 0) this.put(i, where[i]!)
  }

  hasRoom(item: number, bin: number): boolean {
    const { dims, size, capacity } = this.packing
    for (let d = 0; d < dims; d++) {
      if (this.load[bin * dims + d]! + size[item * dims + d]! > capacity[bin * dims + d]!)
        return false
    }
    return true
  }

  /** Whether the rules let the item go to the bin as things stand; `item` itself must not be counted there. */
  isAllowed(item: number, bin: number): boolean {
    const { rows, rowOf, groupsOf, fixed } = this.packing
    if (fixed[item]! >= 0) return fixed[item] === bin
    if (!rows[rowOf[item]!]![bin]) return false
    return groupsOf === undefined || this.conflicts(item, bin) === 0
  }

  /** Members of the item's groups that are in the wrong zone for the item to be in this bin; the item itself is not counted. */
  conflicts(item: number, bin: number): number {
    const { groupsOf, groups } = this.packing
    if (groupsOf === undefined) return 0
    let wrong = 0
    const own = this.where[item]!
    for (const g of groupsOf[item]!) {
      const group = groups[g]!
      const zone = group.zoneOf[bin]!
      const isCountedHere = own >= 0 && group.zoneOf[own] === zone ? 1 : 0
      const here = this.inZone[g]![zone]! - isCountedHere
      if (group.kind === 'spread') wrong += here
      else {
        let placed = 0
        for (const other of group.members) if (other !== item && this.where[other]! >= 0) placed++
        wrong += placed - here
      }
    }
    return wrong
  }

  /** Whether every bin is within capacity and all items are placed by the rules. */
  isValid(): boolean {
    const { bins, dims, capacity, items, rows, rowOf, fixed } = this.packing
    for (let i = 0; i < items; i++) {
      const bin = this.where[i]!
      if (bin < 0) return false
      if (fixed[i]! >= 0 ? fixed[i] !== bin : !rows[rowOf[i]!]![bin]) return false
      if (this.conflicts(i, bin) > 0) return false
    }
    for (let k = 0; k < bins * dims; k++) if (this.load[k]! > capacity[k]!) return false
    return true
  }
}
