// What an operator sees of the solver: the verdict, the picture of the CDM, failure sets and their answers.
import { describe, test } from 'vitest'
import { cluster, console } from './language/story.ts'

const SIZES = ['40x10', '80x24', '112x30', '160x50'] as const
const three = (size = '80x24') => console.at(size).on(cluster('three-hosts')).foresees()

describe('the verdict on X', () => {
  test('it is on line 2, and says when it does not hold and why', () =>
    three()
      .sees('TOLERATES 1: yes')
      .seesAs('yes', 'green')
      .kill('quark')
      .foresees()
      .sees(/TOLERATES 1: NO {2}snailin: /)
      // What waits is not left out for it, even where there is little room.
      .sees('waiting 2')
      .seesAs('TOLERATES 1: NO', 'red'))

  test('without a solver it is not computed, and nobody is told where a VM restarts', () =>
    console
      .at('112x30')
      .on(cluster('three-hosts'))
      .sees('TOLERATES 1: not computed')
      .doesNotSee('IF IT FAILS')
      .press('4')
      .sees('this engine has no solver'))

  test('while it is checked again the last one stays, dated', () =>
    three()
      .does(({ cluster: scripted, clock }) => {
        const { preview } = scripted.snapshot
        if (preview) scripted.change({ preview: { ...preview, checkingSince: clock.now() } })
      })
      .sees('TOLERATES 1: yes  of 0 s ago, checking')
      .after('20 s', { refresh: true })
      .sees('of 20 s ago, checking')
      .foresees()
      .doesNotSee('checking'))

  test('a solver that failed is told of, and the last verdict stays with its age', () =>
    three('112x30')
      .does(({ cluster: scripted }) => {
        const { preview } = scripted.snapshot
        if (preview) scripted.change({ preview: { ...preview, problem: 'the solver crashed' } })
      })
      .after('5 s', { refresh: true })
      .sees('TOLERATES 1: yes  of 5 s ago'))

  test('the engine is gone: the verdict is as old as the picture', () =>
    three().dropEngine().sees('TOLERATES 1: yes  of 0 s ago'))

  for (const size of SIZES) {
    test(`the verdict with its counter-example, and what happens if it fails, at ${size}`, () =>
      three(size)
        .press('j')
        .golden(`if-it-fails-hwm-${size}`)
        .press('2')
        .golden(`if-it-fails-vm-${size}`)
        .kill('quark')
        .foresees()
        .golden(`verdict-no-${size}`))
  }

  test('beside each VM stands where it restarts, on both screens', () =>
    three('112x30')
      .press('j')
      .selects('quark')
      .sees('IF IT FAILS')
      .sees(/win7-vmm2 .* snailin/)
      .press('2')
      .sees(/test +VM .* waits/)
      .sees(/ubuntu-vmm2 .* quark/))
})

describe('screen 3, the picture', () => {
  for (const size of SIZES) {
    test(`three hosts at ${size}`, () => three(size).press('3', 'l').golden(`place-${size}`))
  }
  test('forty hosts are bars', () =>
    console
      .at('112x30')
      .on(cluster('forty-hosts'))
      .foresees()
      .press('3', 'j')
      .golden('place-forty-112x30'))

  test('a thousand are a heat map, that is scrolled where it is longer than the screen', () =>
    console
      .at('80x24')
      .on(cluster('thousand-hosts'))
      .press('3')
      .sees('percent in use')
      .sees('more rows below')
      .press('j', 'l')
      .golden('place-thousand-80x24')
      .press('tab')
      .golden('place-vm-thousand-80x24')
      .press('tab')
      .press('G')
      .sees('more rows above')
      .selects('')
      .press('g', 'up')
      .doesNotSee('more rows above'))

  test('moving over a box says what it is; an away VM says where its home is', () =>
    three('112x30')
      .move('win7-vmm2', 'snailin')
      .foresees()
      .press('3')
      .sees(/andreys +● up/)
      .press('l')
      .sees(/quark +● up +ram 12 GiB of 28 GiB, 42%/)
      .press('right')
      .sees('▲ win7-vmm2 8 GiB of quark')
      .sees('win7-vmm2 ▲quark')
      .press('l')
      .stillSees('▲ win7-vmm2 8 GiB of quark')
      .press('left', 'left')
      .sees(/andreys +● up/))

  for (const size of SIZES) {
    test(`a VM has the keys at ${size}: its home, and where it restarts`, () =>
      three(size)
        .move('win7-vmm2', 'snailin')
        .foresees()
        .press('3', 'l', 'l', 'j')
        .golden(`place-vm-${size}`))
  }

  test('down goes through the VMs of a box, Enter opens one, Esc goes back to its HWM', () =>
    three('112x30')
      .move('win7-vmm2', 'snailin')
      .foresees()
      .press('3', 'j')
      .sees(/ceph1 +VM +● running +on andreys +if andreys fails → waits/)
      .press('l')
      .sees(/freebsd-vmm2 +HAVM/)
      .press('l')
      .sees(
        /win7-vmm2 +HAVM +▲ running +on snailin, home quark +if snailin fails → quark +ram 8 GiB/,
      )
      .sees('home, restarts')
      .seesAs('home, restarts', 'magenta')
      .press('space')
      .sees('marks are for HWMs here: Esc leaves the VM')
      .press('enter')
      .sees('VM win7-vmm2')
      .press('esc')
      .sees('home, restarts')
      .press('j', 'j', 'j', 'j')
      .sees(/test +VM +● running/)
      .press('k')
      .sees(/ubuntu-vmm2 +HAVM/)
      .press('esc')
      .doesNotSee('its home')
      .sees(/snailin +● up/)
      .press('tab')
      .sees(/win7-vmm2 +HAVM/)
      .press('k')
      .sees(/snailin +● up/))

  test('a VM that is gone from there leaves the keys to its HWM', () =>
    three()
      .press('3', 'l', 'j')
      .sees(/win7-vmm2 +HAVM/)
      .move('win7-vmm2', 'snailin')
      .sees(/quark +● up/))

  test('in bars and in a heat map Tab goes in, and the keys stay among its VMs until it goes out', () =>
    console
      .at('112x30')
      .on(cluster('forty-hosts'))
      .foresees()
      .press('3', 'j', 'tab', 'l')
      .golden('place-vm-forty-112x30')
      .press('j', 'j', 'j', 'j', 'j', 'j', 'j', 'j', 'j', 'j', 'j')
      .sees(/vm00028 +\S+ +. \w+ +on hwm03/)
      .press('tab', 'j')
      .sees(/hwm05 +● up/))

  test('c turns to the next dimension, / filters, Enter opens', () =>
    three()
      .press('3')
      .sees('Place  ram')
      .press('c')
      .sees('Place  cpu')
      .sees('ubuntu-vmm2    2 cpu')
      .type('/snai\r')
      .doesNotSee('andreys')
      .press('enter')
      .sees('HWM snailin'))

  test('a dead HWM is seen to be, and keeps what waits for it', () =>
    three()
      .kill('quark')
      .foresees()
      .press('3', 'l')
      .sees('✗ quark DOWN')
      .seesAs('win7-vmm2', 'yellow')
      .sees('ssh: no route to host'))
})

