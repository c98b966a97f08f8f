// Connections from a test, which lives in the machine's network, into a network of the lab.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { LabError } from './errors.ts'

export interface DialRequest {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}

export interface DialAnswer {
  readonly id: number
  readonly error?: string
  readonly code?: string
}

/** The connection was not made; `code` is the system's (ECONNREFUSED, EHOSTUNREACH), absent when nobody answered in time. */
export class DialFailed extends LabError {
  readonly code: string | undefined
  constructor(host: string, port: number, why: string, code?: string) {
    super(`No connection to ${host}:${port}: ${why}`)
    this.code = code
  }
}

/** A port of this machine's loopback that leads into the lab. */
export interface Forward {
  readonly host: '127.0.0.1'
  readonly port: number
  close(): void
}

interface Pending {
  readonly request: DialRequest
  readonly resolve: (socket: Socket) => void
  readonly reject: (error: Error) => void
}

/** Opens connections from one namespace. Its helper process starts with the first dial, and ends with `close` or with us. */
export class Dialer {
  readonly #start: () => ChildProcess
  readonly #pending = new Map<number, Pending>()
  readonly #servers = new Set<Server>()
  readonly #sockets = new Set<Socket>()
  #child: ChildProcess | undefined
  #lastId = 0

  /** `start` runs dialer-process.ts in the namespace, with an IPC channel. */
  constructor(start: () => ChildProcess) {
    this.#start = start
  }

  #running(): ChildProcess {
    if (this.#child?.connected) return this.#child
    const child = this.#start()
    child.on('message', (answer: DialAnswer, socket?: Socket) => this.#settle(answer, socket))
    child.on('exit', () => this.#failAll('the dialer ended'))
    child.on('error', error => this.#failAll(error.message))
    child.unref()
    child.channel?.unref()
    this.#child = child
    return child
  }

  #settle(answer: DialAnswer, socket?: Socket): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if (this.#pending.size === 0) this.#child?.channel?.unref()
    if (!pending) {
      socket?.destroy()
      return
    }
    const { request, resolve, reject } = pending
    if (socket) {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      resolve(socket)
    } else reject(new DialFailed(request.host, request.port, answer.error ?? 'closed', answer.code))
  }

  #failAll(why: string): void {
    for (const { request, reject } of this.#pending.values()) {
      reject(new DialFailed(request.host, request.port, why))
    }
    this.#pending.clear()
  }

  /** A TCP connection made inside the namespace. The other side's name is not known here: give its address. */
  dial(host: string, port: number, timeoutMs = 5_000): Promise<Socket> {
    const child = this.#running()
    const request = { id: ++this.#lastId, host, port, timeoutMs }
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    this.#pending.set(request.id, { request, resolve, reject })
    child.channel?.ref()
    child.send(request)
    return promise
  }

  /** Listens on a free port of the loopback and leads each connection on to `host:port`. For clients that take no socket. */
  async forward(host: string, port: number): Promise<Forward> {
    const server = createServer({ pauseOnConnect: true }, client => {
      this.#sockets.add(client)
      client.once('close', () => this.#sockets.delete(client))
      this.dial(host, port).then(
        remote => join(client, remote),
        () => client.resetAndDestroy(),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    server.unref()
    this.#servers.add(server)
    return {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      close: () => {
        server.close()
        this.#servers.delete(server)
      },
    }
  }

  /** Ends all connections, forwards and the helper process. */
  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#servers.clear()
    this.#child?.disconnect()
    this.#child = undefined
    this.#failAll('closed')
  }
}

/** Leads two sockets into each other; when one breaks, so does the other. */
function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true)
    from.pipe(to)
    from.on('error', () => to.resetAndDestroy())
    from.on('close', () => to.destroy())
  }
}
