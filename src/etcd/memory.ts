// etcd made of a Map: the server side of the in-memory twin. It keeps what clients rely on (revisions, transactions, leases,
// history with compaction) on a clock that is handed in, and it can lose its quorum, its members or its history on command.
// Programs reach it through `connect()` (memory-client.ts), each with faults of its own.
import { type Clock, realClock } from '../model/clock.ts'
import { MemoryStore } from './memory-client.ts'
import {
  type Change,
  type Compare,
  type KeyValue,
  type MemberHealth,
  type Outcome,
  StoreRefused,
  type Transaction,
} from './store.ts'
import { checkTransaction } from './limits.ts'

interface Stored extends KeyValue {
  readonly lease: string | undefined
}

interface GrantedLease {
  readonly ttlMs: number
  readonly keys: Set<string>
  expiry: Disposable
}

/** A watch as the server has it; `deliver` is its client's. */
export interface ServerWatch {
  readonly prefix: string
  readonly from: number
  deliver(changes: readonly Change[], revision: number): void
}

export interface MemoryEtcdOptions {
  readonly clock?: Clock
  /** Names of the members, as `members()` gives them. Three by default. */
  readonly endpoints?: readonly string[]
}

/** Revisions; older ones are compacted from time to time, as by an etcd that is set up well. */
const HISTORY_KEPT = 10_000

const DEFAULT_ENDPOINTS = ['memory:1', 'memory:2', 'memory:3']

/** One etcd cluster in memory. Everything in it happens at once; latency and lost messages are the clients' part. */
export class MemoryEtcd {
  readonly clock: Clock
  readonly #endpoints: readonly string[]
  readonly #down = new Set<string>()
  readonly #data = new Map<string, Stored>()
  readonly #history: { readonly revision: number; readonly changes: readonly Change[] }[] = []
  readonly #watches = new Set<ServerWatch>()
  readonly #leases = new Map<string, GrantedLease>()
  readonly #clients = new Set<MemoryStore>()
  #sorted: string[] | undefined = []
  #revision = 1
  #compacted = 0
  #nextLease = 1

  constructor(options: MemoryEtcdOptions = {}) {
    this.clock = options.clock ?? realClock
    this.#endpoints = options.endpoints ?? DEFAULT_ENDPOINTS
  }

  /** A store on this cluster, as one process would have it. */
  connect(): MemoryStore {
    const client = new MemoryStore(this)
    this.#clients.add(client)
    return client
  }

  forget(client: MemoryStore): void {
    this.#clients.delete(client)
  }

  // What a test or the simulator does to it.

