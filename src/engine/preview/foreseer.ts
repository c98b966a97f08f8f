// Keeps the solver's word on a cluster up to date beside the observer: judges again when something changed that matters, never on this
// thread, and never more than one judgement at a time. Answers what would happen if any set of HWMs failed.
import type { StateStore } from '../../etcd/store.ts'
import type { Clock } from '../../model/clock.ts'
import type { FallbackAnswer } from '../../model/fallback-answer.ts'
import { NO_PREVIEW, type Preview } from '../../model/preview.ts'
import type { ClusterSnapshot, Instant } from '../../model/snapshot.ts'
import { StoredFallbackMaps } from '../../operations/stored-maps.ts'
import { SolverFailed } from '../solver-pool.ts'
import { merged } from './merged.ts'
import { MapStore } from './map-store.ts'
import { SceneWorkers } from './scene-workers.ts'

export interface ForeseerOptions {
  readonly clock: Clock
  readonly store: StateStore
  /** The fallback maps of that store; left out: read from there. Disposed of with the foreseer. */
  readonly stored?: StoredFallbackMaps
  /** ... and written, as soon as the CDM, a VM or an HWM is another. False: read-only. */
  readonly writes: boolean
  /** Told of every new preview. */
  changed(preview: Preview): void
  /** Milliseconds since 1970. */
  wall?(): number
  /** Left out: its own. Disposed of with the foreseer. */
  readonly workers?: SceneWorkers
}

/** Changes come in flocks: a judgement begins when nothing has changed for a moment, but waits no longer than this for it. */
const QUIET_MS = 150
const QUIET_AT_MOST_MS = 2_000
/** HWMs that have not answered since the engine began are waited for so long. */
const CONNECTING_MS = 5_000
/** A judgement that is done sooner is never announced as under way. */
const ANNOUNCED_MS = 500
/** After a worker that died or did not end. */
const AGAIN_MS = 10_000

export class Foreseer implements AsyncDisposable {
  readonly #options: ForeseerOptions
  readonly #workers: SceneWorkers
  readonly #stored: StoredFallbackMaps
  readonly #maps: MapStore
  readonly #closing = new AbortController()
  #snapshot: ClusterSnapshot | undefined
  /** The newest bare snapshot, the one that was judged last, and since when they differ. */
  #newest: ClusterSnapshot | undefined
  #judged: ClusterSnapshot | undefined
  #differsSince: Instant | undefined
  #configuredAt: Instant | undefined
  #isJudging = false
  #timer: Disposable | undefined
  #announce: Disposable | undefined
  #preview: Preview = NO_PREVIEW

