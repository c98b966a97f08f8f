// A TCP line to a server that can be cut, freeze, lose what comes back, or break after so many bytes.
import { createServer, connect, type Server, type Socket } from 'node:net'

/**
 * `frozen`: connections stay and are taken, nothing passes. `one-way`: the server is heard of no more, but gets everything.
 * `cut`: connections are reset, new ones too.
 */
export type LineState = 'open' | 'frozen' | 'one-way' | 'cut'

export class LineProxy implements AsyncDisposable {
  readonly #target: number
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #state: LineState = 'open'
  /** Bytes from the server until every connection breaks; once. */
  #breakAfter = Infinity
  breaks = 0

  constructor(target: number) {
    this.#target = target
    this.#server = createServer(client => this.#join(client))
  }

  static async to(target: number): Promise<LineProxy> {
    const proxy = new LineProxy(target)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}`
  }

  set state(state: LineState) {
    this.#state = state
    if (state === 'cut') this.#reset()
    for (const [client, server] of this.#pairs) {
      if (state === 'open') for (const socket of [client, server]) socket.resume()
      if (state === 'frozen') for (const socket of [client, server]) socket.pause()
    }
  }

  breakAfter(bytes: number): void {
    this.#breakAfter = bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reset()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #reset(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy()
    this.#pairs.clear()
  }

  #join(client: Socket): void {
    if (this.#state === 'cut') {
      client.resetAndDestroy()
      return
    }
    const server = connect(this.#target, '127.0.0.1')
    const pair = [client, server] as const
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) {
      socket.on('error', end)
      socket.on('close', end)
      if (this.#state === 'frozen') socket.pause()
    }
    client.on('data', data => server.write(data))
    server.on('data', data => {
      if (this.#state === 'one-way') return
      client.write(data)
      this.#breakAfter -= data.length
      if (this.#breakAfter > 0) return
      this.#breakAfter = Infinity
      this.breaks++
      this.#reset()
    })
  }
}
