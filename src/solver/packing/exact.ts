// Complete search for small packings: does everything fit into the bins that are there? Depth first, largest item first, with
// volume bound, equal bins tried once and equal items in bin order.
import type { Budget } from '../budget.ts'
import { scarcity, order } from './greedy.ts'
import type { Packing } from './packing.ts'
import { State } from './state.ts'

export interface SearchResult {
  readonly answer: 'packed' | 'impossible' | 'unknown'
  readonly where: Int32Array
  readonly nodes: number
}

/** Searches until an answer, `mostNodes` or the end of the budget. */
export function search(packing: Packing, mostNodes: number, budget: Budget): SearchResult {
  const { bins, items, dims, capacity, size, fixed, rowOf, groupsOf } = packing
  const state = new State(packing)
  const every = Array.from({ length: bins }, (_, b) => b)
  const sequence = order(packing, 'max', scarcity(packing, every))
  const isPlain = (i: number): boolean => fixed[i]! < 0 && (groupsOf?.[i]?.length ?? 0) === 0
  // Suffix sums of demand, and the item before that is equal in every respect.
  const rest = new Float64Array((items + 1) * dims)
  const twin = new Int32Array(items).fill(-1)
  for (let k = items - 1; k >= 0; k--) {
    const i = sequence[k]!
    for (let d = 0; d < dims; d++)
      rest[k * dims + d] = rest[(k + 1) * dims + d]! + size[i * dims + d]!
    const before = k > 0 ? sequence[k - 1]! : -1
    if (before >= 0 && isPlain(i) && isPlain(before) && rowOf[i] === rowOf[before]) {
      let equal = true
      for (let d = 0; d < dims; d++)
        if (size[i * dims + d] !== size[before * dims + d]) equal = false
      if (equal) twin[k] = before
    }
  }
  const free = new Float64Array(dims)
  for (let b = 0; b < bins; b++)
    for (let d = 0; d < dims; d++) free[d]! += Math.min(capacity[b * dims + d]!, 2 ** 52)
  let nodes = 0
  let isCut = false
  const seenAs = (b: number, earlier: number): boolean => {
    for (let d = 0; d < dims; d++) {
      const x = capacity[b * dims + d]! - state.load[b * dims + d]!
      const y = capacity[earlier * dims + d]! - state.load[earlier * dims + d]!
      if (x !== y && !(x === Infinity && y === Infinity)) return false
    }
    return true
  }
  // Bins are interchangeable only when no rule tells them apart.
  const rowsUsed = new Set(rowOf)
  const twins = Array.from({ length: bins }, () => new Uint8Array(0))
  const isAlike = (a: number, b: number): boolean => {
    for (const r of rowsUsed) if (packing.rows[r]![a] !== packing.rows[r]![b]) return false
    return true
  }
  const hasRules = packing.groups.length > 0 || fixed.some(b => b >= 0)
  const alike = (a: number, b: number): boolean => {
    if (twins[a]!.length === 0)
      twins[a] = Uint8Array.from({ length: bins }, (_, c) => (isAlike(a, c) ? 1 : 0))
    return twins[a]![b] === 1
  }
  const place = (k: number): boolean => {
    if (k === items) return true
    if (++nodes > mostNodes || budget.spend(bins * dims)) {
      isCut = true
      return false
    }
    for (let d = 0; d < dims; d++) if (rest[k * dims + d]! > free[d]!) return false
    const i = sequence[k]!
    const from = twin[k]! >= 0 ? state.where[twin[k]!]! : 0
    for (let b = from; b < bins; b++) {
      if (!state.hasRoom(i, b) || !state.isAllowed(i, b)) continue
      if (!hasRules && twin[k]! < 0) {
        let isRepeated = false
        for (let e = from; e < b && !isRepeated; e++) isRepeated = seenAs(b, e) && alike(b, e)
        if (isRepeated) continue
      }
      state.put(i, b)
      for (let d = 0; d < dims; d++) free[d]! -= size[i * dims + d]!
      if (place(k + 1)) return true
      for (let d = 0; d < dims; d++) free[d]! += size[i * dims + d]!
      state.take(i)
      if (isCut) return false
    }
    return false
  }
  // Free room only counts what items can use: the volume bound is over what all bins have.
  const isPacked = place(0)
  return {
    answer: isPacked ? 'packed' : isCut ? 'unknown' : 'impossible',
    where: state.where.slice(),
    nodes,
  }
}