  /** Members that are down; without a majority nothing is answered and leases do not run out until it is back. */
  setDown(endpoints: Iterable<string>): void {
    const had = this.hasQuorum
    this.#down.clear()
    for (const endpoint of endpoints) {
      if (!this.#endpoints.includes(endpoint)) throw new Error(`no member is named ${endpoint}`)
      this.#down.add(endpoint)
    }
    if (had && !this.hasQuorum) {
      for (const lease of this.#leases.values()) lease.expiry[Symbol.dispose]()
      for (const client of this.#clients) client.cutWatches('etcd has no leader')
    }
    // A new leader starts every lease anew (etcd #9395).
    if (!had && this.hasQuorum) for (const [id, lease] of this.#leases) this.#runLease(id, lease)
  }

  /** Takes the majority away, or gives all members back. */
  loseQuorum(lost: boolean): void {
    this.setDown(lost ? this.#endpoints.slice(0, Math.ceil(this.#endpoints.length / 2)) : [])
  }

  get hasQuorum(): boolean {
    return this.#down.size * 2 < this.#endpoints.length
  }

  /** Forgets the history up to `revision` (all of it by default): watches from there on are cancelled, as by etcd. */
  compact(revision = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, Math.min(revision, this.#revision))
    const first = this.#history.findIndex(entry => entry.revision > this.#compacted)
    this.#history.splice(0, first === -1 ? this.#history.length : first)
  }

  /** Ends a lease now, as an overloaded leader has done to live ones (etcd #12528). */
  expireLease(id: string): void {
    const lease = this.#leases.get(id)
    if (lease === undefined) return
    this.#leases.delete(id)
    lease.expiry[Symbol.dispose]()
    this.#write([...lease.keys].map(key => ({ delete: key })))
  }

  get revision(): number {
    return this.#revision
  }

  // What its clients ask. None of these waits.

  members(): MemberHealth[] {
    const leader = this.hasQuorum ? this.#endpoints.find(name => !this.#down.has(name)) : undefined
    return this.#endpoints.map(endpoint => {
      const reachable = !this.#down.has(endpoint)
      const reason = reachable ? '' : 'connection refused'
      return { endpoint, reachable, leader: endpoint === leader, reason }
    })
  }

  get(key: string): KeyValue | undefined {
    const stored = this.#data.get(key)
    return stored && bare(stored)
  }

  list(prefix: string): { revision: number; kvs: KeyValue[] } {
    this.#sorted ??= [...this.#data.keys()].sort()
    const kvs: KeyValue[] = []
    for (const key of this.#sorted) {
      const stored = key.startsWith(prefix) ? this.#data.get(key) : undefined
      if (stored) kvs.push(bare(stored))
    }
    return { revision: this.#revision, kvs }
  }

  commit(transaction: Transaction): Outcome {
    checkTransaction(transaction)
    if (!transaction.if.every(compare => this.#holds(compare))) {
      const keys = new Set(transaction.if.map(compare => compare.key))
      const found = [...keys].map(key => this.get(key)).filter(kv => kv !== undefined)
      return { committed: false, revision: this.#revision, found }
    }
    for (const write of transaction.then) {
      if ('put' in write && write.lease && !this.#leases.has(write.lease.id))
        throw new StoreRefused('requested lease not found')
    }
    this.#write(transaction.then)
    return { committed: true, revision: this.#revision }
  }

  /** Returns why the watch cannot be, or undefined. */
  openWatch(watch: ServerWatch): Error | undefined {
    if (watch.from <= this.#compacted)
      return new Error(`revision ${watch.from} is compacted (up to ${this.#compacted})`)
    const start = this.#history.findIndex(entry => entry.revision >= watch.from)
    const missed = start === -1 ? [] : this.#history.slice(start)
    for (const { revision, changes } of missed) deliver(watch, changes, revision)
    this.#watches.add(watch)
    return undefined
  }

  closeWatch(watch: ServerWatch): void {
    this.#watches.delete(watch)
  }

  grantLease(ttlMs: number): string {
    const id = String(this.#nextLease++)
    const lease = { ttlMs, keys: new Set<string>(), expiry: NO_TIMER }
    this.#leases.set(id, lease)
    this.#runLease(id, lease)
    return id
  }

  /** Returns false when the lease is gone. */
  renewLease(id: string): boolean {
    const lease = this.#leases.get(id)
    if (lease === undefined) return false
    this.#runLease(id, lease)
    return true
  }

  #runLease(id: string, lease: GrantedLease): void {
    lease.expiry[Symbol.dispose]()
    lease.expiry = this.clock.after(lease.ttlMs, () => this.expireLease(id))
  }

  #holds(compare: Compare): boolean {
    const stored = this.#data.get(compare.key)
    if ('created' in compare) return (stored?.createRevision ?? 0) === compare.created
    if ('modified' in compare) return (stored?.modRevision ?? 0) === compare.modified
    return stored?.value === compare.equals
  }

  #write(writes: Transaction['then']): void {
    const revision = this.#revision + 1
    const changes: Change[] = []
    for (const write of writes) {
      const key = 'put' in write ? write.put : write.delete
      const before = this.#data.get(key)
      if (before?.lease !== undefined) this.#leases.get(before.lease)?.keys.delete(key)
      if ('put' in write) {
        const lease = write.lease?.id
        const createRevision = before?.createRevision ?? revision
        const kv = { key, value: write.value, createRevision, modRevision: revision, lease }
        if (!before) this.#sorted = undefined
        this.#data.set(key, kv)
        if (lease !== undefined) this.#leases.get(lease)?.keys.add(key)
        changes.push({ type: 'put', kv: bare(kv) })
      } else if (before) {
        this.#sorted = undefined
        this.#data.delete(key)
        changes.push({ type: 'delete', key, modRevision: revision })
      }
    }
    if (changes.length === 0) return
    this.#revision = revision
    this.#history.push({ revision, changes })
    if (this.#history.length > 2 * HISTORY_KEPT) this.compact(revision - HISTORY_KEPT)
    for (const watch of this.#watches) if (watch.from <= revision) deliver(watch, changes, revision)
  }
}

const NO_TIMER: Disposable = { [Symbol.dispose]: () => undefined }

function bare({ key, value, createRevision, modRevision }: Stored): KeyValue {
  return { key, value, createRevision, modRevision }
}

function deliver(watch: ServerWatch, changes: readonly Change[], revision: number): void {
  const wanted = changes.filter(change =>
    (change.type === 'put' ? change.kv.key : change.key).startsWith(watch.prefix),
  )
  if (wanted.length > 0) watch.deliver(wanted, revision)
}
