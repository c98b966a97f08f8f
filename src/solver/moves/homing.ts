// Of maps that are equally good, the one nearer to today's: whole HWMs exchange their contents, then single VMs go home.
import type { Packing } from '../packing/packing.ts'
import { State } from '../packing/state.ts'

/** Whether the contents of two bins can change places. Groups are checked on the whole state, after the fact. */
function canExchange(state: State, a: number, b: number): boolean {
  const { dims, capacity, rows, rowOf, fixed } = state.packing
  for (let d = 0; d < dims; d++) {
    if (
      state.load[a * dims + d]! > capacity[b * dims + d]! ||
      state.load[b * dims + d]! > capacity[a * dims + d]!
    )
      return false
  }
  for (let i = state.first[a]!; i >= 0; i = state.next[i]!)
    if (fixed[i]! >= 0 || !rows[rowOf[i]!]![b]) return false
  for (let i = state.first[b]!; i >= 0; i = state.next[i]!)
    if (fixed[i]! >= 0 || !rows[rowOf[i]!]![a]) return false
  return true
}

function exchange(state: State, a: number, b: number): void {
  const fromA = state.membersOf(a)
  const fromB = state.membersOf(b)
  for (const i of [...fromA, ...fromB]) state.take(i)
  for (const i of fromA) state.put(i, b)
  for (const i of fromB) state.put(i, a)
}

/**
 * Lowers the number of moves of a valid assignment, keeping it valid. With `keepsBins`, bins that are empty may only be used
 * by exchange, so that their number stays.
 */
export function sendHome(
  packing: Packing,
  where: Int32Array,
  home: Int32Array,
  cost: ArrayLike<number>,
  mayUse: Uint8Array,
  keepsBins: boolean,
): Int32Array {
  const state = new State(packing)
  state.replace(where)
  // How many VMs of each bin have their home in each other.
  const pairs = new Map<number, number>()
  for (let i = 0; i < packing.items; i++) {
    if (home[i]! >= 0 && mayUse[home[i]!]) {
      const key = state.where[i]! * packing.bins + home[i]!
      pairs.set(key, (pairs.get(key) ?? 0) + cost[i]!)
    }
  }
  const settled = new Uint8Array(packing.bins)
  const isAt = Int32Array.from({ length: packing.bins }, (_, b) => b)
  const content = Int32Array.from({ length: packing.bins }, (_, b) => b)
  for (const [key] of [...pairs].sort((x, y) => y[1] - x[1] || x[0] - y[0])) {
    const group = Math.floor(key / packing.bins)
    const b = key % packing.bins
    const a = isAt[group]!
    if (settled[b] || settled[a]) continue
    if (a === b) {
      settled[b] = 1
      continue
    }
    const gain =
      (pairs.get(group * packing.bins + b) ?? 0) + (pairs.get(content[b]! * packing.bins + a) ?? 0)
    const loss =
      (pairs.get(group * packing.bins + a) ?? 0) + (pairs.get(content[b]! * packing.bins + b) ?? 0)
    if (gain <= loss || !mayUse[a] || !canExchange(state, a, b)) continue
    exchange(state, a, b)
    const other = content[b]!
    content[b] = group
    content[a] = other
    isAt[group] = b
    isAt[other] = a
    settled[b] = 1
  }
  if (packing.groups.length > 0 && !state.isValid()) state.replace(where)
  for (let isBetter = true; isBetter; ) {
    isBetter = false
    for (let i = 0; i < packing.items; i++) {
      const h = home[i]!
      const a = state.where[i]!
      if (
        h < 0 ||
        h === a ||
        !mayUse[h] ||
        packing.fixed[i]! >= 0 ||
        (keepsBins && state.count[h] === 0)
      )
        continue
      if (state.hasRoom(i, h) && state.isAllowed(i, h)) {
        state.move(i, h)
        isBetter = true
        continue
      }
      for (const j of state.membersOf(h)) {
        if (home[j] === h || packing.fixed[j]! >= 0) continue
        state.take(i)
        state.take(j)
        if (state.hasRoom(i, h) && state.isAllowed(i, h)) {
          state.put(i, h)
          if (state.hasRoom(j, a) && state.isAllowed(j, a)) {
            state.put(j, a)
            isBetter = true
            break
          }
          state.take(i)
        }
        state.put(i, a)
        state.put(j, h)
      }
    }
  }
  return state.where.slice()
}
