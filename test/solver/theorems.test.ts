// The facts of docs/solver.md, each against brute force: the names T1 to T7 are those of its headings.
import { expect, test, vi } from 'vitest'
import { resilientBound } from '../../src/solver/bounds/resilient.ts'
import { capacityOf, spareOf } from '../../src/solver/capacity.ts'
import { choices, failureUnits } from '../../src/solver/check/fallback.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { compile } from '../../src/solver/compile.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'
import { randomMap, randomProblem } from './cases.ts'
import { fewestHwms } from './models.ts'
import { canSurvive, isResilient } from './oracles.ts'

vi.setConfig({ testTimeout: 30_000 })

function valid(problem: Problem, seed: number): Map<string, string> {
  return randomMap(problem, seed, map => checkRunning(problem, map).length === 0)
}

/** Load of one dimension on every HWM, of HAVMs or of plain VMs. */
function loads(problem: Problem, map: PlacementMap, ha: boolean, dimension: string): number[] {
  return problem.hwms.map(hwm =>
    problem.vms
      .filter(vm => vm.ha === ha && map.get(vm.name) === hwm.name)
      .reduce((sum, vm) => sum + (vm.demand[dimension] ?? 0), 0),
  )
}

const sum = (list: readonly number[]): number => list.reduce((total, x) => total + x, 0)
const top = (list: readonly number[], count: number): number =>
  sum(list.toSorted((a, b) => b - a).slice(0, count))

test('T1: a map that survives every set of X survives every smaller one', () => {
  let held = 0
  for (let seed = 1; seed <= 60; seed++) {
    const problem = randomProblem(seed, {
      hwms: 4,
      vms: 7,
      tolerate: 2,
      fill: 0.3,
      rules: seed % 2 === 0,
    })
    const map = valid(problem, seed)
    if (!isResilient(problem, map, 2)) continue
    held++
    expect({ seed, one: isResilient(problem, map, 1) }).toEqual({ seed, one: true })
  }
  expect(held).toBeGreaterThan(10)
})

test('T2: less spare than the X largest sums of HA load and spare is too little', () => {
  let short = 0
  for (let seed = 1; seed <= 300; seed++) {
    const tolerate = 1 + (seed % 2)
    const problem = randomProblem(seed, { hwms: 4, vms: 9, tolerate, fill: 0.6 })
    const map = valid(problem, seed)
    for (const { there, needed } of spareOf(problem, map).dimensions) {
      if (needed <= there) continue
      short++
      expect({ seed, holds: isResilient(problem, map, tolerate) }).toEqual({ seed, holds: false })
    }
  }
  expect(short).toBeGreaterThan(50)
})

/** Ways to write `total` as `parts` numbers, largest first, none above `most`. */
function* partitions(total: number, parts: number, most = total): Generator<number[]> {
  if (parts === 0) {
    if (total === 0) yield []
    return
  }
  for (let first = Math.min(most, total); first * parts >= total; first--)
    for (const rest of partitions(total - first, parts - 1, first)) yield [first, ...rest]
}

test('T3: counted in whole units of any size, too little is too little; and units see what volume does not', () => {
  const count = { refuted: 0, onlyInUnits: 0, survived: 0 }
  for (let seed = 1; seed <= 200; seed++) {
    const drawn = randomProblem(seed, { hwms: 4, vms: 9, tolerate: 1, fill: 0.6, haShare: 0.8 })
    const problem = {
      ...drawn,
      dimensions: ['ram'],
      hwms: only(drawn.hwms),
      vms: onlyDemand(drawn),
    }
    const map = valid(problem, seed)
    for (const failed of choices(failureUnits(problem), 1)) {
      const dead = new Set(failed.flat())
      const lost = problem.vms.filter(vm => vm.ha && dead.has(map.get(vm.name) ?? ''))
      const rooms = problem.hwms
        .filter(hwm => !dead.has(hwm.name))
        .map(hwm => (hwm.capacity['ram'] ?? 0) - loadOn(problem, map, hwm.name))
      const units = (t: number) => ({
        needed: sum(lost.map(vm => Math.floor((vm.demand['ram'] ?? 0) / t))),
        there: sum(rooms.map(room => Math.floor(room / t))),
      })
      const short = Array.from({ length: 140 }, (_, k) => k + 1).filter(
        t => units(t).needed > units(t).there,
      )
      const survives = canSurvive(problem, map, [...dead])
      if (short.length > 0) {
        expect({ seed, survives }).toEqual({ seed, survives: false })
        count.refuted++
        if (!short.includes(1)) count.onlyInUnits++
      } else if (survives) count.survived++
    }
  }
  expect(count.refuted).toBeGreaterThan(50)
  expect(count.onlyInUnits).toBeGreaterThan(10)
  expect(count.survived).toBeGreaterThan(50)
})

