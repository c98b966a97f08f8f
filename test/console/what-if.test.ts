// :what-if: the solver is asked about a change that is not made, and answers in the screen of P.
import { describe, expect, test } from 'vitest'
import type { Solved } from '../../src/model/solved.ts'
import { answering, FOUND, SIZES, three } from './language/solved.ts'
import { alive, console } from './language/story.ts'

describe('what if', () => {
  const ASKED: Solved = {
    ...FOUND,
    whatIf: {
      changes: [{ kind: 'less', what: 'quark' }],
      before: FOUND.verdict,
      after: { ...FOUND.verdict, holds: 'no', largest: 0, because: 'snailin: ram short 6 GiB' },
      homeless: 2,
    },
  }

  for (const size of SIZES) {
    test(`at ${size}`, () =>
      three(size)
        .does(answering(() => ({ ok: true, value: ASKED })))
        .type(':what-if less quark\r')
        .golden(`what-if-${size}`))
  }

  test('a line names the changes; keys and wishes are those of a plan, and nothing of it is applied', () =>
    three('112x30')
      .does(answering(() => ({ ok: true, value: ASKED })))
      .type(':what-if l')
      .sees('less')
      .press('tab')
      .type(' qu')
      .press('tab')
      .sees(':what-if less quark')
      .type(' grow test:ram=4GiB\r')
      .sees('what if: less quark, grow test:ram=4GiB')
      .sees('as it is TOLERATES 1: yes')
      .sees('with the change TOLERATES 1: NO  snailin: ram short 6 GiB')
      .sees('2 VMs would have no home')
      .press('o')
      .press('D')
      .sees('it answers a what-if')
      .does(({ cluster: scripted }) => {
        const asked = scripted.asked.flatMap(each => (each.ask === 'solve' ? [each.changes] : []))
        const changes = [
          { kind: 'less', what: 'quark' },
          { kind: 'grow', what: 'test:ram=4GiB' },
        ]
        expect(asked).toEqual([changes, changes])
      })
      .press('esc', 'P')
      .sees('nothing is changed by looking')
      .does(({ cluster: scripted }) =>
        expect(scripted.asked.findLast(each => each.ask === 'solve')).not.toHaveProperty('changes'),
      ))

  test('what cannot be read says what was expected', () =>
    three('112x30')
      .type(':what-if shrink quark\r')
      .sees("what-if: 'shrink' is none of less HWM, more HWM[:N]"))

  const living = () =>
    console
      .at('160x50')
      .on(alive({ foresees: true }))
      .lives('running 7')
      .lives('TOLERATES 1: yes')

  test('on a living cluster: what it does to X, the plan that would follow, and what cannot be', () =>
    living()
      .type(':what-if maintenance quark add test:2\r')
      .lives(/with the change TOLERATES 1: \w/)
      .sees('as it is TOLERATES 1: yes')
      .sees('2 VMs would have no home')
      .lives(/win7-vmm2 +quark +→ \w+/)
      .press('N')
      .sees('it answers a what-if')
      .press('esc')
      .type(':what-if grow test:ram=900GiB\r')
      .lives('impossible: test fits on no HWM')
      .press('esc')
      .type(':what-if less snailin\r')
      .lives('is pinned to it and would have no place')
      .press('esc')
      .type(':what-if less nobody\r')
      .lives('there is no HWM nobody'))
})
