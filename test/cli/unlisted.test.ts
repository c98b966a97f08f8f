// Failure sets that are too many to list: how many are left is said, in whatever form.
import { expect, test } from 'vitest'
import { unkeptNotes, unlistedLines } from '../../src/cli/plan-lines.ts'
import { answerSets } from '../../src/engine/solving/fallbacks.ts'
import { answerPlan } from '../../src/engine/solving/plan.ts'
import { TimeShare } from '../../src/engine/solving/time-share.ts'
import { judgeResilience } from '../../src/solver/resilience/index.ts'
import { homesOf } from '../../src/solver/compile.ts'
import type { Problem } from '../../src/solver/problem.ts'

const HOOKS = { now: () => 0, stopped: () => false, onProgress: () => undefined }
const names = ['a', 'b', 'c', 'd', 'e', 'f']
const problem: Problem = {
  dimensions: ['ram'],
  hwms: names.map(name => ({ name, capacity: { ram: 16 } })),
  vms: names.map(name => ({ name: `vm-${name}`, ha: true, demand: { ram: 2 }, home: name })),
  groups: [],
  tolerate: 2,
}

test('all of them: nothing is said', () => {
  const answer = answerPlan(
    { problem, keepsMap: true, seed: 1, isRepeatable: false, fallbacks: 'all', parallelPerHwm: 2 },
    HOOKS,
  )
  expect(answer).toMatchObject({ fallbackIsComplete: true, fallbackInAll: 6 + 15 })
  expect(unlistedLines(answer)).toEqual([])
})

test('more than can be listed: the rest is counted, and how to ask for it is said', () => {
  const homes = homesOf(problem)
  const time = new TimeShare(HOOKS, { isRepeatable: false })
  const resilience = judgeResilience(problem, homes, {})
  const { fallback, isComplete, inAll } = answerSets(problem, homes, resilience, 'all', time, 10)
  expect([fallback.length, isComplete, inAll]).toEqual([10, false, 21])
  expect(unlistedLines({ fallback, fallbackIsComplete: isComplete, fallbackInAll: inAll })).toEqual(
    ['11 of 21 failure sets are not listed: --failed asks for any of them'],
  )
})

test('more than an engine keeps in etcd: so many, and what becomes of the rest', () => {
  expect(unkeptNotes({ fallbackInAll: 2_000 })).toEqual([])
  expect(unkeptNotes({ fallbackInAll: 2_001 })).toEqual([
    'there are 2001 failure sets; in etcd maps of 2000 are kept prepared, of the smaller sets first: any other is solved within 200 ms when it happens',
  ])
})
