// Complete search for the order that costs least: states are maps, steps are single moves. Batches need no states of their own, since
// what can be done at the same time can be done one after the other. Uniform cost from both ends (Pohl 1971): where one end is cramped,
// all that can be reached from there is soon seen, and then it is proved that no order exists.
import type { Step } from './steps.ts'
import type { OrderTask } from './task.ts'

export type SearchedOrder =
  | { readonly answer: 'found'; readonly steps: Step[] }
  | { readonly answer: 'none'; readonly states: number }
  | { readonly answer: 'unknown' }

/** VMs of all states that are kept, in sum: what memory allows. */
const MOST_CELLS = 3e7

/** Work of one search: seconds, where states are large. */
const MOST_WORK = 1.5e8

/**
 * The order of least cost (`costOf`) below `below`. `none`: there is none (with `below` infinite: the goal cannot be reached at all).
 * `unknown` after `mostStates` or the end of the budget, or when X could not be judged in a state that matters.
 */
export function searchOrder(task: OrderTask, mostStates: number, below: number): SearchedOrder {
  const { budget } = task
  const scene = new Scene(task)
  const forward = new Side(scene, scene.from, true)
  const backward = new Side(scene, scene.to, false)
  let best = below
  let meeting: readonly [number, number] | undefined
  let work = 0
  const most = Math.min(mostStates, MOST_CELLS / Math.max(1, scene.vms.length))
  if (scene.isSame()) return { answer: 'found', steps: [] }
  while (
    forward.open.size > 0 &&
    backward.open.size > 0 &&
    forward.leastOpen + backward.leastOpen < best
  ) {
    const isForward = forward.count <= backward.count
    const side = isForward ? forward : backward
    const other = isForward ? backward : forward
    const spent = side.expand(best, most, (reached, key) => {
      const met = other.idOf(key)
      if (met === undefined) return
      const cost = side.costs[reached]! + other.costs[met]!
      if (cost >= best) return
      best = cost
      meeting = isForward ? [reached, met] : [met, reached]
    })
    work += spent
    // A side that was cut short has not seen all: nothing may be concluded from it.
    const isCut = forward.count + backward.count > most
    if (isCut || budget.spend(spent) || work > MOST_WORK) return { answer: 'unknown' }
  }
  if (meeting !== undefined)
    return { answer: 'found', steps: [...forward.path(meeting[0]), ...backward.path(meeting[1])] }
  return scene.isUnsure
    ? { answer: 'unknown' }
    : { answer: 'none', states: forward.count + backward.count }
}

/** The VMs that can move, and what bounds them; numbered from 0. */
class Scene {
  readonly task: OrderTask
  readonly vms: readonly number[]
  readonly from: Int32Array
  readonly to: Int32Array
  /** Load of VMs that never move. */
  readonly fixedLoad: Float64Array
  readonly #isFull: Uint8Array
  isUnsure = false

  constructor(task: OrderTask) {
    const { compiled, from, to } = task
    const { hwms, dims, demand, capacity } = compiled
    this.task = task
    this.vms = Array.from({ length: compiled.vms }, (_, v) => v).filter(
      v => from[v]! >= 0 && !compiled.pinned[v],
    )
    this.from = Int32Array.from(this.vms, v => from[v]!)
    this.to = Int32Array.from(this.vms, v => to[v]!)
    this.fixedLoad = new Float64Array(hwms * dims)
    const all = new Float64Array(hwms * dims)
    for (let v = 0; v < compiled.vms; v++) {
      const h = from[v]!
      if (h < 0) continue
      for (let d = 0; d < dims; d++) {
        all[h * dims + d]! += demand[v * dims + d]!
        if (compiled.pinned[v]) this.fixedLoad[h * dims + d]! += demand[v * dims + d]!
      }
    }
    this.#isFull = new Uint8Array(hwms)
    all.forEach((load, k) => {
      if (load > capacity[k]!) this.#isFull[Math.floor(k / dims)] = 1
    })
  }

  isSame(): boolean {
    return this.from.every((h, k) => h === this.to[k])
  }

  /** Whether the state may be passed. What cannot be judged is not passed, but nothing is proved then either. */
  isPassable(where: Int32Array): boolean {
    const { task } = this
    if (!task.keepsX) return true
    const whole = task.from.slice()
    this.vms.forEach((v, k) => {
      whole[v] = where[k]!
    })
    const rests = task.mayRest(whole)
    if (rests === undefined) this.isUnsure = true
    return rests === true
  }

