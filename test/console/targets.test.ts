// `t` in a plan: another target that the VM can have. The plan follows, what is committed is what was shown, and the VM runs there.
import { describe, test, vi } from 'vitest'
import { sized } from '../../src/simulator/made-up.ts'
import { neverTwice } from './language/living.ts'
import { alive, console } from './language/story.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Four hosts with three HAVMs each: everyone has three places to go to. */
const onFour = () =>
  console
    .at('130x40')
    .on(alive({ madeUp: sized(4, 12, 1) }))
    .lives('HWM 4 up 4')

describe('another target in a plan', () => {
  test('of an evacuation: the loads follow, and the VM runs where it was sent', () =>
    onFour()
      .type(':evacuate r1-n01\r')
      .lives('Evacuate r1-n01: 3 VMs move live')
      .sees(/> 1 +web-09 .*r1-n01 → r1-n04 /)
      .sees(/r1-n04 .* 5% → +28% .* 5% → +13%/)
      .doesNotSee(/r1-n02 .*% → /)
      .press('t')
      .sees('Where shall web-09 go?')
      // The same measure as in the plan: of what an HWM gives out.
      .sees(/r1-n04 +3 VMs +ram 5% +cpu 5%/)
      .sees('Enter')
      .press('G', 'enter')
      .lives(/> 1 +web-09 .*r1-n01 → r1-n02 .*as asked; else r1-n04, r1-n03/)
      .sees(/2 +build-05 .*r1-n01 → r1-n04 /)
      .sees(/r1-n02 .* 56% → +60% .* 25% → +26%/)
      .sees(/r1-n04 .* 5% → +25% .* 5% → +11%/)
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 1 done', '2 min')
      .sees('3 of 3 done')
      .type(':vm web-09\r')
      .press('enter')
      .lives('running on r1-n02, away from its home r1-n01')
      .sees(/to run on +r1-n02/)
      .press('esc')
      .type(':vm build-05\r')
      .press('enter')
      .sees('running on r1-n04')
      .does(neverTwice))

  test('of one among marked VMs: the sentence names both HWMs', () =>
    onFour()
      .press('2')
      .type('/hwm:r1-n01')
      .press('enter', '*', 'V')
      .sees('Where shall 3 VMs go?')
      .press('enter')
      .lives('Move 3 VMs to r1-n02')
      .press('j', 't')
      .sees('Where shall git-01 go?')
      .press('g', 'j', 'j', 'enter')
      .lives(/git-01 .*r1-n01 → r1-n03 /)
      .sees('Move 3 VMs to r1-n02 and r1-n03')
      .press('enter')
      .sees('Move 3 VMs to r1-n02 and r1-n03')
      .after('1 s')
      .press('y')
      .lives('Operation 1 done', '2 min')
      .type(':vm git-01\r')
      .press('enter')
      .lives('running on r1-n03')
      .does(neverTwice))

  test('of a start: it runs there, and its home stays where it was', () =>
    onFour()
      .type(':stop web-09\r')
      .lives('Stop web-09 on r1-n01')
      .press('enter')
      .after('1 s')
      .type('web-09')
      .press('enter')
      .lives('Operation 1 done', '2 min')
      .type(':start web-09\r')
      .lives('Start web-09 on r1-n01')
      .press('t')
      .press('G', 'enter')
      .lives('Start web-09 on r1-n04')
      .press('enter')
      .after('1 s')
      .press('y')
      .lives('Operation 2 done', '2 min')
      .type(':vm web-09\r')
      .press('enter')
      .lives('running on r1-n04, away from its home r1-n01')
      .does(neverTwice))
})
