// What was done is undone by a plan, cancelled and retried: by keys, on a living cluster of made-up hosts and time.
import { describe, test } from 'vitest'
import { neverTwice, onLiving } from './language/living.ts'

describe('what was done is undone by its reverse plan, shown first', () => {
  /** Undo of the last operation: opens a plan, and is confirmed like any other. */
  const undone = (sentence: string, answer: string) => (story: ReturnType<typeof onLiving>) => {
    const asked = story.press('U').lives(sentence).press('enter').after('1 s')
    return (answer === 'y' ? asked.press('y') : asked.type(answer).press('enter')).lives(
      'Operation 2 done',
      '2 min',
    )
  }
  const carried = (line: string, sentence: string, answer: string) => {
    const asked = onLiving('100x40').type(`:${line}\r`).lives(sentence).press('enter').after('1 s')
    return (answer === 'y' ? asked.press('y') : asked.type(answer).press('enter')).lives(
      'Operation 1 done',
      '2 min',
    )
  }

  test('a move goes back', () =>
    undone(
      'Undo operation 1: 1 VM moves live',
      'y',
    )(carried('migrate test quark', 'Move test from snailin to quark', 'y'))
      .type(':vm test\r')
      .press('enter')
      .lives('running on snailin')
      .press('6')
      .sees('test: moved')
      // That its permit moved while it stood still for a moment is no news.
      .doesNotSee('is paused')
      .does(neverTwice))

  test('what was stopped starts again', () =>
    undone(
      'Undo operation 1: Start test on snailin',
      'y',
    )(carried('stop test', 'Stop test on snailin', 'test'))
      .type(':vm test\r')
      .press('enter')
      .lives('running on snailin')
      .does(neverTwice))

  test('what was started is stopped, by its name', () =>
    carried('stop test', 'Stop test on snailin', 'test')
      .type(':start test\r')
      .lives('Start test on snailin')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 2 done', '2 min')
      .press('U')
      .lives('Undo operation 2: Stop test on snailin')
      .press('enter')
      .after('1 s')
      .type('test')
      .press('enter')
      .lives('Operation 3 done', '2 min'))

  test('one that runs is cancelled, its steps that were left are retried', () =>
    onLiving('100x40')
      .type(':evacuate snailin\r')
      .lives('Evacuate snailin')
      .press('-')
      .lives('1 at once per HWM')
      .press('enter')
      .after('1 s')
      .type('snailin')
      .press('enter')
      .lives('copying')
      .press('U')
      .sees('operation 1 is not over: cancel it first')
      .press('C')
      .sees('Cancel operation 1: what runs now is brought to a safe end')
      .after('1 s')
      .press('y')
      .lives('Operation 1 cancelled', '2 min')
      .sees('0 of 2 done')
      .press('esc', '1')
      .sees(/snailin +PARTLY EVACUATED/)
      .press('5', 'enter', 'R')
      .sees('Retry the failed steps of operation 1')
      .after('1 s')
      .press('y')
      .lives('Operation 1 done', '2 min')
      .sees('2 of 2 done')
      .press('esc', '1')
      .sees(/snailin +maint/)
      .does(neverTwice))

  test('an evacuation of a living HWM goes back', () =>
    undone(
      'Undo operation 1',
      'y',
    )(carried('evacuate snailin', 'Evacuate snailin', 'snailin'))
      .sees('2 of 2 done')
      .type(':vm ubuntu-vmm2\r')
      .press('enter')
      .lives('running on snailin')
      .type(':hwm snailin\r')
      .doesNotSee('maint')
      .does(neverTwice))
})
