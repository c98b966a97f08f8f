// One failure set: can its HAVMs restart on the survivors, and where? Greedy first, complete search when greedy fails.
import type { Budget } from '../budget.ts'
import type { ItemGroup, Packing } from '../packing/packing.ts'
import { weightsOf } from '../packing/packing.ts'
import { search } from '../packing/exact.ts'
import { forceIn, tabu } from '../packing/tabu.ts'
import { State } from '../packing/state.ts'
import { seeded } from '../random.ts'
import type { Ground } from './ground.ts'
import type { Preference } from './lists.ts'

export interface Restart {
  readonly answer: 'fits' | 'impossible' | 'unknown'
  /** Pairs of load and HWM; complete when it fits. */
  readonly places: readonly (readonly [load: number, hwm: number])[]
  /** Loads that the best attempt left out. */
  readonly left: readonly number[]
  /** Nodes of the complete search, 0 when none was needed. */
  readonly nodes: number
}

/** Nodes of one complete search. A node costs about a microsecond a survivor. */
const MOST_NODES = 200_000

/** Restarts sets on one ground; keeps its scratch arrays between sets. */
export class Restarter {
  readonly ground: Ground
  readonly #free: Float64Array
  readonly #isDead: Uint8Array
  readonly #hosts: Int32Array
  readonly #touched: number[] = []

  constructor(ground: Ground) {
    const { compiled } = ground
    this.ground = ground
    this.#free = ground.spare.slice()
    this.#isDead = new Uint8Array(compiled.hwms)
    // Hosts that take others in, the roomiest first: the first that fits is then found at once when there is room.
    const room = (h: number): number => {
      let least = Infinity
      for (let d = 0; d < compiled.dims; d++)
        least = Math.min(least, ground.spare[h * compiled.dims + d]! * ground.weight[d]!)
      return least
    }
    this.#hosts = Int32Array.from({ length: compiled.hwms }, (_, h) => h)
      .filter(h => compiled.takesFallback[h] === 1)
      .sort((a, b) => room(b) - room(a) || a - b)
  }

  /** The loads of the failed units, largest first. */
  loadsOf(units: ArrayLike<number>): number[] {
    const { ground } = this
    const all: number[] = []
    for (let k = 0; k < units.length; k++) for (const l of ground.ofUnit[units[k]!]!) all.push(l)
    if (units.length > 1) {
      const { dims } = ground.compiled
      const measure = (l: number): number => {
        let most = 0
        for (let d = 0; d < dims; d++)
          most = Math.max(most, ground.size[l * dims + d]! * ground.weight[d]!)
        return most
      }
      const keyed = all
        .map(l => [measure(l), l] as const)
        .sort((a, b) => b[0] - a[0] || a[1] - b[1])
      return keyed.map(([, l]) => l)
    }
    return all
  }

  /** Settles one set: greedy, then complete search within limits. */
  restart(units: ArrayLike<number>, budget: Budget): Restart {
    const loads = this.loadsOf(units)
    if (!loads.some(l => this.ground.loads[l]!.hasGroups)) {
      const quick = this.greedy(units, loads, budget)
      const places = quick ?? this.#wholesale(units, budget)
      if (places !== undefined) return { answer: 'fits', places, left: [], nodes: 0 }
    }
    return this.#thorough(units, loads, budget)
  }

  /** Each on the HWM that is left with the most room; undefined when one finds none, or groups have a say. */
  shareOut(units: ArrayLike<number>, budget: Budget): Restart | undefined {
    const loads = this.loadsOf(units)
    if (loads.some(l => this.ground.loads[l]!.hasGroups)) return undefined
    const places = this.greedy(units, loads, budget, 'share out')
    return places === undefined ? undefined : { answer: 'fits', places, left: [], nodes: 0 }
  }

