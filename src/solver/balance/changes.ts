// Changes of a map that keep it valid, and what they cost in migrations.
import type { State } from '../packing/state.ts'

/** Where each item is at home (-1: nowhere, its moves cost nothing) and how many VMs it is. */
export interface Homes {
  readonly home: Int32Array
  readonly cost: ArrayLike<number>
}

/** Migrations that a map costs. */
export function migrationsOf({ home, cost }: Homes, where: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < home.length; i++) if (home[i]! >= 0 && where[i] !== home[i]) sum += cost[i]!
  return sum
}

/** What moving item i to bin b adds to the migrations. */
export function tollOf({ home, cost }: Homes, where: Int32Array, i: number, b: number): number {
  const h = home[i]!
  if (h < 0) return 0
  return (b === h ? 0 : cost[i]!) - (where[i] === h ? 0 : cost[i]!)
}

/** Whether i can go from a to b and j (-1: nobody) from b to a, by capacity and rules. Leaves the state as it was. */
export function canChange(state: State, i: number, a: number, j: number, b: number): boolean {
  const { dims, size, capacity, groupsOf, rows, rowOf, fixed } = state.packing
  if (fixed[i]! >= 0 || !rows[rowOf[i]!]![b]) return false
  if (j >= 0 && (fixed[j]! >= 0 || !rows[rowOf[j]!]![a])) return false
  for (let d = 0; d < dims; d++) {
    const shift = size[i * dims + d]! - (j >= 0 ? size[j * dims + d]! : 0)
    if (shift > 0 && state.load[b * dims + d]! + shift > capacity[b * dims + d]!) return false
    if (shift < 0 && state.load[a * dims + d]! - shift > capacity[a * dims + d]!) return false
  }
  if (groupsOf === undefined) return true
  if (groupsOf[i]!.length === 0 && (j < 0 || groupsOf[j]!.length === 0)) return true
  state.take(i)
  if (j >= 0) state.take(j)
  let isAllowed = state.isAllowed(i, b)
  if (isAllowed && j >= 0) {
    state.put(i, b)
    isAllowed = state.isAllowed(j, a)
    state.take(i)
  }
  state.put(i, a)
  if (j >= 0) state.put(j, b)
  return isAllowed
}
