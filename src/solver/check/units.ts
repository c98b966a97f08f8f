// What fails together, from the problem's text alone.
import type { PlacementMap, Problem, ProblemGroup } from '../problem.ts'

/** The failure units of a problem: single HWMs, or all HWMs of one label value. */
export function failureUnits(problem: Problem): string[][] {
  const units: string[][] = []
  const byValue = new Map<string, string[]>()
  for (const hwm of problem.hwms) {
    const value =
      problem.failureDomains === undefined ? undefined : hwm.labels?.[problem.failureDomains]
    if (problem.failureDomains === 'hwm' || value === undefined) units.push([hwm.name])
    else if (byValue.has(value)) byValue.get(value)!.push(hwm.name)
    else {
      const unit = [hwm.name]
      byValue.set(value, unit)
      units.push(unit)
    }
  }
  return units
}

/** Of each group with `replicas`, the units of X that hold most of its members, and how many then go on running. */
export function leastRunning(
  problem: Problem,
  group: ProblemGroup,
  map: PlacementMap,
): { readonly failed: readonly string[]; readonly running: number } {
  const there = failureUnits(problem)
    .map(unit => ({
      unit,
      count: group.members.filter(name => unit.includes(map.get(name) ?? '')).length,
    }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, problem.tolerate)
  return {
    failed: there.flatMap(({ unit }) => unit),
    running: group.members.length - there.reduce((sum, { count }) => sum + count, 0),
  }
}
