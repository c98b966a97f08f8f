// Judges a proof that equal bins must be so many: every item has a worth, no bin can hold more than `scale` of it, all items together are worth
// more than one bin less could hold. Whole numbers only, and a complete search of its own for the bin that is worth most.

/** Why no packing has fewer bins. */
export interface WorthProof {
  /** No contents of a bin are worth more. */
  readonly scale: number
  /** Of each item, whole numbers from 0. */
  readonly worth: readonly number[]
}

/** Contents that the search looks at before it says that it cannot tell. */
const MOST_STATES = 400_000

/** `sizes`: item * dims + dim. `unknown`: no flaw was found, but not all contents of a bin could be looked at. */
export function checkWorth(
  capacity: ArrayLike<number>,
  sizes: ArrayLike<number>,
  { scale, worth }: WorthProof,
  bins: number,
): 'yes' | 'no' | 'unknown' {
  const dims = capacity.length
  if (worth.length * dims !== sizes.length) return 'no'
  if (!Number.isInteger(scale) || scale < 1) return 'no'
  if (worth.some(w => !Number.isInteger(w) || w < 0)) return 'no'
  const all = worth.reduce((sum, w) => sum + w, 0)
  if (!Number.isSafeInteger(all) || all <= (bins - 1) * scale) return 'no'
  // One number for the room in all dimensions: any mix of them is sound; of some the one is taken that says most at the start.
  const share = (i: number, d: number): number =>
    capacity[d]! > 0 ? sizes[i * dims + d]! / capacity[d]! : 0
  const mixes = [
    Array.from({ length: dims }, () => 1 / dims),
    ...Array.from({ length: dims }, (_, d) =>
      Array.from({ length: dims }, (__, e) => (e === d ? 0.6 : 0) + 0.4 / dims),
    ),
  ]
  const items = worth.flatMap((w, i) => (w > 0 ? [i] : []))
  const ranked = mixes.map(mix => {
    const part = worth.map((_, i) => mix.reduce((sum, m, d) => sum + m * share(i, d), 0))
    const order = items.toSorted((a, b) => worth[b]! * part[a]! - worth[a]! * part[b]! || a - b)
    return { part, order, most: mostOf(order, part, worth, 1) }
  })
  const { part, order } = ranked.reduce((a, b) => (b.most < a.most ? b : a))
  let states = 0
  const isSame = (i: number, j: number): boolean => {
    if (worth[i] !== worth[j]) return false
    for (let d = 0; d < dims; d++) if (sizes[i * dims + d] !== sizes[j * dims + d]) return false
    return true
  }
  /** Whether what is in and some of `list`, which each fit, can be worth more than the scale. */
  const exceeds = (
    list: readonly number[],
    value: number,
    room: readonly number[],
    left: number,
  ): boolean => {
    if (value > scale) return true
    if (value + mostOf(list, part, worth, left) < scale + 1 - 1e-6) return false
    for (let p = 0; p < list.length; p++) {
      const i = list[p]!
      if (p > 0 && isSame(i, list[p - 1]!)) continue
      if (++states > MOST_STATES) return false
      if (value + mostOf(list.slice(p), part, worth, left) < scale + 1 - 1e-6) return false
      const rest = room.map((free, d) => free - sizes[i * dims + d]!)
      const fitting = list
        .slice(p + 1)
        .filter(j => rest.every((free, d) => sizes[j * dims + d]! <= free))
      if (exceeds(fitting, value + worth[i]!, rest, left - part[i]!)) return true
    }
    return false
  }
  const fitting = order.filter(i => Array.from(capacity).every((c, d) => sizes[i * dims + d]! <= c))
  if (exceeds(fitting, 0, Array.from(capacity), 1)) return 'no'
  return states > MOST_STATES ? 'unknown' : 'yes'
}

/** What some of `list`, the worthiest for their part first, can be worth in room for parts `left`, the last one cut to fit. */
function mostOf(
  list: readonly number[],
  part: readonly number[],
  worth: readonly number[],
  left: number,
): number {
  let value = 0
  for (const i of list) {
    if (part[i]! > left)
      return value + (part[i]! > 0 ? (worth[i]! * Math.max(0, left)) / part[i]! : 0)
    value += worth[i]!
    left -= part[i]!
  }
  return value
}
