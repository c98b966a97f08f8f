// XDR (RFC 4506): how libvirt's messages are laid out in bytes. A codec is one shape; shapes are put together from smaller ones.
// Everything read is checked against its limit, and against the bytes that are really there, before anything is allocated.

/** The bytes are not what the protocol allows, or a value cannot be sent. */
export class WireError extends Error {
  override readonly name: string = 'WireError'
}

/** One shape: how it is written and read. `min` is the fewest bytes it takes, so that a list can be refused by its count alone. */
export interface Codec<T> {
  readonly min: number
  write(to: XdrWriter, value: T): void
  read(from: XdrReader): T
}

/** The TypeScript type that a codec reads. */
export type Value<C> = C extends Codec<infer T> ? T : never

/** Longest string libvirt sends or takes, in bytes. */
const STRING_MAX = 4_194_304
/** Most entries of libvirt's lists of domains, pools, volumes, networks and secrets. */
const LIST_MAX = 16_384

const pad = (length: number): number => (4 - (length & 3)) & 3

/** Reads one message's payload from its first byte to its last. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  get remaining(): number {
    return this.#bytes.length - this.#at
  }
  /** Moves over `length` bytes and tells where they begin. */
  #take(length: number): number {
    if (length > this.remaining)
      throw new WireError(`message ends early: ${length} bytes wanted, ${this.remaining} there`)
    const at = this.#at
    this.#at += length
    return at
  }
  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }
  i32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }
  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8))
  }
  i64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8))
  }
  f64(): number {
    return this.#bytes.readDoubleBE(this.#take(8))
  }
  /** A view of `length` bytes (no copy); the padding after them is read too. */
  bytes(length: number): Buffer {
    const at = this.#take(length + pad(length))
    return this.#bytes.subarray(at, at + length)
  }
  text(length: number): string {
    const at = this.#take(length + pad(length))
    return this.#bytes.toString('utf8', at, at + length)
  }
}

