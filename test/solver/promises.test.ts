// What holds between answers: equal seeds, more time, one more HWM; and the bound never lies above what is possible.
import { expect, test } from 'vitest'
import { checkPlacement, checkRunning } from '../../src/solver/check/placement.ts'
import { homesOf } from '../../src/solver/compile.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Objective, Placed, Problem } from '../../src/solver/problem.ts'
import { judgeResilience } from '../../src/solver/resilience/index.ts'
import { randomMap, randomProblem } from './cases.ts'
import { fewestHwms, fewestMigrations } from './models.ts'

const OBJECTIVES: readonly Objective[] = ['fewest-hwms', 'fewest-moves', 'balance']

function placed(problem: Problem, objective: Objective, seed: number, work: number): Placed {
  return solvePlacement(problem, { objectives: [objective], seed, work, findLargest: false })
}

/** What more work may only lower: no map is worse than any. */
function worth(answer: Placed): number {
  return answer.answer === 'map' ? answer.value : Infinity
}

test('equal seeds give equal answers', () => {
  for (let seed = 1; seed <= 24; seed++) {
    const problem = randomProblem(seed, {
      hwms: 5,
      vms: 14,
      tolerate: seed % 2,
      fill: 0.5,
      rules: seed % 3 === 0,
      homes: true,
    })
    const objective = OBJECTIVES[seed % 3]!
    expect(placed(problem, objective, seed, 2e6)).toEqual(placed(problem, objective, seed, 2e6))
  }
})

test('more work never gives worse', () => {
  let better = 0
  for (let seed = 1; seed <= 24; seed++) {
    const problem = randomProblem(seed, {
      hwms: 9,
      vms: 40,
      tolerate: seed % 2,
      fill: 0.55,
      homes: true,
    })
    const objective = OBJECTIVES[seed % 3]!
    const [little, much] = [2e5, 4e6].map(work => worth(placed(problem, objective, seed, work)))
    expect({ seed, objective, isWorse: much! > little! + 1e-9 }).toEqual({
      seed,
      objective,
      isWorse: false,
    })
    if (much! < little!) better++
  }
  expect(better).toBeGreaterThan(0)
})

test('one more HWM never lowers the largest X', () => {
  let raised = 0
  for (let seed = 1; seed <= 120; seed++) {
    const problem = randomProblem(seed, {
      hwms: 4,
      vms: 9,
      tolerate: 1,
      fill: 0.3 + (seed % 4) * 0.08,
      rules: seed % 3 === 0,
    })
    const map = randomMap(problem, seed, candidate => checkRunning(problem, candidate).length === 0)
    const like = problem.hwms[seed % 4]!
    const more = { ...problem, hwms: [...problem.hwms, { ...like, name: 'more', labels: {} }] }
    const [before, after] = [judgeResilience(problem, map), judgeResilience(more, map)]
    expect(before.largestIsExact && after.largestIsExact).toBe(true)
    expect({ seed, isLower: after.largest < before.largest }).toEqual({ seed, isLower: false })
    if (after.largest > before.largest) raised++
  }
  expect(raised).toBeGreaterThan(10)
})

test('bounds are never above the exact value, and what is called proved is exact', () => {
  for (let seed = 1; seed <= 24; seed++) {
    const problem = randomProblem(seed, {
      hwms: 5,
      vms: 11,
      tolerate: 0,
      fill: 0.6,
      homes: true,
      rules: false,
    })
    for (const objective of ['fewest-hwms', 'fewest-moves'] as const) {
      const answer = placed(problem, objective, seed, 1e6)
      if (answer.answer !== 'map') continue
      const exact = (
        objective === 'fewest-hwms' ? fewestHwms(problem, 0) : fewestMigrations(problem)
      ).value!
      expect({ seed, objective, isAbove: answer.bound > exact }).toEqual({
        seed,
        objective,
        isAbove: false,
      })
      expect(answer.gap).toBeCloseTo(
        answer.bound > 0 ? (answer.value - answer.bound) / answer.bound : answer.value,
        9,
      )
      if (answer.proved)
        expect({ seed, objective, value: answer.value }).toEqual({ seed, objective, value: exact })
    }
  }
})

test('homes that are valid and hold X are kept when moves are to be few', () => {
  let kept = 0
  for (let seed = 1; seed <= 60; seed++) {
    const drawn = randomProblem(seed, { hwms: 4, vms: 8, tolerate: 1, fill: 0.4 })
    const map = randomMap(drawn, seed, candidate => checkRunning(drawn, candidate).length === 0)
    const problem = { ...drawn, vms: drawn.vms.map(vm => ({ ...vm, home: map.get(vm.name)! })) }
    if (map.size < 8 || judgeResilience(problem, map).largest < 1) continue
    kept++
    const answer = placed(problem, 'fewest-moves', seed, 1e6)
    expect(answer).toMatchObject({ answer: 'map', moves: 0, proved: true })
    if (answer.answer === 'map') expect(answer.map).toEqual(homesOf(problem))
  }
  expect(kept).toBeGreaterThan(10)
})

test('later objectives never cost an earlier one, and are worth something', () => {
  let better = 0
  for (let seed = 1; seed <= 40; seed++) {
    const problem = randomProblem(seed, {
      hwms: 6,
      vms: 20,
      tolerate: seed % 2,
      fill: 0.6,
      homes: true,
    })
    const solve = (objectives: readonly Objective[]): Placed =>
      solvePlacement(problem, { objectives, seed, work: 2e6, findLargest: false })
    for (const first of ['fewest-moves', 'fewest-hwms'] as const) {
      const alone = solve([first, ...(first === 'fewest-hwms' ? (['fewest-moves'] as const) : [])])
      const both = solve([first, 'fewest-moves', 'balance'])
      if (alone.answer !== 'map' || both.answer !== 'map') continue
      expect(checkPlacement(problem, both.map)).toEqual([])
      expect({ seed, first, value: both.value }).toEqual({ seed, first, value: alone.value })
      expect({ seed, first, isMore: both.moves > alone.moves }).toEqual({
        seed,
        first,
        isMore: false,
      })
      const [before, after] = [unevenness(problem, alone), unevenness(problem, both)]
      expect({ seed, first, isWorse: after > before + 1e-9 }).toEqual({
        seed,
        first,
        isWorse: false,
      })
      if (after < before - 1e-3) better++
    }
  }
  expect(better).toBeGreaterThan(3)
})

/** Standard deviations of the shares in use, summed: of the HWMs that are on. */
function unevenness(
  { dimensions, vms, hwms }: Problem,
  answer: Placed & { answer: 'map' },
): number {
  return dimensions.reduce((total, dimension) => {
    const shares = answer.hwmsOn.map(name => {
      const used = vms.reduce(
        (sum, vm) => sum + (answer.map.get(vm.name) === name ? (vm.demand[dimension] ?? 0) : 0),
        0,
      )
      return used / hwms.find(hwm => hwm.name === name)!.capacity[dimension]!
    })
    const mean = shares.reduce((sum, x) => sum + x, 0) / shares.length
    return total + Math.sqrt(shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / shares.length)
  }, 0)
}
