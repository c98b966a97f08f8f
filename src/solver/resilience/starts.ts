// Maps to begin with on so many HWMs, for repair to make them survive X failures: which HWMs are on, which of them stay empty, and how much of
// HAVMs the others may hold so that what fails fits into the empty ones.
import { askedBy } from '../bounds/mixed.ts'
import { choicesOf, kindsOf } from '../bounds/kinds.ts'
import type { Budget } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import { packInto } from '../packing/fewest.ts'
import { binOrder } from '../packing/greedy.ts'
import { isUniform, type Items, type Packing, weightsOf } from '../packing/packing.ts'
import type { Random } from '../random.ts'
import { coveringChoice } from './choice.ts'
import { choose, everySet } from './judge.ts'

/** Where there are no more ways to choose HWMs, each is tried in turn. */
const FEW_CHOICES = 60
/** Choices of so many of each kind that are tried in turn. */
const MOST_CHOICES = 6

export interface Start {
  readonly where: Int32Array
  readonly open: Int32Array
}

/**
 * Maps on `count` of `all` HWMs: S of them empty and the HAVMs of any X others no more than those have room for, for S from X down to 0.
 * `used`: HWMs of the tightest packing without failures.
 */
export function* starts(
  compiled: Compiled,
  items: Items,
  all: Int32Array,
  used: number,
  count: number,
  tolerate: number,
  round: number,
  random: Random,
  budget: Budget,
): Generator<Start> {
  const { packing } = items
  const open = picked(compiled, packing, all, count, tolerate, round, random)
  for (let empty = Math.min(tolerate, count - 1); empty >= 0; empty--) {
    if (count - empty < Math.min(used, count) - tolerate - 1) continue
    for (const spares of sparesOf(compiled, packing, open, empty)) {
      const isSpare = new Set(spares)
      const filled = open.filter(b => !isSpare.has(b))
      const narrow = empty === 0 ? packing : withHaLimit(compiled, items, spares, tolerate)
      const where = packInto(narrow, filled, undefined, random, budget, 2_000 * (1 + round))
      if (where !== undefined) yield { where, open }
      if (budget.isOver) return
    }
  }
}

/** Which HWMs are on. */
function picked(
  compiled: Compiled,
  packing: Packing,
  all: Int32Array,
  count: number,
  tolerate: number,
  round: number,
  random: Random,
): Int32Array {
  if (isUniform(packing)) return all.slice(0, count)
  if (choose(all.length, count) <= FEW_CHOICES) {
    const choices: Int32Array[] = []
    everySet([...all], count, set => choices.push(set.slice()) > 0)
    return choices[round % choices.length]!
  }
  if (round % 3 === 0)
    return (
      plentiful(compiled, packing, all, count, tolerate, round / 3) ??
      coveringChoice(packing, all, count)
    )
  if (round % 3 === 1) return all.slice(0, count)
  // Most of a covering choice, and others at random.
  const kept = new Set(
    coveringChoice(packing, all, Math.ceil(count * (0.6 + 0.35 * random.next()))),
  )
  while (kept.size < count) kept.add(all[random.below(all.length)]!)
  return Int32Array.from(kept)
}

/** So many of each kind that there is most room for what X failures ask for; `nth`: the best, the next, and so on. */
function plentiful(
  compiled: Compiled,
  packing: Packing,
  all: Int32Array,
  count: number,
  tolerate: number,
  nth: number,
): Int32Array | undefined {
  const { dims, capacity } = compiled
  const { need, worthOf } = askedBy(compiled, tolerate)
  const isFixed = new Set(packing.fixed.filter(b => b >= 0))
  const kinds = kindsOf(capacity, dims, [...isFixed, ...all.filter(b => !isFixed.has(b))])
  const asked = Float64Array.from({ length: dims }, (_, d) => need(d, count))
  const choices = choicesOf(kinds, count, asked, MOST_CHOICES, worthOf(kinds))
  if (choices === undefined || choices.length === 0) return undefined
  const { counts } = choices[nth % choices.length]!
  const chosen = kinds.flatMap(({ members }, k) => members.slice(0, counts[k]))
  return [...isFixed].every(b => chosen.includes(b)) ? Int32Array.from(chosen) : undefined
}

/** Sets of `count` HWMs to keep empty: the largest, the smallest, and those in between; one set where all are alike. */
function* sparesOf(
  compiled: Compiled,
  packing: Packing,
  open: Int32Array,
  count: number,
): Generator<readonly number[]> {
  if (count === 0) {
    yield []
    return
  }
  const isFixed = new Set(packing.fixed)
  const isOpen = new Set(open)
  const bySize = [...binOrder(packing)].filter(
    b => isOpen.has(b) && !isFixed.has(b) && compiled.takesFallback[b] === 1,
  )
  if (bySize.length < count) return
  const last = bySize.length - count
  const known = new Set<string>()
  for (const from of [0, last, last >> 1]) {
    const spares = bySize.slice(from, from + count)
    const { dims, capacity } = packing
    const key = spares.map(b => capacity.slice(b * dims, (b + 1) * dims).join()).join(' ')
    if (known.has(key)) continue
    known.add(key)
    yield spares
  }
}

/** The packing with the HA part of every item as dimensions of its own, of which each bin may hold a part in X of what the spares have room for. */
function withHaLimit(
  compiled: Compiled,
  items: Items,
  spares: readonly number[],
  tolerate: number,
): Packing {
  const { packing } = items
  const { bins, dims } = packing
  const limit = Float64Array.from({ length: dims }, (_, d) =>
    Math.floor(spares.reduce((sum, b) => sum + packing.capacity[b * dims + d]!, 0) / tolerate),
  )
  // Any one HWM may be lost anyway.
  if (packing.capacity.every((room, k) => room <= limit[k % dims]!)) return packing
  const wide = dims * 2
  const capacity = new Float64Array(bins * wide)
  for (let b = 0; b < bins; b++) {
    for (let d = 0; d < dims; d++) {
      const room = packing.capacity[b * dims + d]!
      capacity[b * wide + d] = room
      capacity[b * wide + dims + d] = Math.min(room, limit[d]!)
    }
  }
  const size = new Float64Array(packing.items * wide)
  items.vmsOf.forEach((members, i) => {
    for (let d = 0; d < dims; d++) size[i * wide + d] = packing.size[i * dims + d]!
    for (const v of members) {
      if (!compiled.ha[v]) continue
      for (let d = 0; d < dims; d++) size[i * wide + dims + d]! += compiled.demand[v * dims + d]!
    }
  })
  return { ...packing, dims: wide, capacity, size, weight: weightsOf(capacity, bins, wide) }
}
