// The in-memory twin as one program sees it: a StateStore whose line to the (made-up) cluster can be cut, fall silent, be slow,
// or lose the reply to a write that was done.
import { type LeaseCalls, RenewedLease } from './lease.ts'
import type { MemoryEtcd, ServerWatch } from './memory.ts'
import {
  Ambiguous,
  type CallOptions,
  type Change,
  type KeyValue,
  type Lease,
  type MemberHealth,
  type Outcome,
  type StateStore,
  StoreUnavailable,
  type Transaction,
  type WatchHandlers,
} from './store.ts'

/** What the line between this client and etcd does. `cut`: fails at once. `silent`: half-open, nothing is answered. */
export type Line = 'up' | 'cut' | 'silent'

const DEFAULT_TIMEOUT_MS = 3_000
/** After this long on a silent line a watch ends, as the real client's does. */
const SILENCE_MS = 3_000

/** See MemoryEtcd.connect(). */
export class MemoryStore implements StateStore {
  /** Round-trip time of every call; half of it before the cluster acts. */
  latencyMs = 0
  /** So many of the next writes are done, and their replies lost. */
  repliesToLose = 0
  readonly #etcd: MemoryEtcd
  readonly #watches = new Set<MemoryWatch>()
  readonly #leases = new Set<RenewedLease>()
  #line: Line = 'up'
  #closed = false

  constructor(etcd: MemoryEtcd) {
    this.#etcd = etcd
  }

  get line(): Line {
    return this.#line
  }

