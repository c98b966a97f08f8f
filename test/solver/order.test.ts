import { describe, expect, test, vi } from 'vitest'
import { checkOrder } from '../../src/solver/check/order.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { orderMigrations } from '../../src/solver/order/order.ts'
import type { Move, PlacementMap, Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'
import { randomMap, randomProblem } from './cases.ts'
import { isResilient } from './oracles.ts'
import { drawPair } from './order-cases.ts'
import { bestOrder } from './order-oracle.ts'

vi.setConfig({ testTimeout: 30_000 })

/** X = 1 is held whichever moves of a batch have ended. */
function expectKept(problem: Problem, from: PlacementMap, moves: readonly Move[]): void {
  const now = new Map(from)
  for (const batch of new Set(moves.map(move => move.batch))) {
    const these = moves.filter(move => move.batch === batch)
    for (let part = 1; part < 2 ** these.length; part++) {
      const ended = these.filter((_, k) => (part >> k) & 1).map(move => [move.vm, move.to] as const)
      expect(isResilient(problem, new Map([...now, ...ended]), 1)).toBe(true)
    }
    for (const move of these) now.set(move.vm, move.to)
  }
}

describe('the order of migrations', () => {
  test('X is kept in every state on the way, also in the middle of a batch, or it cannot be: complete search agrees', () => {
    const count = { found: 0, impossible: 0, bounced: 0 }
    for (let seed = 1; seed <= 400; seed++) {
      const pair = drawPair(seed, { hwms: 3 + (seed % 2), vms: 5, fill: 0.4 + (seed % 5) * 0.05 })
      if (pair === undefined) continue
      const { problem, from, to } = pair
      if (!isResilient(problem, from, 1)) continue
      const best = bestOrder(problem, from, to, map => isResilient(problem, map, 1))
      const order = orderMigrations(problem, from, to, { keep: 1, seed })
      expect({ seed, order: order.order }).toEqual({
        seed,
        order: best === undefined ? 'impossible' : 'found',
      })
      count[best === undefined ? 'impossible' : 'found']++
      if (order.order !== 'found') continue
      expect({ seed, bounces: order.bounces }).toEqual({ seed, bounces: best?.bounces })
      if (order.bounces > 0) count.bounced++
      expect(checkOrder(problem, from, to, order.moves, 2)).toEqual([])
      expectKept(problem, from, order.moves)
    }
    expect(Math.min(...Object.values(count))).toBeGreaterThan(5)
  })

  test('with rules and maintenance it is valid all the same', () => {
    const random = seeded(3)
    for (let seed = 1; seed <= 60; seed++) {
      const problem = randomProblem(seed, { hwms: 5, vms: 10, tolerate: 0, fill: 0.6, rules: true })
      const isGood = (map: PlacementMap): boolean => checkRunning(problem, map).length === 0
      const from = randomMap(problem, seed, isGood)
      const to = new Map(
        [...randomMap(problem, seed + 500 + random.below(9), isGood)].filter(([vm]) =>
          from.has(vm),
        ),
      )
      const both = new Map([...from].filter(([vm]) => to.has(vm)))
      if (checkRunning(problem, both).length > 0 || checkRunning(problem, to).length > 0) continue
      const order = orderMigrations(problem, both, to, { work: 1e7 })
      if (order.order === 'found')
        expect({ seed, wrong: checkOrder(problem, both, to, order.moves, 2) }).toEqual({
          seed,
          wrong: [],
        })
      else expect(order.order).not.toBe('found')
    }
  })

  test('two VMs that change places between two full HWMs need a third, or it is impossible', () => {
    const problem = (spare: number): Problem => ({
      dimensions: ['ram'],
      hwms: [
        { name: 'a', capacity: { ram: 4 } },
        { name: 'b', capacity: { ram: 4 } },
        { name: 'c', capacity: { ram: spare } },
      ],
      vms: [
        { name: 'x', ha: true, demand: { ram: 3 } },
        { name: 'y', ha: true, demand: { ram: 3 } },
      ],
      groups: [],
      tolerate: 0,
    })
    const from = new Map([
      ['x', 'a'],
      ['y', 'b'],
    ])
    const to = new Map([
      ['x', 'b'],
      ['y', 'a'],
    ])
    expect(orderMigrations(problem(2), from, to).order).toBe('impossible')
    const order = orderMigrations(problem(3), from, to)
    expect(order).toMatchObject({ order: 'found', bounces: 1, fewestProved: true })
    if (order.order === 'found') expect(order.moves.map(move => move.batch)).toEqual([0, 1, 2])
  })

  test('a group that is apart from the start on is no fault of the order, whatever else is wrong there', () => {
    const problem: Problem = {
      dimensions: ['ram'],
      hwms: ['a', 'b', 'c'].map(name => ({ name, capacity: { ram: 8 } })),
      vms: [
        { name: 'x', ha: false, demand: { ram: 1 } },
        { name: 'y', ha: false, demand: { ram: 1 } },
        { name: 'astray', ha: false, demand: { ram: 1 }, never: ['a'] },
      ],
      groups: [{ name: 'pair', members: ['x', 'y'], spread: 'hwm' }],
      tolerate: 0,
    }
    const from = new Map(Object.entries({ x: 'a', y: 'a', astray: 'a' }))
    const to = new Map(Object.entries({ x: 'a', y: 'b', astray: 'c' }))
    const away = { vm: 'astray', from: 'a', to: 'c', batch: 0, bounce: false }
    const apart = { vm: 'y', from: 'a', to: 'b', batch: 1, bounce: false }
    expect(checkOrder(problem, from, to, [away, apart], 2)).toEqual([])
    const back = { vm: 'y', from: 'b', to: 'a', batch: 2, bounce: true }
    const again = { ...apart, batch: 3 }
    expect(checkOrder(problem, from, to, [away, apart, back, again], 2)).toEqual([
      'Group pair: two of its members share a hwm.',
    ])
  })
})
