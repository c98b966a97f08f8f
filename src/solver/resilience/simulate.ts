// Runs failure sets against backup lists: who restarts where, and does it hold? Lists that end too early are carried on.
import type { Budget } from '../budget.ts'
import type { Ground } from './ground.ts'
import type { Lists } from './lists.ts'

/** The most that arrives on an HWM in any set, per dimension, and the set that brings it. */
export interface Peaks {
  readonly amount: Float64Array
  /** hwm * dims + dim: index into `sets`, -1 for none. */
  readonly by: Int32Array
  readonly sets: number[][]
}

/** So many of the roomiest HWMs are looked at before all others. */
const ROOMY = 6

function roomiest({ compiled, spare, weight }: Ground): Int32Array {
  const { hwms, dims, takesFallback } = compiled
  const room = Float64Array.from({ length: hwms }, (_, h) => {
    let least = Infinity
    for (let d = 0; d < dims; d++) least = Math.min(least, spare[h * dims + d]! * weight[d]!)
    return least
  })
  return Int32Array.from({ length: hwms }, (_, h) => h)
    .filter(h => takesFallback[h] === 1)
    .sort((a, b) => room[b]! - room[a]! || a - b)
    .slice(0, ROOMY)
}

export class Simulation {
  readonly #ground: Ground
  readonly #lists: Lists
  readonly #arrived: Float64Array
  readonly #touched: Int32Array
  readonly #isTouched: Uint8Array
  readonly #isDead: Uint8Array
  readonly #target: Int32Array
  /** The HWMs with most room: those that are kept free are found at once. */
  readonly #roomy: Int32Array
  /** By load: where it has room alone, once that was worth knowing. */
  readonly #refuges: (Int32Array | undefined)[] = []
  #count = 0
  #cursor = 0
  readonly peaks: Peaks

  constructor(ground: Ground, lists: Lists) {
    const { hwms, dims } = ground.compiled
    this.#ground = ground
    this.#lists = lists
    this.#arrived = new Float64Array(hwms * dims)
    this.#touched = new Int32Array(hwms)
    this.#isTouched = new Uint8Array(hwms)
    this.#isDead = new Uint8Array(hwms)
    this.#target = new Int32Array(ground.loads.length).fill(-1)
    this.#roomy = roomiest(ground)
    this.peaks = {
      amount: new Float64Array(hwms * dims),
      by: new Int32Array(hwms * dims).fill(-1),
      sets: [],
    }
  }

