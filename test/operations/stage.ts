// What a test by commands needs on real hosts: a lab that is configured, yasco's commands, and the observer outside of the hosts.
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { Yasco } from './yasco.ts'

export interface Stage extends AsyncDisposable {
  readonly lab: Lab
  readonly yasco: Yasco
  readonly observer: Observer
}

export async function setStage(options: Parameters<typeof Lab.up>[0]): Promise<Stage> {
  await using made = new AsyncDisposableStack()
  const lab = made.use(await Lab.up(options))
  const yasco = new Yasco(lab)
  await yasco.begin()
  const observer = made.use(await lab.observe())
  const owned = made.move()
  return { lab, yasco, observer, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
