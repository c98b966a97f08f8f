import { describe, expect, test } from 'vitest'
import { imbalance } from '../../src/solver/balance/balance.ts'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { assignmentOf, compile } from '../../src/solver/compile.ts'
import { itemsOf } from '../../src/solver/packing/packing.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Objective, PlacementMap, Placed, Problem, Term } from '../../src/solver/problem.ts'
import { randomProblem } from './cases.ts'
import { isResilient } from './oracles.ts'

const shape = { hwms: 3, vms: 6, tolerate: 0, fill: 0.6, homes: true } as const
const resilientShape = { ...shape, tolerate: 1, fill: 0.4, vms: 5 }
const OBJECTIVES: readonly Objective[] = ['fewest-hwms', 'balance', 'fewest-moves']

type Map_ = Extract<Placed, { answer: 'map' }>

function solved(problem: Problem, options: Parameters<typeof solvePlacement>[1]): Map_ | undefined {
  const placed = solvePlacement(problem, { findLargest: false, work: 2e7, seed: 1, ...options })
  return placed.answer === 'map' ? placed : undefined
}

/** What each objective is worth, counted from the names; the balance by the solver's own measure. */
function worth(problem: Problem, map: PlacementMap): Record<Objective, number> {
  const compiled = compile(problem)
  const { packing } = itemsOf(compiled)
  const open = Int32Array.from({ length: compiled.hwms }, (_, h) => h)
  return {
    'fewest-hwms': new Set(map.values()).size,
    balance: imbalance(
      packing,
      assignmentOf(compiled, map),
      open,
      new Float64Array(compiled.dims).fill(1),
    ),
    'fewest-moves': problem.vms.filter(vm => vm.home !== map.get(vm.name)).length,
  }
}

/** The lowest sum of all maps: every VM on every HWM. */
function exhaustive(problem: Problem, mix: readonly Term[]): number {
  let best = Infinity
  const map = new Map<string, string>()
  const go = (v: number): void => {
    const vm = problem.vms[v]
    if (vm === undefined) {
      if (checkPlacement(problem, map).length > 0) return
      const amounts = worth(problem, map)
      const sum = mix.reduce((all, term) => all + term.weight * amounts[term.objective], 0)
      if (sum < best - 1e-12 && isResilient(problem, map, problem.tolerate)) best = sum
      return
    }
    for (const hwm of problem.hwms) {
      map.set(vm.name, hwm.name)
      go(v + 1)
    }
    map.delete(vm.name)
  }
  go(0)
  return best
}

const mixes: Record<string, readonly Term[]> = {
  'balance and moves': [
    { objective: 'balance', weight: 10 },
    { objective: 'fewest-moves', weight: 1 },
  ],
  'HWMs and moves': [
    { objective: 'fewest-hwms', weight: 2 },
    { objective: 'fewest-moves', weight: 1 },
  ],
  'all three': [
    { objective: 'fewest-hwms', weight: 1 },
    { objective: 'balance', weight: 5 },
    { objective: 'fewest-moves', weight: 0.5 },
  ],
}

describe('a mix is the lowest sum of all maps, and says so', () => {
  test.each(Object.entries(mixes))('%s', (_, mix) => {
    let cases = 0
    for (let seed = 1; seed <= 20; seed++) {
      const problem = randomProblem(seed, seed % 2 === 0 ? shape : resilientShape)
      const placed = solved(problem, { mix })
      if (placed === undefined) continue
      cases++
      const amounts = worth(problem, placed.map)
      const sum = mix.reduce((all, term) => all + term.weight * amounts[term.objective], 0)
      expect({ seed, wrong: checkPlacement(problem, placed.map) }).toEqual({ seed, wrong: [] })
      expect({ seed, x: isResilient(problem, placed.map, problem.tolerate) }).toEqual({
        seed,
        x: true,
      })
      expect(placed.value).toBeCloseTo(sum, 9)
      expect({ seed, value: placed.value.toFixed(9), proved: placed.proved }).toEqual({
        seed,
        value: exhaustive(problem, mix).toFixed(9),
        proved: true,
      })
    }
    expect(cases).toBeGreaterThan(8)
  })
})

test('a mix of one objective is that objective', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const problem = randomProblem(seed, { ...shape, hwms: 5, vms: 12 })
    for (const objective of OBJECTIVES) {
      const pure = solved(problem, { objectives: [objective] })
      const mix = solved(problem, { mix: [{ objective, weight: 3 }] })
      expect([mix?.map, mix?.value, mix?.proved]).toEqual([pure?.map, pure?.value, pure?.proved])
    }
  }
})

test('more weight on moves never gives more moves', () => {
  let isFewer = 0
  for (let seed = 1; seed <= 20; seed++) {
    const problem = randomProblem(seed, shape)
    let last = Infinity
    for (const weight of [0.01, 0.1, 0.5, 2]) {
      const placed = solved(problem, {
        mix: [
          { objective: 'balance', weight: 10 },
          { objective: 'fewest-moves', weight },
        ],
      })
      if (placed === undefined) break
      expect(placed.moves).toBeLessThanOrEqual(last)
      if (placed.moves < last && last < Infinity) isFewer++
      last = placed.moves
    }
  }
  expect(isFewer).toBeGreaterThan(5)
  // Each search does all its work: on a busy machine that is more than the usual limit.
}, 30_000)

test('fewest moves after balance spares moves, and keeps the balance', () => {
  let fewer = 0
  for (let seed = 1; seed <= 40; seed++) {
    const drawn = randomProblem(seed, { ...shape, hwms: 4, vms: 10 })
    // Twins: which of them moves makes no difference to the balance.
    const problem = {
      ...drawn,
      vms: drawn.vms.map((vm, v) => ({ ...vm, demand: drawn.vms[v - (v % 2)]!.demand })),
    }
    const alone = solved(problem, { objectives: ['balance'] })
    const both = solved(problem, { objectives: ['balance', 'fewest-moves'] })
    if (alone === undefined || both === undefined) continue
    expect(both.value).toBeLessThanOrEqual(alone.value + 1e-6)
    expect(both.moves).toBeLessThanOrEqual(alone.moves)
    if (both.moves < alone.moves) fewer++
  }
  expect(fewer).toBeGreaterThan(0)
}, 30_000)

test('what is told on the way is the mix itself: never below its bound, never better than what is found', () => {
  let told = 0
  for (const mix of Object.values(mixes)) {
    for (let seed = 1; seed <= 10; seed++) {
      const problem = randomProblem(seed, seed % 2 === 0 ? shape : resilientShape)
      const progress: { best?: number; bound: number }[] = []
      const placed = solved(problem, { mix, onProgress: each => progress.push(each) })
      if (placed === undefined) continue
      for (const { best = placed.value, bound } of progress) {
        expect({ seed, best: best >= placed.value - 1e-9 }).toEqual({ seed, best: true })
        expect({ seed, bound: bound <= placed.value + 1e-9 }).toEqual({ seed, bound: true })
        told++
      }
      expect(progress.at(-1)?.best).toBeCloseTo(placed.value, 9)
    }
  }
  expect(told).toBeGreaterThan(50)
}, 30_000)
