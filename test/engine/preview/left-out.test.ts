// A plan without some of its moves: what is left is valid, in an order that can be carried out, and told as it is.
import { describe, expect, test } from 'vitest'
import type { Hooks } from '../../../src/engine/solving/answer.ts'
import { leaveOut, type LeftOutRequest } from '../../../src/engine/solving/left-out.ts'
import { answerPlan } from '../../../src/engine/solving/plan.ts'
import type { BestBy } from '../../../src/model/objectives.ts'
import { checkOrder } from '../../../src/solver/check/order.ts'
import { checkPlacement, checkRunning } from '../../../src/solver/check/placement.ts'
import type { PlacementMap, Problem } from '../../../src/solver/problem.ts'
import { seeded } from '../../../src/solver/random.ts'
import { randomProblem } from '../../solver/cases.ts'
import { isResilient } from '../../solver/oracles.ts'

const HOOKS: Hooks = { now: () => 0, stopped: () => false, onProgress: () => undefined }
const AIMS: readonly BestBy[] = [
  { objectives: ['balance'] },
  { objectives: ['fewest-hwms'] },
  { objectives: ['fewest-moves'] },
  {
    mix: [
      { objective: 'balance', weight: 50 },
      { objective: 'fewest-hwms', weight: 1 },
    ],
  },
]

/** Steps, not time: any valid plan will do, the best or not. */
const LITTLE = { isRepeatable: true, seconds: 0.01 }

/** Some VMs are away from their homes. */
function placesOf(seed: number, problem: Problem): PlacementMap {
  const random = seeded(seed + 99)
  const places = new Map<string, string>()
  for (const { name, home, pinned } of problem.vms) {
    const other = problem.hwms[random.below(problem.hwms.length)]!.name
    const at = random.below(4) === 0 && pinned !== true ? other : home
    if (at !== undefined) places.set(name, at)
  }
  return places
}

interface Case extends LeftOutRequest {
  /** Of the whole. */
  readonly value: number
}

/** A plan that moves something, and some of what it moves. */
function caseOf(seed: number): Case | undefined {
  const problem = randomProblem(seed, {
    hwms: 3 + (seed % 2),
    vms: 7,
    tolerate: seed % 2,
    fill: 0.5,
    homes: true,
    rules: seed % 3 === 0,
    all: seed % 5 === 0,
  })
  const bestBy = AIMS[seed % AIMS.length]!
  const places = placesOf(seed, problem)
  const common = { problem, places, seed: 1, parallelPerHwm: 2 }
  const whole = answerPlan(
    { ...common, ...bestBy, ...LITTLE, keepsMap: false, fallbacks: 'none' },
    HOOKS,
  )
  if (whole.answer !== 'map' || whole.order !== 'found' || whole.moves.length === 0)
    return undefined
  const moving = [...new Set(whole.moves.map(move => move.vm))]
  const random = seeded(seed)
  const vms = moving.filter(() => random.below(2) === 0)
  return { ...common, whole, bestBy, vms, value: whole.value, seconds: 4 }
}

