// Real etcd members as processes on loopback, each with a folder of its own under /tmp: started, killed, frozen, started again.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openEtcd } from '../../src/etcd/client.ts'
import { setUp } from '../lab/setup.ts'

const run = promisify(execFile)

export interface EtcdTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

type Flags = Readonly<Record<string, string>>

function flags(values: Flags): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`)
}

interface Member {
  readonly name: string
  readonly url: string
  readonly args: readonly string[]
  process: ChildProcess | undefined
}

/**
 * `tls`: clients must show a certificate of that CA; it is what this harness shows, `server` is what etcd does.
 * `flags`: more options of etcd. Installs etcd where it is missing, as the lab does (so it needs root there).
 */
export async function startEtcd(
  members: 1 | 3 = 1,
  options: { tls?: EtcdTls & { server: EtcdTls }; flags?: Flags } = {},
): Promise<RealEtcd> {
  setUp()
  const folder = await mkdtemp(join(tmpdir(), 'yasco-etcd-'))
  const ports = await freePorts(members * 2)
  const scheme = options.tls ? 'https' : 'http'
  const peers = Array.from({ length: members }, (_, i) => `m${i}=http://127.0.0.1:${ports[i * 2]}`)
  const all = peers.map((peer, i): Member => {
    const name = `m${i}`
    const url = `${scheme}://127.0.0.1:${ports[i * 2 + 1]}`
    const peerUrl = peer.slice(name.length + 1)
    const { tls } = options
    const args = flags({
      name,
      'data-dir': join(folder, name),
      'initial-cluster': peers.join(','),
      'initial-cluster-token': folder,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'listen-client-urls': url,
      'advertise-client-urls': url,
      logger: 'zap',
      'log-level': 'error',
      ...(tls && {
        'cert-file': tls.server.cert,
        'key-file': tls.server.key,
        'trusted-ca-file': tls.ca,
        'client-cert-auth': 'true',
      }),
      ...options.flags,
    })
    return { name, url, args, process: undefined }
  })
  const etcd = new RealEtcd(folder, all, options.tls)
  await etcd.startAll()
  return etcd
}

export class RealEtcd implements AsyncDisposable {
  readonly #folder: string
  readonly #members: readonly Member[]
  readonly #tls: EtcdTls | undefined

  constructor(folder: string, members: readonly Member[], tls: EtcdTls | undefined) {
    this.#folder = folder
    this.#members = members
    this.#tls = tls
  }

  get endpoints(): string[] {
    return this.#members.map(member => member.url)
  }

  /** Port of a member's client address. */
  port(index: number): number {
    return Number(new URL(this.#member(index).url).port)
  }

  spawn(index: number): void {
    const member = this.#member(index)
    if (member.process) throw new Error(`${member.name} runs already`)
    member.process = spawn('etcd', member.args, { stdio: 'ignore' })
  }

  async kill(index: number): Promise<void> {
    const member = this.#member(index)
    const child = member.process
    member.process = undefined
    if (!child || child.exitCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  freeze(index: number): void {
    this.#member(index).process?.kill('SIGSTOP')
  }

  thaw(index: number): void {
    this.#member(index).process?.kill('SIGCONT')
  }

  async startAll(): Promise<void> {
    for (const [index, member] of this.#members.entries()) if (!member.process) this.spawn(index)
    await this.answers()
  }

  /** Waits until all members answer and one leads. */
  async answers(): Promise<void> {
    const limit = performance.now() + 20_000
    await using store = await openEtcd(
      { endpoints: this.endpoints, ...(this.#tls && { tls: this.#tls }) },
      'probe',
    )
    for (;;) {
      const members = await store.members({ timeoutMs: 1_000 })
      if (members.every(m => m.reachable) && members.some(m => m.leader)) return
      if (performance.now() > limit)
        throw new Error(`etcd does not come up: ${members.map(m => m.reason).join('; ')}`)
    }
  }

  /** etcdctl, with the lines it prints. */
  async ctl(...args: string[]): Promise<string> {
    const tls = this.#tls
      ? ['--cacert', this.#tls.ca, '--cert', this.#tls.cert, '--key', this.#tls.key]
      : []
    const { stdout } = await run(
      'etcdctl',
      ['--endpoints', this.endpoints.join(','), ...tls, ...args],
      { env: { ...process.env, ETCDCTL_API: '3' } },
    )
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.kill(index)))
    await rm(this.#folder, { recursive: true, force: true })
  }

  #member(index: number): Member {
    const member = this.#members[index]
    if (!member) throw new RangeError(`no member ${index}`)
    return member
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  return Promise.all(
    servers.map(async server => {
      const address = server.address()
      await new Promise(resolve => server.close(resolve))
      if (address === null || typeof address === 'string') throw new Error('no port')
      return address.port
    }),
  )
}
