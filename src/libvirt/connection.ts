// One connection to a libvirt server over any byte stream: calls and their replies, events, keepalive, and an end that everybody hears of.
import type { Duplex } from 'node:stream'
import { realClock } from '../model/clock.ts'
import type { Clock } from '../model/clock.ts'
import { CallTimedOut, HypervisorUnreachable, LibvirtError } from './errors.ts'
import type { CallOptions } from './hypervisor.ts'
import {
  KEEPALIVE_PROGRAM,
  MessageType,
  PROGRAM_VERSION,
  packet,
  PacketReader,
  REMOTE_PROGRAM,
  Status,
} from './wire/packet.ts'
import type { Header, Packet } from './wire/packet.ts'
import type { EventMessage, Procedure } from './wire/procedures.ts'
import { remoteError } from './wire/shapes.ts'
import { decode, nothing, WireError } from './wire/xdr.ts'

const PING = 1
const PONG = 2

export interface KeepaliveSettings {
  /** Silence after which we ask, and the time between asking again, in ms. */
  readonly intervalMs: number
  /** Questions without any answer after which the connection counts as dead. */
  readonly count: number
}

export interface ConnectionOptions {
  /** What the far end is called in messages for people. */
  readonly label: string
  /**
   * Calls under way at once. A libvirtd serves five per connection by default (`max_client_requests`); what is above that waits inside the
   * server and holds keepalive up, which then takes a busy connection for a dead one. So four, and the rest waits here.
   */
  readonly limit?: number
  readonly clock?: Clock
}

interface Pending {
  readonly serial: number
  readonly procedure: number
  readonly bytes: Buffer
  /** Its reply came. */
  succeed(payload: Uint8Array): void
  fail(error: Error): void
  /** Its caller went away (time limit, cancelled) or has its answer. The server may still be at work on it. */
  over: boolean
}

/** Counts of what went over a connection, for tests and measurements. */
export interface ConnectionTally {
  readonly calls: number
  readonly events: number
  readonly pings: number
}

