// Keeps the fallback maps in etcd in step with the CDM: those that rest on something else are replaced, and what is right is left alone.
import type { StateStore } from '../../etcd/store.ts'
import { Ambiguous, StoreRefused, StoreUnavailable } from '../../etcd/store.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { storeFallbackMaps } from '../../operations/fallback-maps.ts'
import type { StoredFallbackMaps } from '../../operations/stored-maps.ts'
import type { SceneWorker } from './scene-worker.ts'

export interface MapStoreOptions {
  readonly store: StateStore
  readonly stored: StoredFallbackMaps
  readonly worker: SceneWorker
  /** Milliseconds since 1970. */
  wall(): number
  readonly signal: AbortSignal
}

/** For one transaction of the hundred maps that go together. */
const WRITE_MS = 10_000

export class MapStore {
  readonly #options: MapStoreOptions
  #keeping: Promise<string> | undefined
  /** What the maps rest on that were written from here last. */
  #written: string | undefined

  constructor(options: MapStoreOptions) {
    this.#options = options
  }

  /**
   * Makes etcd hold the maps of the CDM that `snapshot` has. Resolves with what went wrong, in one sentence, or with nothing; while it is
   * at work, with how that ends. Throws what the worker throws.
   */
  keep(snapshot: ClusterSnapshot, revision: number): Promise<string> {
    this.#keeping ??= this.#keep(snapshot, revision).finally(() => {
      this.#keeping = undefined
    })
    return this.#keeping
  }

  async #keep(snapshot: ClusterSnapshot, revision: number): Promise<string> {
    const { store, stored, worker, signal } = this.#options
    if (!stored.isRead) return ''
    const there = this.#inputsThere()
    const found = await worker.ask('maps', { unless: there }, snapshot)
    if (found?.maps === undefined) return ''
    const when = new Date(this.#options.wall()).toISOString()
    try {
      await storeFallbackMaps(
        store,
        found.maps,
        { inputs: found.inputs, from: { config: revision, homes: revision }, when },
        { timeoutMs: WRITE_MS, signal },
      )
      this.#written = found.inputs
      return ''
    } catch (error) {
      // What was written of it is right, and what was not is stale by its own inputs.
      if (
        error instanceof StoreUnavailable ||
        error instanceof StoreRefused ||
        error instanceof Ambiguous
      )
        return `fallback maps were not stored: ${error.message}`
      throw error
    }
  }

  /** What all stored maps rest on; undefined: they do not agree, or there are none and none were written from here. */
  #inputsThere(): string | undefined {
    const inputs = new Set([...this.#options.stored.maps.values()].map(map => map.inputs))
    if (inputs.size > 1) return undefined
    const [only] = inputs
    // Where nothing has to restart there are none to write; that is remembered.
    return only ?? this.#written
  }
}
