// What the state store says of the cluster, as it changes: configuration, CDM, events, heartbeats; and how the store itself is.
import type { Clock } from '../model/clock.ts'
import { pause } from '../model/clock.ts'
import type { EtcdAccess } from '../model/cluster.ts'
import type { Operation } from '../model/operation.ts'
import type {
  ClusterEvent,
  ConductorView,
  EtcdMember,
  EtcdView,
  Instant,
} from '../model/snapshot.ts'
import { EVENTS_KEPT } from '../model/snapshot.ts'
import type { ConfigReading } from '../etcd/config-reader.ts'
import { ConfigReader } from '../etcd/config-reader.ts'
import {
  conductorValue,
  decode,
  eventValue,
  keys,
  nodeValue,
  operationValue,
  prefixes,
} from '../etcd/layout.ts'
import { NOT_ASKED } from './seen-events.ts'
import { Reflector } from '../etcd/reflector.ts'
import type { Change, StateStore } from '../etcd/store.ts'
import { Rights, type Concerned } from './rights.ts'

/** A daemon's heartbeat, and when this program saw it move. */
export interface Heartbeat {
  readonly version: string
  readonly epoch: number
  readonly counter: number
  readonly at: Instant
}

export interface StateSourceOptions {
  readonly store: StateStore
  readonly access: EtcdAccess
  readonly clock: Clock
  /** Even in [0, 1): spreads attempts to reach the store again. */
  readonly random: (() => number) | undefined
}

export interface StateSourceHandlers {
  /** `reading` is new. `keys`: those that changed since the one before. */
  configured(keys: readonly string[]): void
  /** `etcd` is new. */
  etcdChanged(): void
  /** Written by others, oldest first. */
  events(events: readonly ClusterEvent[]): void
  /** `operations` or `conductors` is new. */
  operationsChanged(): void
  /** `rights` of this HWM or VM are new. */
  rightsChanged(concerned: Concerned): void
  /** The daemon of this HWM was heard, or its key is gone. */
  heartbeat(hwm: string, heartbeat: Heartbeat | undefined): void
}

const MEMBERS_EVERY_MS = { live: 5_000, otherwise: 1_000 }
const MEMBERS_LIMIT_MS = 1_500
/** How far `etcd.seenAt` may lag behind while it is live: an idle cluster publishes nothing. */
const SEEN_LAG_MS = 10_000

const CONFIGURED: readonly string[] = [prefixes.hwms, prefixes.vms, prefixes.groups]
const CONFIGURED_KEYS = new Set<string>([
  keys.schema,
  keys.settings,
  keys.fallbacks,
  keys.applying,
  keys.homes,
])

export class StateSource {
  etcd: EtcdView
  reading: ConfigReading | undefined
  operations: Readonly<Record<string, Operation>> = {}
  conductors: Readonly<Record<string, ConductorView>> = {}
  readonly rights = new Rights()
  readonly #store: StateStore
  readonly #clock: Clock
  readonly #handlers: StateSourceHandlers
  readonly #reader: ConfigReader
  readonly #reflector: Reflector
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #membersNow = new AbortController()

