// The bound from VMs in pieces, beside the exact model of small cases and beside maps that were found of larger ones.
import { expect, test } from 'vitest'
import { fractionalResilientBound } from '../../src/solver/bounds/fractional.ts'
import { mixedResilientBound } from '../../src/solver/bounds/mixed.ts'
import { resilientBound } from '../../src/solver/bounds/resilient.ts'
import { Budget } from '../../src/solver/budget.ts'
import { compile } from '../../src/solver/compile.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'
import { fewestHwms } from './models.ts'

/** HWMs of three shapes, VMs that are tall in one dimension or the other; some are bound to some HWMs. */
function drawn(seed: number, hwms: number, fill: number, tolerate: number): Problem {
  const random = seeded(seed)
  const shapes = [
    { ram: 100, cpu: 220, storage: 160 },
    { ram: 220, cpu: 90, storage: 120 },
    { ram: 130, cpu: 130, storage: 70 },
  ]
  const names = Array.from({ length: hwms }, (_, h) => `h${h}`)
  const vms: Problem['vms'][number][] = []
  const most = { ram: 150 * hwms * fill, cpu: 147 * hwms * fill }
  for (let ram = 0, cpu = 0; ; ) {
    const size = 6 + random.below(hwms < 8 ? 50 : 20)
    const tall = random.below(3)
    const demand = {
      ram: tall === 0 ? size * 2 : size,
      cpu: tall === 1 ? size * 2 : size,
      storage: size,
    }
    ram += demand.ram
    cpu += demand.cpu
    if (ram > most.ram || cpu > most.cpu) break
    const only = names.filter(() => random.below(2) === 0)
    vms.push({
      name: `v${vms.length}`,
      ha: random.below(3) > 0,
      demand,
      ...(random.below(4) === 0 && only.length > tolerate + 1 && { only }),
    })
  }
  return {
    dimensions: ['ram', 'cpu', 'storage'],
    hwms: names.map((name, h) => ({ name, capacity: shapes[(h + seed) % 3]! })),
    vms,
    groups: [],
    tolerate,
  }
}

function countedBound(problem: Problem, tolerate: number): number {
  const compiled = compile(problem)
  return Math.max(resilientBound(compiled, tolerate).hwms, mixedResilientBound(compiled, tolerate))
}

function boundOf(problem: Problem, tolerate: number, from: number): number {
  return fractionalResilientBound(compile(problem), tolerate, from, new Budget({}))
}

test('no map of fewer HWMs exists, by the exact model', () => {
  let met = 0
  let cases = 0
  for (let seed = 1; seed <= 24; seed++) {
    const tolerate = seed % 3
    const problem = drawn(seed, 5, 0.5, tolerate)
    const exact = fewestHwms(problem, tolerate, 10).value
    if (exact === undefined || Number.isNaN(exact)) continue
    cases++
    const bound = boundOf(problem, tolerate, 0)
    expect({ seed, isBelow: bound <= exact }).toEqual({ seed, isBelow: true })
    if (bound === exact) met++
  }
  expect(cases).toBeGreaterThan(15)
  expect(met).toBeGreaterThan(4)
}, 120_000)

test('it is never above a map that was found, and says more than counting where HWMs differ', () => {
  let more = 0
  for (let seed = 1; seed <= 12; seed++) {
    const tolerate = seed % 3
    const problem = drawn(100 + seed, 24, 0.6, tolerate)
    const placed = solvePlacement(problem, {
      objectives: ['fewest-hwms'],
      tolerate,
      findLargest: false,
      work: 3e7,
    })
    if (placed.answer !== 'map') continue
    const counted = countedBound(problem, tolerate)
    const bound = boundOf(problem, tolerate, counted)
    expect(bound, `seed ${seed}`).toBeLessThanOrEqual(placed.value)
    if (bound > counted) more++
  }
  expect(more).toBeGreaterThan(3)
}, 60_000)

test('with HWMs that are all alike it leaves what was known', () => {
  const problem = drawn(7, 6, 0.5, 1)
  const [first] = problem.hwms
  const alike = {
    ...problem,
    hwms: problem.hwms.map(hwm => ({ ...hwm, capacity: first!.capacity })),
    vms: problem.vms.map(({ name, ha, demand }) => ({ name, ha, demand })),
  }
  expect(boundOf(alike, 1, 4)).toBe(4)
})
