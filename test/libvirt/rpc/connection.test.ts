import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RpcConnection } from '../../../src/libvirt/connection.ts'
import { HypervisorUnreachable, LibvirtError } from '../../../src/libvirt/errors.ts'
import { packet } from '../../../src/libvirt/wire/packet.ts'
import { connection, domains, messages } from '../../../src/libvirt/wire/procedures.ts'
import { encode, i32, nothing, WireError } from '../../../src/libvirt/wire/xdr.ts'
import { VirtualClock } from '../../../src/simulator/virtual-clock.ts'
import { FakeServer } from './fake-server.ts'

const { hostname } = connection
const dom = { name: 'vm', uuid: '00112233-4455-6677-8899-aabbccddeeff', id: 3 }
let server: FakeServer
let client: RpcConnection
let clock: VirtualClock

beforeEach(() => {
  server = new FakeServer()
  clock = new VirtualClock()
  client = new RpcConnection(server.stream, { label: 'quark', clock })
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
})

const ask = (options = {}): Promise<string> =>
  client.call(hostname, undefined, options).then(result => result.hostname)
/** Lets everything that is ready in memory happen. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('replies find their calls in any order', async () => {
  const answers = Promise.all([ask(), ask(), ask(), ask()])
  await settle()
  for (const asked of [2, 0, 3, 1]) server.asked[asked]?.reply(hostname, { hostname: `h${asked}` })
  expect(await answers).toEqual(['h0', 'h1', 'h2', 'h3'])
})

test('any number of calls, any order of replies: each gets its own (property)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), async order => {
      const far = new FakeServer()
      await using near = new RpcConnection(far.stream, { label: 'q' })
      const answers = Promise.all(
        order.map((_, i) =>
          near.call(connection.supportsFeature, { feature: i }).then(({ supported }) => supported),
        ),
      )
      for (const pick of order) {
        if (far.asked.length === 0) await settle()
        const [asked] = far.asked.splice(pick % far.asked.length, 1)
        const feature = asked?.args(connection.supportsFeature).feature ?? 0
        asked?.reply(connection.supportsFeature, { supported: feature % 2 === 0 })
      }
      expect(await answers).toEqual(order.map((_, i) => i % 2 === 0))
    }),
    { numRuns: 50 },
  )
})

test('no more than four calls are under way at the server', async () => {
  const answers = Promise.all(Array.from({ length: 9 }, () => ask()))
  let most = 0
  for (let done = 0; done < 9; done++) {
    await settle()
    most = Math.max(most, server.asked.length)
    server.asked.shift()?.reply(hostname, { hostname: 'h' })
  }
  await answers
  expect(most).toBe(4)
})

test('an error comes with its code and domain, and the connection goes on', async () => {
  const answer = ask()
  await settle()
  server.asked[0]?.refuse(42, 'Domain not found')
  await expect(answer).rejects.toMatchObject({ code: 42, domain: 10, message: 'Domain not found' })
  await expect(answer).rejects.toBeInstanceOf(LibvirtError)
  expect(client.closed.aborted).toBe(false)
})

test('a call that gets no answer in time says which, and its late answer disturbs nobody', async () => {
  const late = Promise.allSettled([ask({ timeoutMs: 500 })])
  await clock.advance(500)
  const [result] = await late
  expect(result).toMatchObject({
    reason: { name: 'CallTimedOut', call: 'get hostname', timeoutMs: 500 },
  })
  server.asked[0]?.reply(hostname, { hostname: 'late' })
  const next = ask()
  await settle()
  server.asked[1]?.reply(hostname, { hostname: 'next' })
  expect(await next).toBe('next')
})

test('an abandoned call keeps its place at the server until it is answered', async () => {
  const cancel = new AbortController()
  const stuck = Array.from({ length: 4 }, () => ask({ signal: cancel.signal }))
  const failed = Promise.allSettled(stuck)
  const next = ask()
  cancel.abort(new Error('not wanted any more'))
  expect((await failed).map(one => one.status)).toEqual(Array.from({ length: 4 }, () => 'rejected'))
  await expect(stuck[0]).rejects.toThrow('not wanted any more')
  await settle()
  expect(server.asked).toHaveLength(4)
  server.asked[0]?.reply(hostname, { hostname: 'late' })
  await settle()
  expect(server.asked).toHaveLength(5)
  server.asked[4]?.reply(hostname, { hostname: 'next' })
  expect(await next).toBe('next')
})

test('a call cancelled while it waits is never sent', async () => {
  const first = Promise.all([ask(), ask(), ask(), ask()])
  const cancel = new AbortController()
  const waiting = ask({ signal: cancel.signal })
  cancel.abort(new Error('no'))
  await expect(waiting).rejects.toThrow('no')
  await settle()
  for (const asked of server.asked) asked.reply(hostname, { hostname: 'h' })
  await first
  await settle()
  expect(client.tally.calls).toBe(4)
})

test('a call with a signal that is aborted already is not made', async () => {
  await expect(ask({ signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow(
    'too late',
  )
  expect(client.tally.calls).toBe(0)
})

test('an argument that cannot be written fails its call alone', async () => {
  await expect(client.call(domains.lookupByUuid, { uuid: 'not one' })).rejects.toBeInstanceOf(
    WireError,
  )
  const answer = ask()
  await settle()
  server.asked[0]?.reply(hostname, { hostname: 'h' })
  expect(await answer).toBe('h')
})

test('a lost connection fails every call at once, waiting ones too, and all later ones', async () => {
  const calls = Promise.allSettled(Array.from({ length: 7 }, () => ask()))
  server.hangUp()
  const results = await calls
  for (const result of results) {
    expect(result.status).toBe('rejected')
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(HypervisorUnreachable)
  }
  expect(client.closed.aborted).toBe(true)
  await expect(ask()).rejects.toThrow('quark: connection lost: the other end closed it')
})

test('a stream that breaks says how', async () => {
  const call = ask()
  server.stream.destroy(new Error('read ECONNRESET'))
  await expect(call).rejects.toThrow('quark: connection lost: read ECONNRESET')
})

test('events come in order, between replies, and a listener that throws harms no reply', async () => {
  const heard: number[] = []
  const thrown: unknown[] = []
  const catcher = (error: unknown): void => void thrown.push(error)
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', catcher)
  try {
    client.on(messages.lifecycle, ({ event }) => {
      heard.push(event)
      if (event === 1) throw new Error('a bad listener')
    })
    const answer = ask()
    await settle()
    for (const event of [0, 1])
      server.event(messages.lifecycle, { callback: 1, dom, event, detail: 0 })
    server.asked[0]?.reply(hostname, { hostname: 'h' })
    server.event(messages.lifecycle, { callback: 1, dom, event: 2, detail: 0 })
    expect(await answer).toBe('h')
    await settle()
    expect(heard).toEqual([0, 1, 2])
    expect(thrown).toMatchObject([{ message: 'a bad listener' }])
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  }
})

test('a listener that was disposed of hears nothing more, and events nobody wants are passed over', async () => {
  const heard: number[] = []
  const listening = client.on(messages.lifecycle, ({ event }) => heard.push(event))
  server.event(messages.lifecycle, { callback: 1, dom, event: 0, detail: 0 })
  await settle()
  listening[Symbol.dispose]()
  server.event(messages.lifecycle, { callback: 1, dom, event: 1, detail: 0 })
  await settle()
  expect(heard).toEqual([0])
  expect(client.closed.aborted).toBe(false)
})

test('the server’s pings are answered', async () => {
  server.ping()
  await settle()
  expect(server.pongs).toBe(1)
})

test('silence is asked about, and a server that stays silent is given up', async () => {
  client.startKeepalive({ intervalMs: 1_000, count: 3 })
  const call = Promise.allSettled([ask()])
  await clock.advance(1_000)
  expect(server.pings).toBe(1)
  server.alive = false
  await clock.advance(3_000)
  expect(server.pings).toBe(4)
  expect(client.closed.aborted).toBe(false)
  await clock.advance(1_000)
  expect(client.closed.aborted).toBe(true)
  expect(await call).toMatchObject([
    { reason: { message: 'quark: connection lost: no sign of life for 4 s' } },
  ])
})

test('a server that answers pings is kept, however slow its replies are', async () => {
  client.startKeepalive({ intervalMs: 1_000, count: 1 })
  const call = ask({ timeoutMs: 60_000 })
  await clock.advance(20_000)
  expect(client.closed.aborted).toBe(false)
  server.asked[0]?.reply(hostname, { hostname: 'slow' })
  expect(await call).toBe('slow')
})

const reply = { program: 0x2000_8086, version: 1, procedure: 59, type: 1, serial: 1, status: 0 }
test.each<[string, Uint8Array, string]>([
  ['no libvirt at all', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'a packet cannot have'],
  ['a reply nobody asked for', packet({ ...reply, serial: 99 }, nothing, undefined), 'nobody made'],
  [
    'a reply of another procedure',
    packet({ ...reply, procedure: 60 }, nothing, undefined),
    'nobody made',
  ],
  ['another program', packet({ ...reply, program: 1 }, nothing, undefined), 'program 1'],
  ['another version', packet({ ...reply, version: 2 }, nothing, undefined), 'version 2'],
  ['a stream nobody opened', packet({ ...reply, type: 3 }, nothing, undefined), 'type 3'],
])('%s ends the connection with a clear word', async (_, bytes, why) => {
  const call = ask()
  await settle()
  server.raw(bytes)
  await expect(call).rejects.toThrow(why)
  expect(client.closed.aborted).toBe(true)
})

test.each<[string, number, Uint8Array]>([
  ['result', 0, encode(i32, 9, 4)],
  ['error', 1, encode(i32, 9, 4)],
])('a %s that is not understood fails its call alone', async (_, status, payload) => {
  const call = ask()
  await settle()
  const raw = {
    min: 0,
    write: (to: { bytes(b: Uint8Array): void }) => to.bytes(payload),
    read: () => undefined,
  }
  server.raw(packet({ ...reply, status }, raw, undefined))
  await expect(call).rejects.toBeInstanceOf(WireError)
  expect(client.closed.aborted).toBe(false)
})
