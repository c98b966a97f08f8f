// Better balance for the same number of migrations: which VMs move, and where to, is searched by late acceptance hill climbing
// (Burke and Bykov, European Journal of Operational Research 258, 2017): a random change is taken when it is no worse than now, or
// no worse than what was current some thousand changes ago.
import type { Budget } from '../budget.ts'
import type { State } from '../packing/state.ts'
import type { Random } from '../random.ts'
import { canChange, type Homes, migrationsOf, tollOf } from './changes.ts'
import type { Measure } from './measure.ts'

/** How long ago the value was that a change is measured against. */
const MEMORY = 2_000

/**
 * Random moves and exchanges within `most` migrations, until none of the last `patience` changes made a new best. The state ends as the
 * best map that was seen. `slack`: by how much the first maps may be worse than the start, so that the search leaves the valley that
 * descent ended in.
 */
export function refine(
  state: State,
  spread: Measure,
  homes: Homes,
  open: Int32Array,
  most: number,
  random: Random,
  budget: Budget,
  patience: number,
  slack: number,
): void {
  const { packing, where } = state
  const { items, dims, fixed } = packing
  const isOpen = new Uint8Array(packing.bins)
  for (const b of open) isOpen[b] = 1
  const movable = Int32Array.from({ length: items }, (_, i) => i).filter(
    i => fixed[i]! < 0 && isOpen[where[i]!] === 1,
  )
  if (movable.length === 0 || open.length < 2) return
  const away: number[] = []
  const atAway = new Int32Array(items).fill(-1)
  const note = (i: number): void => {
    const isAway = homes.home[i]! >= 0 && where[i] !== homes.home[i]
    if (isAway === atAway[i]! >= 0) return
    if (isAway) atAway[i] = away.push(i) - 1
    else {
      const last = away.pop()!
      if (last !== i) {
        away[atAway[i]!] = last
        atAway[last] = atAway[i]!
      }
      atAway[i] = -1
    }
  }
  for (const i of movable) note(i)
  let paid = migrationsOf(homes, where)
  let best = spread.value
  let bestWhere = where.slice()
  const memory = new Float64Array(MEMORY).fill(spread.value + slack)
  let since = 0
  for (let n = 0; since < patience; n++, since++) {
    if ((n & 255) === 0 && budget.spend(256 * dims * 8)) break
    // Half of the changes start from a VM that is away: those decide what the migrations are spent on.
    const i =
      away.length > 0 && random.below(2) === 0
        ? away[random.below(away.length)]!
        : movable[random.below(movable.length)]!
    const a = where[i]!
    let j = -1
    let b = 0
    const kind = random.below(4)
    if (kind === 0) b = open[random.below(open.length)]!
    else {
      if (kind === 1 && atAway[i]! >= 0) {
        // Another VM of its home goes in its place.
        b = homes.home[i]!
        if (state.count[b] === 0) continue
        j = state.first[b]!
        for (let skip = random.below(state.count[b]!); skip > 0; skip--) j = state.next[j]!
      } else {
        j = movable[random.below(movable.length)]!
        b = where[j]!
      }
      if (j === i || fixed[j]! >= 0) continue
    }
    if (b === a || !isOpen[b]) continue
    const toll = tollOf(homes, where, i, b) + (j >= 0 ? tollOf(homes, where, j, a) : 0)
    if (paid + toll > most && toll > 0) continue
    const value = spread.after(i, a, j, b)
    const slot = n % MEMORY
    if ((value <= spread.value || value <= memory[slot]!) && canChange(state, i, a, j, b)) {
      spread.commit(i, a, j, b)
      note(i)
      if (j >= 0) note(j)
      paid += toll
      if (spread.value < best - 1e-9) {
        best = spread.value
        bestWhere = where.slice()
        since = 0
      }
    }
    memory[slot] = spread.value
  }
  state.replace(bestWhere)
  spread.refresh()
}
