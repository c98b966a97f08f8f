// Values of the ledger as they are read: what cannot be read refuses whoever wanted to act on it.
import type { z } from 'zod'
import { decode, type operationValue } from '../etcd/layout.ts'
import type { KeyValue } from '../etcd/store.ts'
import type { Operation } from '../model/operation.ts'

/** For one call to etcd, in ms. */
export const CALL_MS = 5_000

/** Somebody else has what was asked for, or it changed in between; nothing was written. */
export class LedgerRefused extends Error {
  override readonly name = 'LedgerRefused'
}

export function read<S extends z.ZodType>(schema: S, kv: KeyValue): z.output<S> {
  const decoded = decode(schema, kv)
  if ('bad' in decoded)
    throw new LedgerRefused(`${decoded.bad.key} cannot be read: ${decoded.bad.problem}`)
  return decoded.value
}

/** zod makes absent fields `undefined`; the model leaves them out. */
export function asOperation(value: z.output<typeof operationValue>): Operation {
  return JSON.parse(JSON.stringify(value)) as Operation
}
