// From a URI to an open connection, and every way that does not lead there.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HypervisorRefused, HypervisorUnreachable } from '../../../src/libvirt/errors.ts'
import { openHypervisor, openMachine } from '../../../src/libvirt/open.ts'
import { dialUnix } from '../../../src/libvirt/transport.ts'
import { connection, events, messages } from '../../../src/libvirt/wire/procedures.ts'
import { FakeServer } from './fake-server.ts'

let folder: string
let socket: string
let server: Server
let fake: FakeServer
/** What *open* was asked with. */
let opens: { name: string | undefined; flags: number }[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-opening-'))
  socket = join(folder, 'sock')
  opens = []
  fake = new FakeServer()
    .always(connection.authList, () => ({ types: [0] }))
    .always(connection.open, args => {
      opens.push(args)
    })
    .always(connection.supportsFeature, () => ({ supported: true }))
    .always(events.register, () => ({ callback: 1 }))
    .always(events.registerClose, () => undefined)
    .always(connection.close, () => undefined)
  server = createServer(client => {
    client.on('error', () => undefined)
    client.pipe(fake.stream).pipe(client)
  })
  server.listen(socket)
  await once(server, 'listening')
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const uri = (path = socket): string => `qemu+unix:///system?socket=${path}`
const observe = (options = {}): Promise<unknown> =>
  openHypervisor(uri(), { readOnly: true, timeoutMs: 5_000, ...options })

test('opens by libvirt’s own name of the hypervisor, read-only or not', async () => {
  await using near = await openHypervisor(uri(), { readOnly: true })
  expect(near.readOnly).toBe(true)
  expect(opens).toEqual([{ name: 'qemu:///system', flags: 1 }])
})

test('a machine is opened for writing', async () => {
  await using near = await openMachine(uri())
  expect(near.readOnly).toBe(false)
  expect(opens).toEqual([{ name: 'qemu:///system', flags: 0 }])
})

test('an observer has no way to change anything', async () => {
  await using near = await openHypervisor(uri(), { readOnly: false })
  for (const name of [
    'define',
    'start',
    'destroy',
    'shutdown',
    'undefine',
    'migrationBegin',
    'abortJob',
  ])
    expect(near).not.toHaveProperty(name)
})

test('an old libvirt without keepalive and close callbacks is opened all the same', async () => {
  fake.always(connection.supportsFeature, () => ({ supported: false }))
  fake.refusing(events.registerClose, 3, 'this function is not supported')
  await using near = await openHypervisor(uri(), { readOnly: true })
  expect(near.closed.aborted).toBe(false)
})

test('what else goes wrong in the first exchange is not passed over', async () => {
  fake.refusing(events.register, 1, 'internal error')
  await expect(observe()).rejects.toThrow('internal error')
})

test('polkit that agrees lets us in', async () => {
  fake.always(connection.authList, () => ({ types: [2] }))
  fake.always(connection.authPolkit, () => ({ complete: 1 }))
  await using near = await openHypervisor(uri(), { readOnly: true })
  expect(near.closed.aborted).toBe(false)
})

test.each<[string, (far: FakeServer) => void, string]>([
  [
    'polkit that does not',
    far => {
      far.always(connection.authList, () => ({ types: [2] }))
      far.refusing(connection.authPolkit, 45, 'authentication failed: no agent')
    },
    'be root or in the group libvirt',
  ],
  ['SASL', far => void far.always(connection.authList, () => ({ types: [1] })), 'SASL'],
  [
    'an unknown authentication',
    far => void far.always(connection.authList, () => ({ types: [9] })),
    '(9)',
  ],
  [
    'a hypervisor that is not there',
    far => void far.refusing(connection.open, 38, 'no QEMU'),
    'no QEMU',
  ],
])('%s is refused: the host lives', async (_, arrange, why) => {
  arrange(fake)
  const refused = observe()
  await expect(refused).rejects.toBeInstanceOf(HypervisorRefused)
  await expect(refused).rejects.toThrow(why)
})

test('a server that says nothing is unreachable, after the time limit', async () => {
  server.removeAllListeners('connection')
  server.on('connection', client => client.on('error', () => undefined))
  await expect(observe({ timeoutMs: 50 })).rejects.toMatchObject({
    name: 'HypervisorUnreachable',
    message: expect.stringContaining('no answer in 50 ms'),
  })
})

test('opening can be cancelled', async () => {
  server.removeAllListeners('connection')
  const cancel = new AbortController()
  server.on('connection', client => {
    client.on('error', () => undefined)
    cancel.abort(new Error('not now'))
  })
  await expect(observe({ signal: cancel.signal })).rejects.toThrow('not now')
})

test('a libvirt that lost its own hypervisor daemon ends the connection', async () => {
  await using near = await openHypervisor(uri(), { readOnly: true })
  fake.event(messages.connectionClosed, { reason: 1 })
  if (!near.closed.aborted) await once(near.closed, 'abort')
  expect(near.closed.reason).toBeInstanceOf(HypervisorUnreachable)
})

test.each<[string, string, string]>([
  ['a URI that is none', 'quark', 'expected the form'],
  ['a mistyped parameter', 'qemu+ssh://quark/system?keyfiel=/k', "no parameter 'keyfiel'"],
  ['TLS without a CA', 'qemu+tls://quark/system?pkipath=/not-there', 'no CA certificate'],
  ['libvirt’s default for a host, which is TLS', 'qemu://quark/system?pkipath=/no', '/no/cacert'],
  ['a port where nobody listens', 'qemu+tcp://127.0.0.1:1/system', '127.0.0.1:1: nobody listens'],
])('%s is refused in plain words', async (_, text, why) => {
  const refused = openHypervisor(text, { readOnly: true })
  await expect(refused).rejects.toBeInstanceOf(HypervisorRefused)
  await expect(refused).rejects.toThrow(why)
})

test('of several sockets the first that answers is taken; the first error tells', async () => {
  const options = { readOnly: true, timeoutMs: 1_000 }
  const none = join(folder, 'none')
  const stream = await dialUnix([none, socket], options)
  stream.destroy()
  await expect(dialUnix([none, join(folder, 'nor-this')], options)).rejects.toThrow(
    `${none}: no libvirt socket`,
  )
})
