// Small clusters are settled: the best map with its proof, or a proof that no map survives; held against brute force over all maps.
import { expect, test, vi } from 'vitest'
import { checkPlacement, checkRunning } from '../../src/solver/check/placement.ts'
import { checkNoPlacement } from '../../src/solver/check/refusal.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Objective, PlacementMap, Problem } from '../../src/solver/problem.ts'
import { randomProblem } from './cases.ts'
import { isResilient } from './oracles.ts'

vi.setConfig({ testTimeout: 120_000 })

/** All maps that keep every rule and capacity, by trying every HWM for every VM. */
function* validMaps(problem: Problem): Generator<PlacementMap> {
  const map = new Map<string, string>()
  function* go(k: number): Generator<PlacementMap> {
    const vm = problem.vms[k]
    if (vm === undefined) {
      yield map
      return
    }
    for (const hwm of problem.hwms) {
      const isPinnedHere = vm.pinned === true && vm.home === hwm.name
      if (vm.pinned === true ? !isPinnedHere : hwm.maintenance === true) continue
      map.set(vm.name, hwm.name)
      if (checkRunning(problem, map).length === 0) yield* go(k + 1)
      map.delete(vm.name)
    }
  }
  yield* go(0)
}

/** The lowest worth of a map that survives X, Infinity where there is none. */
function lowest(problem: Problem, worth: (map: PlacementMap) => number): number {
  let best = Infinity
  for (const map of validMaps(problem)) {
    const value = worth(map)
    if (value < best && isResilient(problem, map, problem.tolerate)) best = value
  }
  return best
}

function moves(problem: Problem, map: PlacementMap): number {
  return problem.vms.filter(vm => vm.home !== undefined && map.get(vm.name) !== vm.home).length
}

/** The fewest HWMs that must be on: the others hold nobody and take nobody in. */
function fewestOn(problem: Problem): number {
  for (let count = 0; count <= problem.hwms.length; count++) {
    for (let bits = 0; bits < 1 << problem.hwms.length; bits++) {
      const on = problem.hwms.filter((_, h) => (bits >> h) % 2 === 1).map(hwm => hwm.name)
      if (on.length !== count) continue
      const narrowed = {
        ...problem,
        hwms: problem.hwms.map(hwm => (on.includes(hwm.name) ? hwm : { ...hwm, fallback: false })),
      }
      const outside = (map: PlacementMap): number =>
        [...map.values()].every(hwm => on.includes(hwm)) ? 0 : Infinity
      if (lowest(narrowed, outside) === 0) return count
    }
  }
  return Infinity
}

/** Tight enough that about half of them have no map that survives. */
function tight(seed: number): Problem {
  return randomProblem(seed, {
    hwms: 3 + (seed % 2),
    vms: 3 + (seed % 4),
    tolerate: 1 + (seed % 5 === 0 ? 1 : 0),
    fill: 0.35 + (seed % 7) * 0.07,
    rules: seed % 3 === 0,
    racks: seed % 11 === 0,
    homes: true,
    all: seed % 4 === 0,
  })
}

test.each(['fewest-moves', 'balance'] as const)(
  'small clusters are settled by complete search: %s',
  objective => {
    const seen = { map: 0, impossible: 0, search: 0 }
    for (let seed = 1; seed <= 300; seed++) {
      const problem = tight(seed)
      const answer = solvePlacement(problem, { objectives: [objective], findLargest: false })
      const best = lowest(problem, map => (objective === 'balance' ? 0 : moves(problem, map)))
      expect({ seed, answer: answer.answer }).toEqual({
        seed,
        answer: best === Infinity ? 'impossible' : 'map',
      })
      if (answer.answer === 'map') {
        seen.map++
        expect(checkPlacement(problem, answer.map)).toEqual([])
        expect(isResilient(problem, answer.map, problem.tolerate)).toBe(true)
        if (objective === 'fewest-moves')
          expect({ seed, value: answer.value, proved: answer.proved }).toEqual({
            seed,
            value: best,
            proved: true,
          })
      } else if (answer.answer === 'impossible' && 'kind' in answer.why) {
        seen.impossible++
        if (answer.why.kind === 'search') seen.search++
        expect({
          seed,
          why: answer.why,
          complaints: checkNoPlacement(problem, answer.why),
        }).toEqual({ seed, why: answer.why, complaints: [] })
      }
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20)
  },
)

test('the fewest HWMs that survive X failures are proved on small clusters', () => {
  const objectives: readonly Objective[] = ['fewest-hwms']
  let proved = 0
  for (let seed = 1; seed <= 120; seed++) {
    const problem = { ...tight(seed), tolerate: 1 }
    if (!problem.vms.some(vm => vm.ha)) continue
    const answer = solvePlacement(problem, { objectives, findLargest: false })
    const best = fewestOn(problem)
    expect({ seed, best: answer.answer === 'map' ? answer.value : Infinity }).toEqual({
      seed,
      best,
    })
    if (answer.answer === 'map' && answer.proved) proved++
  }
  expect(proved).toBeGreaterThan(40)
})

test('the checker finds the map that a wrong proof by search denies', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const problem = tight(seed)
    const isThere = lowest(problem, () => 0) === 0
    const complaints = checkNoPlacement(problem, {
      kind: 'search',
      nodes: 1,
      tolerate: problem.tolerate,
    })
    expect({ seed, complaints }).toEqual({ seed, complaints: isThere ? ['There is a map.'] : [] })
  }
})
