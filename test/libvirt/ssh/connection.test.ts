// One connection for all: commands, its loss, and jump hosts on the way.
import { once } from 'node:events'
import type { ServerChannel } from 'ssh2'
import { describe, expect, test } from 'vitest'
import {
  SshCommandFailed,
  SshConnectionLost,
  SshUnsupported,
} from '../../../src/libvirt/ssh/errors.ts'
import { knownHostsLine, SshPeer } from './peer.ts'
import { userKey, stage, quark, failure, until } from './stage.ts'

describe('commands', () => {
  test('give status and both outputs', async () => {
    const { peer, connections } = await stage()
    peer.onCommand = (command, channel) => {
      channel.write(`ran ${command}`)
      channel.stderr.write('oops')
      channel.exit(3)
      channel.end()
    }
    using lease = await connections.acquire(quark)
    expect(await lease.exec('hostname')).toEqual({
      code: 3,
      signal: undefined,
      stdout: 'ran hostname',
      stderr: 'oops',
    })
  })

  test('have a time limit, an output limit and a signal', async () => {
    const { peer, connections } = await stage()
    let closed = 0
    peer.onCommand = (command, channel) => {
      channel.resume().on('close', () => (closed += 1))
      if (command === 'much') channel.write(Buffer.alloc(5000))
    }
    using lease = await connections.acquire(quark)
    const slow = await failure(lease.exec('slow', { timeoutMs: 50 }))
    expect(slow).toBeInstanceOf(SshCommandFailed)
    expect(slow).toMatchObject({ why: 'timeout', command: 'slow' })
    expect(await failure(lease.exec('much', { outputLimit: 4096 }))).toMatchObject({
      why: 'too much output',
    })
    const signal = AbortSignal.abort(new Error('enough'))
    expect(String(await failure(lease.exec('x', { signal })))).toContain('enough')
    // What was given up does not stay open at the far end.
    await until('channels closed', () => closed === 2)
  })

  test('that hang keep their places, and take none from those that do not touch what hangs', async () => {
    const { peer, connections } = await stage()
    const hung: ServerChannel[] = []
    peer.onCommand = (command, channel) => {
      if (command === 'cat') return hung.push(channel.resume())
      channel.exit(0)
      return channel.end()
    }
    using lease = await connections.acquire(quark)
    const reads = Array.from({ length: 4 }, () => lease.exec('cat', { mayHang: true }))
    await until('they hang', () => hung.length === 4)
    expect(await failure(lease.exec('cat', { mayHang: true, timeoutMs: 50 }))).toMatchObject({
      why: 'timeout',
    })
    expect(hung).toHaveLength(4)
    expect(await lease.exec('look')).toMatchObject({ code: 0 })
    // Mended: what hung comes to its end, and the next is run.
    const next = lease.exec('df', { mayHang: true })
    for (const channel of hung) {
      channel.exit(0)
      channel.end()
    }
    expect(await next).toMatchObject({ code: 0 })
    for (const { code } of await Promise.all(reads)) expect(code).toBe(0)
  })

  test('end with a failure when the host ends them without a status', async () => {
    const { peer, connections } = await stage()
    peer.onCommand = (_command, channel) => channel.end()
    using lease = await connections.acquire(quark)
    expect(await failure(lease.exec('x'))).toMatchObject({ why: 'no status' })
  })
})

describe('a connection that drops', () => {
  test('fails everything at once, and the next call makes a new one', async () => {
    const { peer, connections, dial } = await stage()
    peer.onCommand = () => undefined
    const stream = await dial()
    using lease = await connections.acquire(quark)
    const command = failure(lease.exec('never ends'))
    const opening = failure(lease.openTcp('127.0.0.1', 1, { timeoutMs: 5_000 }).then(() => dial()))
    const lost = once(lease.lost, 'abort')
    const broken = once(stream, 'error')
    peer.drop()
    await lost
    expect(lease.lost.reason).toBeInstanceOf(SshConnectionLost)
    expect((await broken)[0]).toBeInstanceOf(SshConnectionLost)
    expect(await command).toBeInstanceOf(SshConnectionLost)
    expect(await opening).toBeInstanceOf(Error)
    expect(await failure(lease.exec('late'))).toBeInstanceOf(SshConnectionLost)
    const again = await dial()
    expect(again.readable).toBe(true)
    expect(peer.accepted).toBe(2)
  })

  test('closing all connections fails their streams', async () => {
    const { connections, peer, dial } = await stage()
    const stream = await dial()
    const broken = once(stream, 'error')
    await connections[Symbol.asyncDispose]()
    expect((await broken)[0]).toBeInstanceOf(SshConnectionLost)
    await until('closed', () => peer.open.size === 0)
    expect(String(await failure(dial()))).toContain('closed')
  })
})