  constructor(options: StateSourceOptions, handlers: StateSourceHandlers) {
    const { store, access, clock, random } = options
    this.#store = store
    this.#clock = clock
    this.#handlers = handlers
    this.#reader = new ConfigReader(access)
    this.#reflector = new Reflector(
      store,
      '',
      { changed: changes => this.#take(changes), status: () => this.#statusChanged() },
      random ? { clock, random } : { clock },
    )
    const members = access.endpoints.map(endpoint => {
      return { endpoint, reachable: false, leader: false, reason: NOT_ASKED }
    })
    this.etcd = { ...this.#reflector.status, members }
    this.#done = this.#watchMembers()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reflector[Symbol.dispose]()
    this.#stop.abort(new Error('no longer followed'))
    await this.#done
  }

  #take(changes: readonly Change[]): void {
    const events: ClusterEvent[] = []
    const configured: string[] = []
    const { operations, conductors } = this
    for (const change of changes) {
      const key = change.type === 'put' ? change.kv.key : change.key
      if (CONFIGURED_KEYS.has(key) || CONFIGURED.some(prefix => key.startsWith(prefix)))
        configured.push(key)
      else if (key.startsWith(prefixes.events) && change.type === 'put')
        events.push(...eventOf(change))
      else if (key.startsWith(prefixes.nodes)) this.#takeHeartbeat(change, key)
      else if (key.startsWith(prefixes.operations)) {
        const id = key.slice(prefixes.operations.length)
        this.operations = withEntry(this.operations, id, operationOf(change))
      } else if (key.startsWith(prefixes.conductors)) {
        const id = key.slice(prefixes.conductors.length)
        this.conductors = withEntry(this.conductors, id, conductorOf(change))
      } else {
        const concerned = this.rights.take(change)
        if (concerned) this.#handlers.rightsChanged(concerned)
      }
    }
    if (this.operations !== operations || this.conductors !== conductors)
      this.#handlers.operationsChanged()
    if (configured.length > 0 || this.reading === undefined) {
      this.reading = this.#reader.read(this.#reflector.contents)
      this.etcd = { ...this.etcd, revision: this.#reflector.status.revision }
      this.#handlers.configured(configured)
    }
    if (events.length > 0) this.#handlers.events(events.slice(-EVENTS_KEPT))
  }

  #takeHeartbeat(change: Change, key: string): void {
    const hwm = key.slice(prefixes.nodes.length)
    if (change.type === 'delete') {
      this.#handlers.heartbeat(hwm, undefined)
      return
    }
    const read = decode(nodeValue, change.kv)
    if ('bad' in read) return
    const { version, epoch, counter } = read.value
    this.#handlers.heartbeat(hwm, { version, epoch, counter, at: this.#clock.now() })
  }

  #statusChanged(): void {
    const { members } = this.etcd
    const { status } = this.#reflector
    // The view says whose reason it is.
    const reason = status.reason.replace(/^etcd does not answer: /, '')
    this.etcd = { ...status, reason, members }
    // An empty store is an answer too.
    if (this.etcd.state === 'live') this.reading ??= this.#reader.read(this.#reflector.contents)
    this.#membersNow.abort()
    this.#handlers.etcdChanged()
  }

  async #watchMembers(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      this.#membersNow = new AbortController()
      const early = AbortSignal.any([signal, this.#membersNow.signal])
      const members = await this.#store.members({ timeoutMs: MEMBERS_LIMIT_MS, signal })
      if (signal.aborted) return
      this.#takeMembers(members)
      const { live, otherwise } = MEMBERS_EVERY_MS
      const waitMs = this.etcd.state === 'live' ? live : otherwise
      await pause(this.#clock, waitMs, early).catch(cutShort)
    }
  }

  #takeMembers(members: readonly EtcdMember[]): void {
    const { state, seenAt } = this.#reflector.status
    const isSame =
      members.length === this.etcd.members.length &&
      members.every((member, at) => isSameMember(member, this.etcd.members[at]))
    const isOld = state === 'live' && this.#clock.now() - (this.etcd.seenAt ?? 0) >= SEEN_LAG_MS
    if (isSame && !isOld) return
    this.etcd = { ...this.etcd, members: isSame ? this.etcd.members : members, seenAt }
    this.#handlers.etcdChanged()
  }
}

function eventOf(change: Change & { readonly type: 'put' }): ClusterEvent[] {
  const read = decode(eventValue, change.kv)
  if ('bad' in read) return []
  return [{ id: change.kv.key.slice(prefixes.events.length), ...read.value }]
}

/** What cannot be read is as if it were not there: whoever conducts it refuses to go on. */
function operationOf(change: Change): Operation | undefined {
  if (change.type === 'delete') return undefined
  const read = decode(operationValue, change.kv)
  // zod makes absent fields `undefined`; the model leaves them out.
  return 'bad' in read ? undefined : (JSON.parse(JSON.stringify(read.value)) as Operation)
}

function conductorOf(change: Change): ConductorView | undefined {
  if (change.type === 'delete') return undefined
  const read = decode(conductorValue, change.kv)
  return 'bad' in read ? undefined : read.value
}

function withEntry<T>(
  entries: Readonly<Record<string, T>>,
  name: string,
  value: T | undefined,
): Readonly<Record<string, T>> {
  const { [name]: _before, ...others } = entries
  return value === undefined ? others : { ...others, [name]: value }
}

function isSameMember(a: EtcdMember, b: EtcdMember | undefined): boolean {
  return (
    a.endpoint === b?.endpoint &&
    a.reachable === b.reachable &&
    a.leader === b.leader &&
    a.reason === b.reason
  )
}

/** A wait that is cut short goes on, or ends with the loop's own condition. */
function cutShort(): void {}
