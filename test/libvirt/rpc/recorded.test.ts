// Bytes of a real libvirtd, replayed as they were, and damaged in every way chance finds: no crash, no hang, no memory without bound.
import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  HypervisorRefused,
  HypervisorUnreachable,
  LibvirtError,
} from '../../../src/libvirt/errors.ts'
import { WireError } from '../../../src/libvirt/wire/xdr.ts'
import { converse } from './conversation.ts'
import type { Transcript } from './conversation.ts'

interface Turn {
  readonly client: string
  readonly server: string
}
const turns: readonly Turn[] = JSON.parse(
  readFileSync(new URL('recorded.json', import.meta.url), 'utf8'),
)

/** The recorded server: answers each thing the client sends with the next turn, and hangs up when the client waits for more than was recorded. */
class Replay extends Duplex {
  readonly sent: string[] = []
  readonly #answers: readonly Buffer[]
  #writes = 0

  constructor(answers: readonly Buffer[]) {
    super({ read: () => undefined })
    this.#answers = answers
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(chunk.toString('hex'))
    const answer = this.#answers[this.#writes++]
    done()
    setImmediate(() => {
      if (this.destroyed) return
      this.push(answer ?? null)
      this.#hangUpIfStuck(this.#writes, 20)
    })
  }

  /** After some turns of the event loop without another word from the client, it waits for bytes that never come. */
  #hangUpIfStuck(writes: number, patience: number): void {
    setImmediate(() => {
      if (this.destroyed || this.#writes > writes) return
      if (patience > 0) this.#hangUpIfStuck(writes, patience - 1)
      else this.push(null)
    })
  }
}

const answers: readonly Buffer[] = turns.map(turn => Buffer.from(turn.server, 'hex'))

test('the recorded answers mean what they did', async () => {
  const replay = new Replay(answers)
  const said = new Map(await converse(replay))
  expect(replay.sent).toEqual(turns.map(turn => turn.client))
  expect(said.get('handshake')).toBeUndefined()
  expect(said.get('facts')).toMatchObject({
    libvirtVersion: '9.0.0',
    hypervisor: 'TEST 0.0.2',
    cpus: 16,
  })
  expect(said.get('node info')).toMatchObject({ arch: 'i686', memory: (3 << 30) >>> 0 })
  expect(said.get('domains')).toMatchObject([
    { name: 'test', state: 'running', persistent: true, autostart: false },
  ])
  expect(said.get('define')).toMatchObject({ name: 'told' })
  expect(said.get('state')).toEqual({ state: 'running', reason: 'booted' })
  expect(said.get('stats')).toHaveLength(2)
  expect(said.get('XML')).toContain('<name>told</name>')
  expect(said.get('networks')).toMatchObject([{ name: 'default', active: true }])
  expect(said.get('pools')).toMatchObject([{ name: 'default-pool', capacity: 107_374_182_400 }])
  expect(said.get('an unknown domain')).toMatchObject({ name: 'LibvirtError', code: 42 })
  expect(said.get('memory statistics, which this driver has not')).toMatchObject({ code: 3 })
  expect(said.get('events')).toEqual(['defined added', 'started booted', 'stopped destroyed'])
})

const KNOWN = [LibvirtError, WireError, HypervisorUnreachable, HypervisorRefused]
const QUESTIONS = 15

/** Errors that do not say of what kind they are: bugs of ours. */
function unexpected(said: Transcript): unknown[] {
  return said
    .map(([, outcome]) => outcome)
    .filter(outcome => outcome instanceof Error && !KNOWN.some(kind => outcome instanceof kind))
}

const place = fc.nat(100_000)
const damage = fc.record({
  turn: place,
  at: place,
  kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'repeat', 'length'),
  byte: fc.nat(255),
})
type Damage = typeof damage extends fc.Arbitrary<infer D> ? D : never

function damaged(bytes: Buffer, { at, kind, byte }: Damage): Buffer {
  if (bytes.length === 0) return bytes
  const where = at % bytes.length
  const copy = Buffer.from(bytes)
  switch (kind) {
    case 'flip':
      copy[where] = (copy[where] ?? 0) ^ (1 << (byte & 7))
      return copy
    case 'set':
      copy[where] = byte
      return copy
    case 'cut':
      return copy.subarray(0, where)
    case 'insert':
      return Buffer.concat([
        copy.subarray(0, where),
        Buffer.alloc((byte % 9) + 1, byte),
        copy.subarray(where),
      ])
    case 'repeat':
      return Buffer.concat([copy, copy])
    case 'length':
      // A count or length somewhere becomes enormous.
      copy.writeUInt32BE(0x00ff_ffff + byte, Math.min(where & ~3, copy.length - 4))
      return copy
  }
}

test('damaged answers: each question still ends, with an answer or a clear error', async () => {
  const before = process.memoryUsage().arrayBuffers
  let errors = 0
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async wounds => {
      const wounded: Buffer[] = [...answers]
      for (const wound of wounds) {
        const turn = wound.turn % wounded.length
        wounded[turn] = damaged(wounded[turn] ?? Buffer.alloc(0), wound)
      }
      const said = await converse(new Replay(wounded))
      expect(said).toHaveLength(QUESTIONS)
      expect(unexpected(said)).toEqual([])
      errors += said.filter(([, outcome]) => outcome instanceof Error).length
    }),
    { numRuns: 400 },
  )
  // The two errors that the conversation always has are not all that was seen.
  expect(errors).toBeGreaterThan(2 * 400)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20)
})

test('nothing but noise: each question ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 }),
      async noise => {
        const said = await converse(new Replay(noise.map(bytes => Buffer.from(bytes))))
        expect(said).toHaveLength(QUESTIONS)
        expect(unexpected(said)).toEqual([])
      },
    ),
    { numRuns: 200 },
  )
})
