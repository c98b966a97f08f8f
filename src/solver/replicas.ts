// `replicas: n` of a group: whatever X failure units fail, n of its members are elsewhere and go on running. So any X units hold at most
// members - n of them. Searches keep it by what they know already: members are dealt into as many sets as one unit may hold, and each set
// is spread over the units. That is exact for X = 1; for more it is sufficient, as all units are then given equal shares.
import type { Compiled, Zoned } from './compile.ts'

/** A group with `replicas`, counted by failure units. */
export interface Replicas {
  readonly name: string
  readonly members: Int32Array
  /** Members that must go on running. */
  readonly needed: number
}

/** Members in the X units that hold most of them, and these units. */
export function mostIn(
  { members }: Replicas,
  unitOf: Int32Array,
  units: number,
  where: Int32Array,
  tolerate: number,
): { readonly units: number[]; readonly count: number } {
  const counts = new Int32Array(units)
  for (const v of members) if (where[v]! >= 0) counts[unitOf[where[v]!]!]!++
  const worst = Array.from(counts.keys())
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, tolerate)
  return { units: worst, count: worst.reduce((sum, u) => sum + counts[u]!, 0) }
}

/** Whether members that are dealt out as evenly as can be still leave too few: then no map keeps it (as T4). */
export function cannotBe({ members, needed }: Replicas, units: number, tolerate: number): boolean {
  const [least, over] = [Math.floor(members.length / units), members.length % units]
  const lost = tolerate >= units ? members.length : tolerate * least + Math.min(tolerate, over)
  return members.length - lost < needed
}

/** Sets of members, each to be spread over the failure units: a map that does so keeps `replicas`. */
export function spreadFor(compiled: Compiled): Zoned[] {
  const { replicas, unitOf, units, home, problem } = compiled
  const { tolerate } = problem
  if (tolerate === 0) return []
  return replicas.flatMap(group => {
    const { name, members, needed } = group
    const share = Math.floor((members.length - needed) / tolerate)
    if (share < 1) return []
    const sets: number[][] = Array.from({ length: share }, () => [])
    // Members that share a unit today are dealt into different sets, so that who may stay does.
    const dealt = members.toSorted((a, b) => unitAt(a) - unitAt(b) || a - b)
    dealt.forEach((v, k) => sets[k % share]!.push(v))
    return sets
      .filter(set => set.length > 1)
      .map(set => ({
        name,
        kind: 'spread' as const,
        perHwm: false,
        members: Int32Array.from(set),
        zoneOf: unitOf,
        zones: units.length,
      }))
  })

  function unitAt(v: number): number {
    return home[v]! < 0 ? units.length : unitOf[home[v]!]!
  }
}
