// The contents of one bin that are worth most: a 0-1 (bounded) knapsack of several dimensions, by depth-first branch and bound.
// The bound is Dantzig's on one surrogate constraint, a mix of the dimensions (Glover 1968; Frieze and Clarke 1984), over those
// items only that still fit. Several bins that are worth enough are answered at once. The mix follows the prices by a few subgradient steps.
import type { Budget } from '../budget.ts'
import type { Classes } from './classes.ts'

/** What goes into one bin of a kind: classes in growing order, and how many of each. */
export interface Column {
  readonly kind: number
  readonly rows: Int32Array
  readonly counts: Int32Array
}

export interface Priced {
  /** Bins worth more than the floor, the dearest first. */
  readonly columns: readonly Column[]
  /** No bin is worth more. */
  readonly atMost: number
  /** The search was not cut by nodes or by the number of columns: `atMost` is exact, or the floor. */
  readonly isComplete: boolean
}

/** Columns that one search answers; no more than so many that begin with the same item, so that they differ. */
const MOST_COLUMNS = 24
const ALIKE = 3
/** Subgradient steps for the mix in one call. */
const MIX_STEPS = 12

/** Of one kind of bin. */
export class Pricing {
  readonly #classes: Classes
  readonly #kind: number
  readonly #capacity: Float64Array
  /** The class has room in an empty bin. */
  readonly #fits: Uint8Array
  /** Shares of the bin, class * dims + dim. */
  readonly #share: Float64Array
  readonly #mix: Float64Array
  readonly #weight: Float64Array
  readonly #density: Float64Array
  /** Candidates per depth, flat; room per depth. */
  #stack: Int32Array
  #room: Float64Array
  readonly #used: Int32Array
  readonly #path: Int32Array
  readonly #found: { readonly column: Column; readonly value: number }[] = []
  #foundHere = 0
  #floor = 0
  #nodes = 0
  #work = 0
  #isCut = false
  #prices: Float64Array
  #most: Int32Array
  #mostNodes = 0
  readonly #depth: number

  constructor(classes: Classes, kind = 0) {
    const { count, dims, size } = classes
    const { capacity } = classes.kinds[kind]!
    this.#classes = classes
    this.#kind = kind
    this.#capacity = capacity
    this.#fits = new Uint8Array(count)
    for (let c = 0; c < count; c++)
      this.#fits[c] = capacity.every((room, d) => size[c * dims + d]! <= room) ? 1 : 0
    this.#share = new Float64Array(count * dims)
    for (let c = 0; c < count; c++)
      for (let d = 0; d < dims; d++)
        this.#share[c * dims + d] = capacity[d]! > 0 ? size[c * dims + d]! / capacity[d]! : 0
    this.#mix = new Float64Array(dims).fill(1 / Math.max(1, dims))
    this.#weight = new Float64Array(count)
    this.#density = new Float64Array(count)
    this.#depth = mostInOneBin(classes, capacity) + 2
    this.#stack = new Int32Array(this.#depth * count)
    this.#room = new Float64Array(this.#depth * dims)
    this.#used = new Int32Array(count)
    this.#path = new Int32Array(this.#depth)
    this.#prices = new Float64Array(count)
    this.#most = classes.demand
  }

