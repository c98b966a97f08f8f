// Operations that are over are kept for looking back and for undoing; etcd is no archive.
import { keys } from '../etcd/layout.ts'
import { isOver, type Operation } from '../model/operation.ts'
import type { Ledger } from './ledger.ts'

/** So many of the newest stay. */
const KEPT = 100

export async function forgetOld(operations: readonly Operation[], ledger: Ledger): Promise<void> {
  const over = operations.filter(isOver).sort((a, b) => Number(b.id) - Number(a.id))
  for (const { id } of over.slice(KEPT)) await ledger.forget(keys.operation(id))
}
