// Stories on a living cluster: the simulator's hosts, the real engine, the real console; only time is made up.
import { expect } from 'vitest'
import { alive, console, type Scene } from './story.ts'

/** All three hosts are up. */
export const onLiving = (size: string) =>
  console
    .at(size)
    .on(alive())
    .lives(/quark +up +3/)

export function neverTwice({ live }: Scene): void {
  expect([...(live?.doubles ?? [])]).toEqual([])
}
