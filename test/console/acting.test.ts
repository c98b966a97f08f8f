// Acting by keys, on a living cluster: the simulator's hosts, the real engine, the real console; only time is made up.
import { describe, expect, test, vi } from 'vitest'
import { actOn } from '../../src/simulator/lines.ts'
import { alive, console, type Scene } from './language/story.ts'

// A story of a minute takes a second or two, and more where others work beside it.
vi.setConfig({ testTimeout: 60_000 })

const onLiving = (size: string) =>
  console
    .at(size)
    .on(alive())
    .lives(/quark +up +3/)

/** E on a dead quark, up to the question for its name. */
const untilItsName = (size: string) =>
  onLiving(size)
    .kill('quark')
    .lives('quark    DOWN')
    .press('g', 'E')
    .lives('2 VMs restart elsewhere')
    .press('enter')
    .after('1 s')
    .press('w')
    .after('1 s')
    .type('cable pulled')
    .press('enter')
    .after('1 s')

function neverTwice({ live }: Scene): void {
  expect([...(live?.doubles ?? [])]).toEqual([])
}

describe('a host dies: evacuation and homecoming by keys', () => {
  for (const size of ['80x24', '160x50'])
    test(`the whole story at ${size}`, () =>
      onLiving(size)
        .kill('quark')
        .lives('quark    DOWN')
        .press('g', 'E')
        .lives('2 VMs restart elsewhere')
        .sees(/win7-vmm2 +HAVM +restart +quark → snailin/)
        .sees('ceph1')
        .golden(`plan-${size}`)
        .press('enter')
        .sees('keys are dead for half a second')
        .after('1 s')
        .sees('nothing proves that it is off')
        .golden(`proof-${size}`)
        .press('w')
        .after('1 s')
        .type('cable pulled')
        .press('enter')
        .after('1 s')
        .sees('quark is off, by my word: cable pulled')
        .type('quark')
        .golden(`name-${size}`)
        .press('enter')
        .lives('Operation 1 done')
        .sees('ARMED till 21:')
        .sees('2 of 2 done')
        .golden(`operation-${size}`)
        .press('esc')
        .golden(`operations-${size}`)
        .press('2')
        .lives(/win7-vmm2 .*▲ running +snailin/)
        .rescue('quark')
        .lives('HWM 3 up 3')
        .press('H')
        .lives('Homecoming: 2 VMs move live')
        .press('enter')
        .after('1 s')
        .press('y')
        .lives('Operation 2 running')
        .lives('copying')
        .lives('Operation 2 done', '2 min')
        .sees('stood still')
        .press('2')
        .lives(/win7-vmm2 .*● running +quark +home/)
        .does(neverTwice))

  for (const size of ['60x15', '40x10'])
    test(`in little room, at ${size}`, () =>
      onLiving(size)
        .kill('quark')
        .lives('DOWN')
        .press('g', 'E')
        .lives('restart')
        .golden(`plan-${size}`)
        .press('enter')
        .after('1 s')
        .golden(`proof-${size}`)
        .press('w')
        .after('1 s')
        .type('cable pulled')
        .press('enter')
        .after('1 s')
        .type('quark')
        .golden(`name-${size}`)
        .press('enter')
        .lives('done')
        .golden(`operation-${size}`))

  test('ASCII and no colour say the same', () =>
    onLiving('80x24')
      .with({ ascii: true, color: false })
      .kill('quark')
      .lives('quark    DOWN')
      .press('g', 'E')
      .lives('restart elsewhere')
      .press('enter')
      .after('1 s')
      .golden('proof-ascii-80x24'))

  test('Enter on the question is Cancel, and so is Enter on an empty name', () =>
    untilItsName('80x24')
      .press('enter')
      .sees('nothing was done')
      .doesNotSee('Carry this out?')
      .press('5')
      .sees('no operation was begun yet'))

  test('a name that is not the name does nothing, and says so', () =>
    untilItsName('80x24')
      .type('snailin')
      .press('enter')
      .sees('that is not quark: nothing was done')
      .press('ctrl-u')
      .type('quark')
      .press('enter')
      .lives('Operation 1 done'))

  test('keys that came before the question are not its answer', () =>
    untilItsName('80x24')
      .press('esc')
      .sees('Plan')
      .type('\rwwww')
      .after('2 s')
      .sees('w  I made sure'))
})

