// Waits until a socket is of use, with a time limit and a way to give up; whatever it was before then is cleared away.
import type { Socket } from 'node:net'
import { HypervisorUnreachable } from './errors.ts'

export interface DialOptions {
  readonly readOnly: boolean
  /** For all of it, in ms. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** How one kind of socket comes to be of use. */
interface Opening<Kind extends Socket> {
  /** For messages: a path, or host and port. */
  readonly label: string
  /** Makes the socket, which begins to connect. */
  start(): Kind
  /** Listens on the socket for whatever comes before it is of use; these listeners are removed afterwards. */
  follow(socket: Kind, ready: () => void, fail: (error: Error) => void): void
  explain(error: NodeJS.ErrnoException): Error
}

/** Resolves with the socket once it is ready, without listeners; otherwise fails, by `explain` or HypervisorUnreachable, and destroys it. */
export function openSocket<Kind extends Socket>(
  opening: Opening<Kind>,
  options: DialOptions,
): Promise<Kind> {
  const { label } = opening
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted()
    const socket = opening.start()
    const listened = socket.eventNames()
    const done = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', cancelled)
      for (const name of socket.eventNames())
        if (!listened.includes(name)) socket.removeAllListeners(name)
    }
    const fail = (error: Error): void => {
      done()
      // What a stream says after its end concerns nobody any more.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const cancelled = (): void => {
      const reason: unknown = options.signal?.reason
      fail(reason instanceof Error ? reason : new Error(String(reason)))
    }
    const timer = setTimeout(
      () =>
        fail(new HypervisorUnreachable(`${label}: no connection within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    )
    options.signal?.addEventListener('abort', cancelled, { once: true })
    socket.once('error', (error: NodeJS.ErrnoException) => fail(opening.explain(error)))
    opening.follow(
      socket,
      () => {
        done()
        resolve(socket)
      },
      fail,
    )
  })
}
