// Who should make room when nothing can move to its goal, and where for: ways to let one waiting VM on. Who leaves may itself need
// somebody to leave first (ejection chains, as in vehicle routing: Glover 1996).
import type { Random } from '../random.ts'
import type { Step } from './steps.ts'
import type { Walk } from './walk.ts'

/** HWMs that others wait for, and VMs that wait for each, of which ways are drawn when there are more. */
const MOST_HWMS = 24
const MOST_WAITING = 4

/** Ways that are answered. */
const MOST_PROPOSALS = 8

/** VMs that may have to leave one HWM for one to come, and steps of one way in all. */
const MOST_LEAVING = 4
const MOST_STEPS = 10

/** How many may have to leave one after the other, each for the one before. */
const DEPTH = 3

/** HWMs looked at as a place to wait on, and of those without room as one to make room on. */
const MOST_PLACES = 96
const MOST_CROWDED = 6

/** Rounds in which who made room is not asked again; more where nothing came of it. */
const REST = 4

/** Rounds in vain after which chance has a say. */
const STUCK = 6

/** Everything that a chain has claimed so far: VMs it moved or moves, HWMs it makes room on. */
interface Chain {
  readonly vms: Set<number>
  readonly hwms: Set<number>
  readonly from: number
}

export class Detours {
  readonly #walk: Walk
  readonly #random: Random
  readonly #isShuffled: boolean
  #inVain = 0
  readonly #restsUntil: Int32Array
  /** The least that any VM asks for, per dimension. */
  readonly #smallest: Float64Array
  #roomy: Int32Array = new Int32Array(0)
  #round = 0

  constructor(walk: Walk, random: Random, isShuffled: boolean) {
    this.#walk = walk
    this.#random = random
    this.#isShuffled = isShuffled
    this.#restsUntil = new Int32Array(walk.now.length)
    const { dims, size } = walk.task.items.packing
    this.#smallest = new Float64Array(dims).fill(Infinity)
    size.forEach((x, k) => {
      this.#smallest[k % dims] = Math.min(this.#smallest[k % dims]!, x)
    })
  }

  /** These were made, and `inVain` before them: others come first for a while. */
  remember(steps: readonly Step[], inVain: number): void {
    this.#round++
    this.#inVain = inVain
    for (const { vm } of steps) this.#restsUntil[vm] = this.#round + REST + inVain
  }

  /** Ways to let somebody on, the shortest first. None is made. */
  proposals(): Step[][] {
    const { inbound, steps, task } = this.#walk
    const found: Step[][] = []
    const before = steps.length
    this.#roomy = this.#roomyNow()
    // First those whose way is clear once one or more leave for free places; chains only when there are none.
    for (let depth = 0; depth <= DEPTH && found.length === 0; depth++) {
      for (const h of this.#sample(this.#walk.hwmsWaitedFor(), MOST_HWMS)) {
        if (task.budget.spend(2_000) || found.length >= 2 * MOST_PROPOSALS) break
        for (const w of this.#sample([...inbound[h]!], MOST_WAITING)) {
          const chain = { vms: new Set([w]), hwms: new Set<number>(), from: before }
          if (this.#clear(h, w, depth, chain) && steps.length > before)
            found.push(steps.slice(before))
          this.#walk.backTo(before)
        }
      }
    }
    return found.sort((a, b) => this.#dearness(a) - this.#dearness(b)).slice(0, MOST_PROPOSALS)
  }

  /** What a way costs now and later: who had no move to make must come back. */
  #dearness(steps: readonly Step[]): number {
    const { task, waiting } = this.#walk
    let sum = 0
    for (const { vm, to } of steps) sum += (to === task.to[vm] ? 0 : 3) + (waiting.has(vm) ? 0 : 1)
    return sum + this.#noise()
  }

  #noise(): number {
    return this.#isShuffled || this.#inVain > STUCK ? this.#random.next() : 0
  }

