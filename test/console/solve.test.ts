// P: the solver at work, what it found, and what becomes of it.
import { describe, expect, test } from 'vitest'
import { bestByText } from '../../src/model/objectives.ts'
import { answering, finding, FOUND, SIZES, three } from './language/solved.ts'
import { alive, console } from './language/story.ts'

const MIX = {
  balance: { objective: 'balance', weight: 100 },
  moves: { objective: 'fewest-moves', weight: 1 },
} as const

describe('what was found', () => {
  for (const size of SIZES) {
    test(`at ${size}`, () => three(size).does(finding()).press('P').golden(`solve-${size}`))
  }

  test('without colours, in ASCII', () =>
    three('112x30')
      .with({ env: { TERM: 'xterm', NO_COLOR: '1', LANG: 'C' } })
      .does(finding())
      .press('P')
      .golden('solve-ascii-112x30'))

  test('moves are in batches, a detour says that it is one, what is empty afterwards says so', () =>
    three('112x30')
      .does(finding())
      .press('P')
      .sees('MOVES  3 in 2 batches, 2 homes change')
      .sees(/1 win7-vmm2 +quark +→ snailin/)
      .sees('on its way: makes room')
      .sees('VM 2 → 0, empty')
      .sees('FALLBACK MAPS THAT CHANGE  2')
      .sees('then TOLERATES 1: yes'))

  test('what is impossible says why, and nothing of it can be applied', () =>
    three('112x30')
      .does(
        finding({
          answer: 'impossible',
          why: 'ram is short 6 GiB',
          loads: [],
          moves: [],
          verdict: { ...FOUND.verdict, holds: 'no', because: 'snailin: ram short 6 GiB' },
        }),
      )
      .press('P')
      .sees('impossible: ram is short 6 GiB')
      .press('D')
      .sees('there is no map to apply'))

  test('nothing to move and nothing to change: no key offers it, and says why', () =>
    three('112x30')
      .does(finding({ moves: [], homes: 0, changedMaps: [], value: 0, bound: 0, proved: true }))
      .press('P')
      .sees('none: everything is where it belongs')
      .doesNotSee('FALLBACK MAPS')
      .press('D')
      .sees('the CDM says so already: nothing to change')
      .press('N')
      .sees('the CDM says so already: nothing to change')
      .press('j', 'space')
      .sees('there is no move to leave out'))

  test('a read-only console looks and applies nothing', () =>
    three('112x30').does(finding()).press('P').press('N').sees('this console is read-only'))

  test('the engine cannot solve: why is said', () =>
    three()
      .does(answering(() => ({ ok: false, error: 'the solver crashed: out of memory' })))
      .press('P')
      .sees('the solver crashed: out of memory'))
})

describe('wishes', () => {
  test('each change asks anew: objective, X, time', () =>
    three('112x30')
      .does(finding())
      .press('P')
      .sees('[fewest moves]')
      .press('o')
      .sees('[balance]')
      .press(']')
      .sees("2 failures (the cluster's own X is 1)")
      .press('[', '[')
      .sees('0 failures')
      .press('d')
      .sees('time 15 s')
      .does(({ cluster: scripted }) => {
        const asked = scripted.asked.filter(question => question.ask === 'solve')
        expect(asked.map(each => [bestByText(each.bestBy), each.tolerate, each.seconds])).toEqual([
          ['fewest-moves', undefined, 5],
          ['balance', undefined, 5],
          ['balance', 2, 5],
          ['balance', 1, 5],
          ['balance', 0, 5],
          ['balance', 0, 15],
        ])
      }))

  test('a mix is typed: how it goes on, what is wrong with it, and what it would mean are seen', () =>
    three('112x30')
      .does(
        finding({
          bestBy: { mix: [MIX.balance, MIX.moves] },
          value: 3.25,
          terms: [
            { ...MIX.balance, value: 0.0125 },
            { ...MIX.moves, value: 2 },
          ],
        }),
      )
      .press('P', 'b')
      .sees(' best by fewest-moves')
      .press('ctrl-u')
      .sees('such as fewest-hwms,balance')
      .type('bal')
      .press('tab')
      .sees('how unlike HWMs are filled')
      .type(':')
      .sees("the weight '' is no number above 0, such as 0.2")
      .press('enter')
      .stillSees('such as 0.2')
      .type('100,f')
      .sees('fewest-hwms:')
      .press('down', 'down', 'enter')
      .sees(' best by balance:100,fewest-moves:')
      .type('1')
      .sees('100 x balance + 1 x fewest moves')
      .golden('solve-mix-typed-112x30')
      .press('enter')
      .sees('[100 x balance + 1 x fewest moves]')
      .sees('of that: balance 0.01250, fewest moves 2')
      .does(({ cluster: scripted }) => {
        const asked = scripted.asked.flatMap(each => (each.ask === 'solve' ? [each.bestBy] : []))
        expect(asked).toEqual([{ objectives: ['fewest-moves'] }, { mix: [MIX.balance, MIX.moves] }])
      })
      .press('b', 'enter', 'b', 'esc')
      .stillSees('[100 x balance + 1 x fewest moves]')
      .does(({ cluster: scripted }) =>
        expect(scripted.asked.filter(each => each.ask === 'solve')).toHaveLength(2),
      )
      .press('o')
      .sees('[fewest moves]'))

  for (const size of SIZES) {
    test(`several in their order at ${size}`, () =>
      three(size)
        .does(
          finding({
            bestBy: { objectives: ['fewest-hwms', 'balance'] },
            inOrder: [
              { objective: 'fewest-hwms', value: 2 },
              { objective: 'balance', value: 0.0125 },
            ],
          }),
        )
        .press('P', 'b', 'ctrl-u')
        .type('fewest-hwms,balance\r')
        .golden(`solve-order-${size}`))
  }

  test('its keys are for an open plan only, and the others say why', () =>
    three()
      .press('o')
      .sees('no plan of the solver is open')
      .press('P')
      .press('e')
      .doesNotSee('error'))
})

