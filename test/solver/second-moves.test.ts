import { expect, test, vi } from 'vitest'
import { answerPlan } from '../../src/engine/solving/plan.ts'
import { checkFallback } from '../../src/solver/check/fallback.ts'
import { checkRunning } from '../../src/solver/check/placement.ts'
import { randomMap, randomProblem } from './cases.ts'

vi.setConfig({ testTimeout: 30_000 })

test('where lists do not do, it is said which VMs move a second time, and after which failures: all of them, and no others', () => {
  const count = { lists: 0, sets: 0, again: 0 }
  for (let seed = 1; seed <= 400; seed++) {
    const drawn = randomProblem(seed, { hwms: 5, vms: 10, tolerate: 2, fill: 0.45 })
    const map = randomMap(drawn, seed, candidate => checkRunning(drawn, candidate).length === 0)
    if (map.size < 10) continue
    const problem = { ...drawn, vms: drawn.vms.map(vm => ({ ...vm, home: map.get(vm.name)! })) }
    const answer = answerPlan(
      { problem, keepsMap: true, seed, isRepeatable: false, fallbacks: 'all', parallelPerHwm: 2 },
      { now: () => performance.now(), stopped: () => false, onProgress: () => undefined },
    )
    if (!answer.resilience.holds) continue
    expect(answer.fallbackIsComplete).toBe(true)
    count[answer.fallback.every(set => set.by === 'lists') ? 'lists' : 'sets']++
    for (const larger of answer.fallback) {
      expect(checkFallback(problem, map, larger.failed, larger.map)).toEqual([])
      const said = (larger.movesAgain ?? []).flatMap(({ after, vms }) =>
        vms.map(vm => `${after.join()} ${vm}`),
      )
      const smaller = answer.fallback.filter(
        set =>
          set.failed.length + 1 === larger.failed.length &&
          set.failed.every(hwm => larger.failed.includes(hwm)),
      )
      const expected = smaller.flatMap(set =>
        [...set.map].flatMap(([vm, hwm]) =>
          larger.failed.includes(hwm) || larger.map.get(vm) === hwm
            ? []
            : [`${set.failed.join()} ${vm}`],
        ),
      )
      expect({ seed, said: said.sort() }).toEqual({ seed, said: expected.sort() })
      count.again += said.length
    }
  }
  expect(Math.min(...Object.values(count))).toBeGreaterThan(3)
})
