// What is said, and which status a program ends with, for every kind of error.
import { Ambiguous, StoreUnavailable } from '../etcd/store.ts'
import { CallTimedOut, HypervisorUnreachable } from '../libvirt/errors.ts'
import { ClusterFileInvalid, problemText } from '../model/cluster-file/problem.ts'
import { CommandFailed, EXIT, type ExitStatus } from './exit.ts'

export interface Failure {
  readonly lines: readonly string[]
  readonly status: ExitStatus
}

/** `stopped`: the signal that Ctrl-C aborts; what follows from it is no failure to speak of. */
export function describeFailure(thrown: unknown, stopped: AbortSignal): Failure {
  const error = reasonOfAbort(thrown)
  if (error instanceof CommandFailed)
    return { lines: [`yasco: ${error.message}`], status: error.status }
  if (stopped.aborted && error === thrown && isAbort(error))
    return describeFailure(stopped.reason, stopped)
  if (error instanceof ClusterFileInvalid) {
    return {
      lines: [...error.problems.map(problemText), `yasco: ${error.message}`],
      status: EXIT.wrongUse,
    }
  }
  const lines = [`yasco: ${messageOf(error)}`]
  return { lines, status: gaveNoAnswer(error) ? EXIT.partly : EXIT.failed }
}

/** Node's own calls throw an AbortError that has the signal's reason as its cause. */
function reasonOfAbort(error: unknown): unknown {
  return isAbort(error) && error.cause !== undefined ? error.cause : error
}

function isAbort(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError'
}

function gaveNoAnswer(error: unknown): boolean {
  return (
    error instanceof StoreUnavailable ||
    error instanceof Ambiguous ||
    error instanceof HypervisorUnreachable ||
    error instanceof CallTimedOut ||
    (error instanceof Error && error.name === 'TimeoutError')
  )
}

/** One sentence. A mistake of the program itself shows where it was made. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'not done in the time given by --timeout'
  const isOwnMistake =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  return isOwnMistake ? (error.stack ?? error.message) : error.message
}
