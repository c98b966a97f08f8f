// "Stay here": of a homecoming, by `space`. The VM stays where it is, its home stays where it was, and it can be brought home later.
import { expect, test } from 'vitest'
import { homesValue, keys } from '../../src/etcd/layout.ts'
import { neverTwice, untilItsName } from './language/living.ts'
import type { Scene } from './language/story.ts'

/** quark died, its HAVMs run on snailin, it is back. */
const away = (size: string) =>
  untilItsName(size)
    .type('quark')
    .press('enter')
    .lives('Operation 1 done')
    .rescue('quark')
    .lives('HWM 3 up 3')

async function homesAreAsBefore({ live }: Scene): Promise<void> {
  const kv = await live!.simulation.connectStore().get(keys.homes, { timeoutMs: 1_000 })
  expect(homesValue.parse(JSON.parse(kv?.value ?? '{}')).homes).toMatchObject({
    'win7-vmm2': 'quark',
    'freebsd-vmm2': 'quark',
  })
}

test('one VM stays, the other goes home; its home is not overwritten, and H offers it again', () =>
  away('100x30')
    .press('H')
    .lives('Homecoming: 2 VMs move live')
    .sees('Space stay here')
    .sees(/> 1 +win7-vmm2/)
    .press('space')
    .lives('Homecoming: 1 VM moves live')
    .sees('STAYS HERE 1  Space takes it in again')
    .sees(/win7-vmm2 +stays on snailin, as asked; its home stays quark/)
    .press('enter')
    .after('1 s')
    .press('y')
    .lives('Operation 2 done', '2 min')
    .sees('1 of 1 done')
    .type(':vm win7-vmm2\r')
    .press('enter')
    .lives('running on snailin, away from its home quark')
    .sees(/to run on +snailin/)
    .press('esc')
    .type(':vm freebsd-vmm2\r')
    .press('enter')
    .lives('running on quark, at home')
    .sees(/to run on +quark/)
    .does(homesAreAsBefore)
    .press('esc', '1')
    .sees('away 1')
    .press('H')
    .lives('Homecoming to quark: 1 VM moves live')
    .sees(/win7-vmm2 +HAVM +live +snailin → quark/)
    .press('enter')
    .after('1 s')
    .press('y')
    .lives('Operation 3 done', '2 min')
    .press('esc', '1')
    .doesNotSee('away 1')
    .does(neverTwice))

test('space again takes it along; when all stay there is nothing to do', () =>
  away('80x24')
    .press('H')
    .lives('Homecoming: 2 VMs move live')
    .press('space')
    .lives('Homecoming: 1 VM moves live')
    .press('space')
    .lives('Homecoming: 0 VMs move live')
    .sees('STAYS HERE 2')
    .press('enter')
    .sees('there is nothing to do')
    .doesNotSee('Carry this out?')
    .press('g', 'space')
    .lives('Homecoming: 1 VM moves live')
    .press('G', 'space')
    .lives('Homecoming: 2 VMs move live')
    .doesNotSee('STAYS HERE')
    .press('enter')
    .after('1 s')
    .press('y')
    .lives('Operation 2 done', '2 min')
    .sees('2 of 2 done')
    .does(homesAreAsBefore)
    .does(neverTwice))
