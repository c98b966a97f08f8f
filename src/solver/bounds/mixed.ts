// A bound on HWMs from all dimensions at once. With any weights w >= 0, the HWMs that are on must have w-weighted capacity for the
// w-weighted demand; the best weights are searched by subgradient steps (Lagrangian relaxation of the covering problem: Fisher 1981). It tells more
// than the dimensions one by one where HWMs differ: those with much memory have few CPUs.

import type { Compiled } from '../compile.ts'
import { fewestOfKinds, type Kind, kindsOf, type Worth } from './kinds.ts'
import { shareAtLevel } from './level.ts'

/** What any map needs of one dimension when `count` HWMs are on: T7 asks for more when few may fail. */
type NeedOf = (dim: number, count: number) => number

const STEPS = 60

/**
 * The fewest of `hwms` (rows of `capacity`, `dims` wide) that could have what is needed; one more than there are when none suffice.
 * `need` must not grow with the count.
 */
function mixedBound(
  capacity: Float64Array,
  hwms: readonly number[],
  dims: number,
  need: NeedOf,
): number {
  const total = new Float64Array(dims)
  for (const h of hwms)
    for (let d = 0; d < dims; d++) total[d]! += Math.min(capacity[h * dims + d]!, 2 ** 50)
  const weight = Float64Array.from(total, (sum, d) => (sum > 0 ? need(d, hwms.length) / sum : 0))
  const value = new Float64Array(hwms.length)
  let best = 0
  for (let step = 1; step <= STEPS; step++) {
    hwms.forEach((h, k) => {
      value[k] = 0
      for (let d = 0; d < dims; d++)
        if (total[d]! > 0)
          value[k] += (weight[d]! * Math.min(capacity[h * dims + d]!, 2 ** 50)) / total[d]!
    })
    const sorted = Int32Array.from(hwms, (_, k) => k).sort((a, b) => value[b]! - value[a]!)
    const held = new Float64Array(dims)
    let sum = 0
    let count = 0
    const needed = (n: number): number => {
      let all = 0
      for (let d = 0; d < dims; d++) if (total[d]! > 0) all += (weight[d]! * need(d, n)) / total[d]!
      return all
    }
    while (count < sorted.length && sum < needed(count) * (1 - 1e-9)) {
      const k = sorted[count++]!
      sum += value[k]!
      for (let d = 0; d < dims; d++) held[d]! += Math.min(capacity[hwms[k]! * dims + d]!, 2 ** 50)
    }
    if (sum < needed(count) * (1 - 1e-9)) return hwms.length + 1
    best = Math.max(best, count)
    // Dimensions that this choice is short of count more from now on, others less.
    let norm = 0
    for (let d = 0; d < dims; d++) {
      if (total[d]! <= 0) continue
      const short = (need(d, count) - held[d]!) / total[d]!
      weight[d] = Math.max(0, weight[d]! * (1 + (4 * short) / Math.sqrt(step)))
      norm += weight[d]!
    }
    if (norm <= 0) break
    for (let d = 0; d < dims; d++) weight[d]! /= norm
  }
  return best
}

/** What any map asks of the HWMs that are on when X of them may fail, all dimensions together. */
export interface Asked {
  /** HWMs that may be on. */
  readonly open: readonly number[]
  /** Failure units are single HWMs: how many are on tells how many may fail. */
  readonly isCounted: boolean
  /** T7 on average: less when more HWMs are on. */
  readonly need: NeedOf
  /** Of a choice of so many of each kind: how much spare room it has of what X failures ask for (level.ts). */
  readonly worthOf: (kinds: readonly Kind[]) => Worth | undefined
}

export function askedBy(compiled: Compiled, tolerate: number): Asked {
  const { hwms, vms, dims, demand, ha, units, pinned, home, inMaintenance } = compiled
  const isPinnedTo = new Uint8Array(hwms)
  for (let v = 0; v < vms; v++) if (pinned[v]) isPinnedTo[home[v]!] = 1
  const open = Array.from({ length: hwms }, (_, h) => h).filter(
    h => !inMaintenance[h] || isPinnedTo[h],
  )
  const plain = new Float64Array(dims)
  const moving = new Float64Array(dims)
  for (let v = 0; v < vms; v++)
    for (let d = 0; d < dims; d++) (ha[v] ? moving : plain)[d]! += demand[v * dims + d]!
  // (C - P)(K - X) >= H K, so C >= P + H K / (K - X): less when more HWMs are on. Racks are no count of HWMs: volume only.
  const isCounted = units.every(members => members.length === 1)
  const need: NeedOf = (d, on) => {
    if (!isCounted || tolerate === 0 || moving[d] === 0) return plain[d]! + moving[d]!
    return on > tolerate ? plain[d]! + (moving[d]! * on) / (on - tolerate) : Infinity
  }
  const worthOf = (kinds: readonly Kind[]): Worth | undefined => {
    if (!isCounted || tolerate === 0) return undefined
    const numbers = kinds.map((_, k) => k)
    const bySize = Array.from(plain, (_, d) =>
      numbers.toSorted((a, b) => kinds[b]!.capacity[d]! - kinds[a]!.capacity[d]!),
    )
    return counts => {
      let worth = Infinity
      for (let d = 0; d < dims; d++) {
        const sizes = bySize[d]!.filter(k => counts[k]! > 0).map(k => ({
          size: kinds[k]!.capacity[d]!,
          count: counts[k]!,
        }))
        worth = Math.min(worth, shareAtLevel(sizes, plain[d]!, moving[d]!, tolerate))
      }
      return worth
    }
  }
  return { open, isCounted, need, worthOf }
}

/** The fewest HWMs that could hold all and survive `tolerate` failures (T7 with all dimensions together). */
export function mixedResilientBound(compiled: Compiled, tolerate: number): number {
  const { dims, capacity } = compiled
  const { open, isCounted, need, worthOf } = askedBy(compiled, tolerate)
  const kinds = kindsOf(capacity, dims, open)
  const count = fewestOfKinds(
    kinds,
    Math.max(isCounted ? tolerate + 1 : 1, mixedBound(capacity, open, dims, need)),
    on => Float64Array.from({ length: dims }, (_, d) => need(d, on)),
    worthOf(kinds),
  )
  return Math.min(count, open.length)
}
