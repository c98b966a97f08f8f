import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  chars,
  decode,
  encode,
  f64,
  flag,
  i32,
  i64,
  list,
  nothing,
  opaque,
  optional,
  string,
  struct,
  u8,
  u16,
  u32,
  u64,
  union,
  uuid,
  WireError,
} from '../../../src/libvirt/wire/xdr.ts'
import type { Codec } from '../../../src/libvirt/wire/xdr.ts'

const MAX = 1 << 20

/** What is written is read again, takes a multiple of four bytes, and at least as many as the shape promises. */
function roundTrip<T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>): void {
  test(`${name}: reads what it wrote`, () => {
    fc.assert(
      fc.property(values, value => {
        const bytes = encode(codec, value, MAX)
        expect(bytes.length % 4).toBe(0)
        expect(bytes.length).toBeGreaterThanOrEqual(codec.min)
        expect(decode(codec, bytes)).toEqual(value)
      }),
    )
  })
}

const texts = fc.string({ unit: 'grapheme', maxLength: 40 }).filter(text => !text.includes('\0'))
const uuids = fc.uuid()
const one = union({ number: { tag: 1, of: i32 }, text: { tag: 7, of: string() } })
const tree = struct({
  name: string(),
  id: uuid,
  more: list(struct({ key: u64, maybe: optional(one) })),
})

roundTrip('u32', u32, fc.nat(0xffff_ffff))
roundTrip('i32', i32, fc.integer())
roundTrip('u8', u8, fc.nat(0xff))
roundTrip('u16', u16, fc.nat(0xffff))
roundTrip('u64', u64, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
roundTrip('i64', i64, fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }))
roundTrip('f64', f64, fc.double())
roundTrip('flag', flag, fc.boolean())
roundTrip('nothing', nothing, fc.constant(undefined))
roundTrip('string', string(), texts)
roundTrip('opaque', opaque(64), fc.uint8Array({ maxLength: 64 }))
roundTrip('optional', optional(i32), fc.option(fc.integer(), { nil: undefined }))
roundTrip('uuid', uuid, uuids)
roundTrip(
  'char array',
  chars(32),
  texts.filter(text => Buffer.byteLength(text) <= 32),
)
roundTrip(
  'a tree of all kinds',
  tree,
  fc.record({
    name: texts,
    id: uuids,
    more: fc.array(
      fc.record({
        key: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        maybe: fc.option(
          fc.oneof(
            fc.record({ kind: fc.constant('number' as const), value: fc.integer() }),
            fc.record({ kind: fc.constant('text' as const), value: texts }),
          ),
          { nil: undefined },
        ),
      }),
      { maxLength: 5 },
    ),
  }),
)

test('the bytes are those of RFC 4506', () => {
  expect(encode(string(), 'sillyprog', MAX).toString('hex')).toBe(
    '0000000973696c6c7970726f67000000',
  )
  expect(encode(optional(i32), -2, MAX).toString('hex')).toBe('00000001fffffffe')
  expect(encode(f64, 1, MAX).toString('hex')).toBe('3ff0000000000000')
  expect(encode(u8, 5, MAX).toString('hex')).toBe('00000005')
})

test.each<[string, Codec<unknown>, string, string]>([
  ['a string above its limit', string(4), '00000005', 'text of 5 bytes, limit 4'],
  ['a string longer than what follows', string(), '0000000861626364', 'message ends early'],
  ['opaque bytes above their limit', opaque(8), '00000009', '9 bytes, limit 8'],
  ['a list above its limit', list(i32, 2), '00000003', 'list of 3, limit 2'],
  ['a list that cannot fit', list(u64, 9), '00000002' + '00'.repeat(8), 'only 8 bytes follow'],
  ['an optional that is neither there nor not', optional(i32), '00000002', 'where 0 or 1'],
  ['a union member nobody knows', one, '00000009', 'number 9'],
  ['an 8-bit integer of more', u8, '00000100', 'no unsigned 8-bit integer'],
  ['bytes left over', i32, '0000000100000002', '4 bytes more'],
  ['nothing where something was due', i32, '', 'message ends early'],
])('refuses %s', (_, codec, hex, why) => {
  expect(() => decode(codec, Buffer.from(hex, 'hex'))).toThrow(why)
  expect(() => decode(codec, Buffer.from(hex, 'hex'))).toThrow(WireError)
})

test('a list that claims more than its bytes allows is refused before anything is allocated', () => {
  const before = process.memoryUsage().arrayBuffers
  const claim = Buffer.concat([Buffer.from('0fffffff', 'hex'), Buffer.alloc(64)])
  expect(() => decode(list(u64, 0x0fff_ffff), claim)).toThrow('only 64 bytes follow')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20)
})

test.each<[string, () => unknown]>([
  ['a fraction as integer', () => encode(i32, 1.5, MAX)],
  ['a negative as unsigned', () => encode(u32, -1, MAX)],
  ['2^64', () => encode(u64, 1n << 64n, MAX)],
  ['2^63 signed', () => encode(i64, 1n << 63n, MAX)],
  ['a NUL byte in text', () => encode(string(), 'a\0b', MAX)],
  ['text above its limit', () => encode(string(3), 'äö', MAX)],
  ['no UUID', () => encode(uuid, 'quark', MAX)],
  ['a list above its limit', () => encode(list(i32, 1), [1, 2], MAX)],
  ['more than the message may have', () => encode(string(), 'x'.repeat(100), 50)],
])('does not write %s', (_, write) => {
  expect(write).toThrow(WireError)
})

test('random bytes give a value or a WireError, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        const value = decode(tree, bytes)
        expect(decode(tree, encode(tree, value, MAX))).toEqual(value)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
    }),
    { numRuns: 2000 },
  )
})
