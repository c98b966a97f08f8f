// A transaction that is done exactly once even when its answer is lost. It carries a token: a key of its own that it creates. When
// nobody knows whether it was done, whoever creates that key first decides: if we can create it, the transaction never will be done.
import { randomUUID } from 'node:crypto'
import { type Clock, pause, realClock } from '../model/clock.ts'
import { keys } from './layout.ts'
import {
  Ambiguous,
  type CallOptions,
  type KeyValue,
  type Lease,
  type Outcome,
  type StateStore,
  StoreUnavailable,
  type Transaction,
} from './store.ts'

const DONE = 'done'
const NEVER = 'never'
/** Between two attempts to find out; etcd that lost its leader has a new one within two seconds. */
const RETRY_MS = 200

export interface OnceOptions extends CallOptions {
  /** The tokens go with it. It must outlive the call: without it the token might be gone before it was read. */
  readonly lease: Lease
  readonly clock?: Clock
  /** How long to go on finding out; 10 s by default. */
  readonly settleMs?: number
}

/** Commits, and settles what is ambiguous. Throws `Ambiguous` only when etcd stayed away for all of `settleMs`, or the lease was lost. */
export async function commitOnce(
  store: StateStore,
  transaction: Transaction,
  options: OnceOptions,
): Promise<Outcome> {
  const { lease, clock = realClock, settleMs = 10_000, ...limits } = options
  const token = keys.write(randomUUID())
  const free = { key: token, created: 0 }
  try {
    const outcome = await store.commit(
      {
        if: [...transaction.if, free],
        then: [...transaction.then, { put: token, value: DONE, lease }],
      },
      limits,
    )
    return withoutToken(outcome, token)
  } catch (error) {
    if (!(error instanceof Ambiguous)) throw error
    const until = clock.now() + settleMs
    const settled = await settle(store, { token, lease, until, clock, limits })
    if (settled === undefined) throw error
    if (settled.value === DONE) return { committed: true, revision: settled.createRevision }
  }
  // It was not done and never will be: as if it had not been sent.
  return commitOnce(store, transaction, options)
}

async function settle(
  store: StateStore,
  {
    token,
    lease,
    until,
    clock,
    limits,
  }: {
    readonly token: string
    readonly lease: Lease
    readonly until: number
    readonly clock: Clock
    readonly limits: CallOptions
  },
): Promise<Pick<KeyValue, 'value' | 'createRevision'> | undefined> {
  while (clock.now() < until && !lease.lost.aborted && !limits.signal?.aborted) {
    try {
      const outcome = await store.commit(
        { if: [{ key: token, created: 0 }], then: [{ put: token, value: NEVER, lease }] },
        limits,
      )
      if (outcome.committed) return { value: NEVER, createRevision: outcome.revision }
      return outcome.found[0]
    } catch (error) {
      if (!(error instanceof Ambiguous || error instanceof StoreUnavailable)) throw error
    }
    await pause(clock, RETRY_MS)
  }
  return undefined
}

function withoutToken(outcome: Outcome, token: string): Outcome {
  if (outcome.committed) return outcome
  return { ...outcome, found: outcome.found.filter(({ key }) => key !== token) }
}
