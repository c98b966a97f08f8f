// Who must move at least: HWM by HWM, how many VMs must leave for the others to fit; group by group, how many members cannot stay.
import type { ItemGroup, Packing } from '../packing/packing.ts'

/** Nodes of the search for the fewest that must leave one bin. */
const MOST_NODES = 20_000

/** The least cost of items whose leaving makes the bin fit. Complete within limits, else a bound per dimension. */
function leastLeaving(
  packing: Packing,
  bin: number,
  members: readonly number[],
  cost: ArrayLike<number>,
): number {
  const { dims, size, capacity, fixed } = packing
  const excess = new Float64Array(dims)
  for (let d = 0; d < dims; d++) {
    for (const i of members) excess[d]! += size[i * dims + d]!
    excess[d]! -= capacity[bin * dims + d]!
  }
  const short = Array.from({ length: dims }, (_, d) => d).filter(d => excess[d]! > 0)
  if (short.length === 0) return 0
  const movable = members.filter(i => fixed[i]! < 0)
  // Per dimension: the largest by size per cost, taken fractionally.
  const bound = (from: number, left: Float64Array): number => {
    let most = 0
    for (const d of short) {
      if (left[d]! <= 0) continue
      let rest = left[d]!
      let paid = 0
      for (const i of byDim.get(d)!) {
        if (rank[i]! < from) continue
        const x = size[i * dims + d]!
        if (x <= 0) break
        if (x >= rest) {
          paid += (cost[i]! * rest) / x
          rest = 0
          break
        }
        rest -= x
        paid += cost[i]!
      }
      if (rest > 0) return Infinity
      most = Math.max(most, paid)
    }
    return Math.ceil(most - 1e-9)
  }
  const share = (i: number): number =>
    short.reduce((sum, d) => sum + size[i * dims + d]! / excess[d]!, 0) / cost[i]!
  const sequence = movable.toSorted((a, b) => share(b) - share(a))
  const rank: Record<number, number> = {}
  sequence.forEach((i, k) => {
    rank[i] = k
  })
  const byDim = new Map(
    short.map(d => [
      d,
      movable.toSorted((a, b) => size[b * dims + d]! / cost[b]! - size[a * dims + d]! / cost[a]!),
    ]),
  )
  let best = Infinity
  let nodes = 0
  const root = bound(0, excess)
  const go = (k: number, paid: number, left: Float64Array): void => {
    if (short.every(d => left[d]! <= 0)) {
      best = Math.min(best, paid)
      return
    }
    if (k === sequence.length || ++nodes > MOST_NODES || paid + bound(k, left) >= best) return
    const i = sequence[k]!
    const next = left.slice()
    for (const d of short) next[d]! -= size[i * dims + d]!
    go(k + 1, paid + cost[i]!, next)
    go(k + 1, paid, left)
  }
  go(0, 0, excess)
  return nodes > MOST_NODES || best === Infinity
    ? root === Infinity
      ? movable.length
      : root
    : best
}

/** The least cost of members that cannot stay where they are, whatever else moves. `binOf`: -1 for who is not at home. */
function leastOfGroup(group: ItemGroup, binOf: Int32Array, cost: ArrayLike<number>): number {
  const inZone = new Map<number, { sum: number; most: number }>()
  let all = 0
  for (const i of group.members) {
    const bin = binOf[i]!
    if (bin < 0) continue
    all += cost[i]!
    const zone = inZone.get(group.zoneOf[bin]!)
    if (zone === undefined) inZone.set(group.zoneOf[bin]!, { sum: cost[i]!, most: cost[i]! })
    else {
      zone.sum += cost[i]!
      zone.most = Math.max(zone.most, cost[i]!)
    }
  }
  let stay = 0
  // Apart: one of each zone may stay. Together: those of one zone.
  for (const { sum, most } of inZone.values())
    stay = group.kind === 'spread' ? stay + most : Math.max(stay, sum)
  return all - stay
}

/**
 * No valid map moves less than this cost. `atHome`: items of each bin that might stay there. Members of a group that is counted are taken
 * as gone for nothing when their bins are counted, so that nobody counts twice.
 */
export function leastMoving(
  packing: Packing,
  atHome: readonly (readonly number[])[],
  cost: ArrayLike<number>,
): number {
  const { fixed } = packing
  const binOf = new Int32Array(packing.items).fill(-1)
  atHome.forEach((members, b) => {
    for (const i of members) binOf[i] = b
  })
  const isGone = new Uint8Array(packing.items)
  const leaving = (b: number, without: ReadonlySet<number>): number => {
    const members = atHome[b]!.filter(i => isGone[i] === 0 && !without.has(i))
    return leastLeaving(packing, b, members, cost)
  }
  const none: ReadonlySet<number> = new Set()
  const least = Float64Array.from(atHome, (_, b) => leaving(b, none))
  let bound = 0
  for (const group of packing.groups) {
    if (group.isGuide === true) continue
    // Who is fixed to a bin stays there: what that asks of others is left to the search.
    if (group.members.some(i => isGone[i] === 1 || fixed[i]! >= 0)) continue
    const must = leastOfGroup(group, binOf, cost)
    if (must === 0) continue
    const members = new Set(group.members)
    const bins = new Set(Array.from(group.members, i => binOf[i]!).filter(b => b >= 0))
    const rest = [...bins].map(b => [b, leaving(b, members)] as const)
    const lost = rest.reduce((sum, [b, after]) => sum + least[b]! - after, 0)
    if (must <= lost) continue
    bound += must
    for (const i of members) isGone[i] = 1
    for (const [b, after] of rest) least[b] = after
  }
  return least.reduce((sum, each) => sum + each, bound)
}
