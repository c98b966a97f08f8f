// Help tells the keys that work and why others do not; the palette takes the program's verbs.
// What an operator does and sees, told in keys and cells.
import { describe, test } from 'vitest'
import { cluster, console, simulated } from './language/story.ts'

const three = () => console.at('80x24').on(cluster('three-hosts'))

describe('help and the command line', () => {
  test('help lists the keys that work, and why the others do not', () =>
    console
      .at('100x60')
      .on(cluster('three-hosts'))
      .press('?')
      .sees('MOVING ABOUT')
      .sees(/E +evacuate an HWM, or marked dead ones +this console is read-only/)
      .golden('help-100x60')
      .press('esc')
      .doesNotSee('MOVING ABOUT'))

  test('a key that does not work says why and does nothing', () =>
    three()
      .press('E')
      .sees('evacuate an HWM, or marked dead ones: this console is read-only')
      .press('j')
      .doesNotSee('read-only:')
      .sees('quark'))

  test('the palette completes verbs and names, and runs them', () =>
    three()
      .press(':')
      .sees('open NAME')
      .type('ope')
      .press('tab')
      .type('sna')
      .sees('snailin')
      .press('tab', 'enter')
      .sees('HWM snailin'))

  test('what was typed before comes back with the up key', () =>
    three().type(':vm test\r').selects('test').press(':', 'up').sees(':vm test'))

  test('a verb that nobody knows is not carried out, and the nearest is named', () =>
    three().type(':fitler\r').sees("no command 'fitler': did you mean 'filter'?"))

  test('verbs of the program that change something are refused', () =>
    three()
      .with({ verbs: [{ name: 'evacuate', args: 'HWM', help: 'evacuate an HWM', changes: true }] })
      .type(':eva')
      .sees('evacuate HWM')
      .type('cuate quark\r')
      .sees('evacuate: this console is read-only'))

  test('on a simulated cluster hosts can be killed, and it is said that it is simulated', () =>
    console
      .at('80x24')
      .on(simulated(cluster('three-hosts')))
      .sees('SIMULATED')
      .type(':kill quark\r')
      .sees('quark has no power')
      .sees('quark    DOWN')
      .type(':rescue quark\r')
      .sees('quark    up')
      .type(':kill nobody\r')
      .sees("there is no HWM 'nobody'"))

  test('on a real cluster there is no such verb', () =>
    three().type(':kill quark\r').sees("no command 'kill'").stillSees('quark    up'))
})