describe('screen 4, failure sets', () => {
  for (const size of SIZES) {
    test(`three hosts at ${size}`, () => three(size).press('4').golden(`fallback-${size}`))
  }

  test('the worst comes first; moving shows each map at once', () =>
    three()
      .press('4')
      .selects('quark')
      .sees('if quark fails')
      .sees('2 HAVMs restart')
      .sees(/win7-vmm2 +→ snailin/)
      .press('j')
      .sees('if snailin fails')
      .sees('ubuntu-vmm2 → quark'))

  test('more sets than are listed: how many is said, and how any of them is had', () =>
    three('160x50')
      .does(({ cluster: scripted }) => {
        const { preview } = scripted.snapshot
        if (preview) scripted.change({ preview: { ...preview, setsUnlisted: 4_850 } })
      })
      .press('4')
      .sees('4850 more sets not listed: space builds any; 2000 are stored'))

  test('toggling HWMs builds a set, and the answer changes with it', () =>
    three('112x30')
      .press('4', 'space')
      .sees('if quark fails  built by marks')
      .sees('covered')
      .press('space')
      .sees('if quark + snailin fail')
      .sees('SHORT')
      .sees('WITHOUT A PLACE')
      .sees(/win7-vmm2 +no HWM that lives takes anybody in/)
      .golden('fallback-short-112x30')
      .press('k', 'space')
      .sees('if quark fails')
      .press('esc')
      .doesNotSee('built by marks'))

  test('w asks what if the marked HWMs fail, from wherever one is', () =>
    three()
      .press('j', 'space', 'space', 'w')
      .sees('if quark + snailin fail')
      .press('2', 'w')
      .sees(/if \w+ fails {2}built by marks/)
      .press('3', 'l', 'w')
      .sees('if quark fails'))

  test('the answer follows the cluster', () =>
    three()
      .press('4', 'j', 'k')
      .sees(/win7-vmm2 +→ snailin/)
      .move('win7-vmm2', 'snailin')
      .foresees()
      .sees('if quark fails')
      .sees('1 HAVM restarts')
      .doesNotSee(/win7-vmm2 +→/))

  test('a set that cannot be answered says why, and the next one is asked for', () =>
    three()
      .does(({ cluster: scripted }) => {
        scripted.answers.push(question =>
          question.ask === 'fallback' && question.failed.includes('quark')
            ? { ok: false, error: 'the solver was closed' }
            : undefined,
        )
      })
      .press('4')
      .sees('the solver was closed')
      .press('j')
      .sees('ubuntu-vmm2 → quark'))

  test('what is down already is said to fail with every set', () =>
    three()
      .kill('quark')
      .foresees()
      .press('4')
      .selects('snailin')
      .sees('with quark, which is down already')
      .sees('3 without a place'))

  test('etcd is lost: the answer stays, of what is known', () =>
    three()
      .press('4')
      .sees(/win7-vmm2 +→ snailin/)
      .loseEtcd(1)
      .stillSees(/win7-vmm2 +→ snailin/))

  test('without colours and in ASCII the same is said', () =>
    three('112x30')
      .with({ env: { TERM: 'xterm', NO_COLOR: '1', LANG: 'C' } })
      .press('4', 'space', 'space')
      .golden('fallback-ascii-112x30')
      .press('3')
      .golden('place-ascii-112x30'))

  test('its order and columns can be chosen', () =>
    three().press('4', 's').sees('Order of the failure sets').press('esc', 'c').sees('FOR WANT OF'))
})
