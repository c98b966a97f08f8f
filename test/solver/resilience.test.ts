import { describe, expect, test } from 'vitest'
import {
  checkFallback,
  checkLists,
  choices,
  failureUnits,
} from '../../src/solver/check/fallback.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { checkRefusal } from '../../src/solver/check/refusal.ts'
import { allFallbacks, fallbackFor, judgeResilience } from '../../src/solver/resilience/index.ts'
import { randomMap, randomProblem, type Shape } from './cases.ts'
import { canSurvive, isResilient } from './oracles.ts'

const shapes: Record<string, Shape> = {
  'one failure, no rules': { hwms: 4, vms: 10, tolerate: 1, fill: 0.55 },
  'one failure, tight': { hwms: 4, vms: 9, tolerate: 1, fill: 0.72 },
  'two failures': { hwms: 5, vms: 10, tolerate: 2, fill: 0.42 },
  'two failures, rules': { hwms: 5, vms: 9, tolerate: 2, fill: 0.4, rules: true },
  'all rules, two failures': {
    hwms: 5,
    vms: 9,
    tolerate: 2,
    fill: 0.36,
    rules: true,
    all: true,
    homes: true,
  },
  'all rules, one rack': {
    hwms: 6,
    vms: 9,
    tolerate: 1,
    fill: 0.4,
    racks: true,
    rules: true,
    all: true,
    homes: true,
  },
  'one rack, rules': { hwms: 6, vms: 9, tolerate: 1, fill: 0.45, racks: true, rules: true },
}

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  test('the verdict is that of brute force, and what proves it is accepted', () => {
    const count = { yes: 0, no: 0, unknown: 0 }
    for (let seed = 1; seed <= 120; seed++) {
      const problem = randomProblem(seed, shape)
      const map = randomMap(
        problem,
        seed,
        candidate => checkRunning(problem, candidate).length === 0,
      )
      const verdict = judgeResilience(problem, map, { findLargest: false })
      count[verdict.holds]++
      expect({ seed, holds: verdict.holds === 'yes' }).toEqual({
        seed,
        holds: isResilient(problem, map, shape.tolerate),
      })
      if (verdict.by === 'lists')
        expect({ seed, wrong: checkLists(problem, map, verdict.lists, shape.tolerate) }).toEqual({
          seed,
          wrong: [],
        })
      if (verdict.counterExample !== undefined) {
        expect({ seed, wrong: checkRefusal(problem, map, verdict.counterExample) }).toEqual({
          seed,
          wrong: [],
        })
      }
    }
    expect(count.unknown).toBe(0)
    expect(Math.min(count.yes, count.no)).toBeGreaterThan(2)
  })
})

test('every fallback map is valid, and a set without one has none by brute force', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const problem = randomProblem(seed, {
      hwms: 5,
      vms: 10,
      tolerate: 2,
      fill: 0.45,
      rules: seed % 2 === 0,
    })
    const map = randomMap(problem, seed, candidate => checkRunning(problem, candidate).length === 0)
    for (const { failed, map: fallback, isComplete } of allFallbacks(problem, map)) {
      if (isComplete) expect(checkFallback(problem, map, failed, fallback)).toEqual([])
      expect({ seed, failed, isComplete }).toEqual({
        seed,
        failed,
        isComplete: canSurvive(problem, map, failed),
      })
    }
    for (const choice of choices(failureUnits(problem), 2)) {
      const one = fallbackFor(problem, map, choice.flat())
      if (one.answer === 'map') expect(checkFallback(problem, map, one.failed, one.map)).toEqual([])
      else expect(canSurvive(problem, map, one.failed)).toBe(false)
    }
  }
})

test('the largest X is the largest that holds by brute force', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const problem = randomProblem(seed, {
      hwms: 4,
      vms: 8,
      tolerate: 1 + (seed % 2),
      fill: 0.2 + (seed % 5) * 0.1,
    })
    const map = randomMap(problem, seed, candidate => checkRunning(problem, candidate).length === 0)
    const { largest, largestIsExact } = judgeResilience(problem, map)
    expect(largestIsExact).toBe(true)
    let expected = 0
    while (expected < 4 && isResilient(problem, map, expected + 1)) expected++
    expect({ seed, largest }).toEqual({ seed, largest: expected })
  }
})
