// The cluster's log in etcd: events are added, read in the order of time, and removed when they are old. Nobody changes one.
import { randomBytes } from 'node:crypto'
import type { BadValue, ClusterEvent } from '../model/snapshot.ts'
import { decode, encode, eventValue, keys, prefixes } from './layout.ts'
import { MAX_TRANSACTION_WRITES } from './limits.ts'
import { Ambiguous, type CallOptions, type KeyValue, type StateStore } from './store.ts'

/** What happened, without what the log adds by itself. */
export type NewEvent = Pick<ClusterEvent, 'level' | 'about' | 'what' | 'why'>

/** How often an event is written anew when its answer was lost: under the same key, so that it is there once. */
const ATTEMPTS = 3

/** Writes events as one person or daemon. */
export class EventWriter {
  readonly #store: StateStore
  readonly #who: string
  readonly #from: string
  readonly #today: () => Date
  readonly #writer = randomBytes(4).toString('hex')
  #count = 0

  /** `today`: the wall clock, as people read it. */
  constructor(
    store: StateStore,
    by: { readonly who: string; readonly from: string },
    today: () => Date = () => new Date(),
  ) {
    this.#store = store
    this.#who = by.who
    this.#from = by.from
    this.#today = today
  }

  /** Throws what `commit` throws; `Ambiguous` only when etcd stayed silent through several attempts. */
  async write(event: NewEvent, options?: CallOptions): Promise<ClusterEvent> {
    const time = this.#today().toISOString()
    const whole = { time, who: this.#who, from: this.#from, ...event }
    const id = eventId(time, this.#count++, this.#writer)
    const key = keys.event(id)
    const transaction = {
      if: [{ key, created: 0 }],
      then: [{ put: key, value: encode(eventValue, whole) }],
    }
    for (let attempt = 1; ; attempt++) {
      try {
        // Refused: an attempt before, whose answer was lost, was done after all.
        await this.#store.commit(transaction, options)
        return { id, ...whole }
      } catch (error) {
        if (!(error instanceof Ambiguous) || attempt === ATTEMPTS) throw error
      }
    }
  }
}

/** Sorts by time, then by the writer's own order: `2026-11-22T11:30:00.123Z-000001-9f3c2a10`. */
export function eventId(time: string, count: number, writer: string): string {
  return `${time}-${String(count % 1_000_000).padStart(6, '0')}-${writer}`
}

export interface EventsRead {
  /** Oldest first. */
  readonly events: readonly ClusterEvent[]
  readonly badValues: readonly BadValue[]
}

/** The events among `kvs`, whatever else is there; of many the `newest` only. */
export function readEvents(kvs: Iterable<KeyValue>, newest = Infinity): EventsRead {
  const found = Array.from(kvs).filter(({ key }) => key.startsWith(prefixes.events))
  found.sort((a, b) => (a.key < b.key ? -1 : 1))
  const events: ClusterEvent[] = []
  const badValues: BadValue[] = []
  for (const kv of newest < found.length ? found.slice(-newest) : found) {
    const read = readEvent(kv)
    if ('bad' in read) badValues.push(read.bad)
    else events.push(read.event)
  }
  return { events, badValues }
}

function readEvent(kv: KeyValue): { readonly event: ClusterEvent } | { readonly bad: BadValue } {
  const read = decode(eventValue, kv)
  if ('bad' in read) return read
  return { event: { id: kv.key.slice(prefixes.events.length), ...read.value } }
}

/** Removes events whose time is more than `keptMs` before `now`. Returns how many. */
export async function pruneEvents(
  store: StateStore,
  keptMs: number,
  now: Date = new Date(),
  options?: CallOptions,
): Promise<number> {
  const oldestKept = keys.event(new Date(now.getTime() - keptMs).toISOString())
  const { kvs } = await store.list(prefixes.events, options)
  const old = kvs.filter(({ key }) => key < oldestKept)
  for (let i = 0; i < old.length; i += MAX_TRANSACTION_WRITES) {
    const then = old.slice(i, i + MAX_TRANSACTION_WRITES).map(({ key }) => ({ delete: key }))
    await store.commit({ if: [], then }, options)
  }
  return old.length
}