const ramOf = (amounts: Readonly<Record<string, number>>) => ({ ram: amounts['ram'] ?? 0 })
const only = (hwms: Problem['hwms']) => hwms.map(hwm => ({ ...hwm, capacity: ramOf(hwm.capacity) }))
const onlyDemand = ({ vms }: Problem) => vms.map(vm => ({ ...vm, demand: ramOf(vm.demand) }))
const loadOn = (problem: Problem, map: ReadonlyMap<string, string>, hwm: string) =>
  sum(problem.vms.map(vm => (map.get(vm.name) === hwm ? (vm.demand['ram'] ?? 0) : 0)))

test('T4: Y spare slots suffice exactly when Y >= X q + min(X, r)', () => {
  let cases = 0
  for (let k = 2; k <= 5; k++) {
    for (let x = 1; x < k; x++) {
      for (let m = 1; m <= 7; m++) {
        for (let y = 0; y <= 9; y++) {
          const [q, r] = [Math.floor((m + y) / k), (m + y) % k]
          // All ways to spread the slots; for each, all sets of X. Where HAVMs are among the slots makes no difference.
          const exists = [...partitions(m + y, k)].some(slots =>
            [...choices(slots, x)].every(failed => m <= m + y - sum(failed)),
          )
          expect({ k, x, m, y, exists }).toEqual({
            k,
            x,
            m,
            y,
            exists: y >= x * q + Math.min(x, r),
          })
          cases++
        }
      }
    }
  }
  expect(cases).toBeGreaterThan(600)
})

/** One dimension, all HAVMs of one size; plain VMs of any. */
function equalHavms(seed: number): Problem {
  const random = seeded(seed)
  const hwms = Array.from({ length: 3 + random.below(2) }, (_, h) => ({
    name: `h${h}`,
    capacity: { ram: seed % 2 === 0 ? 24 : 12 + random.below(16) },
    fallback: seed % 5 !== 0 || h > 0,
  }))
  const vms = Array.from({ length: 4 + random.below(5) }, (_, v) => ({
    name: `v${v}`,
    ha: seed % 3 === 0 || v % 3 !== 0,
    demand: { ram: seed % 3 === 0 || v % 3 !== 0 ? 5 : 1 + random.below(6) },
  }))
  return { dimensions: ['ram'], hwms, vms, groups: [], tolerate: 1 + (seed % 2) }
}

test('T4, on a map: slots needed and slots there decide, when all HAVMs are of one size', () => {
  const count = { yes: 0, no: 0 }
  for (let seed = 1; seed <= 300; seed++) {
    const problem = equalHavms(seed)
    const map = valid(problem, seed)
    if (![...map.keys()].some(name => problem.vms.find(vm => vm.name === name)?.ha)) continue
    const [slots] = spareOf(problem, map).slots
    const holds = isResilient(problem, map, problem.tolerate)
    expect({ seed, isExact: slots?.isExact, fits: slots!.needed <= slots!.there }).toEqual({
      seed,
      isExact: true,
      fits: holds,
    })
    count[holds ? 'yes' : 'no']++
  }
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(20)
})

