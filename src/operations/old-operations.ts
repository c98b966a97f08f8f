// Operations that are over are kept for looking back and for undoing; etcd is no archive.
import { keys } from '../etcd/layout.ts'
import { isOver, type Operation } from '../model/operation.ts'
import type { Ledger } from './ledger.ts'
import type { OperationsOptions } from './operations.ts'

/** So many of the newest stay. */
const KEPT = 100

/** What cannot be taken away now is, the next time. */
export async function forgetOld(
  operations: readonly Operation[],
  { ledger, report }: { readonly ledger: Ledger; readonly report: OperationsOptions['report'] },
): Promise<void> {
  const over = operations.filter(isOver).sort((a, b) => Number(b.id) - Number(a.id))
  try {
    for (const { id } of over.slice(KEPT)) await ledger.forget(keys.operation(id))
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    report({ level: 'warn', about: 'etcd', what })
  }
}
