// Packets of libvirt's RPC: a length, a header of six words, a payload. Framing knows nothing of what the payloads mean.
import { WireError, XdrReader, XdrWriter } from './xdr.ts'
import type { Codec } from './xdr.ts'

/** Largest packet in bytes, without its length word: that of libvirt 9. */
export const PACKET_MAX = 33_554_432
const LENGTH_BYTES = 4
const HEADER_BYTES = 24

export const REMOTE_PROGRAM = 0x2000_8086
export const KEEPALIVE_PROGRAM = 0x6b65_6570
/** Of every program libvirt has; it has always been this one. */
export const PROGRAM_VERSION = 1

export const MessageType = { call: 0, reply: 1, event: 2 } as const
export const Status = { ok: 0, error: 1 } as const

export interface Header {
  readonly program: number
  readonly version: number
  readonly procedure: number
  readonly type: number
  /** Pairs a reply with its call; 0 for events. */
  readonly serial: number
  readonly status: number
}

export interface Packet {
  readonly header: Header
  readonly payload: Uint8Array
}

/** One packet in bytes, its length word first. Throws WireError when a value does not fit its shape or the packet its limit. */
export function packet<T>(header: Header, codec: Codec<T>, value: T): Buffer {
  const to = new XdrWriter(LENGTH_BYTES + PACKET_MAX)
  to.u32(0)
  to.u32(header.program)
  to.u32(header.version)
  to.i32(header.procedure)
  to.i32(header.type)
  to.u32(header.serial)
  to.i32(header.status)
  codec.write(to, value)
  const bytes = to.done()
  bytes.writeUInt32BE(bytes.length, 0)
  return bytes
}

/** Cuts a byte stream into packets. Memory is bounded by PACKET_MAX, and by twice what has really come, whatever a length claims. */
export class PacketReader {
  /** The beginning of a packet that has not come whole; its first `#have` bytes are filled. */
  #partial: Buffer = Buffer.alloc(0)
  #have = 0;

  /** Takes the next bytes of the stream; yields each packet they complete. Throws WireError at a length no packet can have. */
  *push(chunk: Uint8Array): Generator<Packet> {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#have > 0) {
      this.#append(bytes)
      bytes = this.#partial.subarray(0, this.#have)
    }
    let at = 0
    let length = packetLength(bytes, at)
    while (length !== undefined && at + length <= bytes.length) {
      yield parse(bytes.subarray(at, at + length))
      at += length
      length = packetLength(bytes, at)
    }
    if (this.#have === 0 || at > 0) {
      this.#partial = Buffer.alloc(0)
      this.#have = 0
      if (at < bytes.length) this.#append(bytes.subarray(at))
    }
  }

  /** Doubles as it grows, so that a large packet in small pieces is copied a few times, not once for each piece. */
  #append(bytes: Buffer): void {
    const end = this.#have + bytes.length
    if (end > this.#partial.length) {
      const grown = Buffer.alloc(Math.max(end, this.#partial.length * 2))
      this.#partial.copy(grown, 0, 0, this.#have)
      this.#partial = grown
    }
    bytes.copy(this.#partial, this.#have)
    this.#have = end
  }
}

/** Length of the packet that begins at `at`, its length word included; undefined while that word is not there. */
function packetLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < LENGTH_BYTES) return undefined
  const length = bytes.readUInt32BE(at)
  if (length < LENGTH_BYTES + HEADER_BYTES || length > LENGTH_BYTES + PACKET_MAX)
    throw new WireError(`a packet cannot have ${length} bytes: this is not libvirt's protocol`)
  return length
}

function parse(bytes: Buffer): Packet {
  const from = new XdrReader(bytes.subarray(LENGTH_BYTES))
  return {
    header: {
      program: from.u32(),
      version: from.u32(),
      procedure: from.i32(),
      type: from.i32(),
      serial: from.u32(),
      status: from.i32(),
    },
    payload: bytes.subarray(LENGTH_BYTES + HEADER_BYTES),
  }
}