/** Collects one message. Grows as needed up to `max` bytes. */
export class XdrWriter {
  #bytes: Buffer
  #at = 0
  readonly #max: number
  constructor(max: number) {
    this.#max = max
    this.#bytes = Buffer.alloc(Math.min(max, 256))
  }
  get length(): number {
    return this.#at
  }
  #room(length: number): number {
    const at = this.#at
    const end = at + length
    if (end > this.#max) throw new WireError(`message longer than ${this.#max} bytes`)
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(this.#max, Math.max(end, this.#bytes.length * 2)))
      this.#bytes.copy(grown, 0, 0, at)
      this.#bytes = grown
    }
    this.#at = end
    return at
  }
  u32(value: number): void {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(value, at)
  }
  i32(value: number): void {
    const at = this.#room(4)
    this.#bytes.writeInt32BE(value, at)
  }
  u64(value: bigint): void {
    const at = this.#room(8)
    this.#bytes.writeBigUInt64BE(value, at)
  }
  i64(value: bigint): void {
    const at = this.#room(8)
    this.#bytes.writeBigInt64BE(value, at)
  }
  f64(value: number): void {
    const at = this.#room(8)
    this.#bytes.writeDoubleBE(value, at)
  }
  bytes(value: Uint8Array): void {
    const at = this.#room(value.length + pad(value.length))
    this.#bytes.set(value, at)
    this.#bytes.fill(0, at + value.length, this.#at)
  }
  /** What was written; a view of the writer's memory. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }
}

/** What was given cannot be written: out of the integer's range. */
function whole(value: number, low: number, high: number, what: string): number {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new WireError(`${value} is no ${what}`)
  return value
}

export const u32: Codec<number> = {
  min: 4,
  write: (to, value) => to.u32(whole(value, 0, 0xffff_ffff, 'unsigned 32-bit integer')),
  read: from => from.u32(),
}

export const i32: Codec<number> = {
  min: 4,
  write: (to, value) => to.i32(whole(value, -0x8000_0000, 0x7fff_ffff, '32-bit integer')),
  read: from => from.i32(),
}

/** An integer of fewer bits, which XDR widens to four bytes. */
function narrow(high: number, what: string): Codec<number> {
  return {
    min: 4,
    write: (to, value) => to.u32(whole(value, 0, high, what)),
    read: from => {
      const value = from.u32()
      if (value > high) throw new WireError(`${value} is no ${what}`)
      return value
    },
  }
}
export const u8: Codec<number> = narrow(0xff, 'unsigned 8-bit integer')
export const u16: Codec<number> = narrow(0xffff, 'unsigned 16-bit integer')

export const u64: Codec<bigint> = {
  min: 8,
  write: (to, value) => {
    if (BigInt.asUintN(64, value) !== value)
      throw new WireError(`${value} is no unsigned 64-bit integer`)
    to.u64(value)
  },
  read: from => from.u64(),
}

export const i64: Codec<bigint> = {
  min: 8,
  write: (to, value) => {
    if (BigInt.asIntN(64, value) !== value) throw new WireError(`${value} is no 64-bit integer`)
    to.i64(value)
  },
  read: from => from.i64(),
}

export const f64: Codec<number> = {
  min: 8,
  write: (to, value) => to.f64(value),
  read: from => from.f64(),
}

/** A truth value as libvirt sends it: an int, 0 or not 0. */
export const flag: Codec<boolean> = {
  min: 4,
  write: (to, value) => to.i32(value ? 1 : 0),
  read: from => from.i32() !== 0,
}

/** Nothing at all: arguments or results of calls that have none. */
export const nothing: Codec<void> = { min: 0, write: () => undefined, read: () => undefined }

/** UTF-8 text of at most `max` bytes. A NUL byte would cut the text short in the server, so it is not sent. */
export function string(max: number = STRING_MAX): Codec<string> {
  return {
    min: 4,
    write: (to, value) => {
      const bytes = Buffer.from(value, 'utf8')
      if (bytes.length > max) throw new WireError(`text of ${bytes.length} bytes, limit ${max}`)
      if (bytes.includes(0)) throw new WireError('text with a NUL byte in it')
      to.u32(bytes.length)
      to.bytes(bytes)
    },
    read: from => {
      const length = from.u32()
      if (length > max) throw new WireError(`text of ${length} bytes, limit ${max}`)
      return from.text(length)
    },
  }
}

/** Bytes with a length before them, at most `max`. What is read is a copy, so that it does not keep the whole message alive. */
export function opaque(max: number): Codec<Uint8Array> {
  return {
    min: 4,
    write: (to, value) => {
      if (value.length > max) throw new WireError(`${value.length} bytes, limit ${max}`)
      to.u32(value.length)
      to.bytes(value)
    },
    read: from => {
      const length = from.u32()
      if (length > max) throw new WireError(`${length} bytes, limit ${max}`)
      return Uint8Array.from(from.bytes(length))
    },
  }
}

/** A value that may be missing. */
export function optional<T>(of: Codec<T>): Codec<T | undefined> {
  return {
    min: 4,
    write: (to, value) => {
      to.u32(value === undefined ? 0 : 1)
      if (value !== undefined) of.write(to, value)
    },
    read: from => {
      const there = from.u32()
      if (there > 1) throw new WireError(`${there} where 0 or 1 tells whether a value follows`)
      return there === 1 ? of.read(from) : undefined
    },
  }
}

/** A list of at most `max` values. */
export function list<T>(of: Codec<T>, max: number = LIST_MAX): Codec<readonly T[]> {
  return {
    min: 4,
    write: (to, values) => {
      if (values.length > max) throw new WireError(`list of ${values.length}, limit ${max}`)
      to.u32(values.length)
      for (const value of values) of.write(to, value)
    },
    read: from => {
      const count = from.u32()
      if (count > max) throw new WireError(`list of ${count}, limit ${max}`)
      if (count * of.min > from.remaining)
        throw new WireError(`list of ${count}, but only ${from.remaining} bytes follow`)
      const values: T[] = []
      for (let i = 0; i < count; i++) values.push(of.read(from))
      return values
    },
  }
}

/** Members in their order. */
export function struct<Shape extends Readonly<Record<string, Codec<unknown>>>>(
  shape: Shape,
): Codec<{ readonly [K in keyof Shape]: Value<Shape[K]> }> {
  type Struct = { readonly [K in keyof Shape]: Value<Shape[K]> }
  const members = Object.entries(shape)
  return {
    min: members.reduce((sum, [, codec]) => sum + codec.min, 0),
    write: (to, value) => {
      for (const [name, codec] of members) codec.write(to, value[name as keyof Shape])
    },
    read: from => {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of members) value[name] = codec.read(from)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every member was just read by its own codec
      return value as Struct
    },
  }
}