describe('the search', () => {
  test('it is watched: best, bound and gap; e is enough; leaving ends it', async () => {
    const told: string[] = []
    await three('112x30')
      .does(({ cluster: scripted }) => {
        scripted.searching = message => told.push(message)
      })
      .press('P')
      .sees('searching 0 s')
      .does(({ cluster: scripted }) =>
        scripted.progress({ phase: 'moves', best: 7, bound: 5, gap: 0.4 }),
      )
      .sees('best 7')
      .sees('bound 5')
      .sees('gap 40.0 %')
      .does(({ cluster: scripted }) =>
        scripted.progress({ phase: 'balance', best: 0.22, bound: 0, gap: 0.22 }),
      )
      .sees('best 0.2200')
      .doesNotSee('gap')
      .after('8 s', { refresh: true })
      .sees('searching 8 s')
      .press('D')
      .sees('the search goes on: e ends it with the best so far')
      .press('e')
      .press('o')
      .press('esc')
      .doesNotSee('searching')
    expect(told).toEqual(['enough', 'drop', 'drop'])
  })

  test('the engine is lost in the middle: the search is over, and says so', () =>
    three('112x30')
      .does(({ cluster: scripted }) => {
        scripted.searching = () => undefined
      })
      .press('P')
      .sees('searching')
      .dropEngine()
      .sees('the engine ended'))
})

describe('on a living cluster', () => {
  const planned = (size: string) =>
    console
      .at(size)
      .on(alive({ foresees: true }))
      .lives('running 7')
      .lives('TOLERATES 1: yes')
      .press('P', 'o')
      .lives('homes change')

  test('a plan is saved as CDM: VMs are away from their new homes', () =>
    planned('112x30')
      .press('D')
      .lives('Save as CDM')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives(/away \d/)
      .stillSees('running 7'))

  test('what is left out stays: the rest moves, as it was shown', async () => {
    let stays = ''
    await planned('112x30')
      .press('j')
      .does(({ terminal }) => {
        stays = />\s+1 (\S+)/.exec(terminal.text())?.[1] ?? ''
        expect(stays).not.toBe('')
      })
      .press('space')
      .lives('LEFT OUT  1')
      .press('N')
      .lives('live to')
      .does(({ terminal }) => expect(terminal.text()).not.toContain(stays))
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 1 done', '300 s')
      .does(({ live }) => {
        const { vms } = live!.simulation.cluster.config
        const home = vms.find(vm => vm.name === stays)?.home ?? ''
        expect(live!.simulation.runsOn(stays)).toEqual([home])
      })
      .press('2')
      .lives('running 7')
      .doesNotSee('away')
  })

  test('a plan is carried out: VMs move live, and are at home where they come', () =>
    planned('112x30')
      .press('N')
      .lives('live to')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 1 done', '300 s')
      .press('2')
      .lives('running 7')
      .doesNotSee('away')
      .does(({ live }) => expect([...(live?.doubles ?? [])]).toEqual([])))
})
