import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { ServerChannel } from 'ssh2'
import { afterEach, describe, expect, test } from 'vitest'
import { SshConnections, type SshTarget } from '../../../src/libvirt/ssh/connections.ts'
import { dialSsh, sshTarget } from '../../../src/libvirt/ssh/dial.ts'
import {
  SshAuthenticationFailed,
  SshCommandFailed,
  SshConnectionLost,
  SshForwardingRefused,
  SshHostKeyRefused,
  SshSocketUnavailable,
  SshUnreachable,
  SshUnsupported,
} from '../../../src/libvirt/ssh/errors.ts'
import { KeyUse } from '../../../src/libvirt/ssh/key-use.ts'
import { parseLibvirtUri } from '../../../src/libvirt/uri.ts'
import {
  agentWith,
  dumbListener,
  hashedName,
  type KeyPair,
  knownHostsLine,
  newKey,
  parsed,
  SshPeer,
  UserFolder,
} from './peer.ts'

const SOCKET = '/run/libvirt/libvirt-sock'
const userKey = newKey()
const cleanups: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const it of cleanups.splice(0)) await it.disposeAsync()
})

/** A user with a key, a peer called `quark` that lets the key in and echoes on libvirt's socket, and connections between. */
async function stage(hostKeys?: readonly KeyPair[]) {
  const stack = new AsyncDisposableStack()
  cleanups.push(stack)
  const user = stack.use(new UserFolder())
  const peer = stack.use(await new SshPeer(hostKeys).listen())
  const connections = stack.use(new SshConnections(user.source))
  peer.allowed.push(userKey)
  peer.sockets.set(SOCKET, channel => channel.pipe(channel))
  const identity = user.write('id', userKey.private)
  const name = `[127.0.0.1]:${peer.port}`
  user.write('known_hosts', knownHostsLine(name, peer.hostKey.public))
  const settings = { port: String(peer.port), identityfile: identity }
  user.settings('quark', settings)
  const dial = (options: { signal?: AbortSignal; timeoutMs?: number } = {}, to = quark) =>
    dialSsh(connections, to, [SOCKET], options)
  return { stack, user, peer, connections, name, identity, settings, dial }
}

const quark: SshTarget = { host: 'quark', hostKeys: 'strict', keySources: ['agent', 'privkey'] }

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within 5 s: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

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

describe('host keys', () => {
  test('an unknown key is refused with all that is needed to go on, before any login', async () => {
    const { user, peer, connections, dial } = await stage()
    const file = user.write('known_hosts', '')
    const error = await failure(dial())
    expect(error).toBeInstanceOf(SshHostKeyRefused)
    expect(error).toMatchObject({
      verdict: 'unknown',
      facts: { host: '127.0.0.1', port: peer.port, keyType: 'ssh-ed25519', files: [file] },
    })
    expect(String(error)).toMatch(/SHA256:[A-Za-z0-9+/]{43} is unknown, not in .*known_hosts/)
    expect(String(error)).toContain(`ssh-keyscan -p ${peer.port} 127.0.0.1 >> ${file}`)
    expect(peer.offered).toEqual([])
    expect(connections.size).toBe(0)
  })

  test('a changed key names the old one, its file and line', async () => {
    const { user, name, dial } = await stage()
    const file = user.write('known_hosts', `# old\n${knownHostsLine(name, newKey().public)}`)
    const error = await failure(dial())
    expect(error).toMatchObject({ verdict: 'changed', places: [{ file, line: 2 }] })
    expect(String(error)).toContain(`ssh-keygen -R '${name}' -f ${file}`)
  })

  test('a revoked key is refused', async () => {
    const { user, peer, name, dial } = await stage()
    const line = knownHostsLine(name, peer.hostKey.public)
    user.write('known_hosts', `${line}@revoked ${knownHostsLine('*', peer.hostKey.public)}`)
    expect(await failure(dial())).toMatchObject({ verdict: 'revoked', places: [{ line: 2 }] })
  })

  test('a hashed name is known', async () => {
    const { user, peer, name, dial } = await stage()
    user.write('known_hosts', knownHostsLine(hashedName(name), peer.hostKey.public))
    const stream = await dial()
    expect(stream.readable).toBe(true)
  })

  test('a host with several keys is asked for the one that is known', async () => {
    const rsa = newKey('rsa')
    const { user, name, dial } = await stage([newKey(), rsa])
    user.write('known_hosts', knownHostsLine(name, rsa.public))
    const stream = await dial()
    expect(stream.readable).toBe(true)
  })

  test('a certificate authority does not help, and is said so', async () => {
    const { user, peer, dial } = await stage()
    user.write('known_hosts', `@cert-authority ${knownHostsLine('*', peer.hostKey.public)}`)
    expect(String(await failure(dial()))).toContain('certificate authority')
  })

  test("known_hosts of the URI stands instead of the user's", async () => {
    const { user, dial } = await stage()
    const knownHosts = user.write('empty', '')
    expect(await failure(dial({}, { ...quark, knownHosts }))).toMatchObject({
      verdict: 'unknown',
      facts: { files: [knownHosts] },
    })
  })

  test('no_verify takes a new key, and holds to it while the process lives', async () => {
    const { user, peer, connections, settings } = await stage()
    user.write('known_hosts', '')
    const target: SshTarget = { ...quark, hostKeys: 'accept-new' }
    const first = await dialSsh(connections, target, [SOCKET])
    first.destroy()
    await until('closed', () => peer.open.size === 0)
    const port = peer.port
    await peer[Symbol.asyncDispose]()
    const impostor = new SshPeer()
    cleanups[0]?.use(impostor)
    await impostor.listen(port)
    user.settings('quark', settings)
    const error = await failure(dialSsh(connections, target, [SOCKET]))
    expect(error).toMatchObject({ verdict: 'changed' })
  })

  test('no_verify still refuses a key that has changed; ignore takes any', async () => {
    const { user, name, dial } = await stage()
    user.write('known_hosts', knownHostsLine(name, newKey().public))
    const error = await failure(dial({}, { ...quark, hostKeys: 'accept-new' }))
    expect(error).toMatchObject({ verdict: 'changed' })
    const stream = await dial({}, { ...quark, hostKeys: 'ignore' })
    expect(stream.readable).toBe(true)
  })
})