  set line(line: Line) {
    this.#line = line
    if (line === 'cut') this.cutWatches('connection lost')
    else for (const watch of this.#watches) watch.lineChanged(line)
  }

  /** Ends every watch of this client, whatever the line does. */
  cutWatches(reason = 'connection lost'): void {
    for (const watch of this.#watches) watch.end(new StoreUnavailable(reason))
  }

  get(key: string, options?: CallOptions): Promise<KeyValue | undefined> {
    return this.#call('repeatable', options, () => this.#etcd.get(key))
  }

  list(prefix: string, options?: CallOptions): Promise<{ revision: number; kvs: KeyValue[] }> {
    return this.#call('repeatable', options, () => this.#etcd.list(prefix))
  }

  commit(transaction: Transaction, options?: CallOptions): Promise<Outcome> {
    return this.#call('write', options, () => this.#etcd.commit(transaction))
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Disposable {
    const watch = new MemoryWatch(this.#etcd, prefix, fromRevision, handlers, this.latencyMs / 2)
    this.#watches.add(watch)
    watch.ended = () => this.#watches.delete(watch)
    if (this.#closed) watch.end(new StoreUnavailable('this store is closed'))
    else if (this.#line === 'cut') watch.end(new StoreUnavailable('connection refused'))
    else if (!this.#etcd.hasQuorum) watch.end(new StoreUnavailable('etcd has no leader'))
    else watch.lineChanged(this.#line)
    return watch
  }

  async grantLease(ttlMs: number, options?: CallOptions): Promise<Lease> {
    const sent = this.#etcd.clock.now()
    const id = await this.#call('repeatable', options, () => this.#etcd.grantLease(ttlMs))
    const calls: LeaseCalls = {
      renew: limits => this.#call('repeatable', limits, () => this.#etcd.renewLease(id)),
      revoke: limits => this.#call('repeatable', limits, () => this.#etcd.expireLease(id)),
    }
    const lease = new RenewedLease(this.#etcd.clock, calls, id, ttlMs, sent)
    this.#leases.add(lease)
    lease.lost.addEventListener('abort', () => this.#leases.delete(lease))
    return lease
  }

  members(): Promise<readonly MemberHealth[]> {
    const members = this.#etcd.members()
    if (this.#line === 'up' && !this.#closed) return Promise.resolve(members)
    return Promise.resolve(
      members.map(({ endpoint }) => {
        return { endpoint, reachable: false, leader: false, reason: 'connection timed out' }
      }),
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const watch of this.#watches) watch[Symbol.dispose]()
    for (const lease of this.#leases) lease.abandon('its store was closed')
    this.#etcd.forget(this)
    return Promise.resolve()
  }

  #call<T>(kind: 'repeatable' | 'write', options: CallOptions = {}, act: () => T): Promise<T> {
    const { clock } = this.#etcd
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options
    if (this.#closed) return Promise.reject(new StoreUnavailable('this store is closed'))
    if (signal?.aborted) return Promise.reject(reasonOf(signal))
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    /** Whether etcd may have got the request. */
    let sent = false
    const fail = (reason: string) =>
      reject(sent && kind === 'write' ? new Ambiguous(reason) : new StoreUnavailable(reason))

    const arrive = () => {
      if (this.#line === 'cut') return fail('connection refused')
      sent = true
      if (this.#line === 'silent') return
      if (!this.#etcd.hasQuorum) {
        sent = false
        return fail('etcd has no leader')
      }
      let result: T
      try {
        result = act()
      } catch (error) {
        return reject(error)
      }
      const replyLost = kind === 'write' && this.repliesToLose > 0
      if (replyLost) this.repliesToLose--
      this.#later(() => {
        if (this.#line === 'cut' || replyLost) fail('connection lost before the answer')
        else if (this.#line === 'up') resolve(result)
      })
    }
    const limit = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`))
    const cancel = () => (sent && kind === 'write' ? fail('cancelled') : reject(reasonOf(signal)))
    signal?.addEventListener('abort', cancel)
    this.#later(arrive)
    return promise.finally(() => {
      limit[Symbol.dispose]()
      signal?.removeEventListener('abort', cancel)
    })
  }

  #later(task: () => void): void {
    if (this.latencyMs === 0) task()
    else this.#etcd.clock.after(this.latencyMs / 2, task)
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error(String(reason))
}

class MemoryWatch implements ServerWatch {
  readonly prefix: string
  readonly from: number
  ended: () => void = () => undefined
  readonly #etcd: MemoryEtcd
  readonly #handlers: WatchHandlers
  readonly #delayMs: number
  #opened = false
  #over = false
  /** What came while the line was silent: TCP hands it over when the line is back. */
  #held: (() => void)[] = []
  #silent = false
  #silence: Disposable | undefined

  constructor(
    etcd: MemoryEtcd,
    prefix: string,
    from: number,
    handlers: WatchHandlers,
    delayMs: number,
  ) {
    this.#etcd = etcd
    this.prefix = prefix
    this.from = from
    this.#handlers = handlers
    this.#delayMs = delayMs
  }

  lineChanged(line: Line): void {
    this.#silent = line === 'silent'
    this.#silence?.[Symbol.dispose]()
    if (this.#silent) {
      const give = () => this.end(new StoreUnavailable(`silent for ${SILENCE_MS} ms`))
      this.#silence = this.#etcd.clock.after(SILENCE_MS, give)
      return
    }
    if (!this.#opened) {
      this.#opened = true
      const problem = this.#etcd.openWatch(this)
      if (problem) return this.end(problem)
    }
    for (const tell of this.#held.splice(0)) tell()
  }

  deliver(changes: readonly Change[], revision: number): void {
    const tell = () => {
      if (this.#over) return
      if (this.#silent) this.#held.push(tell)
      else this.#handlers.changes(changes, revision)
    }
    if (this.#delayMs > 0) this.#etcd.clock.after(this.#delayMs, tell)
    else queueMicrotask(tell)
  }

  end(reason: Error): void {
    if (this.#over) return
    this[Symbol.dispose]()
    queueMicrotask(() => this.#handlers.end(reason))
  }

  [Symbol.dispose](): void {
    if (this.#over) return
    this.#over = true
    this.#silence?.[Symbol.dispose]()
    this.#etcd.closeWatch(this)
    this.ended()
  }
}
