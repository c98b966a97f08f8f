// Bounds by the prices of columns where VMs are bound by rules, and where X failures are to be survived: never above what is possible.
import { expect, test } from 'vitest'
import { pricedResilientBound } from '../../src/solver/bounds/priced.ts'
import { resilientBound } from '../../src/solver/bounds/resilient.ts'
import { Budget } from '../../src/solver/budget.ts'
import { compile } from '../../src/solver/compile.ts'
import { itemsOf } from '../../src/solver/packing/packing.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { randomProblem } from './cases.ts'
import { fewestHwms } from './models.ts'

function priced(problem: Problem, tolerate: number): number {
  const compiled = compile(problem)
  const items = itemsOf(compiled)
  const nowhere = new Int32Array(items.packing.items).fill(-1)
  return pricedResilientBound(compiled, items, tolerate, nowhere, new Budget({ work: 1e8 }))
}

test('never above the exact number, and at it more often than not', () => {
  let met = 0
  let cases = 0
  for (let seed = 1; seed <= 24; seed++) {
    const tolerate = seed % 3
    const problem = randomProblem(seed, {
      hwms: 6,
      vms: 9 + (seed % 3),
      tolerate,
      fill: 0.35 + (seed % 4) * 0.05,
      equalHwms: seed % 4 !== 0,
      racks: seed % 5 === 0,
      haShare: [1, 0.6, 0.3][seed % 3 === 0 ? 0 : seed % 2]!,
    })
    const exact = fewestHwms(problem, tolerate).value
    if (exact === undefined || Number.isNaN(exact)) continue
    cases++
    const bound = priced(problem, tolerate)
    expect({ seed, isAbove: bound > exact }).toEqual({ seed, isAbove: false })
    if (bound === exact) met++
  }
  expect(cases).toBeGreaterThan(12)
  expect(met).toBeGreaterThan(cases / 2)
})

test('rules do not lift it above a map that there is, and it says more than volume', () => {
  let sharper = 0
  for (let seed = 1; seed <= 40; seed++) {
    const problem = randomProblem(seed, {
      hwms: 14,
      vms: 24,
      tolerate: 1 + (seed % 2),
      fill: 0.5,
      equalHwms: true,
      rules: seed % 2 === 0,
    })
    const placed = solvePlacement(problem, {
      objectives: ['fewest-hwms'],
      work: 5e6,
      findLargest: false,
    })
    if (placed.answer !== 'map') continue
    const bound = priced(problem, problem.tolerate)
    expect({ seed, isAbove: bound > placed.value }).toEqual({ seed, isAbove: false })
    if (bound > resilientBound(compile(problem), problem.tolerate).hwms) sharper++
  }
  // Counting in the sizes there are is sharp already where it is: two of the forty.
  expect(sharper).toBeGreaterThan(0)
})
