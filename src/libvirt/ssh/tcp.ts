// A TCP connection to an SSH port, with its failures told apart.
import { connect, type Socket } from 'node:net'
import { SshUnreachable, type UnreachableWhy } from './errors.ts'

const CODES: Readonly<Record<string, readonly [UnreachableWhy, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused; is sshd running?'],
  ECONNRESET: ['closed', 'connection reset'],
  ETIMEDOUT: ['timeout', 'connection timed out'],
  EHOSTUNREACH: ['no-route', 'no route to host'],
  ENETUNREACH: ['no-route', 'network is unreachable'],
  EHOSTDOWN: ['no-route', 'host is down'],
  ENOTFOUND: ['dns', 'no such host name'],
  EAI_AGAIN: ['dns', 'the name server does not answer'],
}

/** Turns a socket's error into one for people; what is not known keeps its own words. */
export function unreachable(host: string, port: number, error: Error): SshUnreachable {
  // Several addresses were tried: the last one's failure stands for all.
  const cause = error instanceof AggregateError ? error.errors.at(-1) : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const [why, detail] = CODES[code] ?? ['closed', cause instanceof Error ? cause.message : code]
  return new SshUnreachable(host, port, why, detail)
}

/** Connects; rejects with `SshUnreachable`, or with the signal's reason. The caller sets the time limit by the signal. */
export function connectTcp(
  at: {
    readonly host: string
    readonly port: number
    readonly family: 0 | 4 | 6
    readonly localAddress: string | undefined
  },
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  signal.throwIfAborted()
  const socket = connect({
    host: at.host,
    port: at.port,
    family: at.family,
    // Without native crypto ssh2 writes in small pieces; with Nagle's algorithm each RPC would take 45 ms.
    noDelay: true,
    keepAlive: true,
    ...(at.localAddress !== undefined && { localAddress: at.localAddress }),
  })
  const onAbort = () => {
    socket.destroy()
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  const onError = (error: Error) => {
    signal.removeEventListener('abort', onAbort)
    reject(unreachable(at.host, at.port, error))
  }
  socket.once('error', onError)
  socket.once('connect', () => {
    signal.removeEventListener('abort', onAbort)
    socket.off('error', onError)
    // Until ssh2 listens, an error must not crash the process; ssh2 hears of it by 'close'.
    socket.on('error', () => undefined)
    resolve(socket)
  })
  return promise
}