  #arrive(l: number, h: number): void {
    const { dims } = this.#ground.compiled
    this.#target[l] = h
    if (!this.#isTouched[h]) {
      this.#isTouched[h] = 1
      this.#touched[this.#count++] = h
    }
    for (let d = 0; d < dims; d++) this.#arrived[h * dims + d]! += this.#ground.size[l * dims + d]!
  }

  /**
   * Runs one set of failure units. `lists`: they answer it; lists whose entries are all dead in it may be extended.
   * `patched`: they do when some loads go elsewhere than their list says (asked for by `mayPatch`). `no`: not by these means.
   * `places`, when given, takes up who restarts where.
   */
  run(
    units: ArrayLike<number>,
    budget: Budget,
    mayPatch: boolean,
    places?: [load: number, hwm: number][],
  ): 'lists' | 'patched' | 'no' {
    const { compiled, loads, ofUnit, spare } = this.#ground
    const { dims } = compiled
    const { entries, depth } = this.#lists
    const isDead = this.#isDead
    for (let k = 0; k < units.length; k++) for (const h of compiled.units[units[k]!]!) isDead[h] = 1
    let work = 0
    let isCovered = true
    let isPatched = false
    let grouped = false
    const open: number[] = []
    for (let k = 0; k < units.length; k++) {
      for (const l of ofUnit[units[k]!]!) {
        let place = 0
        while (
          place < depth &&
          entries[l * depth + place]! >= 0 &&
          isDead[entries[l * depth + place]!]
        )
          place++
        work += dims + 2
        if (loads[l]!.hasGroups) grouped = true
        const h = place < depth ? entries[l * depth + place]! : -1
        if (h >= 0) this.#arrive(l, h)
        else if (place > 0 && place < depth) open.push(l, place)
        else if (mayPatch) open.push(l, -1)
        else isCovered = false
      }
    }
    for (let n = 0; n < open.length && isCovered; n += 2) {
      const h = this.#roomiest(open[n]!)
      work += compiled.hwms * dims
      if (h < 0) isCovered = false
      else {
        if (open[n + 1]! < 0) isPatched = true
        else entries[open[n]! * depth + open[n + 1]!] = h
        this.#arrive(open[n]!, h)
      }
    }
    for (let t = 0; t < this.#count && isCovered; t++) {
      const h = this.#touched[t]!
      let isOver = false
      for (let d = 0, k = h * dims; d < dims; d++, k++) {
        if (this.#arrived[k]! > spare[k]!) isOver = true
      }
      if (!isOver) continue
      isPatched = true
      isCovered = mayPatch && this.#relieve(h, units)
      work += compiled.hwms
    }
    if (isCovered && grouped) isCovered = this.#keepsGroups(units)
    if (isCovered) {
      this.#notePeaks(units)
      if (places !== undefined) {
        for (let k = 0; k < units.length; k++)
          for (const l of ofUnit[units[k]!]!) places.push([l, this.#target[l]!])
      }
    }
    for (let t = 0; t < this.#count; t++) {
      const h = this.#touched[t]!
      this.#isTouched[h] = 0
      for (let d = 0; d < dims; d++) this.#arrived[h * dims + d] = 0
    }
    this.#count = 0
    for (let k = 0; k < units.length; k++) {
      for (const h of compiled.units[units[k]!]!) isDead[h] = 0
      for (const l of ofUnit[units[k]!]!) this.#target[l] = -1
    }
    budget.spend(work)
    return isCovered ? (isPatched ? 'patched' : 'lists') : 'no'
  }

  /** Sends loads that arrived on an overfull HWM elsewhere, largest first as long as it is overfull. */
  #relieve(h: number, units: ArrayLike<number>): boolean {
    const { compiled, ofUnit, size, spare } = this.#ground
    const { dims } = compiled
    for (let k = 0; k < units.length; k++) {
      for (const l of ofUnit[units[k]!]!) {
        if (this.#target[l] !== h) continue
        let helps = false
        let isOver = false
        for (let d = 0, i = h * dims; d < dims; d++, i++) {
          if (this.#arrived[i]! <= spare[i]!) continue
          isOver = true
          if (size[l * dims + d]! > 0) helps = true
        }
        if (!isOver) return true
        if (!helps) continue
        const other = this.#firstWithRoom(l, h)
        if (other < 0) continue
        for (let d = 0; d < dims; d++) this.#arrived[h * dims + d]! -= size[l * dims + d]!
        this.#arrive(l, other)
      }
    }
    for (let d = 0, i = h * dims; d < dims; d++, i++)
      if (this.#arrived[i]! > spare[i]!) return false
    return true
  }

  /**
   * A living HWM with room for one more load: one of the roomiest, else any; that search goes on where the last one ended, so that
   * room is used evenly.
   */
  #firstWithRoom(l: number, except: number): number {
    const { hwms } = this.#ground.compiled
    for (const h of this.#roomy) if (h !== except && this.#hasRoom(l, h)) return h
    const few = this.#refuges[l]
    if (few !== undefined) return few.find(h => h !== except && this.#hasRoom(l, h)) ?? -1
    for (let n = 0; n < hwms; n++) {
      const h = this.#cursor
      this.#cursor = h + 1 === hwms ? 0 : h + 1
      if (h !== except && this.#hasRoom(l, h)) return h
    }
    this.#refuges[l] = this.#refugesOf(l)
    return -1
  }

  /** HWMs with room for the load alone: few, where one was looked for in vain. */
  #refugesOf(l: number): Int32Array {
    const { compiled, size, spare, loads } = this.#ground
    const { dims, hwms } = compiled
    return Int32Array.from({ length: hwms }, (_, h) => h).filter(h => {
      if (!compiled.takesFallback[h] || !loads[l]!.allowed[h]) return false
      for (let d = 0; d < dims; d++) if (size[l * dims + d]! > spare[h * dims + d]!) return false
      return true
    })
  }

  #hasRoom(l: number, h: number): boolean {
    const { compiled, size, spare, loads } = this.#ground
    const { dims } = compiled
    const load = loads[l]!
    if (this.#isDead[h] || !compiled.takesFallback[h] || !load.allowed[h]) return false
    for (let d = 0, i = h * dims; d < dims; d++, i++)
      if (this.#arrived[i]! + size[l * dims + d]! > spare[i]!) return false
    return !load.hasGroups || this.#allows(l, h)
  }

  /** The living HWM that is left with the most room, for a load whose list has ended. */
  #roomiest(l: number): number {
    const { compiled, size, spare, weight } = this.#ground
    const { dims } = compiled
    const load = this.#ground.loads[l]!
    let best = -1
    let bestRoom = -1
    const few = this.#refuges[l]
    const count = few?.length ?? compiled.hwms
    for (let n = 0; n < count; n++) {
      const h = few === undefined ? n : few[n]!
      if (this.#isDead[h] || !compiled.takesFallback[h] || !load.allowed[h]) continue
      let room = Infinity
      for (let d = 0, k = h * dims; d < dims; d++, k++) {
        const left = spare[k]! - this.#arrived[k]! - size[l * dims + d]!
        room = left < 0 ? -1 : Math.min(room, left * weight[d]!)
        if (room < 0) break
      }
      if (room > bestRoom && (!load.hasGroups || this.#allows(l, h))) {
        bestRoom = room
        best = h
      }
    }
    if (best < 0 && few === undefined) this.#refuges[l] = this.#refugesOf(l)
    return best
  }

  /** Where a VM is in the set that is being run, -1 when it waits or has no place yet. */
  #now(v: number, loadOf: ReadonlyMap<number, number>): number {
    const h = this.#ground.where[v]!
    if (h < 0 || !this.#isDead[h]) return h
    const l = loadOf.get(v)
    return l === undefined ? -1 : this.#target[l]!
  }

  #loadOf: Map<number, number> | undefined
  #loadsOfVms(): ReadonlyMap<number, number> {
    if (this.#loadOf === undefined) {
      this.#loadOf = new Map()
      for (const [l, load] of this.#ground.loads.entries())
        for (const v of load.vms) this.#loadOf.set(v, l)
    }
    return this.#loadOf
  }

  #allows(l: number, h: number): boolean {
    const { compiled } = this.#ground
    const loadOf = this.#loadsOfVms()
    for (const v of this.#ground.loads[l]!.vms) {
      for (const g of compiled.groupsOf[v]!) {
        const group = compiled.groups[g]!
        for (const other of group.members) {
          if (other === v || loadOf.get(other) === l) continue
          const at = this.#now(other, loadOf)
          if (at < 0) continue
          const isSame = group.zoneOf[at] === group.zoneOf[h]
          if (isSame !== (group.kind === 'together')) return false
        }
      }
    }
    return true
  }

  #keepsGroups(units: ArrayLike<number>): boolean {
    for (let k = 0; k < units.length; k++) {
      for (const l of this.#ground.ofUnit[units[k]!]!) {
        if (this.#ground.loads[l]!.hasGroups && !this.#allows(l, this.#target[l]!)) return false
      }
    }
    return true
  }

  #notePeaks(units: ArrayLike<number>): void {
    const { dims } = this.#ground.compiled
    const { amount, by, sets } = this.peaks
    let index = -1
    for (let t = 0; t < this.#count; t++) {
      for (let d = 0, k = this.#touched[t]! * dims; d < dims; d++, k++) {
        if (this.#arrived[k]! <= amount[k]!) continue
        if (index < 0) index = sets.push(Array.from(units)) - 1
        amount[k] = this.#arrived[k]!
        by[k] = index
      }
    }
  }
}
