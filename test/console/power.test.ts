// What fence devices say of an HWM's power, on its detail: asked when it is opened, no more often than a slow device can bear, and dated.
import { expect, test, vi } from 'vitest'
import type { Answer } from '../../src/engine/protocol.ts'
import { cluster, console, type Scene } from './language/story.ts'

// Where others work beside it.
vi.setConfig({ testTimeout: 30_000 })

const asked = ({ cluster: scripted }: Scene) =>
  scripted.asked.filter(question => question.ask === 'fence-status').length

/** A console that may act; its device answers with the next of these. */
const answering = (...answers: readonly (Answer | Promise<Answer>)[]) =>
  console
    .at('100x40')
    .on(cluster('three-hosts'))
    .does(({ cluster: scripted }) => {
      const left = [...answers]
      scripted.change({ readOnly: false })
      scripted.answers.push(question =>
        question.ask === 'fence-status' ? left.shift() : undefined,
      )
    })

const says = (power: string): Answer => ({ ok: true, value: `quark  fence_ipmilan: ${power}` })

test('opened again within a minute it is not asked again, and says how old the answer is', () =>
  answering(says('on'), says('off'))
    .type(':hwm quark\r')
    .press('enter')
    .sees(/power +fence_ipmilan: on +0 s ago/)
    .press('esc')
    .after('30 s', { refresh: true })
    .press('enter')
    .sees(/power +fence_ipmilan: on +30 s ago/)
    .does(scene => expect(asked(scene)).toBe(1))
    .press('esc')
    .after('40 s', { refresh: true })
    .press('enter')
    .sees(/power +fence_ipmilan: off +0 s ago/)
    .does(scene => expect(asked(scene)).toBe(2)))

test('one that gave no answer is not asked again at once either', () =>
  answering({ ok: false, error: 'fence_ipmilan: gave no answer in 12000 ms' }, says('on'))
    .type(':hwm quark\r')
    .press('enter')
    .sees('gave no answer in 12000 ms')
    .press('esc', 'enter')
    .sees('gave no answer in 12000 ms')
    .does(scene => expect(asked(scene)).toBe(1)))

test('while it is asked, opening again asks nothing', () => {
  const answer = Promise.withResolvers<Answer>()
  return answering(answer.promise)
    .type(':hwm quark\r')
    .press('enter')
    .sees(/power +asking/)
    .press('esc', 'enter', 'esc', 'enter')
    .does(scene => {
      expect(asked(scene)).toBe(1)
      answer.resolve(says('on'))
    })
    .sees(/power +fence_ipmilan: on/)
})

test('an HWM that is down since is asked anew, and so is one that the operator asks for', () =>
  answering(says('on'), says('off'), says('changing'))
    .type(':hwm quark\r')
    .press('enter')
    .sees(/power +fence_ipmilan: on/)
    .press('esc')
    .after('5 s', { refresh: true })
    .kill('quark')
    .type(':hwm quark\r')
    .press('enter')
    .sees(/power +fence_ipmilan: off +0 s ago/)
    .type(':fence quark status\r')
    .sees(/power +fence_ipmilan: changing +0 s ago/)
    .does(scene => expect(asked(scene)).toBe(3)))
