// Where HAVMs restart when there is room to choose: shared out, so that an evacuation is soon over and no HWM is full afterwards.
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { Budget } from '../../src/solver/budget.ts'
import { checkLists } from '../../src/solver/check/fallback.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { assignmentOf, compile, homesOf } from '../../src/solver/compile.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { groundOf } from '../../src/solver/resilience/ground.ts'
import { fallbackFor, judgeResilience, listsByName } from '../../src/solver/resilience/index.ts'
import { judge } from '../../src/solver/resilience/judge.ts'
import { randomMap, randomProblem } from './cases.ts'

/** Equal HWMs of 10 slots with so many HAVMs of one slot on each. */
function slots(hwms: number, havms: number, tolerate: number): Problem {
  return {
    dimensions: ['ram'],
    hwms: Array.from({ length: hwms }, (_, h) => ({ name: `h${h}`, capacity: { ram: 10 } })),
    vms: Array.from({ length: hwms * havms }, (_, v) => ({
      name: `v${v}`,
      ha: true,
      demand: { ram: 1 },
      home: `h${v % hwms}`,
    })),
    groups: [],
    tolerate,
  }
}

/** HAVMs that come to each HWM. */
function arrivals(map: ReadonlyMap<string, string>): number[] {
  const count = new Map<string, number>()
  for (const hwm of map.values()) count.set(hwm, (count.get(hwm) ?? 0) + 1)
  return [...count.values()].sort((a, b) => a - b)
}

test('HAVMs of a failed HWM restart on all others alike', () => {
  const problem = slots(6, 5, 1)
  const map = homesOf(problem)
  const { holds, by, lists } = judgeResilience(problem, map)
  expect({ holds, by }).toEqual({ holds: 'yes', by: 'lists' })
  expect(checkLists(problem, map, lists, 1)).toEqual([])
  for (const { name } of problem.hwms) {
    const answer = fallbackFor(problem, map, [name], { lists })
    expect(answer).toMatchObject({ answer: 'map', by: 'lists' })
    expect(arrivals(answer.map)).toEqual([1, 1, 1, 1, 1])
  }
})

test('a set that no list was made for is shared out as well', () => {
  const problem = slots(6, 4, 1)
  const answer = fallbackFor(problem, homesOf(problem), ['h0', 'h1'])
  expect(answer).toMatchObject({ answer: 'map', by: 'own' })
  expect(arrivals(answer.map)).toEqual([2, 2, 2, 2])
})

test('where lists that share out leave a set without room, those of the least reserve are kept', () => {
  const count = { shared: 0, kept: 0 }
  for (let seed = 1; seed <= 150; seed++) {
    const tolerate = 1 + (seed % 2)
    const problem = randomProblem(seed, { hwms: 6, vms: 16, tolerate, fill: 0.4 + (seed % 5) / 20 })
    const map = randomMap(problem, seed, candidate => checkRunning(problem, candidate).length === 0)
    const compiled = compile(problem)
    const ground = groundOf(compiled, assignmentOf(compiled, map))
    const least = judge(ground, tolerate, new Budget({}))
    const { holds, by, lists } = judgeResilience(problem, map, { findLargest: false })
    expect({ seed, holds }).toEqual({ seed, holds: least.holds })
    if (by !== 'lists') continue
    expect({ seed, wrong: checkLists(problem, map, lists, tolerate) }).toEqual({ seed, wrong: [] })
    if (isDeepStrictEqual(lists, listsByName(ground, least.lists))) count.kept++
    else count.shared++
  }
  expect(Math.min(count.shared, count.kept)).toBeGreaterThan(10)
})
