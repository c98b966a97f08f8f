// The moves of a new CDM, as an operation has them: who waits for whom.
import { expect, test } from 'vitest'
import type { Move } from '../../src/solver/problem.ts'
import { planApplyMap } from '../../src/operations/plan/apply-map.ts'
import { snapshotOf } from '../console/made-up.ts'

const HWMS = ['a', 'b', 'c', 'd'].map((name, h) => ({
  name,
  address: `10.0.0.${h}`,
  ram: 64,
  cpu: 16,
}))
const vm = (name: string, home: string) => ({ name, ha: true, home, ram: 4, cpu: 1 })
const move = (name: string, from: string, to: string, batch: number, bounce = false): Move => ({
  vm: name,
  from,
  to,
  batch,
  bounce,
})

test('a move waits for those of earlier batches: that make its room, are its own first half, or are of one in its group', () => {
  const snapshot = snapshotOf(
    'x',
    HWMS,
    [vm('one', 'a'), vm('two', 'b'), vm('three', 'c'), vm('four', 'a'), vm('five', 'a')],
    { history: false },
  )
  const config = {
    ...snapshot.config!,
    groups: [
      { name: 'g', members: ['three', 'four'] },
      { name: 'h', members: ['four', 'one'] },
    ],
  }
  const moves = [
    move('one', 'a', 'b', 0),
    move('two', 'b', 'd', 0, true),
    move('five', 'a', 'c', 0),
    move('four', 'a', 'd', 1),
    move('three', 'c', 'a', 2),
    move('two', 'd', 'c', 2),
  ]
  const map = new Map(Object.entries({ one: 'b', two: 'c', three: 'a', four: 'd', five: 'c' }))
  const plan = planApplyMap(snapshot, config, { map, moves })
  expect(plan.moves.map(each => [each.vm, each.after])).toEqual([
    ['one', []],
    ['two', []],
    ['five', []],
    ['four', ['one']],
    ['three', ['one', 'five', 'four']],
    ['two', ['two']],
  ])
})
