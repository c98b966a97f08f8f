// The fallback maps of etcd, kept up to date, for whoever plans evacuations.
import { keys, prefixes } from '../etcd/layout.ts'
import { Reflector } from '../etcd/reflector.ts'
import type { StateStore } from '../etcd/store.ts'
import type { Clock } from '../model/clock.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { prepareFallback, readFallbackMaps, type StoredFallback } from './fallback-maps.ts'
import type { PreparedFallback } from './plan/targets.ts'

/**
 * Targets for the HAVMs of HWMs that fail together, as `prepareFallback` finds them: on this thread (`prepareHere`), or wherever a solver
 * keeps the cluster. Throws the signal's reason.
 */
export type Prepare = (
  snapshot: ClusterSnapshot,
  failed: readonly string[],
  signal?: AbortSignal,
) => Promise<PreparedFallback | undefined>

/** For who has nothing else to do on this thread. */
export function prepareHere(maps: StoredFallbackMaps, clock: Clock): Prepare {
  return async (snapshot, failed) =>
    prepareFallback(snapshot, failed, {
      stored: maps.of(failed),
      now: () => clock.now(),
      wall: maps.wall(),
    })
}

export class StoredFallbackMaps implements Disposable {
  readonly #reflector: Reflector
  readonly #wall: () => number
  #maps: ReadonlyMap<string, StoredFallback> | undefined
  #isRead = false

  /** `wall`: milliseconds since 1970, for ages that are told. */
  constructor(store: StateStore, clock: Clock, wall: () => number = Date.now) {
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

  /** The map of these failures together, when there is one that can be read. */
  of(failed: readonly string[]): StoredFallback | undefined {
    const key = keys.fallbackMap(failed)
    const kv = this.#reflector.contents.get(key)
    return kv && readFallbackMaps([kv]).get(key)
  }

  /** Milliseconds since 1970, for the ages of these maps. */
  wall(): number {
    return this.#wall()
  }

  [Symbol.dispose](): void {
    this.#reflector[Symbol.dispose]()
  }
}
