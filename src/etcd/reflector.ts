// Keeps a copy of what lies under a prefix: lists, then watches from the next revision; whenever the watch ends, for whatever reason,
// it lists again and tells what differs. So nothing is ever lost between two watches, which no watch that resumes can promise.
// While the store is away the copy stays, with its age.
import { type Clock, realClock } from '../model/clock.ts'
import type { EtcdState } from '../model/snapshot.ts'
import type { Change, KeyValue, StateStore } from './store.ts'

/** `since` and `seenAt` are in the clock's `now()`. */
export interface ReflectorStatus {
  readonly state: EtcdState
  readonly since: number
  /** Why it is not live; empty when it is. */
  readonly reason: string
  /** Revision the copy is known to be of; 0: never listed. */
  readonly revision: number
  /** Last time the store confirmed the copy: a list, or while live, now. Undefined: never. */
  readonly seenAt: number | undefined
}

export interface ReflectorHandlers {
  /** What changed in `contents`, after it did: whole revisions. Never empty. After a gap only what differs, without what came and went. */
  changed(changes: readonly Change[]): void
  /** The state or its reason changed. `contents` is complete once it is first `live`. */
  status(status: ReflectorStatus): void
}

export interface ReflectorOptions {
  readonly clock?: Clock
  /** Time limit of one list, ms. */
  readonly listMs?: number
  /** For the jitter of the back-off; 0 to 1. */
  readonly random?: () => number
}

const LIST_MS = 10_000
/**
 * Between failed lists: a first try soon, then 0.5 to 1 s, so that the copy is up to date within 2 s of the store's return,
 * and a hundred consoles do not ask in the same instant.
 */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 1_000
/** A watch that lived shorter than this counts as a failure: the next list waits, so that the two do not chase each other. */
const SHORT_LIFE_MS = 1_000

/** Starts at once; ends with `dispose`. */
export class Reflector implements Disposable {
  readonly #store: StateStore
  readonly #prefix: string
  readonly #handlers: ReflectorHandlers
  readonly #clock: Clock
  readonly #listMs: number
  readonly #random: () => number
  readonly #stop = new AbortController()
  readonly #contents = new Map<string, KeyValue>()
  #watch: Disposable | undefined
  #timer: Disposable | undefined
  #failures = 0
  #status: ReflectorStatus

  constructor(
    store: StateStore,
    prefix: string,
    handlers: ReflectorHandlers,
    options: ReflectorOptions = {},
  ) {
    this.#store = store
    this.#prefix = prefix
    this.#handlers = handlers
    this.#clock = options.clock ?? realClock
    this.#listMs = options.listMs ?? LIST_MS
    this.#random = options.random ?? Math.random
    const since = this.#clock.now()
    const reason = 'not reached yet'
    this.#status = { state: 'never', since, reason, revision: 0, seenAt: undefined }
    void this.#list()
  }

  /** The copy, by key. Changes in place: read it in `changed`, or when `status` says how old it is. */
  get contents(): ReadonlyMap<string, KeyValue> {
    return this.#contents
  }

  get status(): ReflectorStatus {
    if (this.#status.state !== 'live') return this.#status
    return { ...this.#status, seenAt: this.#clock.now() }
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    this.#timer?.[Symbol.dispose]()
    this.#watch?.[Symbol.dispose]()
  }

  async #list(): Promise<void> {
    const { signal } = this.#stop
    try {
      const limits = { timeoutMs: this.#listMs, signal }
      const { revision, kvs } = await this.#store.list(this.#prefix, limits)
      if (signal.aborted) return
      const changes = this.#difference(kvs, revision)
      this.#apply(changes)
      this.#startWatch(revision)
      this.#become('live', '', revision)
      if (changes.length > 0) this.#handlers.changed(changes)
    } catch (error) {
      if (!signal.aborted) this.#fail(error)
    }
  }

  #startWatch(revision: number): void {
    let over = false
    const began = this.#clock.now()
    const watch = this.#store.watch(this.#prefix, revision + 1, {
      changes: (changes, upTo) => {
        if (over || this.#stop.signal.aborted) return
        this.#apply(changes)
        this.#status = { ...this.#status, revision: upTo }
        this.#handlers.changed(changes)
      },
      end: reason => {
        if (over || this.#stop.signal.aborted) return
        over = true
        if (this.#clock.now() - began >= SHORT_LIFE_MS) this.#failures = 0
        this.#become('catching-up', reason.message, this.#status.revision)
        if (this.#failures++ === 0) void this.#list()
        else this.#listLater()
      },
    })
    this.#watch = watch
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const { state, revision } = this.#status
    this.#become(state === 'never' ? 'never' : 'stale', reason, revision)
    this.#failures++
    this.#listLater()
  }

  #listLater(): void {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures)
    const wait = longest * (0.5 + this.#random() / 2)
    this.#timer = this.#clock.after(wait, () => void this.#list())
  }

  #become(state: EtcdState, reason: string, revision: number): void {
    const before = this.#status
    const now = this.#clock.now()
    const seenAt = state === 'live' || before.state === 'live' ? now : before.seenAt
    // What is stale has been so since it was no longer live, not since a list told us.
    const goesOn = state === before.state || (state === 'stale' && before.state === 'catching-up')
    const since = goesOn ? before.since : now
    this.#status = { state, since, reason, revision, seenAt }
    if (state !== before.state || reason !== before.reason) this.#handlers.status(this.status)
  }

  #difference(kvs: readonly KeyValue[], revision: number): Change[] {
    const gone = new Set(this.#contents.keys())
    const changes: Change[] = []
    for (const kv of kvs) {
      gone.delete(kv.key)
      const old = this.#contents.get(kv.key)
      // The value too: an etcd restored from a backup gives old revisions to new values.
      if (old?.modRevision !== kv.modRevision || old.value !== kv.value)
        changes.push({ type: 'put', kv })
    }
    for (const key of gone) changes.push({ type: 'delete', key, modRevision: revision })
    return changes
  }

  #apply(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#contents.set(change.kv.key, change.kv)
      else this.#contents.delete(change.key)
    }
  }
}
