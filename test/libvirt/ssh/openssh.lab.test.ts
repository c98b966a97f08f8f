// The SSH transport against real OpenSSH servers of a lab, with real libvirtds behind them.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openHypervisor } from '../../../src/libvirt/open.ts'
import { SshConnections } from '../../../src/libvirt/ssh/connections.ts'
import { dialSsh, sshTarget } from '../../../src/libvirt/ssh/dial.ts'
import {
  SshConnectionLost,
  SshForwardingRefused,
  SshHostKeyRefused,
  SshSocketUnavailable,
} from '../../../src/libvirt/ssh/errors.ts'
import { parseLibvirtUri } from '../../../src/libvirt/uri.ts'
import { evenLab } from '../../lab/hosts.ts'
import { Lab } from '../../lab/index.ts'
import { until } from '../../lab/processes.ts'

const SOCKET = '/run/libvirt/libvirt-sock'

let lab: Lab
let door: Door
let folder: string
let connections: SshConnections

/** A loopback port that leads to host1's sshd, and delays nothing. */
interface Door {
  readonly port: number
  close(): void
}

async function openDoor(): Promise<Door> {
  const server = createServer({ noDelay: true }, near => {
    near.on('error', () => undefined)
    lab.dial('host1', 22).then(
      far => {
        far.setNoDelay(true).on('error', () => near.destroy())
        near.on('close', () => far.destroy()).pipe(far)
        far.on('close', () => near.destroy()).pipe(near)
      },
      () => near.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return { port: address.port, close: () => server.close() }
}

/** `host1` by a forwarded port under its own name in known_hosts; `host2` only through it. */
function writeConfig(more = ''): string {
  const file = join(folder, 'ssh_config')
  writeFileSync(
    file,
    `${more}
Host host1
  HostName 127.0.0.1
  Port ${door.port}
  HostKeyAlias host1
Host host2
  HostName ${lab.host('host2').address}
  ProxyJump host1
Host *
  User root
  IdentityFile ${lab.layout.ssh.key}
  IdentityAgent none
  UserKnownHostsFile ${lab.layout.ssh.knownHosts}
  GlobalKnownHostsFile none
`,
  )
  return file
}

const target = (host: string, query = '') =>
  sshTarget(parseLibvirtUri(`qemu+ssh://${host}/system${query}`))

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
}

/** Waits until host1 has no process of this name. */
async function gone(program: string): Promise<void> {
  await until(`${program} to end`, async () => {
    return (await lab.host('host1').shell(`pgrep -x ${program} || true`)).trim() === ''
  })
}

/** What each connection to the host's sshd has of Nagle's algorithm: `at once`, or `gathers`. Asked of the kernel: its socket is borrowed. */
async function sshdDelays(host: string): Promise<string[]> {
  const script = `
use Socket qw(:all);
for my $pid (split ' ', \`pgrep -x sshd\`) {
  my $process = syscall(434, $pid + 0, 0); # pidfd_open
  for my $path (glob "/proc/$pid/fd/*") {
    next unless (readlink($path) // '') =~ /^socket:/;
    my $fd = syscall(438, $process, ($path =~ /(\\d+)$/)[0] + 0, 0); # pidfd_getfd
    open(my $socket, '+<&=', $fd) or die $!;
    next unless getpeername($socket) and length(getpeername($socket)) == 16;
    my $option = getsockopt($socket, IPPROTO_TCP, TCP_NODELAY) or next;
    print unpack('i', $option) ? "at once\\n" : "gathers\\n";
  }
}`
  const said = await lab.host(host).run(['perl', '-e', script])
  return said.split('\n').filter(line => line !== '')
}

beforeAll(async () => {
  lab = await Lab.up({ name: 'ssh-test', hosts: evenLab(2, 2) })
  door = await openDoor()
  folder = mkdtempSync(join(tmpdir(), 'yasco-openssh-'))
})
afterAll(async () => {
  door?.close()
  await lab?.down()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  connections = new SshConnections({ configFile: writeConfig() })
})
afterEach(() => connections[Symbol.asyncDispose]())

describe('libvirt over SSH', () => {
  test('is the libvirt of that host, and read-only where asked', async () => {
    const options = { readOnly: true, ssh: connections }
    await using near = await openHypervisor('qemu+ssh://host1/system', options)
    expect((await near.facts()).hostname).toBe('host1')
    const names = (await near.domains()).map(it => it.name)
    const listed = await lab.host('host1').virsh('list --all --name')
    expect(names.sort()).toEqual(listed.trim().split('\n').sort())
  })

  test('is reached through a jump host, whose connection is shared', async () => {
    const options = { readOnly: false, ssh: connections }
    await using near = await openHypervisor('qemu+ssh://host1/system', options)
    await using far = await openHypervisor('qemu+ssh://host2/system', options)
    expect([(await near.facts()).hostname, (await far.facts()).hostname]).toEqual([
      'host1',
      'host2',
    ])
    expect(connections.size).toBe(2)
  })

  test.each(['host1', 'host2'])(
    'by %s: nobody on the way waits for acknowledgements',
    async name => {
      const options = { readOnly: true, ssh: connections }
      await using far = await openHypervisor(`qemu+ssh://${name}/system`, options)
      await far.domains()
      // What is forwarded may overtake the command that hurries sshd: it is waited for.
      await vi.waitFor(
        async () => expect(new Set(await sshdDelays(name))).toEqual(new Set(['at once'])),
        5_000,
      )
    },
  )
})

describe('keys', () => {
  let keys = 0
  /** A new key that the host lets in. */
  function makeKey(type: string, ...options: string[]): string {
    const file = join(folder, `key-${++keys}`)
    const made = spawnSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file, ...options])
    expect(made.status, String(made.stderr)).toBe(0)
    appendFileSync(`${lab.layout.ssh.key}.pub`, readFileSync(`${file}.pub`))
    return file
  }

  test.each([
    ['ed25519', []],
    ['ecdsa', ['-b', '384']],
    ['rsa', ['-b', '2048']],
    ['rsa', ['-b', '2048', '-m', 'PEM']],
    ['ecdsa', ['-m', 'PEM']],
  ])('of type %s %s let in', async (type, options) => {
    const key = makeKey(type, ...options)
    connections = new SshConnections({ configFile: writeConfig('IdentitiesOnly yes') })
    using lease = await connections.acquire(target('host1', `?keyfile=${key}&sshauth=privkey`))
    expect((await lease.exec('hostname')).stdout).toBe('host1\n')
  })

  test('an encrypted key is told to go to the agent, and from the agent lets in', async () => {
    const key = makeKey('rsa', '-b', '2048')
    const socket = join(folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    try {
      const added = () =>
        spawnSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
      await until('ssh-add', () => added().status === 0)
      spawnSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', key])
      const locked = new SshConnections({
        configFile: writeConfig(`IdentityFile ${key}\nHost host1\n  IdentityAgent none\nHost *`),
      })
      const other = { ...target('host1'), keyFile: key, user: 'nobody' }
      expect(String(await failure(locked.acquire(other)))).toContain('run ssh-add')
      await locked[Symbol.asyncDispose]()

      const alone = `IdentityFile ${key}\nIdentityAgent ${socket}\nIdentitiesOnly yes\n`
      connections = new SshConnections({ configFile: writeConfig(alone) })
      const byAgent = { ...target('host1'), keySources: ['agent'] as const }
      using lease = await connections.acquire(byAgent)
      expect((await lease.exec('hostname')).stdout).toBe('host1\n')
    } finally {
      agent.kill()
      await once(agent, 'exit')
    }
  })
})

describe('commands', () => {
  test('read /proc, tell their status, and are quoted by their caller', async () => {
    using lease = await connections.acquire(target('host2'))
    const stat = await lease.exec('cat /proc/self/stat')
    expect(stat).toMatchObject({ code: 0, stderr: '' })
    expect(stat.stdout).toMatch(/^\d+ \(cat\) R /)
    expect(await lease.exec('echo no >&2; exit 7')).toMatchObject({ code: 7, stderr: 'no\n' })
    expect(await lease.exec('kill -9 $$')).toMatchObject({ code: undefined, signal: 'SIGKILL' })
  })

  test('that do not end are given up, and end at the host too', async () => {
    using lease = await connections.acquire(target('host1'))
    const error = await failure(
      lease.exec('while echo tick; do sleep 0.05; done', { timeoutMs: 200 }),
    )
    expect(error).toMatchObject({ name: 'SshCommandFailed', why: 'timeout' })
    const running = async () => (await lease.exec("pgrep -f '[e]cho tick' || true")).stdout
    const end = performance.now() + 5_000
    while ((await running()) !== '' && performance.now() < end);
    expect(await running()).toBe('')
    const much = await failure(lease.exec('cat /dev/zero', { outputLimit: 100_000 }))
    expect(much).toMatchObject({ why: 'too much output' })
  })
})

describe('what is wrong is told apart', () => {
  test('a socket that is missing, is none, or has nobody behind it', async () => {
    using lease = await connections.acquire(target('host1'))
    const why = async (path: string) => {
      const error = await failure(lease.openSocket(path))
      expect(error).toBeInstanceOf(SshSocketUnavailable)
      return error instanceof SshSocketUnavailable ? error.why : undefined
    }
    expect(await why('/run/no such/sock')).toBe('missing')
    expect(await why('/etc/passwd')).toBe('no socket')
    const host = lab.host('host1')
    await host.service('libvirtd', 'kill')
    try {
      await gone('libvirtd')
      expect(await why(SOCKET)).toBe('nobody listens')
    } finally {
      await host.service('libvirtd', 'start')
    }
    const stream = await lease.openSocket(SOCKET)
    stream.destroy()
  })

  test('an sshd that does not forward', async () => {
    const host = lab.host('host1')
    const config = join(host.layout.folder, 'sshd_config')
    const before = readFileSync(config, 'utf8')
    const restart = async () => {
      await host.service('sshd', 'kill')
      await gone('sshd')
      await host.service('sshd', 'start')
    }
    try {
      writeFileSync(
        config,
        before.replace(/^AllowStreamLocalForwarding .*$/m, 'AllowStreamLocalForwarding no'),
      )
      await restart()
      const stream = await failure(dialSsh(connections, target('host1'), [SOCKET]))
      expect(stream).toBeInstanceOf(SshForwardingRefused)
      writeFileSync(config, before.replace(/^AllowTcpForwarding .*$/m, 'AllowTcpForwarding no'))
      await restart()
      const jump = await failure(dialSsh(connections, target('host2'), [SOCKET]))
      expect(jump).toBeInstanceOf(SshForwardingRefused)
      expect(String(jump)).toContain('AllowTcpForwarding')
    } finally {
      writeFileSync(config, before)
      await restart()
    }
  })

  test('a host key that is unknown or has changed', async () => {
    const none = join(folder, 'none')
    writeFileSync(none, '')
    const unknown = await failure(connections.acquire(target('host1', `?known_hosts=${none}`)))
    expect(unknown).toBeInstanceOf(SshHostKeyRefused)
    const listed = spawnSync('ssh-keygen', ['-lf', lab.layout.ssh.knownHosts], { encoding: 'utf8' })
    expect(unknown).toMatchObject({ verdict: 'unknown' })
    if (unknown instanceof SshHostKeyRefused)
      expect(listed.stdout).toContain(unknown.facts.fingerprint)

    await lab.host('host2').changeKey()
    const changed = await failure(connections.acquire(target('host2')))
    expect(changed).toMatchObject({
      verdict: 'changed',
      places: [{ file: lab.layout.ssh.knownHosts }],
    })
    using lease = await connections.acquire(target('host2', '?known_hosts_verify=ignore'))
    expect((await lease.exec('hostname')).stdout).toBe('host2\n')
  })

  test('a user who is not let in', async () => {
    const error = await failure(connections.acquire({ ...target('host1'), user: 'nobody' }))
    expect(error).toMatchObject({
      name: 'SshAuthenticationFailed',
      offered: expect.arrayContaining(['publickey']),
      attempts: [{ label: lab.layout.ssh.key, outcome: 'refused by the host' }],
    })
  })
})

describe('a host that dies', () => {
  test('by a crash fails all at once; by a pulled cable within keep-alive', async () => {
    const ignore = target('host2', '?known_hosts_verify=ignore')
    const stream = await dialSsh(connections, ignore, [SOCKET])
    using lease = await connections.acquire(ignore)
    const hanging = failure(lease.exec('sleep 1000', { timeoutMs: 60_000 }))
    const broken = once(stream, 'error')
    const began = performance.now()
    await lab.host('host2').killAbruptly()
    expect((await broken)[0]).toBeInstanceOf(SshConnectionLost)
    expect(await hanging).toBeInstanceOf(SshConnectionLost)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(await failure(connections.acquire(ignore))).toMatchObject({ name: 'SshUnreachable' })
    await lab.host('host2').start()

    using again = await connections.acquire(ignore)
    await lab.host('host2').cut()
    const cutAt = performance.now()
    await once(again.lost, 'abort')
    expect(performance.now() - cutAt).toBeLessThan(25_000)
    const error = await failure(connections.acquire(ignore, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ name: 'SshUnreachable', why: 'timeout' })
    await lab.host('host2').join()
  })
})
