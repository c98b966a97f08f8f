// Whatever keys are pressed, held, or come late over a slow line: nothing is carried out but by y, or by a name typed in full.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Committed } from '../../src/engine/acting/questions.ts'
import { console, type Scene } from './language/story.ts'
import { troubled } from './troubled.ts'

function carriedOut({ cluster: scripted }: Scene): readonly unknown[] {
  return scripted.asked.filter(({ ask }) => ask === 'commit' || ask === 'operation')
}

/** Every key there is but y, q (it leaves), and those that open the line one types commands on. */
const keys = [
  'enter', 'esc', 'space', 'tab', 'up', 'down', 'left', 'right', 'backspace', 'ctrl-u', 'home', 'end', 'pgdn',
  '1', '2', '5', '6', 'E', 'H', 'M', 'B', 'X', 'V', 'A', 'R', 'U', 'Z', 'C', 'T', 'w', 'f', 't', 'm', '+', '-', 'r', 'a', 'u', 'k', '*', 'g', 'G',
] // biome-ignore format: keys of a keyboard
const pressed = fc.record({
  // Those that lead to a question, and those that might answer it, more often than the others.
  key: fc.oneof(
    { weight: 5, arbitrary: fc.constant('enter') },
    { weight: 2, arbitrary: fc.constantFrom('E', 'H', 'C', 'R', 'T', 'esc', 'f', 'w', 'space') },
    { weight: 3, arbitrary: fc.constantFrom(...keys) },
  ),
  /** A key that is held repeats. */
  times: fc.constantFrom(1, 1, 1, 2, 12),
  /** Then nothing is pressed for so long. */
  pauseMs: fc.constantFrom(0, 0, 30, 600, 2_000),
})

test.each(['yes', 'name', 'several'] as const)(
  'no sequence of other keys carries anything out (%s)',
  async confirm => {
    await fc.assert(
      fc.asyncProperty(fc.array(pressed, { minLength: 8, maxLength: 30 }), async sequence => {
        const { sketch, script } = troubled(confirm)
        await console
          .at('80x24')
          .on(sketch)
          .does(script)
          .does(async scene => {
            for (const { key, times, pauseMs } of [
              { key: 'E', times: 1, pauseMs: 0 },
              ...sequence,
            ]) {
              for (let n = 0; n < times; n++) scene.press(key)
              await scene.terminal.wire.quiet()
              scene.clock.pass(pauseMs)
            }
            // While it is armed, Z pauses an operation and lets it go on: that can be taken back, and is what arming is for.
            const done = carriedOut(scene).filter(
              asked => !/"to":"(pause|resume)"/.test(JSON.stringify(asked)),
            )
            expect(done).toEqual([])
          })
      }),
      { numRuns: 40 },
    )
  },
  120_000,
)

test('y that was held since before the question is not its answer; y pressed anew is', () => {
  const { sketch, script } = troubled()
  return console
    .at('80x24')
    .on(sketch)
    .does(script)
    .press('E')
    .sees('Evacuate quark')
    .press('enter')
    .sees('keys are dead')
    .does(async scene => {
      for (let n = 0; n < 60; n++) {
        scene.press('y')
        scene.clock.pass(30)
      }
      await scene.terminal.wire.quiet()
      expect(carriedOut(scene)).toEqual([])
    })
    .after('600 ms')
    .press('y')
    .does(scene => expect(carriedOut(scene)).toHaveLength(1))
})

test('a name that is typed blindly while keys are dead is not heard', () => {
  const { sketch, script } = troubled('name')
  return console
    .at('80x24')
    .on(sketch)
    .does(script)
    .press('E')
    .sees('Evacuate quark')
    .press('enter')
    .type('fquark\r')
    .after('1 s')
    .sees('switches it off')
    .does(scene => expect(carriedOut(scene)).toEqual([]))
    .press('f')
    .after('1 s')
    .type('quark')
    .press('enter')
    .does(scene =>
      expect(carriedOut(scene)).toEqual([
        { ask: 'commit', plan: '1', why: '', off: { quark: { by: 'device' } } },
      ]),
    )
})

test('of two HWMs, the first name with all that answered it carries nothing out: the second is asked for as the first was', () => {
  const { sketch, script } = troubled('several')
  return console
    .at('80x24')
    .on(sketch)
    .does(script)
    .press('E')
    .sees('Evacuate quark')
    .press('enter')
    .after('1 s')
    .press('f')
    .after('1 s')
    .type('quark')
    .press('enter')
    .type('fandreys\r')
    .after('1 s')
    .sees('andreys does not answer')
    .does(scene => expect(carriedOut(scene)).toEqual([]))
    .press('w')
    .after('1 s')
    .type('cable pulled')
    .press('enter')
    .after('1 s')
    .type('quark')
    .press('enter')
    .sees('that is not andreys')
    .does(scene => expect(carriedOut(scene)).toEqual([]))
    .press('ctrl-u')
    .type('andreys')
    .press('enter')
    .does(scene =>
      expect(carriedOut(scene)).toEqual([
        {
          ask: 'commit',
          plan: '1',
          why: '',
          off: { quark: { by: 'device' }, andreys: { by: 'word', how: 'cable pulled' } },
        },
      ]),
    )
})

test('refused, as the cluster has changed: what, on top of the plan on what is now', () => {
  const { sketch, script } = troubled()
  return console
    .at('80x24')
    .on(sketch)
    .does(script)
    .does(({ cluster: scripted }) => {
      const refused: Committed = {
        is: 'refused',
        why: 'the cluster has changed since the plan was made',
        lines: ['VM win7-vmm2: was waiting on quark, is running on snailin'],
      }
      scripted.answers.push(({ ask }) =>
        ask === 'commit' ? { ok: true, value: refused } : undefined,
      )
    })
    .press('E')
    .sees('Evacuate quark')
    .press('enter')
    .after('1 s')
    .press('y')
    .sees('NOT DONE: the cluster has changed')
    .sees('was waiting on quark, is running on snailin')
    .doesNotSee('Carry this out?')
    .golden('refused-80x24')
})

test('what another operator runs is seen at once; one whose conductor is gone can be taken up', () => {
  const { sketch, script } = troubled()
  return console
    .at('100x30')
    .on(sketch)
    .does(script)
    .sees('OPERATION ABANDONED 3: 0/1 and 2 more')
    .press('5')
    .sees(/3 +evacuate andreys +ABANDONED/)
    .sees('its conductor is gone: T takes it up here')
    .golden('operations-of-others-100x30')
    .press('T')
    .sees('Take up operation 3')
    .after('1 s')
    .press('y')
    .does(scene =>
      expect(carriedOut(scene)).toEqual([{ ask: 'operation', id: '3', to: 'take-up' }]),
    )
})
