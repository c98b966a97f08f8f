// Backup lists: every load restarts on the first HWM of its list that lives. One list serves all failure sets, so nothing that was
// restarted moves again. The first entry is chosen so that the reserve it needs - the X largest arrivals from single failure
// units, per HWM and dimension - grows least; later entries are added set by set, where the entries before them are all dead.
import type { Budget } from '../budget.ts'
import type { Ground } from './ground.ts'

export interface Lists {
  /** load * depth + place; -1 where the list ends. */
  readonly entries: Int32Array
  readonly depth: number
}

/** What first entries are chosen by: the least reserve in all, or, where reserve suffices, an even load after any one failure. */
export type Preference = 'least reserve' | 'share out'

/** First entries for all loads; loads for which no HWM qualifies have none. */
export function firstEntries(
  ground: Ground,
  tolerate: number,
  budget: Budget,
  preference: Preference = 'least reserve',
): Lists {
  const { compiled, size, spare, weight, loads } = ground
  const { hwms, dims, units, unitOf, takesFallback } = compiled
  const entries = new Int32Array(loads.length * tolerate).fill(-1)
  // Arrivals from each unit, and per HWM and dimension the sum of the X largest and the X-th.
  const arrivals = new Float64Array(units.length * hwms * dims)
  const topSum = new Float64Array(hwms * dims)
  const kth = new Float64Array(hwms * dims)
  const top: Top = {
    count: tolerate,
    value: new Float64Array(hwms * dims * tolerate),
    unit: new Int32Array(hwms * dims * tolerate).fill(-1),
  }
  const sequence = Array.from({ length: loads.length }, (_, l) => l)
  const measure = sequence.map(l => {
    let most = 0
    for (let d = 0; d < dims; d++) most = Math.max(most, size[l * dims + d]! * weight[d]!)
    return most
  })
  sequence.sort((a, b) => measure[b]! - measure[a]! || a - b)
  const reserved = new Map<number, Set<number>>()
  for (const l of sequence) {
    const load = loads[l]!
    const from = load.unit * hwms * dims
    const avoided = load.hasGroups ? avoid(ground, l, reserved) : undefined
    let best = -1
    let bestCost = Infinity
    for (let h = 0; h < hwms; h++) {
      if (unitOf[h] === load.unit || !takesFallback[h] || !load.allowed[h]) continue
      if (avoided !== undefined && !avoided(h)) continue
      let growth = 0
      let over = 0
      let tightness = 0
      let level = 0
      for (let d = 0, k = h * dims; d < dims; d++, k++) {
        const s = size[l * dims + d]!
        const before = arrivals[from + k]!
        const after = before + s
        const grows = before >= kth[k]! && before > 0 ? s : Math.max(0, after - kth[k]!)
        const sum = topSum[k]! + grows
        if (after > spare[k]!) over += 1e6 + (after - spare[k]!) * weight[d]!
        else if (sum > spare[k]!) over += 10 + (sum - spare[k]!) * weight[d]!
        growth += grows * weight[d]!
        const left = Math.min(1e9, (spare[k]! - sum) * weight[d]!)
        tightness = Math.max(tightness, 1 - left)
        level = Math.max(level, 1 - Math.min(1e9, (spare[k]! - after) * weight[d]!))
      }
      const cost =
        over * 1e3 +
        (preference === 'least reserve' ? growth * 10 + tightness : level + growth * 1e-3)
      if (cost < bestCost) {
        bestCost = cost
        best = h
      }
    }
    budget.spend(hwms * dims)
    if (best < 0 || bestCost >= 1e9) continue
    entries[l * tolerate] = best
    for (const v of load.vms) remember(ground, v, best, reserved)
    for (let d = 0, k = best * dims; d < dims; d++, k++) {
      arrivals[from + k]! += size[l * dims + d]!
      raise(top, k, load.unit, arrivals[from + k]!)
      topSum[k] = 0
      for (let j = 0; j < tolerate; j++) topSum[k]! += top.value[k * tolerate + j]!
      kth[k] = top.value[k * tolerate + tolerate - 1]!
    }
  }
  return { entries, depth: tolerate }
}

/** The `count` largest arrivals per HWM and dimension, largest first, and the units they come from. */
interface Top {
  readonly count: number
  readonly value: Float64Array
  readonly unit: Int32Array
}

/** A unit's arrivals have grown to `value`. */
function raise(top: Top, k: number, unit: number, value: number): void {
  const base = k * top.count
  let at = top.count - 1
  for (let j = 0; j < top.count; j++) if (top.unit[base + j] === unit) at = j
  if (top.unit[base + at] !== unit && value <= top.value[base + at]!) return
  while (at > 0 && top.value[base + at - 1]! < value) {
    top.value[base + at] = top.value[base + at - 1]!
    top.unit[base + at] = top.unit[base + at - 1]!
    at--
  }
  top.value[base + at] = value
  top.unit[base + at] = unit
}

/** HWMs that a member of the VM's spread groups calls home or has on its list. */
function remember(ground: Ground, v: number, h: number, reserved: Map<number, Set<number>>): void {
  for (const g of ground.compiled.groupsOf[v]!) {
    const group = ground.compiled.groups[g]!
    if (group.kind !== 'spread') continue
    if (!reserved.has(g)) reserved.set(g, new Set())
    reserved.get(g)!.add(group.zoneOf[h]!)
  }
}

/** Which HWMs keep a grouped load's rules in every set: strict, so that no combination of failures can break them. */
function avoid(
  ground: Ground,
  l: number,
  reserved: Map<number, Set<number>>,
): (h: number) => boolean {
  const { compiled, where } = ground
  const tests: ((h: number) => boolean)[] = []
  for (const v of ground.loads[l]!.vms) {
    for (const g of compiled.groupsOf[v]!) {
      const group = compiled.groups[g]!
      if (group.kind === 'together' && group.perHwm) continue
      if (group.kind === 'together') {
        const zone = group.zoneOf[where[v]!]!
        tests.push(h => group.zoneOf[h] === zone)
        continue
      }
      const own = group.zoneOf[where[v]!]!
      const taken = new Set(reserved.get(g))
      for (const other of group.members)
        if (other !== v && where[other]! >= 0) taken.add(group.zoneOf[where[other]!]!)
      tests.push(h => group.zoneOf[h] === own || !taken.has(group.zoneOf[h]!))
    }
  }
  return h => tests.every(test => test(h))
}
