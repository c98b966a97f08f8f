// Stories on a living cluster: the simulator's hosts, the real engine, the real console; only time is made up.
import { expect } from 'vitest'
import { alive, console, type Scene } from './story.ts'

/** All three hosts are up. */
export const onLiving = (size: string) =>
  console
    .at(size)
    .on(alive())
    .lives(/quark +up +3/)

/** E on a dead quark, up to the question for its name. */
export const untilItsName = (size: string) =>
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

export function neverTwice({ live }: Scene): void {
  expect([...(live?.doubles ?? [])]).toEqual([])
}
