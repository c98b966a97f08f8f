// Fewest moves from today's map to a valid one. The search swings
// between valid maps, from which it sends VMs home, and overfull ones, from which it moves VMs out; the price of overflow follows.
import type { Budget } from '../budget.ts'
import type { Packing } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import { leastMoving } from './leaving.ts'
import type { Random } from '../random.ts'

export interface FewestMoves {
  readonly where: Int32Array | undefined
  /** Moved VMs (an item may be several). */
  readonly moves: number
  readonly bound: number
}

/**
 * Moves as few VMs as possible. `home`: bin of today, -1 for none (placing those is no move). `cost`: VMs of each item.
 * `open`: bins that may be used.
 */
export function fewestMoves(
  packing: Packing,
  home: Int32Array,
  cost: ArrayLike<number>,
  open: Int32Array,
  random: Random,
  budget: Budget,
  steps: number,
): FewestMoves {
  const { items, dims, size, capacity, weight, rows, rowOf, fixed } = packing
  const isOpen = new Uint8Array(packing.bins)
  for (const b of open) isOpen[b] = 1
  const mayStay = (i: number): boolean => {
    const h = home[i]!
    return (
      h >= 0 && (fixed[i]! >= 0 ? fixed[i] === h : isOpen[h] === 1 && rows[rowOf[i]!]![h] === 1)
    )
  }
  const state = new State(packing)
  const atHome: number[][] = Array.from({ length: packing.bins }, () => [])
  let bound = 0
  for (let i = 0; i < items; i++) {
    if (mayStay(i)) atHome[home[i]!]!.push(i)
    else if (home[i]! >= 0) bound += cost[i]!
  }
  bound += leastMoving(packing, atHome, cost)
  for (let b = 0; b < packing.bins; b++) for (const i of atHome[b]!) state.put(i, b)
  const homeless: number[] = []
  for (let i = 0; i < items; i++) if (state.where[i]! < 0) homeless.push(i)
  const measure = (i: number): number => {
    let most = 0
    for (let d = 0; d < dims; d++) most = Math.max(most, size[i * dims + d]! * weight[d]!)
    return most
  }
  homeless.sort((a, b) => measure(b) - measure(a))
  for (const i of homeless)
    if (!putBest(state, i, open, 1)) return { where: undefined, moves: Infinity, bound }

  const isAway = (i: number): boolean => home[i]! >= 0 && state.where[i] !== home[i]
  const away = new Set<number>()
  let paid = 0
  for (let i = 0; i < items; i++) {
    if (!isAway(i)) continue
    paid += cost[i]!
    away.add(i)
  }
  const over = new Float64Array(packing.bins)
  const hasGroups = packing.groupsOf !== undefined
  const overfull = new Set<number>()
  const refresh = (b: number): void => {
    let sum = 0
    for (let d = 0, k = b * dims; d < dims; d++, k++) {
      if (state.load[k]! > capacity[k]!) sum += (state.load[k]! - capacity[k]!) * weight[d]!
    }
    if (hasGroups)
      for (let i = state.first[b]!; i >= 0; i = state.next[i]!) sum += state.conflicts(i, b)
    over[b] = sum
    if (sum > 0) overfull.add(b)
    else overfull.delete(b)
  }
  const refreshAll = (): void => {
    for (const b of open) refresh(b)
    for (const b of fixed) if (b >= 0) refresh(b)
  }
  const relocate = (i: number, b: number): void => {
    const a = state.where[i]!
    state.move(i, b)
    paid +=
      (b !== home[i] && home[i]! >= 0 ? cost[i]! : 0) -
      (a !== home[i] && home[i]! >= 0 ? cost[i]! : 0)
    if (isAway(i)) away.add(i)
    else away.delete(i)
    refresh(a)
    refresh(b)
    if (!hasGroups) return
    for (const g of packing.groupsOf[i]!)
      for (const member of packing.groups[g]!.members)
        if (state.where[member]! >= 0) refresh(state.where[member]!)
  }
  refreshAll()
  let best: Int32Array | undefined
  let bestPaid = Infinity
  let price = 40
  let sinceBest = 0
  // Small cases have few VMs to choose from: long bans would leave none.
  const longest = Math.max(1, Math.min(10, Math.floor(items / 6)))
  const tabuUntil = new Int32Array(items)
  for (let step = 1; step <= steps && bestPaid > bound; step++) {
    if (overfull.size === 0) {
      for (const i of Array.from(away)) {
        const h = home[i]!
        if (mayStay(i) && state.hasRoom(i, h) && state.isAllowed(i, h)) relocate(i, h)
      }
      if (paid < bestPaid) {
        sinceBest = 0
        bestPaid = paid
        best = state.where.slice()
        if (bestPaid <= bound) break
      }
      price = Math.max(2, price * 0.7)
      const candidates = [...away].filter(i => mayStay(i) && tabuUntil[i]! < step)
      const back = candidates[random.below(candidates.length)]
      if (back === undefined) {
        if (![...away].some(mayStay)) break
        continue
      }
      const from = state.where[back]!
      relocate(back, home[back]!)
      tabuUntil[back] = step + 1 + random.below(longest)
      // Half the time the room that is left is offered to another that is away, as part of the swing.
      if (random.below(2) === 0 && candidates.length > 1) {
        const other = candidates[random.below(candidates.length)]!
        if (other !== back && state.isAllowed(other, from)) relocate(other, from)
      }
      continue
    }
    price = Math.min(2_000, price * 1.05)
    if (++sinceBest > 400 + 4 * items) {
      // Stuck: a few VMs, wherever they are, go home or anywhere.
      sinceBest = 0
      for (let n = 2 + random.below(4); n > 0; n--) {
        const i = random.below(items)
        const b = mayStay(i) && random.below(2) === 0 ? home[i]! : open[random.below(open.length)]!
        if (fixed[i]! < 0 && b !== state.where[i] && rows[rowOf[i]!]![b]) relocate(i, b)
      }
      continue
    }
    const list = [...overfull]
    const a = list[random.below(list.length)]!
    const change = bestChange(
      state,
      a,
      open,
      over,
      home,
      cost,
      price,
      tabuUntil,
      step,
      random,
      mayStay,
    )
    if (budget.spend(change.work)) break
    if (change.i < 0) {
      price *= 1.5
      continue
    }
    if (change.j >= 0) {
      relocate(change.j, a)
      tabuUntil[change.j] = step + 1 + random.below(longest)
    }
    relocate(change.i, change.b)
    tabuUntil[change.i] = step + 1 + random.below(longest)
  }
  return { where: best, moves: bestPaid, bound }
}