/** One of several shapes, told apart by a number before it. Each has a word by which TypeScript tells them apart: `{kind, value}`. */
export function union<
  Arms extends Readonly<Record<string, { readonly tag: number; readonly of: Codec<unknown> }>>,
>(
  arms: Arms,
): Codec<
  { [K in keyof Arms]: { readonly kind: K; readonly value: Value<Arms[K]['of']> } }[keyof Arms]
> {
  type Union = {
    [K in keyof Arms]: { readonly kind: K; readonly value: Value<Arms[K]['of']> }
  }[keyof Arms]
  const byTag = new Map(Object.entries(arms).map(([kind, arm]) => [arm.tag, { kind, of: arm.of }]))
  return {
    min: 4 + Math.min(...Object.values(arms).map(arm => arm.of.min)),
    write: (to, value) => {
      const arm = arms[value.kind]
      if (arm === undefined) throw new WireError(`no union member '${String(value.kind)}'`)
      to.i32(arm.tag)
      arm.of.write(to, value.value)
    },
    read: from => {
      const tag = from.i32()
      const arm = byTag.get(tag)
      if (arm === undefined) throw new WireError(`no union member has the number ${tag}`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tag chose kind and codec together
      return { kind: arm.kind, value: arm.of.read(from) } as Union
    },
  }
}

/** 16 raw bytes, as text with dashes and lower case. */
export const uuid: Codec<string> = {
  min: 16,
  write: (to, value) => {
    const hex = value.replaceAll('-', '')
    if (!/^[0-9a-f]{32}$/i.test(hex)) throw new WireError(`'${value}' is no UUID`)
    to.bytes(Buffer.from(hex, 'hex'))
  },
  read: from => {
    const hex = from.bytes(16).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  },
}

/** C's `char name[length]`: one XDR int for each char, text up to the first NUL. */
export function chars(length: number): Codec<string> {
  return {
    min: length * 4,
    write: (to, value) => {
      const bytes = Buffer.from(value, 'utf8')
      if (bytes.length > length)
        throw new WireError(`text of ${bytes.length} bytes, limit ${length}`)
      if (bytes.includes(0)) throw new WireError('text with a NUL byte in it')
      for (let i = 0; i < length; i++) to.u32(bytes[i] ?? 0)
    },
    read: from => {
      const bytes: number[] = []
      // A char above 0x7f comes sign-extended from some servers: its low eight bits are it.
      for (let i = 0; i < length; i++) bytes.push(from.i32() & 0xff)
      const end = bytes.indexOf(0)
      return Buffer.from(end < 0 ? bytes : bytes.slice(0, end)).toString('utf8')
    },
  }
}

/** All of `bytes` as one value; bytes left over are an error, as a newer or another protocol would leave them. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const from = new XdrReader(bytes)
  const value = codec.read(from)
  if (from.remaining > 0) throw new WireError(`${from.remaining} bytes more than the message has`)
  return value
}

/** `value` alone in bytes, at most `max`. */
export function encode<T>(codec: Codec<T>, value: T, max: number): Buffer {
  const to = new XdrWriter(max)
  codec.write(to, value)
  return to.done()
}
