// A libvirt server of a few lines, on the other end of a stream in memory: it answers as it is told, in any order, or with nonsense.
import { Duplex } from 'node:stream'
import type { Header, Packet } from '../../../src/libvirt/wire/packet.ts'
import {
  KEEPALIVE_PROGRAM,
  MessageType,
  packet,
  PacketReader,
  REMOTE_PROGRAM,
} from '../../../src/libvirt/wire/packet.ts'
import type { EventMessage, Procedure } from '../../../src/libvirt/wire/procedures.ts'
import { remoteError } from '../../../src/libvirt/wire/shapes.ts'
import { decode, nothing } from '../../../src/libvirt/wire/xdr.ts'
import type { Codec } from '../../../src/libvirt/wire/xdr.ts'

/** What arrived and was not yet answered. */
export interface Asked {
  readonly header: Header
  args<A>(procedure: Procedure<A, unknown>): A
  reply<R>(procedure: Pick<Procedure<unknown, R>, 'result'>, result: R): void
  refuse(code: number, message: string): void
}

export class FakeServer {
  /** The client's end. */
  readonly stream: Duplex
  /** Calls in the order they came. */
  readonly asked: Asked[] = []
  pings = 0
  pongs = 0
  /** Answers to pings. */
  alive = true
  readonly #reader = new PacketReader()
  /** Answers by procedure number, at once. */
  readonly #always = new Map<number, (asked: Asked) => void>()

  constructor() {
    const reader = this.#reader
    const take = (one: Packet): void => this.#take(one)
    this.stream = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        for (const one of reader.push(chunk)) take(one)
        done()
      },
    })
  }

  /** Answers every call of this kind with the same result. */
  always<A, R>(procedure: Procedure<A, R>, answer: (args: A) => R): this {
    this.#always.set(procedure.number, asked => {
      asked.reply(procedure, answer(asked.args(procedure)))
    })
    return this
  }

  /** Refuses every call of this kind. */
  refusing(
    procedure: Pick<Procedure<unknown, unknown>, 'number'>,
    code: number,
    message: string,
  ): this {
    this.#always.set(procedure.number, asked => asked.refuse(code, message))
    return this
  }

  event<M>(message: EventMessage<M>, body: M): void {
    this.raw(packet(this.#header(message.number, MessageType.event), message.body, body))
  }

  ping(): void {
    this.raw(packet(this.#header(1, MessageType.event, KEEPALIVE_PROGRAM), nothing, undefined))
  }

  /** Any bytes at all. */
  raw(bytes: Uint8Array): void {
    this.stream.push(bytes)
  }

  /** Closes the connection, as a server does that is stopped. */
  hangUp(): void {
    this.stream.push(null)
  }

  #header(
    procedure: number,
    type: number,
    program: number = REMOTE_PROGRAM,
    serial = 0,
    status = 0,
  ): Header {
    return { program, version: 1, procedure, type, serial, status }
  }

  #take({ header, payload }: Packet): void {
    if (header.program === KEEPALIVE_PROGRAM) {
      if (header.procedure === 2) this.pongs++
      else {
        this.pings++
        if (this.alive)
          this.raw(
            packet(this.#header(2, MessageType.event, KEEPALIVE_PROGRAM), nothing, undefined),
          )
      }
      return
    }
    const send = <T>(status: number, codec: Codec<T>, value: T): void => {
      const { procedure, serial } = header
      const reply = this.#header(procedure, MessageType.reply, REMOTE_PROGRAM, serial, status)
      this.raw(packet(reply, codec, value))
    }
    const asked: Asked = {
      header,
      args: procedure => decode(procedure.args, payload),
      reply: (procedure, result) => send(0, procedure.result, result),
      refuse: (code, message) =>
        send(1, remoteError, {
          code,
          domain: 10,
          message,
          level: 2,
          dom: undefined,
          str1: undefined,
          str2: undefined,
          str3: undefined,
          int1: 0,
          int2: 0,
          net: undefined,
        }),
    }
    const answer = this.#always.get(header.procedure)
    if (answer === undefined) this.asked.push(asked)
    else answer(asked)
  }
}
