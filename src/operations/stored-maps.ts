// The fallback maps of etcd, kept up to date, for whoever plans evacuations.
import { prefixes } from '../etcd/layout.ts'
import { Reflector } from '../etcd/reflector.ts'
import type { StateStore } from '../etcd/store.ts'
import type { Clock } from '../model/clock.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { prepareFallback, readFallbackMaps, type StoredFallback } from './fallback-maps.ts'
import type { PreparedFallback } from './plan/targets.ts'

export class StoredFallbackMaps implements Disposable {
  readonly #reflector: Reflector
  readonly #clock: Clock
  readonly #wall: () => number
  #maps: ReadonlyMap<string, StoredFallback> | undefined
  #isRead = false

  /** `wall`: milliseconds since 1970, for ages that are told. */
  constructor(store: StateStore, clock: Clock, wall: () => number = Date.now) {
    this.#clock = clock
    this.#wall = wall
    const forget = () => {
      this.#maps = undefined
    }
    this.#reflector = new Reflector(
      store,
      prefixes.fallbackMaps,
      {
        changed: forget,
        status: ({ state }) => {
          this.#isRead ||= state === 'live'
        },
      },
      { clock },
    )
  }

  /** They have been read once. */
  get isRead(): boolean {
    return this.#isRead
  }

  get maps(): ReadonlyMap<string, StoredFallback> {
    this.#maps ??= readFallbackMaps(this.#reflector.contents.values())
    return this.#maps
  }

  /** See `prepareFallback`. */
  prepared(snapshot: ClusterSnapshot, failed: readonly string[]): PreparedFallback | undefined {
    return prepareFallback(snapshot, failed, {
      stored: this.maps,
      now: () => this.#clock.now(),
      wall: this.#wall,
    })
  }

  [Symbol.dispose](): void {
    this.#reflector[Symbol.dispose]()
  }
}