  /**
   * Bins worth more than `floor` at these prices. `most`: copies of each class there are. All are looked at unless enough are
   * found or `mostNodes` is reached.
   */
  price(
    prices: Float64Array,
    most: Int32Array,
    floor: number,
    mostNodes: number,
    budget: Budget,
  ): Priced {
    const { count, dims } = this.#classes
    const candidates: number[] = []
    for (let c = 0; c < count; c++)
      if (prices[c]! > 1e-9 && most[c]! > 0 && this.#fits[c] === 1) candidates.push(c)
    this.#prices = prices
    this.#most = most
    const root = this.#tuneMix(candidates)
    candidates.sort((a, b) => this.#density[b]! - this.#density[a]! || a - b)
    for (let k = 0; k < candidates.length; k++) this.#stack[k] = candidates[k]!
    for (let d = 0; d < dims; d++) this.#room[d] = this.#capacity[d]!
    this.#floor = floor
    this.#found.length = 0
    this.#nodes = 0
    this.#work = candidates.length * MIX_STEPS * 4
    this.#isCut = false
    this.#mostNodes = mostNodes
    if (root > floor) this.#descend(0, candidates.length, 0, 1)
    budget.spend(this.#work)
    const found = this.#found.toSorted((a, b) => b.value - a.value)
    const isComplete = !this.#isCut && found.length === 0
    return {
      columns: found.map(({ column }) => column),
      atMost: isComplete ? floor : Math.max(root, floor),
      isComplete,
    }
  }

  /** Lowers the root's bound over mixes of the dimensions; answers the lowest. Leaves densities for the best mix. */
  #tuneMix(candidates: readonly number[]): number {
    const { dims } = this.#classes
    const mix = this.#mix
    let bestBound = Infinity
    const bestMix = mix.slice()
    const load = new Float64Array(dims)
    for (let step = 0; step < MIX_STEPS; step++) {
      this.#weigh(candidates)
      const order = Int32Array.from(candidates).sort(
        (a, b) => this.#density[b]! - this.#density[a]!,
      )
      let left = 1
      let value = 0
      load.fill(0)
      for (const c of order) {
        const copies = this.#most[c]!
        const w = this.#weight[c]! * copies
        const part = w <= left ? copies : (left / w) * copies
        value += this.#prices[c]! * part
        for (let d = 0; d < dims; d++) load[d]! += this.#share[c * dims + d]! * part
        left -= w
        if (left <= 0) break
      }
      if (value < bestBound) {
        bestBound = value
        bestMix.set(mix)
      }
      let sum = 0
      for (let d = 0; d < dims; d++) {
        mix[d] = Math.max(1e-3, mix[d]! * Math.exp((0.9 / (1 + step * 0.4)) * (load[d]! - 1)))
        sum += mix[d]!
      }
      for (let d = 0; d < dims; d++) mix[d]! /= sum
    }
    mix.set(bestMix)
    this.#weigh(candidates)
    return bestBound
  }

  #weigh(candidates: readonly number[]): void {
    const { dims } = this.#classes
    for (const c of candidates) {
      let w = 0
      for (let d = 0; d < dims; d++) w += this.#mix[d]! * this.#share[c * dims + d]!
      this.#weight[c] = w
      this.#density[c] = this.#prices[c]! / Math.max(w, 1e-12)
    }
  }

  /** `depth` items are in; `count` candidates lie at this depth in order of density; `left` is the surrogate's room. */
  #descend(depth: number, count: number, value: number, left: number): void {
    const { dims, size } = this.#classes
    const classes = this.#classes.count
    const from = depth * classes
    const to = from + classes
    const stack = this.#stack
    const room = this.#room
    const roomAt = depth * dims
    const nextRoom = roomAt + dims
    for (let p = 0; p < count; p++) {
      const c = stack[from + p]!
      if (value + this.#density[c]! * left <= this.#floor) return
      if (depth === 0) this.#foundHere = 0
      if (++this.#nodes > this.#mostNodes) {
        this.#isCut = true
        return
      }
      for (let d = 0; d < dims; d++) room[nextRoom + d] = room[roomAt + d]! - size[c * dims + d]!
      this.#used[c]!++
      this.#path[depth] = c
      const nextValue = value + this.#prices[c]!
      const nextLeft = left - this.#weight[c]!
      // Who still fits beside them, and Dantzig's bound over those.
      let kept = 0
      let bound = nextValue
      let surrogate = nextLeft
      for (let q = this.#used[c]! < this.#most[c]! ? p : p + 1; q < count; q++) {
        const e = stack[from + q]!
        let d = 0
        const at = e * dims
        while (d < dims && size[at + d]! <= room[nextRoom + d]!) d++
        if (d < dims) continue
        stack[to + kept++] = e
        if (surrogate > 0) {
          const copies = this.#most[e]! - this.#used[e]!
          const w = this.#weight[e]! * copies
          if (w <= surrogate) bound += this.#prices[e]! * copies
          else bound += this.#density[e]! * surrogate
          surrogate -= w
        }
      }
      this.#work += (count - p) * 2
      if (kept > 0) {
        if (bound > this.#floor) this.#descend(depth + 1, kept, nextValue, nextLeft)
      } else if (nextValue > this.#floor) this.#note(depth + 1, nextValue)
      this.#used[c]!--
      if (this.#isCut || (depth > 0 && this.#foundHere >= ALIKE)) return
    }
  }

  #note(length: number, value: number): void {
    this.#found.push({ column: columnOf(this.#kind, this.#path, length), value })
    this.#foundHere++
    if (this.#found.length >= MOST_COLUMNS) this.#isCut = true
  }
}

function columnOf(kind: number, path: Int32Array, length: number): Column {
  const counts = new Map<number, number>()
  for (let k = 0; k < length; k++) counts.set(path[k]!, (counts.get(path[k]!) ?? 0) + 1)
  const rows = Int32Array.from(counts.keys()).sort()
  return { kind, rows, counts: Int32Array.from(rows, c => counts.get(c)!) }
}

/** No bin holds more items than this: the smallest sizes first, per dimension, whichever dimension allows fewest. */
function mostInOneBin({ count, dims, size, demand }: Classes, capacity: Float64Array): number {
  let total = 0
  for (let c = 0; c < count; c++) total += demand[c]!
  let most = total
  for (let d = 0; d < dims; d++) {
    const order = Array.from({ length: count }, (_, c) => c).sort(
      (a, b) => size[a * dims + d]! - size[b * dims + d]!,
    )
    let room = capacity[d]!
    let items = 0
    for (const c of order) {
      const x = size[c * dims + d]!
      const copies = x > 0 ? Math.min(demand[c]!, Math.floor(room / x)) : demand[c]!
      room -= copies * x
      items += copies
      if (copies < demand[c]!) break
    }
    most = Math.min(most, items)
  }
  return most
}
