import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PACKET_MAX, packet, PacketReader } from '../../../src/libvirt/wire/packet.ts'
import type { Packet } from '../../../src/libvirt/wire/packet.ts'
import { domain } from '../../../src/libvirt/wire/shapes.ts'
import { decode, opaque, WireError } from '../../../src/libvirt/wire/xdr.ts'

const header = { program: 0x2000_8086, version: 1, procedure: 1, type: 0, serial: 7, status: 0 }
const bytesOf = opaque(1 << 20)

/** `bytes` in pieces cut at `cuts`. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
}

test('the length counts itself and the header', () => {
  const bytes = packet(header, domain, {
    name: 'vm',
    uuid: '00112233-4455-6677-8899-aabbccddeeff',
    id: -1,
  })
  expect(bytes.toString('hex')).toBe(
    '00000038' + // 56 bytes
      '20008086' +
      '00000001' +
      '00000001' +
      '00000000' +
      '00000007' +
      '00000000' +
      '00000002766d0000' +
      '00112233445566778899aabbccddeeff' +
      'ffffffff',
  )
})

test('packets come out whole and in order, however the stream was cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(3000), { maxLength: 30 }),
      (payloads, cuts) => {
        const stream = Buffer.concat(
          payloads.map((payload, serial) => packet({ ...header, serial }, bytesOf, payload)),
        )
        const reader = new PacketReader()
        const got: Packet[] = []
        for (const piece of pieces(stream, cuts)) got.push(...reader.push(piece))
        expect(got.map(one => one.header.serial)).toEqual(payloads.map((_, serial) => serial))
        expect(got.map(one => decode(bytesOf, one.payload))).toEqual(payloads)
      },
    ),
  )
})

test('a packet stays what it was while the next ones arrive', () => {
  const reader = new PacketReader()
  const first = packet(header, bytesOf, Buffer.alloc(100, 1))
  const second = packet(header, bytesOf, Buffer.alloc(100, 2))
  const [got] = [...reader.push(Buffer.concat([first, second.subarray(0, 50)]))]
  const copy = Buffer.from(got?.payload ?? [])
  expect([...reader.push(second.subarray(50))]).toHaveLength(1)
  expect(Buffer.from(got?.payload ?? [])).toEqual(copy)
})

test.each([0, 4, 27, PACKET_MAX + 5, 0xffff_ffff])('a length of %i is refused at once', length => {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(length, 0)
  expect(() => [...new PacketReader().push(bytes)]).toThrow(WireError)
})

test('a length alone takes no memory, and a large packet in small pieces no more than twice its bytes', () => {
  const reader = new PacketReader()
  const before = process.memoryUsage().arrayBuffers
  const start = Buffer.alloc(28)
  start.writeUInt32BE(PACKET_MAX, 0)
  expect([...reader.push(start)]).toEqual([])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 16)
  const piece = Buffer.alloc(512)
  for (let i = 0; i < 4000; i++) expect([...reader.push(piece)]).toEqual([])
  globalThis.gc?.()
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20)
})

test('random bytes give packets or a WireError', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), chunks => {
      const reader = new PacketReader()
      try {
        for (const chunk of chunks)
          for (const one of reader.push(chunk)) expect(one.payload.length).toBeLessThan(2000)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
    }),
    { numRuns: 2000 },
  )
})
