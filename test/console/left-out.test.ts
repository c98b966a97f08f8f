// P: single moves are left out of what the solver found, and all that follows from it.
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/engine/protocol.ts'
import type { Solved } from '../../src/model/solved.ts'
import { finding, FOUND, SIZES, three } from './language/solved.ts'
import type { Scene } from './language/story.ts'

describe('moves left out', () => {
  const OUT: Solved = {
    ...FOUND,
    id: '2',
    value: 1,
    moves: [{ vm: 'win7-vmm2', from: 'quark', to: 'snailin', batch: 1, bounce: false }],
    leftOut: [{ vm: 'freebsd-vmm2', from: 'quark', to: 'snailin' }],
    homes: 1,
    verdict: { ...FOUND.verdict, holds: 'no', because: 'quark: ram short 2 GiB' },
  }
  /** The engine leaves out what it is asked to, or says why it cannot. */
  const leaving =
    (out: Answer | Promise<Answer> = { ok: true, value: OUT }) =>
    ({ cluster: scripted }: Scene) => {
      finding()({ cluster: scripted } as Scene)
      scripted.answers.push(question =>
        question.ask !== 'leave-out'
          ? undefined
          : question.vms.length === 0
            ? { ok: true, value: FOUND }
            : out,
      )
    }
  const asked = ({ cluster: scripted }: Scene) =>
    scripted.asked.flatMap(each => (each.ask === 'leave-out' ? [[each.solved, ...each.vms]] : []))

  for (const size of SIZES) {
    test(`at ${size}`, () =>
      three(size)
        .does(leaving())
        .press('P', 'j', 'j', 'space', 'j')
        .golden(`solve-left-out-${size}`))
  }

  test('its order, the verdict and what it is worth follow; Space takes it in again', () =>
    three('112x30')
      .does(leaving())
      .press('P', 'space')
      .sees('select a move first')
      .press('j', 'j')
      .selects('    freebsd-vmm2')
      .press('space')
      .sees('fewest moves  1')
      .sees('then TOLERATES 1: NO  quark: ram short 2 GiB')
      .sees('MOVES  1 in 1 batch, 1 home changes')
      .sees('LEFT OUT  1')
      .sees('freebsd-vmm2  stays on quark, not → snailin')
      .selects('    freebsd-vmm2')
      .press('space')
      .doesNotSee('LEFT OUT')
      .sees('MOVES  3 in 2 batches')
      .does(scene => expect(asked(scene)).toEqual([['1', 'freebsd-vmm2'], ['2']])))

  test('past the last row the text goes on, and comes back to the rows line by line', () =>
    three('80x15')
      .does(leaving())
      .press('P', 'j', 'j', 'j')
      .selects('  2 freebsd-vmm2')
      .sees('1 more above')
      .press('j', 'j')
      .sees('3 more above')
      .sees('FALLBACK MAPS')
      .press('k', 'k')
      .sees('1 more above')
      .selects('  2 freebsd-vmm2')
      .press('k')
      .selects('    freebsd-vmm2')
      .press('G', 'g')
      .sees('best by'))

  test('others count on it: why is said, and the plan stays as it was', () =>
    three('112x30')
      .does(leaving({ ok: false, error: 'win7-vmm2 cannot stay on quark: ram is short' }))
      .press('P', 'j', 'space')
      .sees('win7-vmm2 cannot stay on quark: ram is short')
      .sees('MOVES  3 in 2 batches'))

  test('keys that come while it is worked out add to it; nothing can be applied until it is there', async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    await three('112x30')
      .does(leaving(promise))
      .press('P', 'j', 'space')
      .sees('being left out')
      .press('j', 'space')
      .press('D')
      .sees('what is left out is being worked out')
      .does(scene => {
        expect(asked(scene)).toEqual([
          ['1', 'win7-vmm2'],
          ['1', 'win7-vmm2', 'freebsd-vmm2'],
        ])
        resolve({ ok: true, value: OUT })
      })
      .sees('LEFT OUT  1')
      .doesNotSee('being left out')
      .press('D')
      .sees('this console is read-only')
  })
})
