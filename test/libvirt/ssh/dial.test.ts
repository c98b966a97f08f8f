// Streams to a socket of a host: whole, shared, refused with the reason, and given up in time.
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { dialSsh, sshTarget } from '../../../src/libvirt/ssh/dial.ts'
import {
  SshForwardingRefused,
  SshSocketUnavailable,
  SshUnreachable,
} from '../../../src/libvirt/ssh/errors.ts'
import { parseLibvirtUri } from '../../../src/libvirt/uri.ts'
import { dumbListener } from './peer.ts'
import { SOCKET, stage, quark, failure, until } from './stage.ts'

describe('dialSsh', () => {
  test('gives a stream to the socket, whole in both directions', async () => {
    const { dial } = await stage()
    const stream = await dial()
    const sent = Buffer.alloc(3 << 20, 'abcdefghi')
    const received: Buffer[] = []
    let size = 0
    const all = new Promise<void>(resolve => {
      stream.on('data', (chunk: Buffer) => {
        received.push(chunk)
        size += chunk.length
        if (size === sent.length) resolve()
      })
    })
    stream.write(sent)
    await all
    expect(Buffer.concat(received).equals(sent)).toBe(true)
    stream.destroy()
  })

  test("goes on at once: Nagle's algorithm is off here, and a command turns it off at the host", async () => {
    const { peer, connections, dial } = await stage()
    const commands: string[] = []
    peer.onCommand = (command, channel) => {
      commands.push(command)
      channel.exit(0)
      channel.end()
    }
    const streams = await Promise.all([dial(), dial()])
    using lease = await connections.acquire(quark)
    await lease.exec('after')
    expect(commands).toEqual([':', 'after'])
    expect(peer.accepted).toBe(1)
    for (const stream of streams) stream.destroy()
  })

  test('the end at the far side is the end here', async () => {
    const { peer, dial } = await stage()
    peer.sockets.set(SOCKET, channel => channel.end('bye'))
    const stream = await dial()
    const closed = once(stream, 'close')
    expect(await text(stream)).toBe('bye')
    await closed
    expect(stream.destroyed).toBe(true)
  })

  test('two streams share one connection, which ends with the last', async () => {
    const { peer, connections, dial } = await stage()
    const [one, two] = await Promise.all([dial(), dial()])
    expect(peer.accepted).toBe(1)
    one.destroy()
    await once(one, 'close')
    expect(connections.size).toBe(1)
    two.destroy()
    await until('the connection is closed', () => peer.open.size === 0)
    expect(connections.size).toBe(0)
  })

  test('tries the next socket where the first has no daemon', async () => {
    const { peer, connections } = await stage()
    peer.onCommand = (_command, channel) => {
      channel.write('missing\n')
      channel.exit(0)
      channel.end()
    }
    peer.sockets.set('/run/modular', channel => channel.end('modular'))
    const stream = await dialSsh(connections, quark, ['/run/whole', '/run/modular'])
    expect(await text(stream)).toBe('modular')
    expect(peer.accepted).toBe(1)
    const error = await failure(dialSsh(connections, quark, ['/run/one', '/run/two']))
    expect(error).toMatchObject({ name: 'SshSocketUnavailable', socketPath: '/run/one' })
  })
})

