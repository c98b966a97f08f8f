import { describe, expect, test, vi } from 'vitest'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { checkNoPlacement } from '../../src/solver/check/refusal.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { randomProblem, type Shape } from './cases.ts'
import { isResilient } from './oracles.ts'

const restricted = (problem: Problem, on: readonly string[]): Problem => ({
  ...problem,
  hwms: problem.hwms.map(hwm => (on.includes(hwm.name) ? hwm : { ...hwm, fallback: false })),
})

// Searches that are not at their bound go on to the end of their work.
vi.setConfig({ testTimeout: 30_000 })

describe('every answer is valid, every refusal has a proof that the checker accepts', () => {
  const shapes: Record<string, Shape> = {
    'no rules': { hwms: 5, vms: 14, tolerate: 0, fill: 0.85 },
    'too full': { hwms: 4, vms: 9, tolerate: 0, fill: 0.98 },
    rules: { hwms: 5, vms: 12, tolerate: 0, fill: 0.6, rules: true, homes: true },
    'one failure, rules': { hwms: 5, vms: 11, tolerate: 1, fill: 0.5, rules: true, homes: true },
    'all rules, one failure': {
      hwms: 5,
      vms: 10,
      tolerate: 1,
      fill: 0.4,
      rules: true,
      all: true,
      homes: true,
    },
    'all rules, racks': {
      hwms: 6,
      vms: 9,
      tolerate: 1,
      fill: 0.35,
      rules: true,
      all: true,
      homes: true,
      racks: true,
    },
    'two failures': { hwms: 5, vms: 10, tolerate: 2, fill: 0.4 },
    racks: { hwms: 6, vms: 10, tolerate: 1, fill: 0.5, racks: true, homes: true },
  }
  test.each(Object.entries(shapes))('%s', (_, shape) => {
    const count = { map: 0, impossible: 0, 'no-answer': 0 }
    for (let seed = 1; seed <= 60; seed++) {
      const problem = randomProblem(seed, shape)
      const objective = (['fewest-hwms', 'fewest-moves', 'balance'] as const)[seed % 3]!
      const placed = solvePlacement(problem, {
        objectives: [objective],
        findLargest: false,
        work: 5e6,
        seed,
      })
      count[placed.answer]++
      if (placed.answer === 'map') {
        expect({ seed, wrong: checkPlacement(problem, placed.map) }).toEqual({ seed, wrong: [] })
        expect({ seed, holds: placed.resilience.holds }).toEqual({ seed, holds: 'yes' })
        expect({
          seed,
          resilient: isResilient(restricted(problem, placed.hwmsOn), placed.map, shape.tolerate),
        }).toEqual({
          seed,
          resilient: true,
        })
        expect(placed.bound).toBeLessThanOrEqual(placed.value + 1e-9)
      } else if (placed.answer === 'impossible' && 'kind' in placed.why) {
        expect({ seed, wrong: checkNoPlacement(problem, placed.why) }).toEqual({ seed, wrong: [] })
      }
    }
    expect(count.map).toBeGreaterThan(10)
  })
})
