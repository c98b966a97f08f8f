import { expect, test, vi } from 'vitest'
import { checkLists } from '../../src/solver/check/fallback.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { checkRefusal } from '../../src/solver/check/refusal.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { type Random, seeded } from '../../src/solver/random.ts'
import { judgeAgain } from '../../src/solver/resilience/again.ts'
import { judgeResilience } from '../../src/solver/resilience/index.ts'
import { randomMap, randomProblem } from './cases.ts'
import { isResilient } from './oracles.ts'

vi.setConfig({ testTimeout: 30_000 })

interface State {
  readonly problem: Problem
  readonly map: ReadonlyMap<string, string>
}

/** One change of the kinds that happen: a VM moves, grows, is added, leaves; an HWM takes nobody in, grows, shrinks or is new. */
function changed({ problem, map }: State, random: Random): State {
  const { hwms, vms } = problem
  const vm = vms[random.below(vms.length)]!
  const hwm = hwms[random.below(hwms.length)]!
  const withVms = (each: typeof vms): Problem => ({ ...problem, vms: each })
  const withHwm = (change: Partial<typeof hwm>): Problem => ({
    ...problem,
    hwms: hwms.map(each => (each === hwm ? { ...hwm, ...change } : each)),
  })
  switch (random.below(7)) {
    case 0:
      return { problem, map: new Map(map).set(vm.name, hwm.name) }
    case 1: {
      const demand = Object.fromEntries(
        Object.entries(vm.demand).map(([d, x]) => [d, x + random.below(6)]),
      )
      return { problem: withVms(vms.map(each => (each === vm ? { ...vm, demand } : each))), map }
    }
    case 2: {
      const { home: _, ...like } = vm
      const added = { ...like, name: `new${vms.length}`, ha: true }
      return { problem: withVms([...vms, added]), map: new Map(map).set(added.name, hwm.name) }
    }
    case 3: {
      const left = new Map(map)
      left.delete(vm.name)
      return { problem, map: left }
    }
    case 4:
      return { problem: withHwm({ fallback: hwm.fallback === false }), map }
    case 5: {
      const factor = random.below(2) === 0 ? 0.9 : 1.2
      const capacity = Object.fromEntries(
        Object.entries(hwm.capacity).map(([d, x]) => [d, Math.floor(x * factor)]),
      )
      return { problem: withHwm({ capacity }), map }
    }
    default:
      return {
        problem: { ...problem, hwms: [...hwms, { ...hwm, name: `more${hwms.length}` }] },
        map,
      }
  }
}

test('judged by what was known before a change, the verdict is that of brute force; its lists and proofs are accepted', () => {
  const count = { yes: 0, no: 0 }
  for (let seed = 1; seed <= 220; seed++) {
    const tolerate = 1 + (seed % 2)
    const problem = randomProblem(seed, {
      hwms: 4,
      vms: 7,
      tolerate,
      fill: 0.3 + (seed % 3) * 0.08,
      rules: seed % 4 === 0,
      racks: seed % 5 === 0,
    })
    const map = randomMap(problem, seed, candidate => checkRunning(problem, candidate).length === 0)
    let state: State = { problem, map }
    let known = { ...state, resilience: judgeResilience(problem, map) }
    const random = seeded(seed)
    for (let step = 0; step < 4; step++) {
      const next = changed(state, random)
      if (checkRunning(next.problem, next.map).length > 0) continue
      const resilience = judgeAgain(next.problem, next.map, known)
      const holds = isResilient(next.problem, next.map, tolerate)
      expect({ seed, step, holds: resilience.holds }).toEqual({
        seed,
        step,
        holds: holds ? 'yes' : 'no',
      })
      if (resilience.by === 'lists') {
        const wrong = checkLists(next.problem, next.map, resilience.lists, tolerate)
        expect({ seed, step, wrong }).toEqual({ seed, step, wrong: [] })
      }
      if (resilience.counterExample !== undefined)
        expect(checkRefusal(next.problem, next.map, resilience.counterExample)).toEqual([])
      count[holds ? 'yes' : 'no']++
      state = next
      known = { ...next, resilience }
    }
  }
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(50)
})

test('a move in a large cluster touches few sets', () => {
  const hwms = Array.from({ length: 60 }, (_, h) => ({ name: `h${h}`, capacity: { ram: 100 } }))
  const vms = Array.from({ length: 600 }, (_, v) => ({
    name: `v${v}`,
    ha: true,
    demand: { ram: 4 + (v % 5) },
  }))
  const problem = { dimensions: ['ram'], hwms, vms, groups: [], tolerate: 2 }
  const map = new Map(vms.map((vm, v) => [vm.name, `h${v % 60}`]))
  const resilience = judgeResilience(problem, map, { findLargest: false })
  expect(resilience).toMatchObject({ holds: 'yes', by: 'lists', setsChecked: (60 * 59) / 2 })
  const moved = new Map(map).set('v0', 'h30')
  const again = judgeAgain(problem, moved, { problem, map, resilience })
  expect(again).toMatchObject({ holds: 'yes', by: 'lists' })
  expect(again.setsChecked).toBeLessThan(700)
  expect(checkLists(problem, moved, again.lists, 2)).toEqual([])
})
