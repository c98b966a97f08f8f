// Several HWMs die at once, and one plan evacuates all of them: by keys, on a living cluster of made-up hosts and time.
import { describe, expect, test, vi } from 'vitest'
import { sixHosts } from '../operations/six-hosts.ts'
import { neverTwice } from './language/living.ts'
import { alive, console, type Scene } from './language/story.ts'

vi.setConfig({ testTimeout: 120_000 })

/** quark and snailin are dead, marked, and E shows the plan. */
const planned = (size: string, bad: readonly string[] = []) =>
  console
    .at(size)
    .on(alive({ madeUp: sixHosts({ bad }) }))
    .lives('HWM 6 up 6')
    .kill('quark')
    .kill('snailin')
    .lives('DOWN 2')
    .type('/state:down\r')
    .press('*')
    .sees('2 marked')
    .press('E')
    .lives('Evacuate quark, snailin: 3 VMs restart elsewhere')

/** quark's proof and name are given, and snailin is asked about. */
const untilTheSecond = (size: string, bad: readonly string[] = []) =>
  planned(size, bad)
    .press('enter')
    .after('1 s')
    .sees('quark does not answer, and nothing proves that it is off')
    .press('f')
    .after('1 s')
    .sees('HWM 1 of 2: nothing is done yet, snailin is asked about next.')
    .type('quark')
    .press('enter')
    .after('1 s')
    .sees('snailin does not answer, and nothing proves that it is off')

const nothingBegan = ({ live }: Scene) => {
  expect(live?.simulation.runsOn('win7-vmm2')).toEqual([])
}

describe('E on marked HWMs that are dead', () => {
  for (const size of ['80x24', '160x50'])
    test(`each is proved and named, one after the other; the last name carries it out (${size})`, () =>
      planned(size)
        .sees(/ubuntu-vmm2 +HAVM +restart +snailin → \w+/)
        .golden(`several-plan-${size}`)
        .press('enter')
        .after('1 s')
        .press('w')
        .after('1 s')
        .type('rack without power')
        .press('enter')
        .after('1 s')
        .sees('quark is off, by my word: rack without power')
        .type('quark')
        .golden(`several-first-${size}`)
        .press('enter')
        .after('1 s')
        .golden(`several-second-${size}`)
        .press('f')
        .after('1 s')
        .sees('First snailin is switched off and that is read back.')
        .sees('HWM 2 of 2, the last: its name carries all of it out.')
        .type('quark')
        .press('enter')
        .sees('that is not snailin: nothing was done')
        .does(nothingBegan)
        .press('ctrl-u')
        .type('snailin')
        .press('enter')
        .lives('Operation 1 done')
        .sees('3 of 3 done')
        .press('6')
        .lives('snailin: off, read back')
        .sees("quark: off by the operator's word: ")
        .press('5')
        .sees('evacuate quark+snailin')
        .does(neverTwice))

  test('Esc, Enter without a name, at the last of them: nothing was done to any', () =>
    untilTheSecond('80x24')
      .press('enter')
      .sees('nothing was done')
      .press('enter')
      .after('1 s')
      .sees('quark does not answer')
      .press('esc', 'esc')
      .press('5')
      .sees('no operation was begun yet')
      .press('6')
      .doesNotSee('read back')
      .does(nothingBegan))

  test('a device that fails: not done, with what is off; the next plan asks for the rest only', () =>
    untilTheSecond('100x40', ['snailin'])
      .press('f')
      .after('1 s')
      .type('snailin')
      .press('enter')
      .lives('NOT DONE: snailin could not be switched off')
      .sees('quark is off, read back from fence_ipmilan 10.0.1.112')
      .lives('quark is proved to be off: power-off read back')
      .sees('snailin is not proved to be off')
      .does(nothingBegan)
      .press('enter')
      .after('1 s')
      .sees('type quark in full')
      .type('quark')
      .press('enter')
      .after('1 s')
      .sees('snailin does not answer')
      .press('w')
      .after('1 s')
      .type('cable pulled')
      .press('enter')
      .after('1 s')
      .type('snailin')
      .press('enter')
      .lives('Operation 1 done')
      .does(neverTwice))

  test('the set that w asked about is evacuated from screen 4', () =>
    planned('100x40')
      .press('esc')
      .press('w', 'E')
      .lives('Evacuate quark, snailin: 3 VMs restart elsewhere'))

  test('by their names on the line of commands', () =>
    planned('100x40')
      .press('esc')
      .type(':evacuate snailin qu')
      .press('tab')
      .sees(':evacuate snailin quark')
      .press('enter')
      .lives('Evacuate snailin, quark: 3 VMs restart elsewhere'))

  test('the plan of one tells that another is dead too', () =>
    planned('100x40')
      .press('esc', 'esc', 'esc')
      .type(':evacuate quark\r')
      .lives('Evacuate quark: 2 VMs restart elsewhere')
      .sees('snailin does not answer either'))

  test('not with one that lives, and the reason is told', () =>
    console
      .at('100x30')
      .on(alive({ madeUp: sixHosts() }))
      .lives('HWM 6 up 6')
      .kill('quark')
      .lives('DOWN 1')
      .press('*', 'E')
      .sees('only dead HWMs are evacuated together, and andreys lives')
      .doesNotSee('Plan')
      .press('M')
      .sees('one HWM at a time: take the marks away'))
})
