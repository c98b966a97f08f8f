// The StateStore that is etcd. It asks one member at a time, goes on to the next when that one does not answer, and never
// repeats a write that may have been done. Imported dynamically by what needs it: gRPC takes long to load.
import type { ITxnRequest } from 'etcd3'
import { type Clock, monotonicMs, realClock } from '../model/clock.ts'
import type { EtcdAccess } from '../model/cluster.ts'
import { readCredentials } from './credentials.ts'
import {
  Endpoint,
  type GrpcCallOptions,
  type Limits,
  type Service,
  type Services,
} from './endpoint.ts'
import { RenewedLease } from './lease.ts'
import { checkTransaction } from './limits.ts'
import { failureOf } from './outcome.ts'
import { after, prefixEnd } from './range.ts'
import {
  Ambiguous,
  type CallOptions,
  type Compare,
  type KeyValue,
  type Lease,
  type MemberHealth,
  type Outcome,
  type StateStore,
  StoreRefused,
  StoreUnavailable,
  type Transaction,
  type WatchHandlers,
  type Write,
} from './store.ts'
import { EtcdWatch } from './watch.ts'

/** Unless the caller says otherwise. A list has more, as it may be of many pages. */
const CALL_MS = 3_000
const LIST_MS = 10_000
/** Keys per page of a list. */
const PAGE = 1_000
/** A member that does not even connect within this is passed over. */
const CONNECT_MS = 1_000

export interface EtcdOptions {
  readonly clock?: Clock
  /** Index of the endpoint to begin with; by default any. */
  readonly first?: number
}

/**
 * Opens the store of one cluster: reads the files of `access`, connects to nothing yet.
 * Throws `AccessFileUnreadable` or `AccessWrong` (credentials.ts).
 */
export async function openEtcd(
  access: EtcdAccess,
  cluster: string,
  options: EtcdOptions = {},
): Promise<StateStore> {
  const credentials = await readCredentials(access)
  const endpoints = access.endpoints.map(url => new Endpoint(url, credentials))
  return new EtcdStore(endpoints, `/yasco/${cluster}/`, options)
}

type Ask<T> = (services: Services, options: GrpcCallOptions, limits: Limits) => Promise<T>

/** How a call is made: whether it does no harm when it is done twice, and on which connection. */
interface Manner {
  readonly repeatable: boolean
  readonly service: Service
}
const READ: Manner = { repeatable: true, service: 'KV' }
const WRITE: Manner = { repeatable: false, service: 'KV' }
/** A lease that was granted twice runs out by itself; one renewed or revoked twice is renewed or revoked. */
const LEASE: Manner = { repeatable: true, service: 'Lease' }

class EtcdStore implements StateStore {
  readonly #endpoints: readonly Endpoint[]
  readonly #base: string
  readonly #clock: Clock
  readonly #watches = new Set<EtcdWatch>()
  readonly #leases = new Set<RenewedLease>()
  /** Index of the member that is asked first: it answered last. */
  #preferred: number
  #closed = false

  constructor(endpoints: readonly Endpoint[], base: string, options: EtcdOptions) {
    this.#endpoints = endpoints
    this.#base = base
    this.#clock = options.clock ?? realClock
    this.#preferred = options.first ?? Math.floor(Math.random() * endpoints.length)
  }

  async get(key: string, options?: CallOptions): Promise<KeyValue | undefined> {
    const request = { key: this.#key(key) }
    const { kvs } = await this.#ask(READ, limitsOf(options, CALL_MS), ({ kv }, grpc) =>
      kv.range(request, grpc),
    )
    return kvs[0] && this.#keyValue(kvs[0])
  }