  constructor(options: ForeseerOptions) {
    const { clock, store } = options
    this.#options = options
    this.#workers = options.workers ?? new SceneWorkers()
    this.#stored = options.stored ?? new StoredFallbackMaps(store, clock, () => this.#wall())
    this.#maps = new MapStore({
      store,
      stored: this.#stored,
      worker: this.#workers.judge,
      wall: () => this.#wall(),
      signal: this.#closing.signal,
    })
  }

  get preview(): Preview {
    return this.#preview
  }

  /** The observer has another picture. */
  see(snapshot: ClusterSnapshot): void {
    const wasLive = this.#snapshot?.etcd.state === 'live'
    this.#snapshot = snapshot
    if (snapshot.config === undefined) return
    const now = this.#options.clock.now()
    this.#configuredAt ??= now
    const bare = this.#workers.bare.of(snapshot)
    if (bare === this.#newest) {
      if (!wasLive && snapshot.etcd.state === 'live') this.#storeMaps()
      return
    }
    this.#newest = bare
    this.#differsSince ??= now
    this.#announce ??= this.#options.clock.after(ANNOUNCED_MS, () => this.#tellChecking())
    this.#schedule(this.#waitFrom(now, snapshot))
  }

  /** What would happen if these HWMs failed together. Throws `RangeError` for one that is not there, `SolverFailed`, or the signal's reason. */
  async fallback(failed: readonly string[], signal?: AbortSignal): Promise<FallbackAnswer> {
    const snapshot = this.#newest
    if (snapshot === undefined) throw new Error('the cluster has not been read from etcd yet')
    const dead = Object.values(snapshot.hwms).flatMap(hwm =>
      hwm.state === 'down' && !failed.includes(hwm.name) ? [hwm.name] : [],
    )
    const stored = this.#stored.of([...failed, ...dead])
    const answer = await this.#workers.answer.ask(
      'fallback',
      { failed, wall: this.#wall(), ...(stored && { stored }) },
      snapshot,
      signal && { signal },
    )
    if (answer === undefined) throw new Error('the cluster has not been read from etcd yet')
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the engine ends'))
    this.#timer?.[Symbol.dispose]()
    this.#announce?.[Symbol.dispose]()
    this.#stored[Symbol.dispose]()
    await this.#workers[Symbol.asyncDispose]()
  }

  #waitFrom(now: Instant, snapshot: ClusterSnapshot): number {
    const isConnecting = Object.values(snapshot.hwms).some(hwm => hwm.state === 'connecting')
    const left = (this.#configuredAt ?? now) + CONNECTING_MS - now
    if (isConnecting && left > 0) return left
    const latest = (this.#differsSince ?? now) + QUIET_AT_MOST_MS - now
    return Math.max(0, Math.min(QUIET_MS, latest))
  }

  #schedule(ms: number): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = this.#options.clock.after(ms, () => void this.#judgeNewest())
  }

  async #judgeNewest(): Promise<void> {
    const snapshot = this.#newest
    if (this.#isJudging || snapshot === undefined || snapshot === this.#judged) return
    this.#isJudging = true
    try {
      const judgement = await this.#workers.judge.ask('judge', undefined, snapshot)
      this.#judged = snapshot
      if (judgement !== undefined) this.#take(judgement, snapshot)
      this.#warm(snapshot)
      this.#storeMaps()
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#failed(error, snapshot)
    } finally {
      this.#isJudging = false
    }
    if (this.#newest !== this.#judged && !this.#closing.signal.aborted) this.#schedule(QUIET_MS)
  }

  /** Whoever asks about a failure set finds the cluster there, and what all sets share made. */
  #warm(snapshot: ClusterSnapshot): void {
    this.#workers.answer.ask('ready', undefined, snapshot).catch((error: unknown) => {
      // A worker that is gone is hired anew by the first question, which then takes longer, and says why if it fails too.
      if (!(error instanceof SolverFailed) && !this.#closing.signal.aborted) throw error
    })
  }

  #take(judgement: Parameters<typeof merged>[1], snapshot: ClusterSnapshot): void {
    const now = this.#options.clock.now()
    const isOfNow = snapshot === this.#newest
    this.#differsSince = isOfNow ? undefined : now
    if (isOfNow) {
      this.#announce?.[Symbol.dispose]()
      this.#announce = undefined
    }
    const checkingSince = isOfNow ? undefined : this.#preview.checkingSince
    this.#publish({ ...merged(this.#preview, judgement, now), checkingSince, problem: '' })
  }

  /** The solver refuses a problem that is none, which trying again does not mend; a worker that is gone is replaced. */
  #failed(error: unknown, snapshot: ClusterSnapshot): void {
    if (!(error instanceof SolverFailed)) throw error
    if (error.how === 'error') this.#judged = snapshot
    else this.#schedule(AGAIN_MS)
    this.#publish({ ...this.#preview, problem: error.message.split('\n')[0] ?? '' })
  }

  #tellChecking(): void {
    this.#announce = undefined
    if (this.#differsSince === undefined) return
    this.#publish({ ...this.#preview, checkingSince: this.#differsSince })
  }

  #publish(preview: Preview): void {
    this.#preview = preview
    this.#options.changed(preview)
  }

  #storeMaps(): void {
    const judged = this.#judged
    const { etcd } = this.#snapshot ?? {}
    if (!this.#options.writes || judged === undefined || etcd?.state !== 'live') return
    this.#maps.keep(judged, etcd.revision).then(
      problem => {
        if (problem !== this.#preview.problem && !this.#closing.signal.aborted)
          this.#publish({ ...this.#preview, problem })
      },
      (error: unknown) => {
        if (!this.#closing.signal.aborted && this.#judged !== undefined)
          this.#failed(error, this.#judged)
      },
    )
  }

  #wall(): number {
    return this.#options.wall?.() ?? Date.now()
  }
}
