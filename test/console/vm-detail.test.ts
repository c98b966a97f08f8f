// The detail of a VM: where it restarts by failure set, at all sizes; what is asked for that, and when again.
import { describe, expect, test } from 'vitest'
import type { Scene } from './language/story.ts'
import { alive, cluster, console } from './language/story.ts'

const SIZES = ['40x10', '60x15', '80x24', '160x50'] as const

/** The cluster is to survive two failures at once. */
function toleratesTwo({ cluster: scripted }: Scene): void {
  const { config } = scripted.snapshot
  if (config) scripted.change({ config: { ...config, tolerate: 2 } })
}

/** win7-vmm2 was restarted on snailin, once quark was proved off. */
function evacuated({ cluster: scripted }: Scene): void {
  scripted.move('win7-vmm2', 'snailin')
  const proof = { kind: 'power-off read back', id: 'fence_ipmilan 10.0.1.112: off, 7f3a' }
  scripted.changeVm('win7-vmm2', {
    permit: {
      node: 'snailin',
      epoch: 2,
      phase: 'running',
      proof: { ...proof, when: '2026-11-22T21:13:51Z' },
    },
  })
  scripted.say({
    id: '2',
    time: '2026-11-22T21:13:57Z',
    who: 'anna',
    from: 'admin1',
    level: 'info',
    about: 'vm:win7-vmm2',
    what: 'win7-vmm2 restarted on snailin',
    why: 'operation 1',
  })
}

const three = (size: string) =>
  console.at(size).on(cluster('three-hosts')).does(toleratesTwo).foresees()

const asked = ({ cluster: scripted }: Scene) =>
  scripted.asked.flatMap(question => (question.ask === 'fallback' ? [question.failed] : []))

describe('where a VM restarts, by what fails', () => {
  for (const size of SIZES)
    test(`at ${size}`, () =>
      three(size)
        .does(evacuated)
        .foresees()
        .type(':open win7-vmm2\r')
        .sees('away from its home quark')
        .golden(`vm-detail-${size}`))

  test('its HWM alone, then with others, the worst first, each with what blocks it', () =>
    three('110x50')
      .type(':open win7-vmm2\r')
      .sees('WHERE IT RESTARTS, BY WHAT FAILS')
      .sees(/quark +→ snailin +solved now/)
      .sees(/quark \+ snailin +NO PLACE +\S/)
      .sees(/andreys \+ quark +→ snailin +solved now|quark \+ andreys +→ snailin +solved now/))

  test('of many sets some are shown, and how many more there are', () =>
    console
      .at('110x50')
      .on(cluster('forty-hosts'))
      .does(toleratesTwo)
      .foresees()
      .sees('TOLERATES')
      .press('2')
      .press('enter')
      .sees('WHERE IT RESTARTS')
      .sees(/34 more sets take \S+ with others: w/)
      .does(scene => expect(asked(scene)).toHaveLength(6)))

  test('on a living cluster: by the map that its engine has stored, and with an HWM that is down already', () =>
    console
      .at('110x50')
      .on(alive({ foresees: true }))
      .lives('TOLERATES 1: yes')
      .type(':open win7-vmm2\r')
      .lives(/quark +→ snailin +by the stored map of \d+ s ago/)
      .kill('andreys')
      .lives('DOWN 1')
      .lives(/quark +→ snailin .*, with andreys, down already/))

  test('a plain VM waits, and nobody is asked', () =>
    three('110x50')
      .type(':open test\r')
      .sees('nowhere: it is no HAVM, and waits for its HWM')
      .does(scene => expect(asked(scene)).toEqual([])))

  test('without a solver that is said', () =>
    console
      .at('110x50')
      .on(cluster('three-hosts'))
      .type(':open win7-vmm2\r')
      .sees('not known: this engine has no solver'))

  test('it is asked anew when the VM has moved, and when the solver has judged again; not otherwise', () =>
    three('110x50')
      .type(':open win7-vmm2\r')
      .sees(/quark +→ snailin +solved now/)
      .does(scene => expect(asked(scene)).toHaveLength(3))
      .after('1 min', { refresh: true })
      .does(scene => expect(asked(scene)).toHaveLength(3))
      .move('win7-vmm2', 'snailin')
      .foresees()
      .sees(/snailin +→ quark +solved now/)
      .doesNotSee(/quark +→ snailin/)
      .sees(/snailin \+ quark +NO PLACE|quark \+ snailin +NO PLACE/)
      .does(scene => {
        const { length } = asked(scene)
        expect(length).toBeGreaterThanOrEqual(6)
        scene.clock.pass(60_000)
        scene.cluster.refresh()
        expect(asked(scene)).toHaveLength(length)
      })
      // Closed, it is not followed.
      .press('esc')
      .does(scene => {
        const { length } = asked(scene)
        scene.cluster.move('win7-vmm2', 'quark')
        expect(asked(scene)).toHaveLength(length)
      }))

  test('an answer that cannot be had is told in its line', () =>
    three('110x50')
      .does(({ cluster: scripted }) => {
        scripted.answers.push(question =>
          question.ask === 'fallback' && question.failed.length === 2
            ? { ok: false, error: 'the solver crashed' }
            : undefined,
        )
      })
      .type(':open win7-vmm2\r')
      .sees(/quark +→ snailin +solved now/)
      .sees(/quark \+ snailin +the solver crashed/))
})
