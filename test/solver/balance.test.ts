// Balance: within the migrations that are granted, as good as the best of all maps where they can be counted; never worse than before.
import { describe, expect, it } from 'vitest'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { homesOf } from '../../src/solver/compile.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'
import { randomMap, randomProblem, type Shape } from './cases.ts'

/** Sum over dimensions of the standard deviation of utilisation, from the problem's text. */
function imbalanceOf(problem: Problem, map: PlacementMap): number {
  return problem.dimensions.reduce((sum, dimension) => {
    const used = problem.hwms.map(hwm => {
      const load = problem.vms
        .filter(vm => map.get(vm.name) === hwm.name)
        .reduce((total, vm) => total + (vm.demand[dimension] ?? 0), 0)
      return load / (hwm.capacity[dimension] ?? 1)
    })
    const mean = used.reduce((a, b) => a + b, 0) / used.length
    return sum + Math.sqrt(used.reduce((total, u) => total + (u - mean) ** 2, 0) / used.length)
  }, 0)
}

function movesOf(problem: Problem, map: PlacementMap): number {
  return problem.vms.filter(vm => map.get(vm.name) !== vm.home).length
}

function settled(seed: number, shape: Shape): Problem | undefined {
  const problem = randomProblem(seed, shape)
  const map = randomMap(problem, seed, partial => {
    const placed = { ...problem, vms: problem.vms.filter(vm => partial.has(vm.name)) }
    return checkPlacement({ ...placed, groups: [] }, partial).length === 0
  })
  if (map.size < problem.vms.length || checkPlacement(problem, map).length > 0) return undefined
  return { ...problem, vms: problem.vms.map(vm => ({ ...vm, home: map.get(vm.name)! })) }
}

function* allMaps(
  problem: Problem,
  k = 0,
  map = new Map<string, string>(),
): Generator<PlacementMap> {
  if (k === problem.vms.length) {
    yield map
    return
  }
  for (const hwm of problem.hwms) {
    map.set(problem.vms[k]!.name, hwm.name)
    yield* allMaps(problem, k + 1, map)
  }
}

describe('balance', () => {
  it('is the best of all maps within the migrations granted, but for a rare one', () => {
    let looked = 0
    const worse: number[] = []
    for (let seed = 1; seed <= 30; seed++) {
      const problem = settled(seed, { hwms: 3, vms: 6, tolerate: 0, fill: 0.5 })
      if (problem === undefined) continue
      const mostMoves = seed % 4
      let best = Infinity
      for (const map of allMaps(problem)) {
        if (movesOf(problem, map) > mostMoves || checkPlacement(problem, map).length > 0) continue
        best = Math.min(best, imbalanceOf(problem, map))
      }
      const placed = solvePlacement(problem, { objectives: ['balance'], mostMoves })
      expect(placed.answer, `seed ${seed}`).toBe('map')
      if (placed.answer !== 'map') continue
      expect(movesOf(problem, placed.map), `seed ${seed}`).toBeLessThanOrEqual(mostMoves)
      if (imbalanceOf(problem, placed.map) > best + 1e-6) worse.push(seed)
      looked++
    }
    expect(looked).toBeGreaterThan(20)
    expect(worse.length, `seeds ${worse.join()}`).toBeLessThanOrEqual(1)
  }, 30_000)

  it('keeps rules and X, and never makes it worse', () => {
    let looked = 0
    for (let seed = 1; seed <= 24; seed++) {
      const problem = settled(seed, {
        hwms: 6,
        vms: 10,
        tolerate: 1,
        fill: 0.3,
        rules: seed % 3 === 0,
      })
      if (problem === undefined) continue
      const placed = solvePlacement(problem, { objectives: ['balance'] })
      if (placed.answer !== 'map') continue
      expect(checkPlacement(problem, placed.map), `seed ${seed}`).toEqual([])
      expect(placed.resilience.holds, `seed ${seed}`).toBe('yes')
      const before = solvePlacement(problem, { objectives: ['balance'], mostMoves: 0 })
      if (before.answer !== 'map' || before.moves > 0) continue
      expect(imbalanceOf(problem, placed.map), `seed ${seed}`).toBeLessThanOrEqual(
        imbalanceOf(problem, homesOf(problem)) + 1e-9,
      )
      looked++
    }
    expect(looked).toBeGreaterThan(4)
  }, 30_000)
})