/** Puts an item where it fits best, else where it overflows least; false when no bin may take it at all. */
function putBest(state: State, i: number, open: Int32Array, slack: number): boolean {
  const { dims, size, capacity, weight, rows, rowOf, fixed } = state.packing
  let best = -1
  let bestCost = Infinity
  for (const b of fixed[i]! >= 0 ? [fixed[i]!] : open) {
    if (fixed[i]! < 0 && !rows[rowOf[i]!]![b]) continue
    let cost = 1e3 * state.conflicts(i, b)
    for (let d = 0, k = b * dims; d < dims; d++, k++) {
      const left = capacity[k]! - state.load[k]! - size[i * dims + d]!
      cost += left < 0 ? 1e3 * -left * weight[d]! + 10 : Math.min(1, left * weight[d]!) * slack
    }
    if (cost < bestCost) {
      bestCost = cost
      best = b
    }
  }
  if (best >= 0) state.put(i, best)
  return best >= 0
}

interface Chosen {
  i: number
  b: number
  j: number
  work: number
}

/** Bins looked at in one step. */
const MOST_BINS = 400

/** The best shift or swap out of bin a by price * overflow + moves. */
function bestChange(
  state: State,
  a: number,
  open: Int32Array,
  over: Float64Array,
  home: Int32Array,
  cost: ArrayLike<number>,
  price: number,
  tabuUntil: Int32Array,
  step: number,
  random: Random,
  mayStay: (i: number) => boolean,
): Chosen {
  const { packing, where } = state
  const { dims, size, capacity, weight, rows, rowOf, fixed } = packing
  const hasGroups = packing.groupsOf !== undefined
  const chosen: Chosen = { i: -1, b: -1, j: -1, work: 0 }
  let bestValue = Infinity
  let ties = 0
  const looked = Math.min(open.length, MOST_BINS)
  const start = looked < open.length ? random.below(open.length) : 0
  const toll = (i: number, b: number): number =>
    home[i]! < 0 ? 0 : (b !== home[i] ? cost[i]! : 0) - (where[i] !== home[i] ? cost[i]! : 0)
  /** Overflow of a bin when `plus` comes and `minus` leaves (-1: nobody). */
  const overWith = (b: number, plus: number, minus: number): number => {
    let sum = 0
    for (let d = 0, k = b * dims; d < dims; d++, k++) {
      const load =
        state.load[k]! +
        (plus >= 0 ? size[plus * dims + d]! : 0) -
        (minus >= 0 ? size[minus * dims + d]! : 0)
      if (load > capacity[k]!) sum += (load - capacity[k]!) * weight[d]!
    }
    return sum
  }
  const rules = (i: number, to: number): number =>
    hasGroups ? 2 * (state.conflicts(i, to) - state.conflicts(i, where[i]!)) : 0
  const capacityPart = (b: number): number => (hasGroups ? overWith(b, -1, -1) : over[b]!)
  const overA = capacityPart(a)
  const consider = (value: number, i: number, b: number, j: number): void => {
    if (value > bestValue) return
    if (value < bestValue) ties = 0
    bestValue = value
    if (random.below(++ties) === 0) {
      chosen.i = i
      chosen.b = b
      chosen.j = j
    }
  }
  for (let i = state.first[a]!; i >= 0; i = state.next[i]!) {
    if (fixed[i]! >= 0 || tabuUntil[i]! >= step) continue
    const without = overWith(a, -1, i)
    for (let n = 0; n <= looked; n++) {
      // The VM's home is always looked at, also when bins are sampled.
      const b = n === looked ? home[i]! : open[(start + n) % open.length]!
      if (b < 0 || b === a || !rows[rowOf[i]!]![b] || (n === looked && !mayStay(i))) continue
      const overB = capacityPart(b)
      const shift = without + overWith(b, i, -1) - overA - overB
      consider(price * (shift + rules(i, b)) + toll(i, b), i, b, -1)
      chosen.work += dims * 3
      if (shift <= -overA) continue
      for (let j = state.first[b]!; j >= 0; j = state.next[j]!) {
        if (fixed[j]! >= 0 || tabuUntil[j]! >= step || !rows[rowOf[j]!]![a]) continue
        const swap = overWith(a, j, i) + overWith(b, i, j) - overA - overB
        consider(price * (swap + rules(i, b) + rules(j, a)) + toll(i, b) + toll(j, a), i, b, j)
        chosen.work += dims * 3
      }
    }
  }
  chosen.work += 50
  return chosen
}