describe('jump hosts', () => {
  /** `quark` behind `bastion`. */
  async function behind() {
    const it = await stage()
    const bastion = it.stack.use(await new SshPeer().listen())
    bastion.allowed.push(userKey)
    const name = `[127.0.0.1]:${bastion.port}`
    it.user.write(
      'known_hosts',
      knownHostsLine(it.name, it.peer.hostKey.public) +
        knownHostsLine(name, bastion.hostKey.public),
    )
    it.user.settings('bastion', { ...it.settings, port: String(bastion.port) })
    it.user.settings('quark', { ...it.settings, proxyjump: 'tester@bastion' })
    it.user.settings('snailin', { ...it.settings, proxyjump: 'tester@bastion' })
    return { ...it, bastion }
  }

  test('are gone through, shared, and left with the last', async () => {
    const { peer, bastion, connections, dial } = await behind()
    const streams = await Promise.all([dial(), dial({}, { ...quark, host: 'snailin' })])
    expect([peer.accepted, bastion.accepted, connections.size]).toEqual([2, 1, 3])
    const [one, two] = streams
    const echoed = once(one, 'data')
    one.write('hello')
    expect(String(await echoed)).toBe('hello')
    one.destroy()
    await until('quark left', () => connections.size === 2)
    two.destroy()
    await until('bastion left', () => bastion.open.size === 0 && connections.size === 0)
  })

  test('a chain of them', async () => {
    const { stack, user, peer, bastion, settings, name, dial } = await behind()
    const second = stack.use(await new SshPeer().listen())
    second.allowed.push(userKey)
    user.write(
      'known_hosts',
      knownHostsLine(name, peer.hostKey.public) +
        knownHostsLine(`[127.0.0.1]:${bastion.port}`, bastion.hostKey.public) +
        knownHostsLine(`[127.0.0.1]:${second.port}`, second.hostKey.public),
    )
    user.settings('second', { ...settings, port: String(second.port) })
    user.settings('quark', { ...settings, proxyjump: 'bastion,second' })
    const stream = await dial()
    expect(stream.readable).toBe(true)
    expect([bastion.accepted, second.accepted, peer.accepted]).toEqual([1, 1, 1])
  })

  test('their keys are checked strictly, whatever the URI says of the host', async () => {
    const { user, peer, bastion, name, dial } = await behind()
    user.write('known_hosts', knownHostsLine(name, peer.hostKey.public))
    const error = await failure(dial({}, { ...quark, hostKeys: 'ignore' }))
    expect(error).toMatchObject({ verdict: 'unknown', facts: { port: bastion.port } })
  })

  test('a host that is its own jump host is an error, not a wait', async () => {
    const { user, settings, dial } = await behind()
    user.settings('bastion', { ...settings, proxyjump: 'tester@bastion' })
    expect(await failure(dial())).toBeInstanceOf(SshUnsupported)
  })

  test('a far host that refuses, and a jump host that does not forward', async () => {
    const { peer, bastion, dial } = await behind()
    await peer[Symbol.asyncDispose]()
    const refused = await failure(dial())
    expect(refused).toMatchObject({ name: 'SshUnreachable', why: 'refused', port: peer.lastPort })
    expect(String(refused)).toContain('from jump host 127.0.0.1:')
    bastion.forwardsTcp = false
    expect(String(await failure(dial()))).toContain('AllowTcpForwarding yes')
  })
})
