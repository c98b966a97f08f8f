// Makes a map survive X failures by moving little: a growing pool of hard failure sets is kept, and shifts and swaps are taken that
// lower what those sets leave without room. The judge finds the next hard set until it finds none.
import type { Budget } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import type { Items } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Random } from '../random.ts'
import { type Ground, groundOf } from './ground.ts'
import { judge, type Verdict } from './judge.ts'

/** The HA part of every item, and who is where: what shortage is counted on. Follows a `State`. */
export class Shortage {
  readonly #compiled: Compiled
  readonly #items: Items
  readonly #state: State
  /** HA part per item and dimension; items without HAVMs have none. */
  readonly #haSize: Float64Array
  readonly #hasHa: Uint8Array
  readonly #measure: Float64Array
  readonly #allowed: Uint8Array[]
  readonly #free: Float64Array
  readonly #isDead: Uint8Array
  readonly #hosts: Int32Array
  readonly #weight: Float64Array
  readonly #waiting: number[] = []
  readonly #touched: number[] = []
  readonly #hostTouched: Int32Array
  readonly left: number[] = []

  constructor(compiled: Compiled, items: Items, state: State) {
    const { hwms, dims, demand, ha } = compiled
    this.#compiled = compiled
    this.#items = items
    this.#state = state
    const count = items.packing.items
    this.#haSize = new Float64Array(count * dims)
    this.#hasHa = new Uint8Array(count)
    this.#weight = items.packing.weight
    this.#measure = new Float64Array(count)
    this.#allowed = items.vmsOf.map(members => {
      const mine = members.filter(v => ha[v])
      const first = compiled.rows[compiled.rowOf[mine[0] ?? members[0]!]!]!
      return mine.length < 2
        ? first
        : first.map((_, h) => (mine.every(v => compiled.rows[compiled.rowOf[v]!]![h]) ? 1 : 0))
    })
    items.vmsOf.forEach((members, i) => {
      for (const v of members) {
        if (!ha[v]) continue
        this.#hasHa[i] = 1
        for (let d = 0; d < dims; d++) this.#haSize[i * dims + d]! += demand[v * dims + d]!
      }
      for (let d = 0; d < dims; d++)
        this.#measure[i] = Math.max(
          this.#measure[i]!,
          this.#haSize[i * dims + d]! * this.#weight[d]!,
        )
    })
    this.#free = new Float64Array(hwms * dims)
    this.#isDead = new Uint8Array(hwms)
    this.#hostTouched = new Int32Array(hwms)
    this.#hosts = Int32Array.from({ length: hwms }, (_, h) => h).filter(
      h => compiled.takesFallback[h] === 1,
    )
  }

  isHa(item: number): boolean {
    return this.#hasHa[item] === 1
  }

  /**
   * What a greedy restart of the set leaves without room, in mean HWMs; 0 when all fit. `left` then holds the items left out.
   * Rules of groups count where survivors and the restarted clash.
   */
  of(units: ArrayLike<number>, budget: Budget): number {
    const { compiled, state } = { compiled: this.#compiled, state: this.#state }
    const { dims } = compiled
    const { capacity } = this.#items.packing
    // The loop below is most of the time of a repair: fields are read once.
    const [hosts, isDead, hostTouched] = [this.#hosts, this.#isDead, this.#hostTouched]
    const [freeOf, haSize, weight] = [this.#free, this.#haSize, this.#weight]
    const { load } = state
    this.#waiting.length = 0
    this.left.length = 0
    for (let k = 0; k < units.length; k++) {
      for (const h of compiled.units[units[k]!]!) {
        this.#isDead[h] = 1
        for (let i = state.first[h]!; i >= 0; i = state.next[i]!)
          if (this.#hasHa[i]) this.#waiting.push(i)
      }
    }
    this.#waiting.sort((a, b) => this.#measure[b]! - this.#measure[a]! || a - b)
    let shortage = 0
    let work = 0
    const placed: number[] = []
    for (const i of this.#waiting) {
      let best = -1
      let bestRest = Infinity
      const allowed = this.#allowed[i]!
      const at = i * dims
      for (let n = 0; n < hosts.length; n++) {
        const h = hosts[n]!
        if (isDead[h] === 1 || allowed[h] === 0) continue
        const isTouched = hostTouched[h] === 1
        let rest = 0
        for (let d = 0, k = h * dims; d < dims; d++, k++) {
          const free = isTouched ? freeOf[k]! : capacity[k]! - load[k]!
          const size = haSize[at + d]!
          const left = free - size
          if (left < 0) {
            rest = Infinity
            break
          }
          rest += Math.min(left, 1e15) * weight[d]! * (size * weight[d]! + 0.01)
          if (rest >= bestRest) break
        }
        if (rest < bestRest && !this.#clashes(i, h, placed)) {
          bestRest = rest
          best = h
        }
      }
      work += this.#hosts.length * 3
      if (best < 0) {
        this.left.push(i)
        for (let d = 0; d < dims; d++) shortage += this.#haSize[i * dims + d]! * this.#weight[d]!
        shortage += 1e-3
        continue
      }
      if (!this.#hostTouched[best]) {
        this.#hostTouched[best] = 1
        this.#touched.push(best)
        for (let d = 0, k = best * dims; d < dims; d++, k++)
          this.#free[k] = capacity[k]! - state.load[k]!
      }
      for (let d = 0, k = best * dims; d < dims; d++, k++)
        this.#free[k]! -= this.#haSize[i * dims + d]!
      placed.push(i, best)
    }
    for (const h of this.#touched) this.#hostTouched[h] = 0
    this.#touched.length = 0
    for (let k = 0; k < units.length; k++)
      for (const h of compiled.units[units[k]!]!) this.#isDead[h] = 0
    budget.spend(work * dims + 50)
    return shortage
  }

  #clashes(i: number, h: number, placed: readonly number[]): boolean {
    const { groupsOf, groups } = this.#items.packing
    if (groupsOf === undefined) return false
    for (const g of groupsOf[i]!) {
      const group = groups[g]!
      for (const other of group.members) {
        if (other === i) continue
        let at = this.#state.where[other]!
        if (at >= 0 && this.#isDead[at]) {
          const k = placed.findIndex((x, n) => n % 2 === 0 && x === other)
          at = k < 0 ? -1 : placed[k + 1]!
        }
        if (at >= 0 && (group.zoneOf[at] === group.zoneOf[h]) !== (group.kind === 'together'))
          return true
      }
    }
    return false
  }
}

export interface Repaired {
  readonly where: Int32Array
  readonly verdict: Verdict
}

/** Sets kept in the pool; the oldest that all recent maps survive leave first. */
const POOL_SIZE = 24
/** Changes tried before the least bad is taken. */
const TRIES = 48

/**
 * Changes `start` (a valid assignment of items) until the judge says that X failures can be survived, or the budget or `rounds`
 * end. `open` are the HWMs that may be used. The result is valid; its verdict may still be `no`.
 */
export function repair(
  compiled: Compiled,
  items: Items,
  start: Int32Array,
  open: Int32Array,
  tolerate: number,
  random: Random,
  budget: Budget,
  rounds: number,
  cost: (item: number, bin: number) => number = () => 0,
): Repaired {
  const { packing } = items
  const state = new State(packing)
  state.replace(start)
  const shortage = new Shortage(compiled, items, state)
  const pool: Int32Array[] = []
  const values: number[] = []
  const ground = (): Ground =>
    groundOf(
      compiled,
      Int32Array.from(items.itemOf, i => state.where[i]!),
    )
  let verdict = judge(ground(), tolerate, budget)
  let best: Repaired = { where: state.where.slice(), verdict }
  for (let round = 0; round < rounds && verdict.holds === 'no' && !budget.isOver; round++) {
    const hard = hardSet(compiled, verdict)
    if (hard === undefined) break
    if (!pool.some(set => set.every((u, k) => u === hard[k]))) {
      if (pool.length >= POOL_SIZE) pool.splice(random.below(pool.length), 1)
      pool.push(hard)
    }
    settle(state, open, shortage, pool, values, compiled.units, random, budget, cost)
    verdict = judge(ground(), tolerate, budget)
    best = { where: state.where.slice(), verdict }
  }
  return best
}

function hardSet(compiled: Compiled, verdict: Verdict): Int32Array | undefined {
  const names = verdict.counterExample?.failed
  if (names === undefined) return undefined
  const units = new Set(names.map(name => compiled.unitOf[compiled.hwmIndex.get(name)!]!))
  return Int32Array.from(units).sort()
}

/** Local search on the pool: takes the best of some random changes each time, worse ones too once in a while. */
function settle(
  state: State,
  open: Int32Array,
  shortage: Shortage,
  pool: readonly Int32Array[],
  values: number[],
  units: readonly Int32Array[],
  random: Random,
  budget: Budget,
  cost: (item: number, bin: number) => number,
): void {
  const { packing } = state
  const total = (limit: number): number => {
    let sum = 0
    for (let p = 0; p < pool.length && sum <= limit; p++)
      sum += values[p] = shortage.of(pool[p]!, budget)
    return sum
  }
  let now = total(Infinity)
  const most = 40 + 4 * packing.bins
  for (let step = 0; step < most && now > 0 && !budget.isOver; step++) {
    let bestValue = Infinity
    let bestChange: Change | undefined
    for (let n = 0; n < TRIES && !budget.isOver; n++) {
      const change = propose(state, open, shortage, pool, values, units, random)
      if (change === undefined) continue
      const price = cost(change.i, change.b) + (change.j >= 0 ? cost(change.j, change.a) : 0)
      apply(state, change)
      const value = total(bestValue) + price
      undo(state, change)
      if (value < bestValue) {
        bestValue = value
        bestChange = change
        if (value === 0) break
      }
    }
    if (bestChange === undefined) continue
    if (bestValue <= now || random.below(4) === 0) {
      apply(state, bestChange)
    }
    now = total(Infinity)
  }
}

/** Item i goes from bin a to b; j, when there is one, comes back. */
interface Change {
  readonly i: number
  readonly a: number
  readonly j: number
  readonly b: number
}

function apply(state: State, { i, a, j, b }: Change): void {
  if (j >= 0) state.move(j, a)
  state.move(i, b)
}

function undo(state: State, { i, a, j, b }: Change): void {
  state.move(i, a)
  if (j >= 0) state.move(j, b)
}

/** A random valid change, more often than not around a set that is short: out of the failed, or off a survivor. */
function propose(
  state: State,
  open: Int32Array,
  shortage: Shortage,
  pool: readonly Int32Array[],
  values: readonly number[],
  units: readonly Int32Array[],
  random: Random,
): Change | undefined {
  const { packing } = state
  for (let attempt = 0; attempt < 20; attempt++) {
    let i = random.below(packing.items)
    if (random.below(2) === 0) {
      const p = random.below(pool.length)
      if ((values[p] ?? 0) > 0) {
        const set = pool[p]!
        const hwms = units[set[random.below(set.length)]!]!
        const candidate = randomOf(state, hwms[random.below(hwms.length)]!, random)
        if (candidate >= 0 && shortage.isHa(candidate)) i = candidate
      }
    }
    const a = state.where[i]!
    if (packing.fixed[i]! >= 0 || a < 0) continue
    const b = open[random.below(open.length)]!
    if (b === a) continue
    const j = random.below(2) === 0 ? -1 : randomOf(state, b, random)
    if (j >= 0 && packing.fixed[j]! >= 0) continue
    const change = { i, a, j, b }
    state.take(i)
    if (j >= 0) state.take(j)
    const fits =
      state.hasRoom(i, b) &&
      state.isAllowed(i, b) &&
      (j < 0 || (state.hasRoom(j, a) && state.isAllowed(j, a) && !clash(state, i, b, j, a)))
    state.put(i, a)
    if (j >= 0) state.put(j, b)
    if (fits) return change
  }
  return undefined
}

/** Whether the two, once exchanged, break a rule that they share. */
function clash(state: State, i: number, b: number, j: number, a: number): boolean {
  if (state.packing.groupsOf === undefined) return false
  state.put(i, b)
  const wrong = !state.isAllowed(j, a)
  state.take(i)
  return wrong
}

function randomOf(state: State, bin: number, random: Random): number {
  const count = state.count[bin]!
  if (count === 0) return -1
  let i = state.first[bin]!
  for (let n = random.below(count); n > 0; n--) i = state.next[i]!
  return i
}
