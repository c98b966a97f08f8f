// A read-only console reaches nothing that changes anything: not by any keys, not by any line, and the engine is not even asked.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACT_VERBS } from '../../src/console/acting/act-verbs.ts'
import { KEY_TABLE } from '../../src/console/key-table.ts'
import { console, type Scene } from './language/story.ts'
import { troubled } from './troubled.ts'

/** What an engine that acts is asked. A read-only one would refuse (test/engine/read-only.test.ts). */
const ACTS = new Set(['plan', 'after-plan', 'commit', 'operation', 'fence-status'])

function acted({ cluster: scripted }: Scene): readonly unknown[] {
  return scripted.asked.filter(({ ask }) => ACTS.has(ask))
}

const keys = [
  ...KEY_TABLE.filter(({ id }) => id !== 'quit').flatMap(action => action.keys),
  'y', 'f', 'backspace', 'ctrl-u',
] // biome-ignore format: keys of a keyboard
const words = fc.constantFrom(
  'quark', 'snailin', 'win7-vmm2', 'test', '1', '2', '3', '4', 'on', 'off', 'status', '--cold',
  'pause', 'resume', 'retry', 'cancel', 'undo', 'take-up', 'show', 'list',
) // biome-ignore format: words of a line
const line = fc
  .tuple(fc.constantFrom(...ACT_VERBS.map(verb => verb.name)), fc.array(words, { maxLength: 3 }))
  .map(([verb, rest]) => `:${[verb, ...rest].join(' ')}\r`)
const done = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...keys).map(key => ({ key })) },
  { weight: 1, arbitrary: line.map(text => ({ text })) },
)

test('no sequence of keys and lines asks for anything that acts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(done, { minLength: 10, maxLength: 30 }), async sequence => {
      const { sketch, script } = troubled('yes', { readOnly: true })
      await console
        .at('80x24')
        .on(sketch)
        .does(script)
        .sees('READ-ONLY')
        .does(async scene => {
          for (const each of sequence) {
            // What is open is left first: a line is typed where one can be.
            if ('key' in each) scene.press(each.key)
            else {
              for (let n = 0; n < 4; n++) scene.press('esc')
              scene.terminal.wire.input(each.text)
            }
            await scene.terminal.wire.quiet()
            scene.clock.pass(600)
          }
          expect(acted(scene)).toEqual([])
        })
    }),
    { numRuns: 40 },
  )
}, 120_000)

test.each(ACT_VERBS.map(verb => verb.name))(
  ':%s says that the console is read-only',
  async verb => {
    const { sketch, script } = troubled('yes', { readOnly: true })
    await console
      .at('80x24')
      .on(sketch)
      .does(script)
      .type(`:${verb} quark off\r`)
      .sees(/this console is read-only/)
      .does(scene => expect(acted(scene)).toEqual([]))
  },
)
