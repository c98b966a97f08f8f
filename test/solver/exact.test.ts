import { describe, expect, test } from 'vitest'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Objective, Problem } from '../../src/solver/problem.ts'
import { randomProblem } from './cases.ts'
import { fewestHwms, fewestMigrations } from './models.ts'

describe('equal to the exact model', () => {
  const solved = (problem: Problem, objective: Objective, seed: number): number | undefined => {
    const placed = solvePlacement(problem, {
      objectives: [objective],
      findLargest: false,
      work: 2e7,
      seed,
    })
    return placed.answer === 'map' ? placed.value : undefined
  }
  test('fewest HWMs', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const problem = randomProblem(seed, {
        hwms: 7,
        vms: 16,
        tolerate: 0,
        fill: 0.5,
        equalHwms: seed % 2 === 0,
      })
      expect({ seed, value: solved(problem, 'fewest-hwms', seed) }).toEqual({
        seed,
        value: fewestHwms(problem, 0).value,
      })
    }
  })
  test('fewest moves', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const problem = randomProblem(seed, {
        hwms: 5,
        vms: 14,
        tolerate: 0,
        fill: 0.75 + (seed % 4) * 0.05,
        homes: true,
      })
      expect({ seed, value: solved(problem, 'fewest-moves', seed) }).toEqual({
        seed,
        value: fewestMigrations(problem).value,
      })
    }
  })
  test('fewest HWMs that survive failures', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const tolerate = 1 + (seed % 2)
      const problem = randomProblem(seed, {
        hwms: 5,
        vms: 10,
        tolerate,
        fill: 0.3,
        equalHwms: true,
        haShare: 0.6,
      })
      expect({ seed, value: solved(problem, 'fewest-hwms', seed) }).toEqual({
        seed,
        value: fewestHwms(problem, tolerate).value,
      })
    }
  })
})