test('T4, on any map: how many more HAVMs fit is c (K - X) - M for equal HWMs without plain VMs', () => {
  for (let k = 2; k <= 6; k++) {
    for (let x = 0; x < k; x++) {
      const hwms = Array.from({ length: k }, (_, h) => ({ name: `h${h}`, capacity: { ram: 10 } }))
      const vms = Array.from({ length: 2 }, (_, v) => ({
        name: `v${v}`,
        ha: true,
        demand: { ram: 3 },
      }))
      const problem = { dimensions: ['ram'], hwms, vms, groups: [], tolerate: x }
      const map = new Map([
        ['v0', 'h0'],
        ['v1', 'h1'],
      ])
      const [slots] = capacityOf(problem, map).slots
      const expected = (n: number) => {
        const most = Math.max(0, 3 * (n - x) - 2)
        return { atLeast: most, atMost: most, isExact: true }
      }
      expect({ k, x, more: slots?.more }).toEqual({ k, x, more: expected(k) })
      expect({ k, x, more: slots?.withHwm?.more }).toEqual({ k, x, more: expected(k + 1) })
    }
  }
})

test('T5: with sizes that divide each other, counting in every size is exact', () => {
  const count = { yes: 0, no: 0 }
  const sizes = [1, 2, 4, 8]
  for (let seed = 1; seed <= 400; seed++) {
    const random = seeded(seed)
    const tolerate = 1 + (seed % 2)
    const problem: Problem = {
      dimensions: ['ram'],
      hwms: Array.from({ length: 4 }, (_, h) => ({
        name: `h${h}`,
        capacity: { ram: 12 + random.below(20) },
      })),
      vms: Array.from({ length: 7 }, (_, v) => ({
        name: `v${v}`,
        ha: random.below(4) > 0,
        demand: { ram: sizes[random.below(4)]! },
      })),
      groups: [],
      tolerate,
    }
    const map = valid(problem, seed)
    const [plain, ha] = [loads(problem, map, false, 'ram'), loads(problem, map, true, 'ram')]
    const fits = sizes.every(size => {
      const slots = problem.hwms.map((hwm, h) =>
        Math.floor((hwm.capacity['ram']! - plain[h]! - ha[h]!) / size),
      )
      const lost = problem.hwms.map((hwm, h) => {
        const mine = problem.vms.filter(vm => vm.ha && map.get(vm.name) === hwm.name)
        return slots[h]! + sum(mine.map(vm => Math.floor(vm.demand['ram']! / size)))
      })
      return top(lost, tolerate) <= sum(slots)
    })
    const holds = isResilient(problem, map, tolerate)
    expect({ seed, fits }).toEqual({ seed, fits: holds })
    count[holds ? 'yes' : 'no']++
  }
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(20)
})

test('T6: an HAVM without room in X other places is lost when those and its own fail', () => {
  let lonely = 0
  for (let seed = 1; seed <= 200; seed++) {
    const tolerate = 1 + (seed % 2)
    const problem = randomProblem(seed, { hwms: 4, vms: 8, tolerate, fill: 0.55 })
    const map = valid(problem, seed)
    const hasRoom = (name: string, demand: Readonly<Record<string, number>>): boolean =>
      problem.dimensions.every(dimension => {
        const h = problem.hwms.findIndex(hwm => hwm.name === name)
        const used =
          loads(problem, map, true, dimension)[h]! + loads(problem, map, false, dimension)[h]!
        return used + (demand[dimension] ?? 0) <= problem.hwms[h]!.capacity[dimension]!
      })
    const isLonely = problem.vms.some(
      vm =>
        vm.ha &&
        map.has(vm.name) &&
        problem.hwms.filter(hwm => hwm.name !== map.get(vm.name) && hasRoom(hwm.name, vm.demand))
          .length < tolerate,
    )
    if (!isLonely) continue
    lonely++
    expect({ seed, holds: isResilient(problem, map, tolerate) }).toEqual({ seed, holds: false })
  }
  expect(lonely).toBeGreaterThan(20)
})

test('T7: no map of fewer HWMs than the bound exists, by the exact model', () => {
  let met = 0
  for (let seed = 1; seed <= 10; seed++) {
    const tolerate = 1 + (seed % 2)
    const problem = randomProblem(seed, {
      hwms: 4,
      vms: 7,
      tolerate,
      fill: 0.25,
      equalHwms: seed % 3 > 0,
    })
    const { hwms } = resilientBound(compile(problem), tolerate)
    const exact = fewestHwms(problem, tolerate).value ?? Infinity
    expect({ seed, isBelow: hwms <= exact }).toEqual({ seed, isBelow: true })
    if (hwms === exact) met++
  }
  expect(met).toBeGreaterThan(2)
})
