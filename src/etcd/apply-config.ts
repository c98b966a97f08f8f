// Carries out what config-writer.ts planned, one transaction after the other.
import { randomUUID } from 'node:crypto'
import type { ClusterConfig } from '../model/cluster.ts'
import { commitOnce } from './commit-once.ts'
import { configTransactions } from './config-writer.ts'
import type { CallOptions, KeyValue, StateStore } from './store.ts'

/** `refused`: somebody changed `found` since `current` was read; of `total` transactions `done` were carried out (0: nothing was). */
export type Applied =
  | { readonly applied: true; readonly transactions: number; readonly revision: number }
  | {
      readonly applied: false
      readonly done: number
      readonly total: number
      readonly found: readonly KeyValue[]
    }

const LEASE_MS = 30_000

/** Makes etcd say `next`, if it still says `current` where they differ. `version` is this program's, `by` who applies. Throws what `commit` throws. */
export async function applyConfig(
  store: StateStore,
  current: { readonly revision: number; readonly kvs: Iterable<KeyValue> },
  next: ClusterConfig,
  options: CallOptions & { readonly version: string; readonly by: string },
): Promise<Applied> {
  const { version, by, ...limits } = options
  const when = new Date().toISOString()
  const applier = { token: randomUUID(), by, when, version }
  const transactions = configTransactions(current.kvs, next, applier)
  if (transactions.length === 0)
    return { applied: true, transactions: 0, revision: current.revision }
  const lease = await store.grantLease(LEASE_MS, limits)
  try {
    let revision = current.revision
    for (const [done, transaction] of transactions.entries()) {
      const outcome = await commitOnce(store, transaction, { ...limits, lease })
      if (!outcome.committed) {
        const total = transactions.length
        return { applied: false, done, total, found: outcome.found }
      }
      ;({ revision } = outcome)
    }
    return { applied: true, transactions: transactions.length, revision }
  } finally {
    // With it go the tokens; if etcd does not answer now, they go when it runs out.
    await lease.revoke(limits).catch(() => undefined)
  }
}
