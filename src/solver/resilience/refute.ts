// Short proofs that some failure set cannot be survived. T2, T3 and T5 are one test: count in whole units of a size (superadditive),
// the worst set is then the X failure units with the most (HA units + spare units), found by sorting. T6 is counted directly.
import { unitsOf } from '../bounds/units.ts'
import type { CounterExample, Refusal } from '../problem.ts'
import { mostIn } from '../replicas.ts'
import { type Ground, hwmsOf } from './ground.ts'

/** The failure units in order of what their loss costs, for one dimension and unit of counting. */
interface Cost {
  readonly needed: Float64Array
  readonly spare: Float64Array
  readonly total: number
}

function costOf(ground: Ground, d: number, unit: number): Cost {
  const { compiled, size, spare } = ground
  const { dims, units, takesFallback } = compiled
  const needed = new Float64Array(units.length)
  const there = new Float64Array(units.length)
  let total = 0
  units.forEach((members, u) => {
    for (const l of ground.ofUnit[u]!) needed[u]! += Math.floor(size[l * dims + d]! / unit)
    for (const h of members) {
      if (takesFallback[h])
        there[u]! += Math.floor(Math.min(Math.max(0, spare[h * dims + d]!), 2 ** 52) / unit)
    }
    total += there[u]!
  })
  return { needed, spare: there, total }
}

/** Counts one given set in units: the proof that it cannot be survived, if there is one. */
export function refuteSet(ground: Ground, failed: ArrayLike<number>): CounterExample | undefined {
  const { compiled, size } = ground
  const { dims } = compiled
  const loads = Array.from(failed).flatMap(u => [...ground.ofUnit[u]!])
  const dead = new Set(hwmsOf(ground, failed))
  for (let d = 0; d < dims; d++) {
    for (const unit of unitsOf(loads.map(l => size[l * dims + d]!))) {
      let needed = 0
      for (const l of loads) needed += Math.floor(size[l * dims + d]! / unit)
      let available = 0
      for (let h = 0; h < compiled.hwms && available < needed; h++) {
        if (dead.has(h) || !compiled.takesFallback[h]) continue
        available += Math.floor(Math.min(Math.max(0, ground.spare[h * dims + d]!), 2 ** 52) / unit)
      }
      if (available < needed) return counted(ground, failed, d, unit, needed, available)
    }
  }
  for (const l of loads) {
    const alone = nowhere(ground, l, dead)
    if (alone !== undefined) return { ...alone, failed: namesOf(ground, failed) }
  }
  return undefined
}

function counted(
  ground: Ground,
  failed: ArrayLike<number>,
  d: number,
  unit: number,
  needed: number,
  available: number,
): CounterExample {
  const { compiled, size } = ground
  const dimension = compiled.dimensions[d]!
  const loads = Array.from(failed).flatMap(u => [...ground.ofUnit[u]!])
  const vms = loads
    .filter(l => size[l * compiled.dims + d]! >= unit)
    .flatMap(l => ground.loads[l]!.vms.map(v => compiled.problem.vms[v]!.name))
  return {
    failed: namesOf(ground, failed),
    vms,
    dimension,
    missing: (needed - available) * unit,
    proof: { kind: 'units', dimension, unit, needed, available },
  }
}

/** HWM names of a set of failure units. */
export function namesOf(ground: Ground, units: ArrayLike<number>): string[] {
  return hwmsOf(ground, units).map(h => ground.compiled.problem.hwms[h]!.name)
}

