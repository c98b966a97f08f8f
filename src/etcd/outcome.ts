// What etcd3 and gRPC throw, sorted by the one question that matters: was it done, was it not, or can nobody know?
import {
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
} from 'etcd3'
import { StoreRefused } from './store.ts'

/**
 * `refused`: etcd answered no, every member would. `stale-token`: the password's token is no longer known; nothing was done.
 * `compacted`: a revision asked for is gone. `not-done`: this member did nothing; another may.
 * `unknown`: no answer; a write may have been done.
 */
export type Failure = {
  readonly kind: 'refused' | 'stale-token' | 'compacted' | 'not-done' | 'unknown'
  readonly reason: string
}

/** etcd's words for requests that it turned away before they reached raft. */
const TURNED_AWAY = [
  'etcdserver: no leader',
  'etcdserver: not leader',
  'etcdserver: too many requests',
  'etcdserver: not capable',
  'etcdserver: server stopped',
  'etcdserver: rpc not supported for learner',
  // gRPC, of a call that never left:
  'No connection established',
  'Waiting for LB pick',
  'Name resolution failed',
  'Channel has been shut down',
]

/** How endpoint.ts says that etcd does not know the token. */
export const STALE_TOKEN = 'the login has run out'
const STALE = [STALE_TOKEN, 'revision of auth store is old']

/** etcd's words for an answer that is no, whatever gRPC's code is. */
const SAID_NO = [
  'database space exceeded',
  'request is too large',
  'user name is empty',
  'lease not found',
  'duplicate key',
  'too many operations',
]

const REFUSALS = [
  StoreRefused,
  EtcdPermissionDeniedError,
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
]

/** Sorts an error of etcd3. Whatever it does not know is `unknown`, the careful one. */
export function failureOf(error: unknown): Failure {
  const reason = reasonOf(error)
  const says = (words: readonly string[]) => words.some(word => reason.includes(word))
  if (says(STALE)) return { kind: 'stale-token', reason }
  if (reason.includes('has been compacted')) return { kind: 'compacted', reason }
  if (REFUSALS.some(refusal => error instanceof refusal) || says(SAID_NO))
    return { kind: 'refused', reason }
  if (says(TURNED_AWAY)) return { kind: 'not-done', reason }
  if (error instanceof GRPCDeadlineExceededError) return { kind: 'unknown', reason: 'no answer' }
  if (error instanceof GRPCCancelledError) return { kind: 'unknown', reason: 'cancelled' }
  return { kind: 'unknown', reason }
}

/** An error's own words without gRPC's code and etcd's server name in front of them. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message
    .replace(/^\w*Error: /, '')
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/ Resolution note: .*$/, '')
    .replace(
      /^No connection established\. Last error: (?:Error: )?(.+)$/,
      'No connection established: $1',
    )
}