  /**
   * Largest first, on the HWM that is left with the least room (best fit), or with the most; undefined when one finds no room.
   * Rules of groups are not looked at.
   */
  greedy(
    units: ArrayLike<number>,
    loads: readonly number[],
    budget: Budget,
    preference: Preference = 'least reserve',
  ): [number, number][] | undefined {
    const { compiled, size, weight } = this.ground
    const { dims } = compiled
    for (let k = 0; k < units.length; k++)
      for (const h of compiled.units[units[k]!]!) this.#isDead[h] = 1
    const places: [number, number][] = []
    let work = 0
    let isComplete = true
    for (const l of loads) {
      const { allowed } = this.ground.loads[l]!
      let best = -1
      let bestRest = Infinity
      for (const h of this.#hosts) {
        work++
        if (this.#isDead[h] || !allowed[h]) continue
        let rest = 0
        let room = Infinity
        for (let d = 0; d < dims; d++) {
          const left = this.#free[h * dims + d]! - size[l * dims + d]!
          if (left < 0) {
            rest = Infinity
            break
          }
          room = Math.min(room, left * weight[d]!)
          rest += Math.min(left, 1e15) * weight[d]! * (size[l * dims + d]! * weight[d]! + 0.01)
        }
        if (preference === 'share out' && rest < Infinity) rest = -Math.min(room, 1e15)
        work += dims
        if (rest < bestRest) {
          bestRest = rest
          best = h
        }
      }
      if (best < 0) {
        isComplete = false
        break
      }
      for (let d = 0; d < dims; d++) this.#free[best * dims + d]! -= size[l * dims + d]!
      this.#touched.push(best)
      places.push([l, best])
    }
    for (const h of this.#touched)
      for (let d = 0; d < dims; d++) this.#free[h * dims + d] = this.ground.spare[h * dims + d]!
    this.#touched.length = 0
    for (let k = 0; k < units.length; k++)
      for (const h of compiled.units[units[k]!]!) this.#isDead[h] = 0
    budget.spend(work)
    return isComplete ? places : undefined
  }

  /** Each failed unit as a whole on an HWM of its own, the fullest first: finds what `holdsWholesale` promises. */
  #wholesale(units: ArrayLike<number>, budget: Budget): [number, number][] | undefined {
    const { compiled, loads, ofUnit, size, spare } = this.ground
    const { dims } = compiled
    const dead = new Set(Array.from(units).flatMap(u => [...compiled.units[u]!]))
    const taken = new Set<number>()
    const places: [number, number][] = []
    const failed = Array.from(units).filter(u => ofUnit[u]!.length > 0)
    const sums = new Map(
      failed.map(u => {
        const sum = new Float64Array(dims)
        for (const l of ofUnit[u]!) for (let d = 0; d < dims; d++) sum[d]! += size[l * dims + d]!
        return [u, sum]
      }),
    )
    const most = (u: number): number =>
      sums.get(u)!.reduce((x, amount, d) => Math.max(x, amount * this.ground.weight[d]!), 0)
    for (const u of failed.sort((a, b) => most(b) - most(a))) {
      const sum = sums.get(u)!
      const host = this.#hosts.find(
        h =>
          !dead.has(h) &&
          !taken.has(h) &&
          sum.every((amount, d) => amount <= spare[h * dims + d]!) &&
          ofUnit[u]!.every(l => loads[l]!.allowed[h] === 1),
      )
      budget.spend(this.#hosts.length * dims)
      if (host === undefined) return undefined
      taken.add(host)
      for (const l of ofUnit[u]!) places.push([l, host])
    }
    return places
  }

  #thorough(units: ArrayLike<number>, loads: readonly number[], budget: Budget): Restart {
    const { hosts, packing, real } = this.#packingOf(units, loads)
    const answerOf = (where: Int32Array, nodes: number, answer: Restart['answer']): Restart => {
      const places: [number, number][] = []
      const left: number[] = []
      for (let k = 0; k < real; k++) {
        if (where[k]! >= 0) places.push([loads[k]!, hosts[where[k]!]!])
        else left.push(loads[k]!)
      }
      return { answer, places, left, nodes }
    }
    if (packing.bins === 0)
      return {
        answer: loads.length === 0 ? 'fits' : 'impossible',
        places: [],
        left: loads,
        nodes: 1,
      }
    const first = search(packing, 2_000, budget)
    if (first.answer === 'packed') return answerOf(first.where, 0, 'fits')
    if (first.answer === 'unknown') {
      // Not small: overflow-minimising search finds what depth-first order misses.
      const where = squeezed(packing, FIRST_STEPS, budget)
      if (where !== undefined) return answerOf(where, 0, 'fits')
    }
    const last = first.answer === 'unknown' ? search(packing, MOST_NODES, budget) : first
    if (last.answer === 'packed') return answerOf(last.where, last.nodes, 'fits')
    if (last.answer === 'unknown') {
      const where = squeezed(packing, LAST_STEPS, budget)
      if (where !== undefined) return answerOf(where, 0, 'fits')
    }
    const partial = new State(packing)
    for (let k = 0; k < packing.items; k++) {
      for (let b = 0; b < packing.bins && partial.where[k]! < 0; b++) {
        if (partial.hasRoom(k, b) && partial.isAllowed(k, b)) partial.put(k, b)
      }
    }
    return answerOf(
      partial.where,
      last.nodes,
      last.answer === 'impossible' ? 'impossible' : 'unknown',
    )
  }

