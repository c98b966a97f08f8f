import { describe, expect, test } from 'vitest'
import { checkOrder } from '../../src/solver/check/order.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { orderMigrations } from '../../src/solver/order/order.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'
import { randomMap, randomProblem } from './cases.ts'

/** Fewest bounces by 0-1 breadth-first search over whole maps, one move at a time; undefined when `to` cannot be reached. */
function fewestBounces(problem: Problem, from: PlacementMap, to: PlacementMap): number | undefined {
  const vms = problem.vms.map(vm => vm.name)
  const key = (where: PlacementMap): string => vms.map(vm => where.get(vm)).join()
  const goal = key(to)
  const settled = new Set<string>()
  let layer = [new Map(from)]
  for (let bounces = 0; layer.length > 0; bounces++) {
    const next: Map<string, string>[] = []
    while (layer.length > 0) {
      const where = layer.pop()!
      const id = key(where)
      if (id === goal) return bounces
      if (settled.has(id)) continue
      settled.add(id)
      for (const vm of vms) {
        for (const hwm of problem.hwms) {
          if (where.get(vm) === hwm.name) continue
          const moved = new Map(where).set(vm, hwm.name)
          // Both ends hold resources: only the target can be too full, and the source was valid before.
          if (checkRunning(problem, moved).length > 0) continue
          if (to.get(vm) === hwm.name) layer.push(moved)
          else next.push(moved)
        }
      }
    }
    layer = next.filter(where => !settled.has(key(where)))
  }
  return undefined
}

/** Two valid maps of all VMs, with spread rules only. */
function pair(
  seed: number,
  hwms: number,
  vms: number,
  fill: number,
): { problem: Problem; from: PlacementMap; to: PlacementMap } | undefined {
  const problem = randomProblem(seed, { hwms, vms, tolerate: 0, fill, equalHwms: seed % 2 === 0 })
  const isGood = (map: PlacementMap): boolean => checkRunning(problem, map).length === 0
  const from = randomMap(problem, seed, isGood)
  const to = randomMap(problem, seed + 1000, isGood)
  return from.size === vms && to.size === vms ? { problem, from, to } : undefined
}

describe('the order of migrations', () => {
  test('is valid, and has the fewest bounces of all, or none exists: complete search agrees', () => {
    let impossible = 0
    let bounced = 0
    let cases = 0
    for (let seed = 1; seed <= 400; seed++) {
      const drawn = pair(seed, 3, 6, 0.7 + (seed % 5) * 0.05)
      if (drawn === undefined) continue
      const { problem, from, to } = drawn
      cases++
      const fewest = fewestBounces(problem, from, to)
      const order = orderMigrations(problem, from, to, {
        parallelPerHwm: 1 + (seed % 3),
        work: 1e8,
      })
      if (fewest === undefined) {
        impossible++
        expect({ seed, order: order.order }).toEqual({ seed, order: 'impossible' })
        continue
      }
      if (fewest > 0) bounced++
      expect({ seed, bounces: order.order === 'found' ? order.bounces : order.order }).toEqual({
        seed,
        bounces: fewest,
      })
      if (order.order === 'found') {
        expect(checkOrder(problem, from, to, order.moves, 1 + (seed % 3))).toEqual([])
        expect(order.fewestProved).toBe(true)
      }
    }
    expect(cases).toBeGreaterThan(100)
    expect(impossible).toBeGreaterThan(5)
    expect(bounced).toBeGreaterThan(5)
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
      const order = orderMigrations(problem, both, to, { work: 1e8 })
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
})
