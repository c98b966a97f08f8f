// Loads per HWM before and after, for tables.
import type { Resources } from '../../model/resources.ts'
import { usable } from '../../solver/check/placement.ts'
import type { PlacementMap, Problem } from '../../solver/problem.ts'
import type { HwmLoad } from './answer.ts'

export function loadsOf(problem: Problem, before: PlacementMap, after: PlacementMap): HwmLoad[] {
  const sums = [sumsOf(problem, before), sumsOf(problem, after)] as const
  return problem.hwms.map(hwm => {
    const limits: Record<string, number> = {}
    for (const dimension of problem.dimensions) {
      const limit = usable(problem, hwm, dimension)
      if (limit !== Infinity) limits[dimension] = limit
    }
    const [was, is] = sums.map(sum => sum.get(hwm.name) ?? { load: {}, vms: 0 })
    return {
      hwm: hwm.name,
      usable: limits,
      before: was!.load,
      after: is!.load,
      vmsBefore: was!.vms,
      vmsAfter: is!.vms,
    }
  })
}

function sumsOf(
  problem: Problem,
  map: PlacementMap,
): Map<string, { load: Resources; vms: number }> {
  const sums = new Map<string, { load: Record<string, number>; vms: number }>()
  for (const vm of problem.vms) {
    const hwm = map.get(vm.name)
    if (hwm === undefined) continue
    let sum = sums.get(hwm)
    if (sum === undefined) {
      sum = { load: {}, vms: 0 }
      sums.set(hwm, sum)
    }
    sum.vms++
    for (const [dimension, amount] of Object.entries(vm.demand)) {
      sum.load[dimension] = (sum.load[dimension] ?? 0) + amount
    }
  }
  return sums
}
