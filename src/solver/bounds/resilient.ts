// T7 and its kin: what X failures ask of any map at all, whatever it looks like.
import type { Compiled } from '../compile.ts'
import type { Refusal } from '../problem.ts'
import { isEnoughAtLevel } from './level.ts'
import { unitsOf } from './units.ts'

/**
 * In whole units of any size, with total capacity C, plain load P and HA load H:
 * - averaged over all sets of X of the U failure units, the survivors' spare must hold the HAVMs of the failed: (C - P)(U - X) >= H * U;
 * - when the X largest fail, with capacity I inside and O outside of them, all HAVMs end outside, beside the plain VMs that find no place
 *   inside: H <= O - max(0, P - I).
 * The number of HWMs is also held to what `level.ts` says, which is sharper than both where they differ.
 */
export interface ResilientBound {
  /** Fewest HWMs that could do; one more than there are when none could. */
  readonly hwms: number
  /** HWMs that any map may use. */
  readonly open: number
  /** Why all of them are not enough. */
  readonly refusal?: Refusal
}

/** One dimension, counted in one unit. */
interface Counted {
  readonly dimension: string
  readonly unit: number
  readonly tolerate: number
  readonly plain: number
  readonly ha: number
}

const MOST_CAPACITY = 2 ** 50

export function resilientBound(compiled: Compiled, tolerate: number): ResilientBound {
  const { hwms, vms, dims, capacity, demand, ha, unitOf, units } = compiled
  const isPinnedTo = new Uint8Array(hwms)
  for (let v = 0; v < vms; v++) if (compiled.pinned[v]) isPinnedTo[compiled.home[v]!] = 1
  const open = Array.from({ length: hwms }, (_, h) => h).filter(
    h => !compiled.inMaintenance[h] || isPinnedTo[h],
  )
  const isSingle = units.every(members => members.length === 1)
  const failing = [...new Set(open.map(h => unitOf[h]!))]
  const x = ha.some(flag => flag === 1) ? tolerate : 0
  if (x > 0 && failing.length <= x) {
    const refusal: Refusal = { kind: 'failures', tolerate, units: failing.length }
    return { hwms: open.length + 1, open: open.length, refusal }
  }
  const refuge = x > 0 ? withoutRefuge(compiled, x) : undefined
  if (refuge !== undefined) return { hwms: open.length + 1, open: open.length, refusal: refuge }
  let least = vms === 0 ? 0 : x + 1
  for (let d = 0; d < dims; d++) {
    const sizes = Array.from({ length: vms }, (_, v) => demand[v * dims + d]!)
    for (const unit of unitsOf(sizes)) {
      const sum = (isHa: 0 | 1): number =>
        sizes.reduce(
          (total, size, v) => (ha[v] === isHa ? total + Math.floor(size / unit) : total),
          0,
        )
      const counted = {
        dimension: compiled.dimensions[d]!,
        unit,
        tolerate: x,
        plain: sum(0),
        ha: sum(1),
      }
      const held = (h: number): number =>
        Math.floor(Math.min(capacity[h * dims + d]!, MOST_CAPACITY) / unit)
      const refusal = refuseAll(compiled, failing, open, held, counted)
      if (refusal !== undefined) return { hwms: open.length + 1, open: open.length, refusal }
      const all = open.map(held).sort((a, b) => b - a)
      least = Math.max(least, fewest(all, counted, isSingle ? undefined : failing.length))
    }
  }
  return { hwms: Math.min(least, open.length), open: open.length }
}

/** T6 on any map: an HAVM that has too few failure units to restart in, even alone and wherever it lives. */
function withoutRefuge(compiled: Compiled, tolerate: number): Refusal | undefined {
  const { hwms, vms, dims, capacity, demand, rows, rowOf, unitOf, takesFallback } = compiled
  const seen = new Set<string>()
  for (let v = 0; v < vms; v++) {
    if (!compiled.ha[v]) continue
    const size = demand.subarray(v * dims, (v + 1) * dims)
    const key = `${rowOf[v]} ${compiled.pinned[v] ? compiled.home[v] : ''} ${size.join()}`
    if (seen.has(key)) continue
    seen.add(key)
    const isFit = (h: number): boolean =>
      rows[rowOf[v]!]![h] === 1 && size.every((x, d) => x <= capacity[h * dims + d]!)
    const refuges = new Set<number>()
    const homes = new Set<number>()
    for (let h = 0; h < hwms; h++) {
      if (takesFallback[h] && isFit(h)) refuges.add(unitOf[h]!)
      if (compiled.pinned[v] ? compiled.home[v] === h : !compiled.inMaintenance[h] && isFit(h))
        homes.add(unitOf[h]!)
      // One that is no home of its own, or one more, and X are left wherever it lives.
      if (refuges.size > tolerate) break
    }
    const isApart = [...homes].some(unit => !refuges.has(unit))
    const most = isApart ? refuges.size : Math.max(0, refuges.size - 1)
    const vm = compiled.problem.vms[v]!.name
    if (refuges.size <= tolerate && most < tolerate)
      return { kind: 'refuge', vm, tolerate, units: most }
  }
  return undefined
}

/** The fewest of the HWMs, largest first, that are enough; `unitsOfAll`: failure units, where they are not single HWMs. */
function fewest(held: readonly number[], counted: Counted, unitsOfAll: number | undefined): number {
  const { tolerate, plain, ha } = counted
  let all = 0
  const sizes: { size: number; count: number }[] = []
  for (let count = 0; ; count++) {
    const failing = unitsOfAll ?? count
    const isEnough =
      all >= plain + ha &&
      failing > tolerate &&
      isEnoughOnAverage(all, failing, counted) &&
      (unitsOfAll !== undefined || isEnoughAtLevel(sizes, plain, ha, tolerate))
    if (isEnough || count === held.length) return count
    const size = held[count]!
    all += size
    const last = sizes.at(-1)
    if (last?.size === size) last.count++
    else sizes.push({ size, count: 1 })
  }
}

function isEnoughOnAverage(
  all: number,
  failing: number,
  { tolerate, plain, ha }: Counted,
): boolean {
  return (all - plain) * (failing - tolerate) >= ha * failing * (1 - 1e-12)
}

/** Why not even all HWMs are enough. */
function refuseAll(
  { problem, unitOf }: Compiled,
  failing: readonly number[],
  open: readonly number[],
  held: (hwm: number) => number,
  counted: Counted,
): Refusal | undefined {
  const { tolerate, plain, ha } = counted
  if (tolerate === 0) return undefined
  const ofUnit = new Map(failing.map(u => [u, 0]))
  let all = 0
  for (const h of open) {
    ofUnit.set(unitOf[h]!, ofUnit.get(unitOf[h]!)! + held(h))
    all += held(h)
  }
  const worst = [...ofUnit].sort((a, b) => b[1] - a[1]).slice(0, tolerate)
  const inside = worst.reduce((sum, [, units]) => sum + units, 0)
  const outside = all - inside
  if (ha > outside - Math.max(0, plain - inside)) {
    const dead = new Set(worst.map(([unit]) => unit))
    const failed = open.filter(h => dead.has(unitOf[h]!)).map(h => problem.hwms[h]!.name)
    return { kind: 'largest', ...counted, failed, inside, outside }
  }
  if (isEnoughOnAverage(all, failing.length, counted)) return undefined
  return { kind: 'average', ...counted, units: failing.length, capacity: all }
}
