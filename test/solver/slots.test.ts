// Counting in VMs of one size, all dimensions at once: exact where VMs are equal, and a proof that the checker can recount.
import { expect, test } from 'vitest'
import { checkNoPlacement } from '../../src/solver/check/refusal.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'

/** VMs of one size on HWMs of which no two are alike: every slot there is, and `more`. */
function full(seed: number, more: number): Problem {
  const random = seeded(seed)
  const unit = { ram: 3 + random.below(5), cpu: 3 + random.below(5) }
  const hwms = Array.from({ length: 4 + random.below(6) }, (_, h) => ({
    name: `h${h}`,
    capacity: { ram: 10 + random.below(30), cpu: 10 + random.below(30) },
  }))
  const slots = hwms.reduce(
    (sum, { capacity }) =>
      sum + Math.min(Math.floor(capacity.ram / unit.ram), Math.floor(capacity.cpu / unit.cpu)),
    0,
  )
  const vms = Array.from({ length: slots + more }, (_, v) => ({
    name: `v${v}`,
    ha: false,
    demand: unit,
  }))
  return { dimensions: ['ram', 'cpu'], hwms, vms, groups: [], tolerate: 0 }
}

test('equal VMs: there is a map as long as there are slots, and a proof beyond', () => {
  let refused = 0
  for (let seed = 1; seed <= 60; seed++) {
    const fits = solvePlacement(full(seed, 0), { objectives: ['fewest-hwms'], seed })
    expect(fits).toMatchObject({ answer: 'map', proved: true })
    const problem = full(seed, 1)
    const answer = solvePlacement(problem, { objectives: ['fewest-hwms'], seed })
    if (answer.answer !== 'impossible' || !('kind' in answer.why)) throw new Error(answer.answer)
    expect(checkNoPlacement(problem, answer.why)).toEqual([])
    if (answer.why.kind === 'slots') refused++
  }
  // In the others one dimension alone says it.
  expect(refused).toBeGreaterThan(20)
})

test('a proof that counts wrong is not accepted', () => {
  const problem = full(7, 0)
  const unit = problem.vms[0]!.demand
  const proof = { kind: 'slots', unit, needed: 100, available: 1 } as const
  expect(checkNoPlacement(problem, proof)).toHaveLength(1)
  expect(checkNoPlacement(full(7, 1), proof)).toEqual([])
  expect(checkNoPlacement(problem, { ...proof, unit: {} })).toHaveLength(1)
})