describe('login', () => {
  test('tells which keys were offered and what became of each', async () => {
    const { user, peer, settings, dial } = await stage()
    peer.allowed.length = 0
    const locked = user.write('locked', newKey('ed25519', 'secret').private)
    const open = user.write('open', newKey().private, 0o644)
    user.settings('quark', settings)
    user.write(
      'settings-quark',
      `hostname 127.0.0.1\nport ${peer.port}\nuser tester\nidentityagent none\nuserknownhostsfile ${user.path}/known_hosts\nidentityfile ${settings.identityfile}\nidentityfile ${locked}\nidentityfile ${open}\nidentityfile ${user.path}/not-there\n`,
    )
    const error = await failure(dial())
    expect(error).toBeInstanceOf(SshAuthenticationFailed)
    expect(error).toMatchObject({
      user: 'tester',
      offered: ['publickey'],
      attempts: [
        { label: settings.identityfile, keyType: 'ssh-ed25519', outcome: 'refused by the host' },
        { label: locked, outcome: 'encrypted' },
        { label: open, outcome: 'readable by others' },
      ],
    })
    expect(String(error)).toContain('run ssh-add for the encrypted key')
  })

  test('no key at all is said in plain words', async () => {
    const { user, settings, dial } = await stage()
    user.settings('quark', { ...settings, identityfile: `${user.path}/not-there` })
    expect(String(await failure(dial()))).toContain('no key was found')
  })

  test('a key file demanded by the URI must be there', async () => {
    const { user, settings, dial } = await stage()
    const keyFile = `${user.path}/demanded`
    user.settings('quark', { ...settings, identityfile: `${user.path}/not-there` })
    expect(await failure(dial({}, { ...quark, keyFile }))).toMatchObject({
      attempts: [{ label: keyFile, outcome: 'not readable' }],
    })
  })

  test("the agent's keys, the named one first", async () => {
    const { stack, user, peer, settings, dial } = await stage()
    const [first, second] = [newKey(), newKey('rsa')]
    const agent = stack.use(await agentWith(user.path, [first, second, userKey]))
    user.write('id.pub', userKey.public)
    user.write('id', newKey('ed25519', 'secret').private)
    user.settings('quark', { ...settings, identityagent: agent.path })
    const stream = await dial()
    expect(stream.readable).toBe(true)
    // Offered once to ask and once signed; the others of the agent not at all.
    expect(new Set(peer.offered).size).toBe(1)
  })

  test('RSA keys sign with SHA-2, those of the agent and those of files', async () => {
    const { stack, user, peer, settings, connections, dial } = await stage()
    const [held, filed] = [newKey('rsa'), newKey('rsa')]
    const agent = stack.use(await agentWith(user.path, [held]))
    const identityfile = user.write('rsa', filed.private)
    user.settings('quark', { ...settings, identityagent: agent.path, identityfile })
    for (const key of [held, filed]) {
      peer.allowed.splice(0, 1, key)
      const stream = await dial()
      stream.destroy()
      await until('closed', () => connections.size === 0)
    }
    expect(new Set(peer.hashes)).toEqual(new Set(['sha256']))
  })

  test('no key signs with SHA-1', async () => {
    const use = new KeyUse(parsed(userKey.private), () => Promise.resolve(Buffer.from('signed')))
    const sign = (hash: 'sha1' | 'sha256') =>
      new Promise(resolve => {
        use.sign(parsed(userKey.public), Buffer.from('x'), { hash }, (error, signature) =>
          resolve(error?.message ?? String(signature)),
        )
      })
    expect(await sign('sha256')).toBe('signed')
    expect(await sign('sha1')).toBe('the host takes it with SHA-1 only')
  })

  test('a dead agent is told and does not stop key files', async () => {
    const { user, settings, peer, dial } = await stage()
    user.settings('quark', { ...settings, identityagent: `${user.path}/no-agent` })
    const stream = await dial()
    stream.destroy()
    await until('closed', () => peer.open.size === 0)
    peer.allowed.length = 0
    expect(await failure(dial())).toMatchObject({
      attempts: [{ source: 'file' }, { source: 'agent', outcome: 'agent failed' }],
    })
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
