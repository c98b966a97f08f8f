// The best order by complete search over all maps of a small cluster: plain, and without the solver's code.
import { checkRunning, usable } from '../../src/solver/check/placement.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'

export interface BestOrder {
  readonly bounces: number
  /** The least memory that bounces of so few bounces copy in sum. */
  readonly weight: number
}

/**
 * Dijkstra over maps, one move at a time; undefined when `to` cannot be reached. `mayRest`: states that may be passed, when not all may.
 * All VMs must be in both maps. The first dimension is what a bounce weighs.
 */
export function bestOrder(
  problem: Problem,
  from: PlacementMap,
  to: PlacementMap,
  mayRest?: (map: PlacementMap) => boolean,
): BestOrder | undefined {
  const { hwms, vms } = problem
  const k = hwms.length
  const count = k ** vms.length
  const limits = hwms.map(hwm => problem.dimensions.map(d => usable(problem, hwm, d)))
  const sizes = vms.map(vm => problem.dimensions.map(d => vm.demand[d] ?? 0))
  const weight = vms.map(vm => vm.demand[problem.dimensions[0]!] ?? 0)
  const powers = vms.map((_, v) => k ** v)
  const place = (state: number, v: number): number => Math.floor(state / powers[v]!) % k
  const code = (map: PlacementMap): number =>
    vms.reduce(
      (sum, vm, v) => sum + hwms.findIndex(hwm => hwm.name === map.get(vm.name)) * powers[v]!,
      0,
    )
  const hasRules =
    problem.groups.length > 0 || vms.some(vm => vm.only !== undefined || vm.never !== undefined)
  const known = new Int8Array(count).fill(-1)
  const isValid = (state: number): boolean => {
    if (known[state]! >= 0) return known[state] === 1
    const load = limits.map(limit => limit.map(() => 0))
    let fits = true
    for (let v = 0; v < vms.length; v++) {
      const h = place(state, v)
      sizes[v]!.forEach((size, d) => {
        load[h]![d]! += size
        if (load[h]![d]! > limits[h]![d]!) fits = false
      })
    }
    if (fits && (hasRules || mayRest !== undefined)) {
      const map = new Map(vms.map((vm, v) => [vm.name, hwms[place(state, v)]!.name]))
      fits = checkRunning(problem, map).length === 0 && (mayRest?.(map) ?? true)
    }
    known[state] = fits ? 1 : 0
    return fits
  }
  const BOUNCE = 1e6
  const start = code(from)
  const goal = code(to)
  if (!isValid(start) || !isValid(goal)) return undefined
  const cost = new Float64Array(count).fill(Infinity)
  cost[start] = 0
  // Few costs are in use at a time: states by cost, the least taken by looking at all.
  const open = new Map<number, number[]>([[0, [start]]])
  while (open.size > 0) {
    const price = Math.min(...open.keys())
    const states = open.get(price)!
    const state = states.pop()!
    if (states.length === 0) open.delete(price)
    if (cost[state]! < price) continue
    if (state === goal) return { bounces: Math.floor(price / BOUNCE), weight: price % BOUNCE }
    for (let v = 0; v < vms.length; v++) {
      const a = place(state, v)
      for (let b = 0; b < k; b++) {
        // Both ends hold resources: only the target can be too full, and the state before was valid.
        const next = state + (b - a) * powers[v]!
        if (b === a || !isValid(next)) continue
        const sum = price + (b === place(goal, v) ? 0 : BOUNCE + weight[v]!)
        if (sum >= cost[next]!) continue
        cost[next] = sum
        const there = open.get(sum)
        if (there === undefined) open.set(sum, [next])
        else there.push(next)
      }
    }
  }
  return undefined
}
