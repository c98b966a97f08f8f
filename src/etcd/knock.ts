// A TCP connection made only to see that somebody takes it. gRPC's own attempts cannot be given up: towards a host that is off
// they go on for two minutes, and keep the process that wants to end from ending.
import { connect } from 'node:net'
import { monotonicMs } from '../model/clock.ts'
import { StoreUnavailable } from './store.ts'

/** Rejects with `StoreUnavailable` when nobody took it before `deadline` (`monotonicMs()`) or the signal aborted. */
export function knock(
  { host, port }: { readonly host: string; readonly port: number },
  deadline: number,
  signal?: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const left = Math.max(1, deadline - monotonicMs())
  const socket = connect({ host, port, autoSelectFamily: true })
  const fail = (reason: string) => reject(new StoreUnavailable(reason))
  const timer = setTimeout(() => fail(`connect ${host}:${port}: no answer`), left)
  const stop = () => fail('cancelled')
  signal?.addEventListener('abort', stop, { once: true })
  socket.once('connect', resolve)
  socket.once('error', error => fail(wordsOf(error)))
  return promise.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    socket.on('error', () => undefined)
    socket.destroy()
  })
}

/** A host of several addresses fails with one error for each. */
function wordsOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message
  return error.errors.map(one => (one instanceof Error ? one.message : String(one))).join(', ')
}