export class RpcConnection implements AsyncDisposable {
  readonly label: string
  readonly #stream: Duplex
  readonly #clock: Clock
  readonly #limit: number
  readonly #reader = new PacketReader()
  readonly #ended = new AbortController()
  /** Sent and not answered, by serial; abandoned ones too, as they still take one of the server's places. */
  readonly #sent = new Map<number, Pending>()
  #waiting: Pending[] = []
  readonly #listeners = new Map<number, Set<(payload: Uint8Array) => void>>()
  readonly #tally = { calls: 0, events: 0, pings: 0 }
  #serial = 0
  #heardAt: number
  #unanswered = 0
  #keepalive: Disposable | undefined

  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream
    this.label = options.label
    this.#limit = options.limit ?? 4
    this.#clock = options.clock ?? realClock
    this.#heardAt = this.#clock.now()
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    stream.on('error', error => this.#lost(error.message))
    stream.on('end', () => this.#lost('the other end closed it'))
    stream.on('close', () => this.#lost('it was closed'))
  }

  /** Aborts when the connection is over; its reason is the Error that every pending call failed with. */
  get closed(): AbortSignal {
    return this.#ended.signal
  }

  get tally(): ConnectionTally {
    return { ...this.#tally }
  }

  /**
   * Makes one call. Fails with LibvirtError (libvirt said no), CallTimedOut, HypervisorUnreachable (the connection ended), WireError (the
   * reply is not what the protocol says), or the reason of `signal`.
   */
  call<A, R>(procedure: Procedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    const timeoutMs = options.timeoutMs ?? procedure.timeoutMs
    return new Promise<R>((resolve, reject) => {
      options.signal?.throwIfAborted()
      this.closed.throwIfAborted()
      const serial = this.#nextSerial()
      const bytes = packet(
        {
          program: REMOTE_PROGRAM,
          version: PROGRAM_VERSION,
          procedure: procedure.number,
          type: MessageType.call,
          serial,
          status: Status.ok,
        },
        procedure.args,
        args,
      )
      const done = (): void => {
        pending.over = true
        timer[Symbol.dispose]()
        options.signal?.removeEventListener('abort', cancelled)
      }
      const pending: Pending = {
        serial,
        procedure: procedure.number,
        bytes,
        over: false,
        succeed: payload => {
          try {
            resolve(decode(procedure.result, payload))
          } catch (error) {
            reject(this.#notUnderstood(`the reply to '${procedure.name}'`, error))
          }
          done()
        },
        fail: error => {
          reject(error)
          done()
        },
      }
      const cancelled = (): void => pending.fail(asError(options.signal?.reason))
      const timer = this.#clock.after(timeoutMs, () =>
        pending.fail(new CallTimedOut(procedure.name, timeoutMs)),
      )
      options.signal?.addEventListener('abort', cancelled, { once: true })
      this.#waiting.push(pending)
      this.#send()
    })
  }

  /**
   * Hears one kind of event, in the order they come. A listener runs by itself after the bytes at hand were taken apart: what it throws
   * or how long it takes never touches a reply. Registering with the server is the caller's.
   */
  on<M>(message: EventMessage<M>, listener: (body: M) => void): Disposable {
    const hear = (payload: Uint8Array): void => {
      const body = decode(message.body, payload)
      queueMicrotask(() => {
        listener(body)
      })
    }
    const listeners = this.#listeners.get(message.number) ?? new Set()
    this.#listeners.set(message.number, listeners.add(hear))
    return { [Symbol.dispose]: () => void listeners.delete(hear) }
  }

  /** Asks the server for a sign of life whenever it was silent, and ends the connection when none comes. Answering its questions needs no start. */
  startKeepalive(settings: KeepaliveSettings): void {
    if (this.closed.aborted) return
    this.#keepalive?.[Symbol.dispose]()
    this.#keepalive = this.#clock.after(settings.intervalMs, () => this.#watch(settings))
  }

  /** Ends the connection at once; every pending call fails with `reason`. */
  end(reason: Error): void {
    if (this.closed.aborted) return
    this.#keepalive?.[Symbol.dispose]()
    this.#ended.abort(reason)
    const pending = [...this.#sent.values(), ...this.#waiting]
    this.#sent.clear()
    this.#waiting = []
    this.#listeners.clear()
    for (const call of pending) if (!call.over) call.fail(reason)
    this.#stream.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end(new HypervisorUnreachable(`${this.label}: the connection was closed here`))
    return Promise.resolve()
  }

  #nextSerial(): number {
    this.#serial = this.#serial === 0xffff_ffff ? 1 : this.#serial + 1
    return this.#serial
  }

  /** Sends what waits, as far as the limit lets it. */
  #send(): void {
    while (this.#sent.size < this.#limit && !this.closed.aborted) {
      const call = this.#waiting.shift()
      if (call === undefined) return
      if (call.over) continue
      this.#sent.set(call.serial, call)
      this.#tally.calls++
      this.#stream.write(call.bytes)
    }
  }

  #take(chunk: Uint8Array): void {
    if (this.closed.aborted) return
    this.#heardAt = this.#clock.now()
    this.#unanswered = 0
    try {
      for (const one of this.#reader.push(chunk)) {
        this.#dispatch(one)
        if (this.closed.aborted) return
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#lost(error.message)
      return
    }
    this.#send()
  }

  #dispatch({ header, payload }: Packet): void {
    if (header.program === KEEPALIVE_PROGRAM) {
      if (header.procedure === PING) this.#beat(PONG)
      return
    }
    if (header.program !== REMOTE_PROGRAM || header.version !== PROGRAM_VERSION)
      throw new WireError(`a message of program ${header.program} version ${header.version}`)
    switch (header.type) {
      case MessageType.reply:
        this.#reply(header, payload)
        return
      case MessageType.event:
        this.#tally.events++
        for (const hear of this.#listeners.get(header.procedure) ?? []) hear(payload)
        return
      default:
        throw new WireError(`a message of type ${header.type}, which nobody asked for`)
    }
  }

  #reply(header: Header, payload: Uint8Array): void {
    const call = this.#sent.get(header.serial)
    if (call?.procedure !== header.procedure)
      throw new WireError(`a reply to call ${header.serial}, which nobody made`)
    this.#sent.delete(header.serial)
    if (call.over) return
    if (header.status === Status.ok) {
      call.succeed(payload)
      return
    }
    call.fail(this.#errorOf(payload))
  }

  #errorOf(payload: Uint8Array): Error {
    try {
      const { message, code, domain } = decode(remoteError, payload)
      return new LibvirtError(message ?? 'libvirt gave no reason', code, domain)
    } catch (error) {
      return this.#notUnderstood('an error of libvirt', error)
    }
  }

  #notUnderstood(what: string, cause: unknown): WireError {
    return new WireError(`${this.label}: ${what} is not understood: ${String(cause)}`, { cause })
  }

  /** Runs one interval after the last sign of life, and then each interval until there is another one. */
  #watch(settings: KeepaliveSettings): void {
    const silence = this.#clock.now() - this.#heardAt
    const left = settings.intervalMs - silence
    if (left <= 0) {
      if (this.#unanswered >= settings.count) {
        this.#lost(`no sign of life for ${Math.round(silence / 1000)} s`)
        return
      }
      this.#unanswered++
      this.#beat(PING)
    }
    const wait = left > 0 ? left : settings.intervalMs
    this.#keepalive = this.#clock.after(wait, () => this.#watch(settings))
  }

  #beat(procedure: number): void {
    if (procedure === PING) this.#tally.pings++
    const header = {
      program: KEEPALIVE_PROGRAM,
      version: PROGRAM_VERSION,
      procedure,
      type: MessageType.event,
      serial: 0,
      status: Status.ok,
    }
    this.#stream.write(packet(header, nothing, undefined))
  }

  #lost(why: string): void {
    this.end(new HypervisorUnreachable(`${this.label}: connection lost: ${why}`))
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
