// What etcd takes in one request with its own defaults, checked before it is asked, so that the twin and the real one refuse alike.
import { StoreRefused, type Transaction } from './store.ts'

/** etcd's `--max-txn-ops`. */
export const MAX_TRANSACTION_WRITES = 128
/** etcd's `--max-request-bytes` (1.5 MiB). */
export const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024

/** Throws `StoreRefused` for a transaction that etcd would never take. */
export function checkTransaction(transaction: Transaction): void {
  const { if: compares, then } = transaction
  if (Math.max(compares.length, then.length) > MAX_TRANSACTION_WRITES)
    throw new StoreRefused(
      `a transaction of more than ${MAX_TRANSACTION_WRITES} conditions or writes`,
    )
  const written = new Set<string>()
  let bytes = 0
  for (const write of then) {
    const key = 'put' in write ? write.put : write.delete
    if (written.has(key)) throw new StoreRefused(`a transaction that writes ${key} twice`)
    written.add(key)
    if ('put' in write) bytes += Buffer.byteLength(write.value)
  }
  if (bytes > MAX_REQUEST_BYTES)
    throw new StoreRefused(`a transaction of ${bytes} bytes (the limit is ${MAX_REQUEST_BYTES})`)
}