/** The proof that a load fits on no living HWM even alone. */
function nowhere(
  ground: Ground,
  l: number,
  dead: ReadonlySet<number>,
): Omit<CounterExample, 'failed'> | undefined {
  const { compiled, size, spare } = ground
  const { dims } = compiled
  const load = ground.loads[l]!
  let nearest: { dimension: string; missing: number; relative: number } | undefined
  for (let h = 0; h < compiled.hwms; h++) {
    if (dead.has(h) || !compiled.takesFallback[h] || !load.allowed[h]) continue
    let worst: typeof nearest
    for (let d = 0; d < dims; d++) {
      const missing = size[l * dims + d]! - spare[h * dims + d]!
      const relative = missing * ground.weight[d]!
      if (missing > 0 && (worst === undefined || relative > worst.relative)) {
        worst = { dimension: compiled.dimensions[d]!, missing, relative }
      }
    }
    if (worst === undefined) return undefined
    if (nearest === undefined || worst.relative < nearest.relative) nearest = worst
  }
  const vms = load.vms.map(v => compiled.problem.vms[v]!.name)
  const where =
    nearest === undefined ? {} : { dimension: nearest.dimension, missing: nearest.missing }
  const proof: Refusal = { kind: 'nowhere', vm: vms[0]!, ...where }
  return {
    vms,
    ...where,
    ...(nearest === undefined ? { rule: 'no HWM that lives may run it' } : {}),
    proof,
  }
}

/** A set of `tolerate` failure units that cannot be survived, with its proof, when the short tests find one. */
export function refute(ground: Ground, tolerate: number): CounterExample | undefined {
  const apart = refuteReplicas(ground, tolerate)
  if (apart !== undefined) return apart
  const { compiled, size } = ground
  const { dims, units } = compiled
  const count = Math.min(tolerate, units.length)
  for (let d = 0; d < dims; d++) {
    const sizes = Array.from(ground.loads, (_, l) => size[l * dims + d]!)
    for (const unit of unitsOf(sizes)) {
      const cost = costOf(ground, d, unit)
      const worst = Array.from({ length: units.length }, (_, u) => u)
        .sort(
          (a, b) => cost.needed[b]! + cost.spare[b]! - cost.needed[a]! - cost.spare[a]! || a - b,
        )
        .slice(0, count)
      const needed = worst.reduce((sum, u) => sum + cost.needed[u]!, 0)
      const available = cost.total - worst.reduce((sum, u) => sum + cost.spare[u]!, 0)
      if (needed > available) return counted(ground, worst, d, unit, needed, available)
    }
  }
  return refuteAlone(ground, count)
}

/** A group of which too few go on running when the units fail that hold most of it. */
export function refuteReplicas(ground: Ground, tolerate: number): CounterExample | undefined {
  const { compiled, where } = ground
  const { replicas, unitOf, units, problem } = compiled
  for (const group of replicas) {
    const { name, members, needed } = group
    const { units: failed, count } = mostIn(group, unitOf, units.length, where, tolerate)
    const running = members.length - count
    if (running >= needed) continue
    const lost = new Set(failed)
    return {
      failed: namesOf(ground, failed),
      vms: Array.from(members)
        .filter(v => where[v]! >= 0 && lost.has(unitOf[where[v]!]!))
        .map(v => problem.vms[v]!.name),
      rule: name,
      proof: { kind: 'replicas', group: name, needed, running },
    }
  }
  return undefined
}

/** T6: a load needs room, alone, in more than X - 1 other failure units; else those and its own fail together. */
function refuteAlone(ground: Ground, tolerate: number): CounterExample | undefined {
  const { compiled, size, spare } = ground
  const { dims, units } = compiled
  for (let l = 0; l < ground.loads.length; l++) {
    const load = ground.loads[l]!
    const refuges: number[] = []
    for (let u = 0; u < units.length && refuges.length < tolerate; u++) {
      if (u === load.unit) continue
      const hasRoom = units[u]!.some(h => {
        if (!compiled.takesFallback[h] || !load.allowed[h]) return false
        for (let d = 0; d < dims; d++) if (size[l * dims + d]! > spare[h * dims + d]!) return false
        return true
      })
      if (hasRoom) refuges.push(u)
    }
    if (refuges.length >= tolerate) continue
    const failed = [load.unit, ...refuges]
    for (let u = 0; failed.length < tolerate && u < units.length; u++)
      if (!failed.includes(u)) failed.push(u)
    const alone = nowhere(ground, l, new Set(hwmsOf(ground, failed)))
    if (alone !== undefined) return { ...alone, failed: namesOf(ground, failed) }
  }
  return undefined
}
