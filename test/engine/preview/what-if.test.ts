// What answers a what-if stays an answer: the engine itself refuses to make it the CDM, whatever a screen asks.
import { expect, test } from 'vitest'
import { Acting, type ActingParts } from '../../../src/engine/acting/acting.ts'
import { SolverDesk } from '../../../src/engine/preview/solver-desk.ts'
import { threeHosts } from '../../console/made-up.ts'
import { NearWorker } from './near-worker.ts'

const HOOKS = {
  signal: new AbortController().signal,
  enough: new AbortController().signal,
  progress: () => undefined,
}

test('found by a what-if, with moves left out or not: never applied', async () => {
  const desk = new SolverDesk(() => new NearWorker())
  const snapshot = threeHosts()
  const asked = { bestBy: {}, tolerate: 0, seconds: 1 }
  const changes = [{ kind: 'maintenance', what: 'quark' }] as const
  const solved = await desk.solve(snapshot, undefined, { ...asked, changes }, HOOKS)
  expect(solved.whatIf?.changes).toEqual(changes)
  expect(solved.moves.map(move => move.from)).toContain('quark')
  const parts = { snapshot: () => snapshot } as unknown as ActingParts
  const acting = new Acting(parts, id => desk.found(id))
  for (const moves of [true, false]) {
    await expect(
      acting.answer({
        ask: 'plan',
        request: { do: 'apply-solved', solved: solved.id, moves },
        choices: {},
        parallel: undefined,
      }),
    ).rejects.toThrow('it answers a what-if')
  }
  const again = await desk.leaveOut({ solved: solved.id, vms: [] }, HOOKS.signal)
  expect(again.whatIf?.changes).toEqual(changes)
  await expect(
    desk.solve(snapshot, undefined, { ...asked, changes: [{ kind: 'less', what: 'x' }] }, HOOKS),
  ).rejects.toThrow('there is no HWM x')
})
