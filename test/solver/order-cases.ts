// Random pairs of maps, and what is held against every order between them.
import { expect } from 'vitest'
import { checkOrder } from '../../src/solver/check/order.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { orderMigrations } from '../../src/solver/order/order.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'
import { randomMap, randomProblem } from './cases.ts'
import { bestOrder } from './order-oracle.ts'

export interface Pair {
  readonly problem: Problem
  readonly from: PlacementMap
  readonly to: PlacementMap
}

/** Two valid maps of all VMs; undefined where the draw has none. */
export function drawPair(
  seed: number,
  shape: {
    readonly hwms: number
    readonly vms: number
    readonly fill: number
    readonly rules?: boolean
  },
): Pair | undefined {
  const drawn = randomProblem(seed, { ...shape, tolerate: 0, equalHwms: seed % 2 === 0 })
  const problem = {
    ...drawn,
    hwms: drawn.hwms.map(hwm => ({ ...hwm, maintenance: false })),
    groups: drawn.groups.filter(group => group.spread !== undefined),
  }
  const isGood = (map: PlacementMap): boolean => checkRunning(problem, map).length === 0
  const from = randomMap(problem, seed, isGood)
  const to = randomMap(problem, seed + 1000, isGood)
  return from.size === shape.vms && to.size === shape.vms ? { problem, from, to } : undefined
}

export interface Tally {
  cases: number
  impossible: number
  bounced: number
}

/** One case against complete search: the same answer, valid, with as few bounces, by VMs as light. */
export function expectBest(seed: number, pair: Pair, tally: Tally): void {
  const { problem, from, to } = pair
  const perHwm = 1 + (seed % 3)
  const best = bestOrder(problem, from, to)
  const order = orderMigrations(problem, from, to, { parallelPerHwm: perHwm, seed })
  tally.cases++
  if (best === undefined) {
    tally.impossible++
    expect({ seed, order: order.order }).toEqual({ seed, order: 'impossible' })
    return
  }
  if (best.bounces > 0) tally.bounced++
  if (order.order !== 'found') {
    expect({ seed, order: order.order }).toEqual({ seed, order: 'found' })
    return
  }
  const demand = new Map(problem.vms.map(vm => [vm.name, vm.demand]))
  const weight = order.moves
    .filter(move => move.bounce)
    .reduce((sum, move) => sum + (demand.get(move.vm)?.['ram'] ?? 0), 0)
  const { bounces, fewestProved } = order
  expect({ seed, bounces, weight, fewestProved }).toEqual({ seed, ...best, fewestProved: true })
  const wrong = checkOrder(problem, from, to, order.moves, perHwm)
  expect({ seed, wrong }).toEqual({ seed, wrong: [] })
}