  /** Whether rules let VM number k enter b as the others stand. */
  mayEnter(k: number, b: number, where: Int32Array): boolean {
    const { compiled } = this.task
    const v = this.vms[k]!
    if (compiled.inMaintenance[b] || !compiled.rows[compiled.rowOf[v]!]![b]) return false
    for (const g of compiled.groupsOf[v]!) {
      const { zoneOf, members } = compiled.groups[g]!
      for (const other of members) {
        if (other === v) continue
        const at = this.#at(other, where)
        if (at >= 0 && zoneOf[at] === zoneOf[b]) return false
      }
    }
    return true
  }

  #numberOf: Map<number, number> | undefined
  #at(v: number, where: Int32Array): number {
    this.#numberOf ??= new Map(this.vms.map((vm, k) => [vm, k]))
    const k = this.#numberOf.get(v)
    return k === undefined ? this.task.from[v]! : where[k]!
  }

  /** Whether VM k may have been on b in a state before: it began there, or could enter. Rules of groups are left aside. */
  mayHaveBeen(k: number, b: number, hasRoom: boolean): boolean {
    if (b === this.from[k]) return hasRoom || this.#isFull[b] === 1
    const { compiled } = this.task
    return (
      hasRoom &&
      !compiled.inMaintenance[b] &&
      compiled.rows[compiled.rowOf[this.vms[k]!]!]![b] === 1
    )
  }
}

type Key = number | string

/** All states seen from one end. */
class Side {
  readonly #scene: Scene
  readonly #isForward: boolean
  readonly #where: Int32Array[] = []
  readonly #parent: number[] = []
  /** VM number that was moved to get here, and the HWM it has on the parent's side. */
  readonly #moved: number[] = []
  readonly #ids = new Map<Key, number>()
  readonly costs: number[] = []
  readonly open: Heap
  readonly #powers: Float64Array | undefined
  readonly #load: Float64Array

  constructor(scene: Scene, origin: Int32Array, isForward: boolean) {
    const { hwms, dims } = scene.task.compiled
    this.#scene = scene
    this.#isForward = isForward
    this.#load = new Float64Array(hwms * dims)
    const isSmall = scene.vms.length * Math.log2(Math.max(2, hwms)) < 52
    this.#powers = isSmall ? Float64Array.from(scene.vms, (_, k) => hwms ** k) : undefined
    this.open = new Heap(this.costs)
    this.#add(origin.slice(), this.#keyOf(origin), 0, -1, -1)
  }

  get count(): number {
    return this.#where.length
  }

  /** The least cost that any state not yet left has. */
  get leastOpen(): number {
    return this.costs[this.open.top]!
  }

  idOf(key: Key): number | undefined {
    return this.#ids.get(key)
  }