  /** The survivors' spare room as bins; members of groups that live are items of no size, fixed where they are. */
  #packingOf(
    units: ArrayLike<number>,
    loads: readonly number[],
  ): { hosts: number[]; packing: Packing; real: number } {
    const { compiled, size, spare, where } = this.ground
    const { dims } = compiled
    const dead = new Uint8Array(compiled.hwms)
    for (let k = 0; k < units.length; k++) for (const h of compiled.units[units[k]!]!) dead[h] = 1
    const needed = new Set<number>()
    for (const l of loads)
      for (const v of this.ground.loads[l]!.vms)
        for (const g of compiled.groupsOf[v]!) needed.add(g)
    const bystanders: number[] = []
    for (const g of needed) {
      for (const v of compiled.groups[g]!.members) {
        if (where[v]! >= 0 && !dead[where[v]!] && !bystanders.includes(v)) bystanders.push(v)
      }
    }
    const keeps = new Set(bystanders.map(v => where[v]!))
    const hosts: number[] = []
    for (let h = 0; h < compiled.hwms; h++) {
      if (dead[h]) continue
      const isUseful =
        compiled.takesFallback[h] === 1 &&
        loads.some(l => {
          if (!this.ground.loads[l]!.allowed[h]) return false
          for (let d = 0; d < dims; d++)
            if (size[l * dims + d]! > spare[h * dims + d]!) return false
          return true
        })
      if (isUseful || keeps.has(h)) hosts.push(h)
    }
    const bins = hosts.length
    const items = loads.length + bystanders.length
    const capacity = new Float64Array(bins * dims)
    hosts.forEach((h, b) => {
      for (let d = 0; d < dims; d++) capacity[b * dims + d] = spare[h * dims + d]!
    })
    const itemSize = new Float64Array(items * dims)
    const rows: Uint8Array[] = [new Uint8Array(bins).fill(1)]
    const rowOf = new Int32Array(items)
    const known = new Map<Uint8Array, number>()
    loads.forEach((l, k) => {
      for (let d = 0; d < dims; d++) itemSize[k * dims + d] = size[l * dims + d]!
      const { allowed } = this.ground.loads[l]!
      let row = known.get(allowed)
      if (row === undefined) {
        row =
          rows.push(
            Uint8Array.from(hosts, h =>
              allowed[h] === 1 && compiled.takesFallback[h] === 1 ? 1 : 0,
            ),
          ) - 1
        known.set(allowed, row)
      }
      rowOf[k] = row
    })
    const fixed = new Int32Array(items).fill(-1)
    bystanders.forEach((v, n) => {
      fixed[loads.length + n] = hosts.indexOf(where[v]!)
    })
    const itemOfVm = new Map<number, number>()
    loads.forEach((l, k) => {
      for (const v of this.ground.loads[l]!.vms) itemOfVm.set(v, k)
    })
    bystanders.forEach((v, n) => itemOfVm.set(v, loads.length + n))
    const groups: ItemGroup[] = []
    const groupsOf: number[][] = Array.from({ length: items }, () => [])
    for (const g of needed) {
      const group = compiled.groups[g]!
      const members = [
        ...new Set([...group.members].map(v => itemOfVm.get(v)).filter(k => k !== undefined)),
      ]
      const index = groups.length
      groups.push({
        kind: group.kind,
        name: group.name,
        zoneOf: Int32Array.from(hosts, h => group.zoneOf[h]!),
        zones: group.zones,
        members: Int32Array.from(members),
      })
      for (const k of members) groupsOf[k]!.push(index)
    }
    const packing: Packing = {
      bins,
      items,
      dims,
      capacity,
      size: itemSize,
      rowOf,
      rows,
      groups,
      groupsOf: groups.length === 0 ? undefined : groupsOf,
      fixed,
      weight: weightsOf(capacity, bins, dims),
    }
    return { hosts, packing, real: loads.length }
  }
}

/** Steps of tabu search before the complete search, and after one that was cut: then nothing else is left to try. */
const FIRST_STEPS = 4_000
const LAST_STEPS = 40_000

/** Everything into the bins there are, by a search that takes overflow down; undefined when some is left. */
function squeezed(packing: Packing, steps: number, budget: Budget): Int32Array | undefined {
  const state = new State(packing)
  const every = Int32Array.from({ length: packing.bins }, (_, b) => b)
  forceIn(state, every)
  if (state.where.some(b => b < 0)) return undefined
  const found = tabu(state, every, seeded(1), budget, steps)
  const check = new State(packing)
  check.replace(found.where)
  return found.isPacked && check.isValid() ? found.where : undefined
}
