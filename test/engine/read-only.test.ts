// A read-only engine carries nothing out, whatever it is asked: every question there is has its class here, and the compiler misses none.
import { expect, test } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { Question } from '../../src/engine/protocol.ts'
import { Observed } from '../cluster/observed.ts'
import { screenOn } from './screens.ts'

/** `looks`: answered by looking. `acts`: plans, changes, or has somebody change something: refused by an engine that only looks. */
const QUESTIONS: {
  readonly [Ask in Question['ask']]: { is: 'looks' | 'acts'; of: Question & { ask: Ask } }
} = {
  'domain-xml': {
    is: 'looks',
    of: { ask: 'domain-xml', vm: 'test', hwm: 'snailin', which: 'live' },
  },
  'hwm-detail': { is: 'looks', of: { ask: 'hwm-detail', hwm: 'quark' } },
  fallback: { is: 'looks', of: { ask: 'fallback', failed: ['quark'] } },
  'leave-out': { is: 'looks', of: { ask: 'leave-out', solved: '1', vms: [] } },
  solve: { is: 'looks', of: { ask: 'solve', bestBy: {}, tolerate: 0, seconds: 1 } },
  'engine-health': { is: 'looks', of: { ask: 'engine-health' } },
  simulate: { is: 'looks', of: { ask: 'simulate', line: 'kill quark' } },
  plan: {
    is: 'acts',
    of: { ask: 'plan', request: { do: 'stop', vm: 'test' }, choices: {}, parallel: undefined },
  },
  'after-plan': { is: 'acts', of: { ask: 'after-plan', plan: '1' } },
  commit: { is: 'acts', of: { ask: 'commit', plan: '1', why: '' } },
  operation: { is: 'acts', of: { ask: 'operation', id: '1', to: 'take-up' } },
  'fence-status': { is: 'acts', of: { ask: 'fence-status', hwm: 'quark' } },
}

test('no question that changes something is answered, and none of the others changes anything', async () => {
  await using observed = await Observed.begin()
  const engine = new Engine({ observation: observed.observation, version: 'test' })
  const screen = screenOn(engine)
  await observed.clock.advance(100)
  const store = observed.simulation.connectStore()
  const before = await store.list('', { timeoutMs: 1_000 })
  for (const [name, { is, of }] of Object.entries(QUESTIONS)) {
    const asked = screen.link.ask(of)
    let isOver = false
    void asked.then(() => (isOver = true))
    await observed.until(() => isOver, 60_000)
    const answer = await asked
    if (is === 'acts')
      expect(answer, name).toEqual({ ok: false, error: 'this console is read-only' })
  }
  expect((await store.list('', { timeoutMs: 1_000 })).kvs).toEqual(before.kvs)
  screen.link[Symbol.dispose]()
})
