// The port to the state store. etcd (client.ts) and the in-memory twin (memory.ts) both are one; nothing else in yasco knows etcd3.
// Keys are relative to /yasco/<cluster>/ (the implementation adds the prefix). Revisions are etcd's, as numbers (safe to 2^53).

export interface KeyValue {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
}

/** What every call to the outside takes: a time limit in ms and a way to cancel. */
export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A condition of a transaction. `revision: 0` on `created`: the key does not exist. */
export type Compare =
  | { readonly key: string; readonly created: number }
  | { readonly key: string; readonly modified: number }
  | { readonly key: string; readonly equals: string }

export type Write =
  | { readonly put: string; readonly value: string; readonly lease?: Lease }
  | { readonly delete: string }

export interface Transaction {
  readonly if: readonly Compare[]
  readonly then: readonly Write[]
}

/** `committed`: all of `then` is in the store at `revision`. `refused`: a compare failed, nothing was written; `found` is what lies there now. */
export type Outcome =
  | { readonly committed: true; readonly revision: number }
  | { readonly committed: false; readonly revision: number; readonly found: readonly KeyValue[] }

/**
 * A lease kept alive by its holder. Its loss is judged on the monotonic clock: `validUntil` is the send time of the last
 * confirmed renewal + ttl (SAFETY.md: expiry detects, it proves nothing).
 */
export interface Lease {
  readonly id: string
  readonly ttlMs: number
  /** In `monotonicMs()`. */
  readonly validUntil: number
  /** Aborts when `validUntil` has passed or the store said that the lease is gone. */
  readonly lost: AbortSignal
  revoke(options?: CallOptions): Promise<void>
}

export type Change =
  | { readonly type: 'put'; readonly kv: KeyValue }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: number }

/** What a watch tells. After `end` it tells nothing more; the reflector then lists again and opens another. */
export interface WatchHandlers {
  /** All changes of one or more whole revisions, in order. */
  changes(changes: readonly Change[], revision: number): void
  /** The watch is over: connection lost, compacted, cancelled by the server. Every reason means *list again*. */
  end(reason: Error): void
}

export interface MemberHealth {
  readonly endpoint: string
  readonly reachable: boolean
  readonly leader: boolean
  /** Empty when reachable. */
  readonly reason: string
}

/**
 * Errors: `StoreUnavailable` (no answer, no quorum, time limit), `StoreRefused` (authentication, permission), `Ambiguous` (a write whose reply was lost:
 * it may have happened; read back by a token of your own before trying again).
 */
export interface StateStore extends AsyncDisposable {
  get(key: string, options?: CallOptions): Promise<KeyValue | undefined>
  /** All keys under a prefix (empty: all of the cluster), sorted, with the revision they are of. Pages by itself when there are many. */
  list(
    prefix: string,
    options?: CallOptions,
  ): Promise<{ readonly revision: number; readonly kvs: readonly KeyValue[] }>
  commit(transaction: Transaction, options?: CallOptions): Promise<Outcome>
  /** Changes under a prefix from `fromRevision` on (inclusive). */
  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Disposable
  grantLease(ttlMs: number, options?: CallOptions): Promise<Lease>
  /** Asks every member by itself, each within the time limit. Never throws for a member that is down. */
  members(options?: CallOptions): Promise<readonly MemberHealth[]>
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly reason: string
  constructor(reason: string, options?: ErrorOptions) {
    super(`etcd does not answer: ${reason}`, options)
    this.reason = reason
  }
}

export class StoreRefused extends Error {
  override readonly name = 'StoreRefused'
  readonly reason: string
  constructor(reason: string, options?: ErrorOptions) {
    super(`etcd refused: ${reason}`, options)
    this.reason = reason
  }
}

/** A write whose reply was lost. */
export class Ambiguous extends Error {
  override readonly name = 'Ambiguous'
  constructor(reason: string, options?: ErrorOptions) {
    super(`etcd's answer to a write was lost (${reason}): it may have been done`, options)
  }
}
