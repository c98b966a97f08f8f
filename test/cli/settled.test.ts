import { expect, test } from 'vitest'
import { firstSettled, type Pictures } from '../../src/cli/settled.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { threeHosts } from '../console/made-up.ts'

/** A cluster of which nothing is known yet. */
class Dark implements Pictures {
  readonly clock = new VirtualClock()
  snapshot: ClusterSnapshot = { ...threeHosts(), config: undefined, hwms: {}, vms: {} }
  readonly #listeners = new Set<(snapshot: ClusterSnapshot) => void>()
  /** When the picture that is waited for came, and it. */
  came: { readonly at: number; readonly picture: ClusterSnapshot } | undefined

  constructor(signal = new AbortController().signal) {
    this.show({ etcd: { ...this.snapshot.etcd, state: 'never' } })
    firstSettled(this, this.clock, signal).then(
      picture => (this.came = { at: this.clock.now(), picture }),
      () => undefined,
    )
  }

  onSnapshot(listener: (snapshot: ClusterSnapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  show(change: Partial<ClusterSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change }
    for (const listener of this.#listeners) listener(this.snapshot)
  }

  /** etcd answers: the HWMs are known, quark in this state. */
  name(state: 'connecting' | 'down'): void {
    const { config, etcd, hwms } = threeHosts()
    const { quark } = hwms
    if (!quark) throw new Error('there is a quark')
    this.show({ config, etcd, hwms: { ...hwms, quark: { ...quark, state } } })
  }
}

test('an HWM is waited for as long as an attempt lasts, from when it is known', async () => {
  const dark = new Dark()
  await dark.clock.advance(8_000)
  dark.name('connecting')
  await dark.clock.advance(10_500)
  expect(dark.came).toBeUndefined()
  dark.name('down')
  await dark.clock.advance(1)
  expect(dark.came?.picture.hwms['quark']?.state).toBe('down')
})

test('what never answers is shown as it is: etcd after 12 s, an HWM 12 s after that it was named', async () => {
  const silent = new Dark()
  const hanging = new Dark()
  await hanging.clock.advance(5_000)
  hanging.name('connecting')
  await Promise.all([silent.clock.advance(60_000), hanging.clock.advance(60_000)])
  expect(silent.came).toMatchObject({ at: 12_000, picture: { config: undefined } })
  expect(hanging.came).toMatchObject({ at: 17_000 })
  expect(hanging.came?.picture.hwms['quark']?.state).toBe('connecting')
})