describe('hosts that do not answer', () => {
  test('connection refused', async () => {
    const { peer, dial } = await stage()
    await peer[Symbol.asyncDispose]()
    expect(await failure(dial())).toMatchObject({ name: 'SshUnreachable', why: 'refused' })
  })

  test('no such name', async () => {
    const { user, settings, dial } = await stage()
    user.settings('quark', { ...settings, hostname: 'no-such-host.invalid' })
    expect(await failure(dial())).toMatchObject({ name: 'SshUnreachable', why: 'dns' })
  })

  test('silence ends with the time limit, which tells how far it came', async () => {
    const { stack, user, settings, connections, dial } = await stage()
    const silent = stack.use(await dumbListener())
    user.settings('quark', { ...settings, port: String(silent.port) })
    const error = await failure(dial({ timeoutMs: 1_000 }))
    expect(error).toMatchObject({ name: 'SshUnreachable', why: 'timeout' })
    expect(String(error)).toContain('within 1000 ms while waiting for sshd')
    expect(connections.size).toBe(0)
  })

  test('one who speaks something else', async () => {
    const { stack, user, settings, dial } = await stage()
    const web = stack.use(await dumbListener(socket => socket.end('HTTP/1.1 400 Bad\r\n\r\n')))
    user.settings('quark', { ...settings, port: String(web.port) })
    expect(await failure(dial())).toBeInstanceOf(SshUnreachable)
  })

  test("a terminal obeys nothing in a far end's words", async () => {
    const { stack, user, settings, dial } = await stage()
    const sly = stack.use(
      await dumbListener(socket => socket.end('SSH-2.0-\u001b[2Jx\r\n\u001b[2Jgarbage\r\n')),
    )
    user.settings('quark', { ...settings, port: String(sly.port) })
    const error = await failure(dial())
    expect(error).toMatchObject({ name: expect.stringMatching(/^Ssh(Unreachable|Unsupported)$/) })
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(String(error)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  })

  test('an abort ends the wait of one, not that of another', async () => {
    const { peer, dial } = await stage()
    const abort = new AbortController()
    const mine = failure(dial({ signal: abort.signal }))
    const other = dial()
    abort.abort(new Error('changed my mind'))
    expect(String(await mine)).toContain('changed my mind')
    const stream = await other
    expect(stream.readable).toBe(true)
    expect(peer.accepted).toBe(1)
  })

  test('an aborted signal is heard before anything is done', async () => {
    const { peer, dial } = await stage()
    const error = await failure(dial({ signal: AbortSignal.abort(new Error('no')) }))
    expect(String(error)).toContain('no')
    expect(peer.accepted).toBe(0)
  })
})

describe('sockets that cannot be had', () => {
  test.each(['missing', 'no socket', 'permission', 'nobody listens'] as const)(
    'the host is asked why: %s',
    async why => {
      const { peer, connections } = await stage()
      peer.onCommand = (_command, channel) => {
        channel.write(`${why}\n`)
        channel.exit(0)
        channel.end()
      }
      const error = await failure(dialSsh(connections, quark, ['/not/there']))
      expect(error).toBeInstanceOf(SshSocketUnavailable)
      expect(error).toMatchObject({ why, socketPath: '/not/there' })
    },
  )

  test('somebody listens, so it was sshd that refused', async () => {
    const { peer, connections } = await stage()
    peer.onCommand = (_command, channel) => {
      channel.write('forbidden\n')
      channel.exit(0)
      channel.end()
    }
    const error = await failure(dialSsh(connections, quark, ['/not/there']))
    expect(error).toBeInstanceOf(SshForwardingRefused)
    expect(String(error)).toContain('AllowStreamLocalForwarding yes')
  })

  test('without a shell to ask, both are named', async () => {
    const { connections } = await stage()
    expect(await failure(dialSsh(connections, quark, ['/not/there']))).toMatchObject({
      why: 'unknown',
    })
  })

  test('a server that forbids it in so many words', async () => {
    const { peer, dial } = await stage()
    peer.forwardsSockets = false
    expect(await failure(dial())).toBeInstanceOf(SshForwardingRefused)
  })
})

test('sshTarget reads the parameters of a URI', () => {
  const target = (uri: string) => sshTarget(parseLibvirtUri(uri))
  expect(target('qemu+ssh://root@quark:2222/system?keyfile=/k&known_hosts=/h')).toEqual({
    host: 'quark',
    user: 'root',
    port: 2222,
    keyFile: '/k',
    knownHosts: '/h',
    hostKeys: 'strict',
    keySources: ['agent', 'privkey'],
  })
  expect(target('qemu+ssh:///system')).toMatchObject({ host: 'localhost' })
  expect(target('qemu+ssh://q/system?no_verify=1').hostKeys).toBe('accept-new')
  expect(target('qemu+ssh://q/system?no_verify=0').hostKeys).toBe('strict')
  expect(target('qemu+libssh2://q/system?known_hosts_verify=auto').hostKeys).toBe('accept-new')
  expect(target('qemu+libssh://q/system?known_hosts_verify=ignore').hostKeys).toBe('ignore')
  expect(target('qemu+libssh://q/system?sshauth=privkey,password').keySources).toEqual(['privkey'])
  expect(() => target('qemu+tcp://q/system')).toThrow('not SSH')
})
