// A plan is there at once; whether X holds after it comes when it is known, and the question says which of the two it is.
import { expect, test } from 'vitest'
import type { Answer } from '../../src/engine/protocol.ts'
import { console } from './language/story.ts'
import { planOf, troubled } from './troubled.ts'

test.each([
  [
    'no',
    'AFTERWARDS TOLERATES 1: NO  when snailin fails',
    'Afterwards 1 more failure is not tolerated',
  ],
  ['yes', 'AFTERWARDS TOLERATES 1: yes', undefined],
  ['unknown', 'AFTERWARDS TOLERATES 1: not settled in time', 'afterwards is not known'],
] as const)(
  'the plan can be confirmed while the verdict is being worked out; then it is %s',
  (holds, shown, asked) => {
    const { sketch, script } = troubled()
    const { promise: verdict, resolve } = Promise.withResolvers<Answer>()
    const pending = { tolerate: 1, holds: 'being worked out', because: '' } as const
    const told = console
      .at('80x24')
      .on(sketch)
      .does(script)
      .does(({ cluster: scripted }) => {
        scripted.answers.push(({ ask }) =>
          ask === 'plan'
            ? { ok: true, value: { ...planOf('yes'), after: pending } }
            : ask === 'after-plan'
              ? verdict
              : undefined,
        )
      })
      .press('E')
      .sees('AFTERWARDS TOLERATES 1: being worked out')
      .press('enter')
      .sees('Whether 1 more failure is tolerated afterwards is still being worked out')
      .after('1 s')
      .does(() =>
        resolve({
          ok: true,
          value: { tolerate: 1, holds, because: holds === 'no' ? 'when snailin fails' : '' },
        }),
      )
      .sees(asked ?? 'Carry this out?')
      .doesNotSee('being worked out')
      .press('esc')
      .sees(shown)
      .does(({ cluster: scripted }) => {
        expect(scripted.asked.filter(({ ask }) => ask === 'after-plan')).toHaveLength(1)
        expect(scripted.asked.filter(({ ask }) => ask === 'commit')).toEqual([])
      })
    return told
  },
)