  async list(
    prefix: string,
    options?: CallOptions,
  ): Promise<{ revision: number; kvs: KeyValue[] }> {
    const start = this.#key(prefix)
    const range_end = prefixEnd(start)
    const limits = limitsOf(options, LIST_MS)
    const page = (key: Buffer, revision: number) => {
      const request = { key, range_end, limit: PAGE, revision }
      return this.#ask(READ, limits, ({ kv }, grpc) => kv.range(request, grpc))
    }
    for (;;) {
      try {
        let answer = await page(start, 0)
        const revision = Number(answer.header.revision)
        const kvs = answer.kvs.map(kv => this.#keyValue(kv))
        for (let last = answer.kvs.at(-1); answer.more && last; last = answer.kvs.at(-1)) {
          answer = await page(after(last.key), revision)
          for (const kv of answer.kvs) kvs.push(this.#keyValue(kv))
        }
        return { revision, kvs }
      } catch (error) {
        // The revision of the first page was compacted before the last page came: from the start.
        if (!(error instanceof Compacted)) throw error
      }
    }
  }

  async commit(transaction: Transaction, options?: CallOptions): Promise<Outcome> {
    checkTransaction(transaction)
    const request = this.#request(transaction)
    const answer = await this.#ask(WRITE, limitsOf(options, CALL_MS), ({ kv }, grpc) =>
      kv.txn(request, grpc),
    )
    const revision = Number(answer.header.revision)
    if (answer.succeeded) return { committed: true, revision }
    const found = answer.responses.flatMap(one =>
      one.response_range.kvs.map(kv => this.#keyValue(kv)),
    )
    return { committed: false, revision, found }
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Disposable {
    const index = this.#preferred
    const range = { base: this.#base, prefix, from: fromRevision }
    const watch = new EtcdWatch(this.#endpoint(index), this.#clock, range, handlers, reason => {
      this.#watches.delete(watch)
      if (reason instanceof StoreUnavailable) this.#prefersAnother(index)
    })
    this.#watches.add(watch)
    if (this.#closed) queueMicrotask(() => watch.end(closed()))
    return {
      [Symbol.dispose]: () => {
        this.#watches.delete(watch)
        watch[Symbol.dispose]()
      },
    }
  }

  /** etcd counts leases in whole seconds, and grants none shorter than about two. */
  async grantLease(ttlMs: number, options?: CallOptions): Promise<Lease> {
    const sentAt = this.#clock.now()
    const request = { TTL: Math.ceil(ttlMs / 1000) }
    const granted = await this.#ask(LEASE, limitsOf(options, CALL_MS), ({ leases }, grpc) =>
      leases.leaseGrant(request, grpc),
    )
    const id = granted.ID
    const calls = {
      renew: (limits: CallOptions) =>
        this.#ask(LEASE, limitsOf(limits, CALL_MS), ({ leases }, grpc) =>
          renewOnce(leases, id, grpc),
        ),
      revoke: (limits?: CallOptions) => this.#revoke(id, limits),
    }
    const lease = new RenewedLease(this.#clock, calls, id, Number(granted.TTL) * 1000, sentAt)
    this.#leases.add(lease)
    lease.lost.addEventListener('abort', () => this.#leases.delete(lease), { once: true })
    return lease
  }

  async #revoke(id: string, options: CallOptions | undefined): Promise<void> {
    try {
      await this.#ask(LEASE, limitsOf(options, CALL_MS), ({ leases }, grpc) =>
        leases.leaseRevoke({ ID: id }, grpc),
      )
    } catch (error) {
      if (!(error instanceof StoreRefused && error.reason.includes(LEASE_GONE))) throw error
    }
  }

  members(options?: CallOptions): Promise<readonly MemberHealth[]> {
    const limits = { ...limitsOf(options, CALL_MS), leaderless: true }
    return Promise.all(this.#endpoints.map(endpoint => askHealth(endpoint, limits)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const watch of this.#watches) watch[Symbol.dispose]()
    for (const lease of this.#leases) lease.abandon('its store was closed')
    for (const endpoint of this.#endpoints) endpoint.close()
    return Promise.resolve()
  }

  /**
   * What can be repeated gives each member its share of the time. A write goes to one member that is connected, with
   * all the time there is, and to no other once it may have been sent.
   */
  async #ask<T>({ repeatable, service }: Manner, limits: Limits, ask: Ask<T>): Promise<T> {
    const { deadline, signal } = limits
    const count = this.#endpoints.length
    const first = this.#preferred
    const reasons = new Set<string>()
    for (let turn = 0; turn < count; turn++) {
      if (this.#closed) throw closed()
      signal?.throwIfAborted()
      const index = (first + turn) % count
      const endpoint = this.#endpoint(index)
      const left = deadline - monotonicMs()
      if (left <= 0) break
      const share = left / (count - turn)
      const shared = { deadline: monotonicMs() + share, signal }
      try {
        const connecting = Math.min(share, CONNECT_MS)
        await endpoint.connected(service, { deadline: monotonicMs() + connecting, signal })
        const forCall = repeatable ? shared : limits
        const answer = await endpoint.call(forCall, (services, grpc) =>
          ask(services, grpc, forCall),
        )
        this.#preferred = index
        return answer
      } catch (error) {
        if (error instanceof StoreRefused) throw error
        const { kind: failure, reason } =
          error instanceof StoreUnavailable
            ? { kind: 'not-done', reason: error.reason }
            : failureOf(error)
        if (failure === 'refused') throw new StoreRefused(reason, { cause: error })
        if (failure === 'compacted') throw new Compacted(reason, { cause: error })
        this.#prefersAnother(index)
        if (failure === 'unknown') endpoint.reset()
        if (failure === 'unknown' && !repeatable) throw new Ambiguous(reason, { cause: error })
        reasons.add(reason)
      }
    }
    signal?.throwIfAborted()
    if (this.#closed) throw closed()
    throw new StoreUnavailable([...reasons].join('; ') || 'no answer in the time given')
  }

  #prefersAnother(index: number): void {
    if (this.#preferred === index) this.#preferred = (index + 1) % this.#endpoints.length
  }

  #endpoint(index: number): Endpoint {
    const endpoint = this.#endpoints[index]
    if (endpoint === undefined) throw new RangeError(`no endpoint ${index}`)
    return endpoint
  }

  #key(key: string): Buffer {
    return Buffer.from(this.#base + key)
  }

  #keyValue(kv: GrpcKeyValue): KeyValue {
    return {
      key: kv.key.toString('utf8').slice(this.#base.length),
      value: kv.value.toString('utf8'),
      createRevision: Number(kv.create_revision),
      modRevision: Number(kv.mod_revision),
    }
  }

  /** When refused, the same request reads what lies under the keys compared. */
  #request(transaction: Transaction): ITxnRequest {
    const compared = new Set(transaction.if.map(compare => compare.key))
    return {
      compare: transaction.if.map(compare => this.#compare(compare)),
      success: transaction.then.map(write => this.#writeRequest(write)),
      failure: [...compared].map(key => ({ request_range: { key: this.#key(key) } })),
    }
  }

  #compare(compare: Compare): NonNullable<ITxnRequest['compare']>[number] {
    const key = this.#key(compare.key)
    if ('created' in compare) return { key, target: 'Create', create_revision: compare.created }
    if ('modified' in compare) return { key, target: 'Mod', mod_revision: compare.modified }
    return { key, target: 'Value', value: Buffer.from(compare.equals) }
  }

  #writeRequest(write: Write): NonNullable<ITxnRequest['success']>[number] {
    if ('delete' in write) return { request_delete_range: { key: this.#key(write.delete) } }
    const lease = write.lease?.id ?? 0
    const value = Buffer.from(write.value)
    return { request_put: { key: this.#key(write.put), value, lease } }
  }
}

interface GrpcKeyValue {
  readonly key: Buffer
  readonly value: Buffer
  readonly create_revision: string
  readonly mod_revision: string
}

/** etcd's words: as good as revoked. */
const LEASE_GONE = 'lease not found'

/** The revision asked for is no longer there. */
class Compacted extends Error {
  override readonly name = 'Compacted'
}

function closed(): StoreUnavailable {
  return new StoreUnavailable('this store is closed')
}

function limitsOf(options: CallOptions | undefined, defaultMs: number): Limits {
  const deadline = monotonicMs() + (options?.timeoutMs ?? defaultMs)
  return { deadline, signal: options?.signal }
}

/** One renewal on a stream of its own, so that it can go to any member. False: etcd does not know the lease. */
async function renewOnce(
  leases: Services['leases'],
  id: string,
  options: GrpcCallOptions,
): Promise<boolean> {
  const stream = await leases.leaseKeepAlive(options)
  try {
    return await new Promise<boolean>((resolve, reject) => {
      stream.on('error', reject)
      stream.on('end', () => reject(new Error('etcd closed the stream')))
      stream.on('data', (answer: { TTL: string }) => resolve(Number(answer.TTL) > 0))
      stream.write({ ID: id })
    })
  } finally {
    stream.end()
  }
}

async function askHealth(endpoint: Endpoint, limits: Limits): Promise<MemberHealth> {
  try {
    await endpoint.connected('Maintenance', limits)
    const status = await endpoint.call(limits, ({ maintenance }, grpc) => maintenance.status(grpc))
    const leader = status.leader !== '0' && status.leader === status.header.member_id
    return { endpoint: endpoint.url, reachable: true, leader, reason: '' }
  } catch (error) {
    const reason = error instanceof StoreUnavailable ? error.reason : failureOf(error).reason
    return { endpoint: endpoint.url, reachable: false, leader: false, reason }
  }
}
