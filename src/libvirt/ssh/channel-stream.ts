// An SSH channel as a stream that behaves like a socket. ssh2's own channels do not: destroying one leaves it undestroyed until the
// far end agrees, takes no error, and writes to a dead one never call back.
import { Duplex } from 'node:stream'
import type { Channel } from 'ssh2'

export class ChannelStream extends Duplex {
  readonly #channel: Channel
  constructor(channel: Channel) {
    super({ allowHalfOpen: false })
    this.#channel = channel
    // A stream that breaks while nobody listens yet must not end the process; 'close' follows for whoever comes.
    this.on('error', () => undefined)
    channel.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) channel.pause()
    })
    channel.on('end', () => this.#end())
    channel.on('close', () => {
      this.#end()
      // What was received may still be read; what was not sent never will be.
      if (this.readableEnded) this.destroy()
      else this.once('end', () => this.destroy())
    })
    channel.on('error', (error: Error) => this.destroy(error))
  }

  #ended = false
  #end(): void {
    if (this.#ended || this.destroyed) return
    this.#ended = true
    this.push(null)
  }

  override _read(): void {
    this.#channel.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#channel.write(chunk, () => written())
  }

  override _final(done: () => void): void {
    this.#channel.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Data still on its way would otherwise be kept for nobody.
    this.#channel.removeAllListeners('data').resume()
    this.#channel.destroy()
    done(error)
  }
}
