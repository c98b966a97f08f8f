// Clusters drawn by chance: every answer is valid by the checker, none is worse than what plain rules of thumb find, and none comes late.
import { expect, test } from 'vitest'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { checkNoPlacement } from '../../src/solver/check/refusal.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Placed, Problem } from '../../src/solver/problem.ts'
import { judgeResilience } from '../../src/solver/resilience/index.ts'
import { complaintsOf } from '../bench/solver/certificates.ts'
import { complaintsOfPlaced } from '../bench/solver/fewest-hosts.ts'
import { drawnProblem } from './drawn.ts'
import { firstFit, steepest, stayOrLeave, unevenness } from './plain.ts'

/** `YASCO_DRAWN=500` draws so many for each test, after the first ones; half a minute a hundred. */
const MORE = Number(process.env['YASCO_DRAWN'] ?? 0)
const WORK = 3e7

function* seeds(first: number): Generator<number> {
  for (let seed = 1; seed <= first + MORE; seed++) yield seed
}

/** Everybody where first fit puts them, from some HWM on; undefined when it finds no room for one. */
function livedIn(problem: Problem, seed: number): Problem | undefined {
  const { hwms } = problem
  const from = seed % hwms.length
  const map = firstFit({ ...problem, hwms: [...hwms.slice(from), ...hwms.slice(0, from)] })
  return map && { ...problem, vms: problem.vms.map(vm => ({ ...vm, home: map.get(vm.name)! })) }
}

function complaints(problem: Problem, placed: Placed): readonly string[] {
  if (placed.answer === 'map') return checkPlacement(problem, placed.map)
  if (placed.answer === 'no-answer') return []
  return 'kind' in placed.why ? checkNoPlacement(problem, placed.why) : [placed.sentence]
}

test('fewest HWMs: valid, no more than first fit takes, an answer where it has one', () => {
  let fewer = 0
  for (const seed of seeds(40)) {
    const { problem, what } = drawnProblem(seed, {
      hwms: [8, 60],
      mostVms: 150,
      fill: [0.6, 0.95],
      mostTolerate: 0,
    })
    const placed = solvePlacement(problem, {
      objectives: ['fewest-hwms'],
      work: WORK,
      findLargest: false,
    })
    expect({ seed, what, wrong: complaints(problem, placed) }).toEqual({ seed, what, wrong: [] })
    const plain = firstFit(problem)
    const most = plain === undefined ? Infinity : new Set(plain.values()).size
    const used = placed.answer === 'map' ? placed.value : Infinity
    expect({ seed, what, isWorse: used > most }).toEqual({ seed, what, isWorse: false })
    if (placed.answer === 'map') expect(placed.bound).toBeLessThanOrEqual(used)
    if (used < most) fewer++
  }
  expect(fewer).toBeGreaterThan(20)
})

test('fewest HWMs with X: what is said to hold holds', () => {
  let maps = 0
  for (const seed of seeds(25)) {
    const { problem, what } = drawnProblem(seed, {
      hwms: [8, 40],
      mostVms: 90,
      fill: [0.35, 0.7],
      mostTolerate: 3,
    })
    const placed = solvePlacement(problem, {
      objectives: ['fewest-hwms'],
      work: WORK,
      findLargest: false,
    })
    if (placed.answer !== 'map') continue
    maps++
    const wrong = complaintsOfPlaced(problem, placed)
    expect({ seed, what, wrong }).toEqual({ seed, what, wrong: [] })
    expect(placed.bound).toBeLessThanOrEqual(placed.value)
  }
  expect(maps).toBeGreaterThan(12)
})

test('fewest moves after growth: no more than staying and leaving by rules of thumb', () => {
  let fewer = 0
  for (const seed of seeds(40)) {
    const drawn = drawnProblem(seed, {
      hwms: [8, 60],
      mostVms: 150,
      fill: [0.6, 0.93],
      mostTolerate: 0,
    })
    const lived = livedIn(drawn.problem, seed)
    if (lived === undefined) continue
    const [grown = 'ram'] = lived.dimensions.slice(seed % lived.dimensions.length)
    const vms = lived.vms.map((vm, v) =>
      v % 9 === 4
        ? { ...vm, demand: { ...vm.demand, [grown]: Math.round(1.4 * vm.demand[grown]!) } }
        : vm,
    )
    const problem = { ...lived, vms }
    const placed = solvePlacement(problem, {
      objectives: ['fewest-moves'],
      work: WORK,
      findLargest: false,
    })
    const { what } = drawn
    expect({ seed, what, wrong: complaints(problem, placed) }).toEqual({ seed, what, wrong: [] })
    const plain = stayOrLeave(problem)
    const moved = (map: ReadonlyMap<string, string>): number =>
      vms.filter(vm => map.get(vm.name) !== vm.home).length
    const most = plain === undefined ? Infinity : moved(plain)
    const moves = placed.answer === 'map' ? moved(placed.map) : Infinity
    expect({ seed, what, isWorse: moves > most }).toEqual({ seed, what, isWorse: false })
    if (moves < most) fewer++
  }
  expect(fewer).toBeGreaterThan(5)
})

test('balance: no worse than the steepest moves one by one, with no more of them', () => {
  let better = 0
  for (const seed of seeds(16)) {
    const drawn = drawnProblem(seed, {
      hwms: [8, 25],
      mostVms: 60,
      fill: [0.5, 0.85],
      mostTolerate: 0,
    })
    const problem = livedIn(drawn.problem, seed)
    if (problem === undefined) continue
    const plain = steepest(problem, 8)
    const moved = (map: ReadonlyMap<string, string>): number =>
      problem.vms.filter(vm => map.get(vm.name) !== vm.home).length
    const placed = solvePlacement(problem, {
      objectives: ['balance'],
      work: WORK,
      findLargest: false,
      mostMoves: moved(plain),
    })
    const { what } = drawn
    expect({ seed, what, wrong: complaints(problem, placed) }).toEqual({ seed, what, wrong: [] })
    const map = placed.answer === 'map' ? placed.map : new Map<string, string>()
    expect(moved(map)).toBeLessThanOrEqual(moved(plain))
    const [theirs, ours] = [unevenness(problem, plain), unevenness(problem, map)]
    expect({ seed, what, isWorse: ours > theirs + 1e-9 }).toEqual({ seed, what, isWorse: false })
    if (ours < theirs - 1e-6) better++
  }
  expect(better).toBeGreaterThan(5)
})

test('the verdict on X: settled, and its proof accepted', () => {
  const count = { yes: 0, no: 0, unknown: 0 }
  for (const seed of seeds(40)) {
    const { problem, what } = drawnProblem(seed, {
      hwms: [8, 80],
      mostVms: 200,
      fill: [0.4, 0.9],
      mostTolerate: 3,
    })
    const map = firstFit(problem)
    if (map === undefined) continue
    const verdict = judgeResilience(problem, map, { findLargest: false })
    count[verdict.holds]++
    const wrong = complaintsOf(problem, map, verdict)
    expect({ seed, what, wrong }).toEqual({ seed, what, wrong: [] })
  }
  expect(count.unknown).toBe(0)
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(4)
})
