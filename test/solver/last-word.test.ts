import { expect, test } from 'vitest'
import { solvePlacement } from '../../src/solver/placement.ts'
import { fleet } from '../bench/solver/fleet.ts'

test('who asks for the end has the verdict that the search came to, though no machine had the time to make lists of it', () => {
  const problem = fleet({ hwms: 80, vms: 800, fill: 0.6, seed: 5, tolerate: 2 })
  const solved = (minutesEachLook: number) => {
    let isEnough = false
    let minutes = 0
    return solvePlacement(problem, {
      objectives: ['fewest-hwms'],
      findLargest: false,
      stopped: () => isEnough,
      now: () => (minutes += minutesEachLook) * 60_000,
      onProgress: ({ best }) => {
        if (best !== undefined) isEnough = true
      },
    })
  }
  // Each look at the clock finds it a minute later: a machine with much other work.
  const hasty = solved(1)
  expect(hasty).toMatchObject({ answer: 'map', resilience: { holds: 'yes', largest: 2 } })
  if (hasty.answer !== 'map') throw new Error('there is no map')
  expect(hasty.resilience.lists.size).toBe(0)
  const calm = solved(0)
  if (calm.answer !== 'map') throw new Error('there is no map')
  expect(calm.resilience.lists.size).toBe(problem.vms.length)
}, 30_000)