  #sample(from: readonly number[], most: number): number[] {
    const pool = [...from]
    if (pool.length <= most) return pool
    for (let k = 0; k < most; k++) {
      const other = k + this.#random.below(pool.length - k)
      const held = pool[k]!
      pool[k] = pool[other]!
      pool[other] = held
    }
    return pool.slice(0, most)
  }

  /** Makes steps until w may come to h. False when that fails; the steps made by then are for the caller to take back. */
  #clear(h: number, w: number, depth: number, chain: Chain): boolean {
    const { task, state, steps } = this.#walk
    const { fixed } = task.items.packing
    chain.hwms.add(h)
    for (const blocker of this.#blockers(w, h)) {
      if (fixed[blocker]! >= 0 || chain.vms.has(blocker)) return false
      chain.vms.add(blocker)
      if (!this.#sendAway(blocker, depth, chain)) return false
    }
    for (let left = 0; !state.hasRoom(w, h); left++) {
      if (left === MOST_LEAVING || steps.length - chain.from >= MOST_STEPS) return false
      let isRelieved = false
      for (const r of this.#inTheWay(h, w, chain).slice(0, depth === 0 ? MOST_LEAVING : 3)) {
        chain.vms.add(r)
        const before = steps.length
        isRelieved = this.#sendAway(r, depth, chain)
        if (isRelieved) break
        this.#walk.backTo(before)
        chain.vms.delete(r)
      }
      if (!isRelieved) return false
    }
    chain.hwms.delete(h)
    return this.#walk.canMove(w, h)
  }

  /** Moves r to where there is room, or, with depth left, to where room can be made. */
  #sendAway(r: number, depth: number, chain: Chain): boolean {
    const free = this.#closest(r, chain)
    if (free >= 0) return this.#walk.move(r, free)
    if (depth === 0) return false
    for (const t of this.#leastCrowded(r, chain)) {
      const before = this.#walk.steps.length
      if (this.#clear(t, r, depth - 1, chain) && this.#walk.move(r, t)) return true
      this.#walk.backTo(before)
      chain.hwms.delete(t)
    }
    return false
  }

  /** Members of a spread group that keep w from h. */
  #blockers(w: number, h: number): number[] {
    const { task, now } = this.#walk
    const { groups, groupsOf } = task.items.packing
    return (groupsOf?.[w] ?? []).flatMap(g => {
      const { zoneOf, members } = groups[g]!
      return [...members].filter(
        other => other !== w && now[other]! >= 0 && zoneOf[now[other]!] === zoneOf[h],
      )
    })
  }

  /** VMs on h whose leaving gives w some of the room it lacks, the best first. */
  #inTheWay(h: number, w: number, { vms }: Chain): number[] {
    const { state, waiting, task } = this.#walk
    const { dims, size, capacity, weight, fixed } = task.items.packing
    const worth: [number, number][] = []
    for (let r = state.first[h]!; r >= 0; r = state.next[r]!) {
      if (fixed[r]! >= 0 || vms.has(r)) continue
      let gives = 0
      let left = 0
      let own = 0
      for (let d = 0, k = h * dims; d < dims; d++, k++) {
        const lacking = state.load[k]! + size[w * dims + d]! - capacity[k]!
        const s = size[r * dims + d]!
        own += s * weight[d]!
        if (lacking <= 0) continue
        gives += Math.min(s, lacking) * weight[d]!
        left += Math.max(0, lacking - s) * weight[d]!
      }
      if (gives === 0) continue
      // Who does it alone comes first, who leaves anyway next, then who is small.
      const rests = this.#restsUntil[r]! > this.#round ? 4 : 0
      const isAlone = left === 0 ? 10 : 0
      worth.push([r, gives + isAlone + (waiting.has(r) ? 3 : 0) - rests - own + this.#noise()])
    }
    task.budget.spend(state.count[h]! * (dims * 6 + 40))
    return worth.sort((a, b) => b[1] - a[1]).map(([r]) => r)
  }

  /** HWMs that have room for the smallest VM there is. Chains only add to them what they exclude anyway. */
  #roomyNow(): Int32Array {
    const { state, task } = this.#walk
    const { bins, dims, capacity } = task.items.packing
    const roomy: number[] = []
    for (let b = 0; b < bins; b++) {
      let fits = true
      for (let d = 0, k = b * dims; d < dims && fits; d++, k++)
        fits = state.load[k]! + this.#smallest[d]! <= capacity[k]!
      if (fits) roomy.push(b)
    }
    task.budget.spend(bins * 4)
    return Int32Array.from(roomy)
  }

  /** The HWM with room that r fits most closely, where nobody waits to come; -1 when none has room. */
  #closest(r: number, chain: Chain): number {
    const count = this.#roomy.length
    if (count > 1.5 * MOST_PLACES) {
      const start = this.#random.below(count - MOST_PLACES)
      const found = this.#closestOf(r, this.#roomy.subarray(start, start + MOST_PLACES), chain)
      if (found >= 0) return found
    }
    return this.#closestOf(r, this.#roomy, chain)
  }

  #closestOf(r: number, bins: Int32Array, { hwms }: Chain): number {
    const { inbound, state, now, task } = this.#walk
    const { dims, size, capacity, weight } = task.items.packing
    let best = -1
    let bestValue = Infinity
    for (const b of bins) {
      if (b === now[r] || hwms.has(b) || !this.#walk.canMove(r, b)) continue
      if (b === task.to[r]) return b
      let slack = 0
      for (let d = 0, k = b * dims; d < dims; d++, k++)
        slack += Math.min(1, (capacity[k]! - state.load[k]! - size[r * dims + d]!) * weight[d]!)
      const value = slack + Math.min(3, inbound[b]!.size) + this.#noise()
      if (value >= bestValue) continue
      bestValue = value
      best = b
    }
    task.budget.spend(20 + bins.length * (dims + 6))
    return best
  }

  /** HWMs on which least is lacking for r. */
  #leastCrowded(r: number, { hwms }: Chain): number[] {
    const { state, now, task } = this.#walk
    const { bins, dims, size, capacity, weight, rows, rowOf } = task.items.packing
    const looked =
      bins > MOST_PLACES
        ? Array.from({ length: MOST_PLACES }, () => this.#random.below(bins))
        : Array(bins).keys()
    const found = new Map<number, number>()
    for (const b of looked) {
      if (b === now[r] || hwms.has(b) || !rows[rowOf[r]!]![b]) continue
      let lacking = 0
      for (let d = 0, k = b * dims; d < dims; d++, k++)
        lacking += Math.max(0, (state.load[k]! + size[r * dims + d]! - capacity[k]!) * weight[d]!)
      found.set(b, lacking + 0.1 * this.#noise())
    }
    task.budget.spend(Math.min(bins, MOST_PLACES) * (dims * 2 + 20))
    return [...found]
      .sort((a, b) => a[1] - b[1])
      .slice(0, MOST_CROWDED)
      .map(([b]) => b)
  }
}