  #keyOf(where: Int32Array): Key {
    if (this.#powers !== undefined) {
      let key = 0
      for (let k = 0; k < where.length; k++) key += where[k]! * this.#powers[k]!
      return key
    }
    let text = ''
    for (let k = 0; k < where.length; k += 4_000)
      text += String.fromCharCode(...where.subarray(k, k + 4_000))
    return text
  }

  #add(where: Int32Array, key: Key, cost: number, parent: number, moved: number): number {
    const id = this.#where.push(where) - 1
    this.#parent.push(parent)
    this.#moved.push(moved)
    this.costs.push(cost)
    this.#ids.set(key, id)
    this.open.push(id)
    return id
  }

  /** Leaves the cheapest open state for all its neighbours, as long as there are no more than `most` states. Answers the work it was. */
  expand(below: number, most: number, onReached: (id: number, key: Key) => void): number {
    const scene = this.#scene
    const { compiled, price } = scene.task
    const { hwms, dims, demand, capacity } = compiled
    const id = this.open.pop()
    const where = this.#where[id]!
    const load = this.#load
    load.set(scene.fixedLoad)
    for (let k = 0; k < where.length; k++) {
      const v = scene.vms[k]!
      for (let d = 0; d < dims; d++) load[where[k]! * dims + d]! += demand[v * dims + d]!
    }
    const own = this.#keyOf(where)
    for (let k = 0; k < where.length && this.count <= most; k++) {
      const v = scene.vms[k]!
      const a = where[k]!
      // Backward, the step that led here entered `a`.
      if (!this.#isForward && !scene.mayEnter(k, a, where)) continue
      for (let b = 0; b < hwms; b++) {
        if (b === a) continue
        let fits = true
        for (let d = 0, n = b * dims; d < dims && fits; d++, n++)
          fits = load[n]! + demand[v * dims + d]! <= capacity[n]!
        const isOpen = this.#isForward
          ? fits && scene.mayEnter(k, b, where)
          : scene.mayHaveBeen(k, b, fits)
        if (!isOpen) continue
        const end = this.#isForward ? b : a
        const cost = this.costs[id]! + (end === scene.to[k] ? 0 : price[v]!)
        if (cost >= below) continue
        const key = this.#keyAfter(own, where, k, b)
        const known = this.#ids.get(key)
        if (known !== undefined) {
          if (this.costs[known]! <= cost) continue
          this.costs[known] = cost
          this.#parent[known] = id
          this.#moved[known] = k
          this.open.push(known)
          onReached(known, key)
          continue
        }
        const next = where.slice()
        next[k] = b
        if (!scene.isPassable(next)) continue
        onReached(this.#add(next, key, cost, id, k), key)
      }
    }
    return where.length * hwms * Math.max(1, dims) + 200
  }

  #keyAfter(own: Key, where: Int32Array, k: number, b: number): Key {
    if (this.#powers !== undefined && typeof own === 'number')
      return own + (b - where[k]!) * this.#powers[k]!
    const next = where.slice()
    next[k] = b
    return this.#keyOf(next)
  }

  /** The steps between the end this side began at and the state, in the order they are made. */
  path(id: number): Step[] {
    const steps: Step[] = []
    for (let n = id; this.#parent[n]! >= 0; n = this.#parent[n]!) {
      const k = this.#moved[n]!
      const here = this.#where[n]![k]!
      const there = this.#where[this.#parent[n]!]![k]!
      const vm = this.#scene.vms[k]!
      steps.push(this.#isForward ? { vm, from: there, to: here } : { vm, from: here, to: there })
    }
    return this.#isForward ? steps.reverse() : steps
  }
}

/** Open states, the cheapest first, of equals the latest: depth first through what costs nothing. Entries may be stale copies. */
class Heap {
  readonly #costs: readonly number[]
  readonly #ids: number[] = []
  readonly #keys: number[] = []

  constructor(costs: readonly number[]) {
    this.#costs = costs
  }

  get size(): number {
    this.#dropStale()
    return this.#ids.length
  }

  get top(): number {
    return this.#ids[0]!
  }

  #isBefore(a: number, b: number): boolean {
    return (
      this.#keys[a]! < this.#keys[b]! ||
      (this.#keys[a] === this.#keys[b] && this.#ids[a]! > this.#ids[b]!)
    )
  }

  #exchange(a: number, b: number): void {
    const [id, key] = [this.#ids[a]!, this.#keys[a]!]
    this.#ids[a] = this.#ids[b]!
    this.#keys[a] = this.#keys[b]!
    this.#ids[b] = id
    this.#keys[b] = key
  }

  push(id: number): void {
    this.#ids.push(id)
    this.#keys.push(this.#costs[id]!)
    for (let at = this.#ids.length - 1; at > 0; ) {
      const up = (at - 1) >> 1
      if (!this.#isBefore(at, up)) break
      this.#exchange(at, up)
      at = up
    }
  }

  #remove(): number {
    const id = this.#ids[0]!
    this.#exchange(0, this.#ids.length - 1)
    this.#ids.pop()
    this.#keys.pop()
    for (let at = 0; ; ) {
      let least = at
      for (const down of [2 * at + 1, 2 * at + 2])
        if (down < this.#ids.length && this.#isBefore(down, least)) least = down
      if (least === at) break
      this.#exchange(at, least)
      at = least
    }
    return id
  }

  /** A state that became cheaper has an entry for each price it had; only the last counts. */
  #dropStale(): void {
    while (this.#ids.length > 0 && this.#keys[0] !== this.#costs[this.#ids[0]!]) this.#remove()
  }

  pop(): number {
    this.#dropStale()
    return this.#remove()
  }
}