test('any moves left out of any plan: the rest is valid, ordered, and told as it is; or it is said why not', () => {
  const seen = { plan: 0, impossible: 0, away: 0 }
  for (let seed = 1; seed <= 160; seed++) {
    const asked = caseOf(seed)
    if (asked === undefined) continue
    const { problem, places, whole, vms } = asked
    const ends = new Map(whole.map)
    const cdm = new Map(whole.map)
    for (const vm of vms) {
      const home = problem.vms.find(each => each.name === vm)?.home
      ends.set(vm, places.get(vm) ?? '')
      cdm.set(vm, home ?? places.get(vm) ?? '')
      if (home !== undefined && home !== places.get(vm)) seen.away++
    }
    const answer = leaveOut(asked, HOOKS)
    seen[answer.is]++
    if (answer.is === 'impossible') {
      const isBroken = checkPlacement(problem, cdm).length + checkRunning(problem, ends).length > 0
      const hasNoOrder = answer.why.includes('order')
      expect({ seed, why: answer.why, isBroken: isBroken || hasNoOrder }).toMatchObject({
        isBroken: true,
      })
      continue
    }
    const { plan } = answer
    expect({ seed, map: Object.fromEntries(plan.map) }).toEqual({
      seed,
      map: Object.fromEntries(cdm),
    })
    expect({ seed, wrong: checkPlacement(problem, plan.map) }).toEqual({ seed, wrong: [] })
    expect({ seed, wrong: checkOrder(problem, places, ends, plan.moves, 2) }).toEqual({
      seed,
      wrong: [],
    })
    expect(plan.moves.filter(move => vms.includes(move.vm))).toEqual([])
    if (asked.bestBy.objectives?.[0] !== 'fewest-hwms')
      expect({ seed, x: plan.resilience.holds }).toEqual({
        seed,
        x: isResilient(problem, ends, problem.tolerate),
      })
    if (plan.proved)
      expect({ seed, value: plan.value <= whole.bound }).toEqual({ seed, value: true })
  }
  expect(seen.plan).toBeGreaterThan(60)
  expect(seen.impossible).toBeGreaterThan(10)
  expect(seen.away).toBeGreaterThan(20)
}, 60_000)

test('what is left out of nothing is worth what the whole is worth', () => {
  let cases = 0
  for (let seed = 1; seed <= 80; seed++) {
    const asked = caseOf(seed)
    if (asked === undefined) continue
    const answer = leaveOut({ ...asked, vms: [] }, HOOKS)
    if (answer.is === 'impossible') continue
    cases++
    expect({ seed, value: answer.plan.value.toFixed(6) }).toEqual({
      seed,
      value: asked.value.toFixed(6),
    })
  }
  expect(cases).toBeGreaterThan(20)
}, 60_000)

describe('others count on it', () => {
  const problem: Problem = {
    dimensions: ['ram'],
    hwms: ['quark', 'snailin'].map(name => ({ name, capacity: { ram: 8 * 2 ** 30 } })),
    vms: [
      { name: 'big', ha: false, demand: { ram: 6 * 2 ** 30 }, home: 'quark' },
      { name: 'small', ha: false, demand: { ram: 2 ** 30 }, home: 'snailin' },
      { name: 'other', ha: false, demand: { ram: 4 * 2 ** 30 }, home: 'snailin' },
    ],
    groups: [],
    tolerate: 0,
  }
  const asked = (vms: readonly string[]): LeftOutRequest => ({
    problem,
    places: new Map(problem.vms.map(vm => [vm.name, vm.home ?? ''])),
    whole: {
      map: new Map([
        ['big', 'snailin'],
        ['small', 'quark'],
        ['other', 'quark'],
      ]),
      hwmsOn: ['quark', 'snailin'],
      bound: 0,
    },
    bestBy: { objectives: ['fewest-moves'] },
    vms,
    parallelPerHwm: 1,
    seed: 1,
    seconds: 4,
  })

  test('it cannot stay: who comes to its place is said, and how much is missing', () => {
    expect(leaveOut(asked(['big']), HOOKS)).toEqual({
      is: 'impossible',
      why: 'big cannot stay on quark: ram of quark would be short 3 GiB, as small, other come there; leave some of them out first',
    })
  })

  test('the others cannot do without it: there is no order', () => {
    expect(leaveOut(asked(['small']), HOOKS)).toEqual({
      is: 'impossible',
      why: 'without small there is no order of the other moves: big, other cannot move',
    })
  })

  test('left out together, the rest goes', () => {
    const answer = leaveOut(asked(['big', 'other']), HOOKS)
    expect(answer.is === 'plan' && answer.plan.moves.map(move => move.vm)).toEqual(['small'])
    expect(answer.is === 'plan' && answer.plan.value).toBe(1)
  })
})