describe('a host that is cut off, and not proved dead', () => {
  test('it is switched off by its fence device, which is read back, before anything restarts', () =>
    onLiving('80x24')
      .does(({ live }) => void actOn(live!.simulation, 'cut quark'))
      .lives('quark    DOWN')
      .press('g', 'E')
      .lives('2 VMs restart elsewhere')
      .press('enter')
      .after('1 s')
      .sees('switches it off; that is read back')
      .press('f')
      .after('1 s')
      .sees('First quark is switched off and that is read back.')
      .type('quark')
      .press('enter')
      .lives('Operation 1 done')
      .press('6')
      .lives('quark: off, read back')
      .type(':vm win7-vmm2\r')
      .press('enter')
      .sees(/to run on +snailin/)
      .sees(/proof +power-off read back/)
      .press('esc')
      .type(':hwm quark\r')
      .press('enter')
      .lives('power          fence_ipmilan 10.0.1.112: off')
      .sees(/fence +in force since 21:1\d:\d\d {2}by anna/)
      .sees(/proof +power-off read back/)
      .press('pgdn')
      .sees(/agent +nobody acts on it now/)
      .does(neverTwice))

  test('fence devices can be asked and used by hand', () =>
    onLiving('100x24')
      .type(':fence quark status\r')
      .lives('fence_ipmilan 10.0.1.112: on')
      .type(':fence quark off\r')
      .lives('3 VMs that run there end')
      .press('enter')
      .after('1 s')
      .type('quark')
      .press('enter')
      .lives('quark: off, read back from fence_ipmilan')
      .lives('quark    DOWN')
      .type(':fence quark on\r')
      .lives('Switch quark on')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('told to switch on')
      .lives('HWM 3 up 3'))
})

describe('what is confirmed by y', () => {
  test('a VM is stopped by its name in full, started by y', () =>
    onLiving('80x24')
      .type(':stop test\r')
      .lives('Stop test on snailin')
      .press('enter')
      .after('1 s')
      .type('test')
      .press('enter')
      .lives('Operation 1 done')
      .type(':vm test\r')
      .lives('stopped')
      .press('B')
      .lives('Start test on snailin')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 2 done'))

  test('a target is chosen otherwise, a VM left out, more at once', () =>
    onLiving('110x40')
      .type(':evacuate snailin\r')
      .lives('2 VMs move live')
      .press('j', 'space')
      .lives('1 VM moves live')
      .sees('LEFT OUT 1')
      .press('+')
      .lives('3 at once per HWM')
      .press('r')
      .type('new disk\r')
      .sees('reason for the log: new disk')
      .press('m')
      .lives('1 VM shuts down and starts'))

  test('marked VMs move together, to an HWM that is chosen', () =>
    onLiving('80x24')
      .press('2')
      .type('/vmm2')
      .press('enter', '*', 'V')
      .sees('Where shall 3 VMs go?')
      .press('G', 'enter')
      .lives(/Move \d VMs? to/)
      .press('esc')
      .doesNotSee('Plan'))

  test('maintenance of a living HWM empties it; M again ends it', () =>
    onLiving('80x24')
      .type(':hwm snailin\r')
      .press('M')
      .lives('Evacuate snailin')
      .press('-')
      .lives('1 at once per HWM')
      .press('enter')
      .after('1 s')
      .type('snailin')
      .press('enter')
      .lives('EVACUATING')
      .press('Z')
      .sees('OPERATION PAUSING')
      .lives('nobody conducts it', '2 min')
      .sees('OPERATION PAUSED')
      .sees('Z let go on')
      .press('Z')
      .lives('Operation 1 done', '2 min')
      .type(':hwm snailin\r')
      .lives('maint')
      .press('M')
      .lives('Maintenance of snailin off')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('snailin: maintenance off'))
})

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

describe('what cannot be done says why', () => {
  test('a read-only console plans nothing', () =>
    console
      .at('80x24')
      .on(alive({ readOnly: true }))
      .lives('running 7')
      .sees('READ-ONLY')
      .press('E')
      .sees('this console is read-only')
      .type(':evacuate quark\r')
      .sees('evacuate: this console is read-only')
      .press('A')
      .sees('this console is read-only')
      .doesNotSee('ARMED'))

  test('etcd lost: nothing is planned on what nobody can commit', () =>
    onLiving('80x24')
      .type(':etcd lose 2\r')
      .lives('etcd LOST')
      .press('E')
      .sees('etcd is not reached'))

  test('what cannot be planned is told, and no plan opens', () =>
    onLiving('80x24')
      .type(':migrate ceph1 snailin\r')
      .lives('ceph1 is pinned to quark')
      .doesNotSee('Plan'))

  test('an operation that is over is not cancelled, and one that did well is not retried', () =>
    onLiving('80x24')
      .type(':migrate test quark\r')
      .lives('Move test from snailin to quark')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 1 done')
      .press('C')
      .sees('operation 1 is over')
      .press('R')
      .sees('no step of operation 1 has failed')
      .press('U')
      .lives('Undo operation 1: 1 VM moves live'))
})
