// One watch of etcd on one stream of its own. Its end is final: lost connection, silence, compaction, cancelled by etcd; whoever
// wants to go on lists again (reflector.ts). etcd3's own watcher goes on by itself and loses what came in between.
import type { IWatchResponse } from 'etcd3'
import type { Clock } from '../model/clock.ts'
import { monotonicMs } from '../model/clock.ts'
import type { Endpoint, WatchStream } from './endpoint.ts'
import { prefixEnd } from './range.ts'
import { failureOf } from './outcome.ts'
import { type Change, StoreRefused, StoreUnavailable, type WatchHandlers } from './store.ts'

/** While nothing comes, etcd is asked for a sign of life this often. */
const PROBE_MS = 1_000
/**
 * So many signs may be missing: a half-open line is noticed after 3 to 4 s. Counted in probes, not in time, so that a pause of
 * this process (whose answers then lie unread) is not taken for etcd's silence.
 */
const PROBES_MISSED = 3
/** For the login before the stream opens. */
const OPEN_MS = 3_000

/** `ended` tells the client too, which then prefers another member when the line was to blame. */
export class EtcdWatch implements Disposable {
  readonly #endpoint: Endpoint
  readonly #handlers: WatchHandlers
  readonly #clock: Clock
  readonly #strip: number
  readonly #ended: (reason: Error) => void
  #stream: WatchStream | undefined
  #probe: Disposable | undefined
  #missed = 0
  #over = false

  constructor(
    endpoint: Endpoint,
    clock: Clock,
    range: { readonly base: string; readonly prefix: string; readonly from: number },
    handlers: WatchHandlers,
    ended: (reason: Error) => void,
  ) {
    this.#endpoint = endpoint
    this.#handlers = handlers
    this.#clock = clock
    this.#strip = Buffer.byteLength(range.base)
    this.#ended = ended
    void this.#open(Buffer.from(range.base + range.prefix), range.from)
  }

  /** Ends it from outside, with a reason. */
  end(reason: Error): void {
    if (this.#over) return
    this[Symbol.dispose]()
    this.#ended(reason)
    this.#handlers.end(reason)
  }

  [Symbol.dispose](): void {
    this.#over = true
    this.#probe?.[Symbol.dispose]()
    this.#stream?.cancel()
  }

  async #open(key: Buffer, from: number): Promise<void> {
    const limits = { deadline: monotonicMs() + OPEN_MS, signal: undefined }
    this.#waitForSign()
    try {
      const stream = await this.#endpoint.openWatch(limits)
      stream.on('error', error => this.end(endReason(error)))
      stream.on('end', () => this.end(new StoreUnavailable('etcd closed the watch')))
      stream.on('data', (response: IWatchResponse) => this.#receive(response))
      this.#stream = stream
      if (this.#over) stream.cancel()
      else
        stream.write({
          create_request: { key, range_end: prefixEnd(key), start_revision: String(from) },
        })
    } catch (error) {
      this.end(endReason(error))
    }
  }

  #waitForSign(): void {
    this.#probe = this.#clock.after(PROBE_MS, () => {
      if (this.#missed >= PROBES_MISSED) {
        this.#endpoint.reset()
        this.end(new StoreUnavailable(`${this.#endpoint.url} is silent`))
        return
      }
      this.#missed++
      this.#stream?.write({ progress_request: {} })
      this.#waitForSign()
    })
  }

  #receive(response: IWatchResponse): void {
    if (this.#over) return
    this.#missed = 0
    if (response.canceled) {
      this.end(cancelReason(response))
      return
    }
    const changes = response.events.map(event => this.#change(event))
    const last = response.events.at(-1)
    if (last) this.#handlers.changes(changes, Number(last.kv.mod_revision))
  }

  #change({ type, kv }: IWatchResponse['events'][number]): Change {
    const key = kv.key.subarray(this.#strip).toString('utf8')
    const modRevision = Number(kv.mod_revision)
    // The protocol's name is in capitals, etcd3's type is not.
    if (type.toUpperCase() === 'DELETE') return { type: 'delete', key, modRevision }
    const createRevision = Number(kv.create_revision)
    return {
      type: 'put',
      kv: { key, value: kv.value.toString('utf8'), createRevision, modRevision },
    }
  }
}

function cancelReason({ compact_revision, cancel_reason }: IWatchResponse): Error {
  if (Number(compact_revision) > 0)
    return new StoreUnavailable(`the history up to revision ${compact_revision} is compacted`)
  if (/permission|auth/i.test(cancel_reason)) return new StoreRefused(`watch: ${cancel_reason}`)
  return new StoreUnavailable(`etcd cancelled the watch: ${cancel_reason || 'no reason given'}`)
}

function endReason(error: unknown): Error {
  if (error instanceof StoreRefused || error instanceof StoreUnavailable) return error
  const { kind, reason } = failureOf(error)
  const options = { cause: error }
  return kind === 'refused'
    ? new StoreRefused(`watch: ${reason}`, options)
    : new StoreUnavailable(`watch: ${reason}`, options)
}
