// What the snapshot does not hold and the engine is asked for: XML, what only a libvirt knows, what fence devices say. Kept for a while.
import type { Answer, Question } from '../../engine/protocol.ts'
import type { Document } from '../state.ts'
import type { ConsoleStore } from '../store.ts'

/** What is older than this is asked for again when it is opened. */
const FRESH_MS = 10_000
/**
 * A management controller takes seconds to answer, and many have room for four sessions in all: what it said, or why it did not, is good for
 * longer, unless its HWM is in another state since.
 */
const POWER_FRESH_MS = 60_000
/** So many texts are kept; the oldest asked for goes first. */
const KEPT = 24

type Answered = Exclude<Document, { readonly state: 'asking' }>

/** Asks, unless that is under way or has just been answered. */
export function ask(store: ConsoleStore, key: string, question: Question): void {
  askUnless(store, key, question, ({ state, at }) => {
    return state === 'here' && store.clock.now() - at < FRESH_MS
  })
}

/** Under which what the fence devices of an HWM say is kept. */
export function powerKey(hwm: string): string {
  return `power ${hwm}`
}

/** Has the fence devices of an HWM asked, unless what they said is of now. */
export function askPower(store: ConsoleStore, hwm: string): void {
  const since = store.getState().picture.hwm(hwm)?.since ?? 0
  askUnless(store, powerKey(hwm), { ask: 'fence-status', hwm }, ({ at }) => {
    return store.clock.now() - at < POWER_FRESH_MS && at >= since
  })
}

/** The operator wants to know it now. */
export function askPowerNow(store: ConsoleStore, hwm: string): Promise<Answer> {
  return asked(store, powerKey(hwm), { ask: 'fence-status', hwm })
}

/** What its devices said is no longer so: they were used. */
export function forgetPower(store: ConsoleStore, hwm: string): void {
  const documents = new Map(store.getState().documents)
  if (documents.delete(powerKey(hwm))) store.setState({ documents })
}

function askUnless(
  store: ConsoleStore,
  key: string,
  question: Question,
  isFresh: (document: Answered) => boolean,
): void {
  const before = store.getState().documents.get(key)
  if (before?.state === 'asking' || (before && isFresh(before))) return
  // What was there stays in sight, with its age, until there is better.
  if (before?.state !== 'here') put(store, key, { state: 'asking' })
  void asked(store, key, question)
}

async function asked(store: ConsoleStore, key: string, question: Question): Promise<Answer> {
  const answer = await store.effects.ask(question)
  const at = store.clock.now()
  put(
    store,
    key,
    answer.ok
      ? { state: 'here', value: answer.value, at }
      : { state: 'failed', why: answer.error, at },
  )
  return answer
}

function put(store: ConsoleStore, key: string, document: Document): void {
  const documents = new Map(store.getState().documents)
  documents.delete(key)
  documents.set(key, document)
  for (const oldest of documents.keys()) {
    if (documents.size <= KEPT) break
    documents.delete(oldest)
  }
  store.setState({ documents })
}
