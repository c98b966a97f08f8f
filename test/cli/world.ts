// A made-up outside for commands: etcd in memory, hosts that are lists of domains, a terminal that is text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Context, Io, Reach } from '../../src/cli/context.ts'
import { run } from '../../src/cli/run.ts'
import { runHere } from '../../src/domains/run-here.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import type { MemoryStore } from '../../src/etcd/memory-client.ts'
import { HypervisorUnreachable } from '../../src/libvirt/errors.ts'
import type { DomainStatus } from '../../src/libvirt/hypervisor.ts'
import type { InspectableHypervisor } from '../../src/libvirt/inspection.ts'

export interface MadeUpDomain {
  readonly name: string
  readonly uuid?: string
  readonly xml?: string
  readonly state?: DomainStatus['state']
  readonly autostart?: boolean
}

export interface MadeUpHost {
  readonly hostname: string
  readonly memory?: number
  readonly cpus?: number
  readonly domains?: readonly MadeUpDomain[]
  /** It does not answer. */
  readonly isDown?: boolean
  readonly secrets?: readonly string[]
  readonly networks?: readonly string[]
}

export interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

export interface Started {
  /** What it has printed so far. */
  out(): string
  /** What it has said beside that. */
  err(): string
  /** As Ctrl-C does. */
  end(): void
  readonly finished: Promise<Ran>
}

export class World implements Disposable {
  readonly etcd = new MemoryEtcd()
  readonly hosts = new Map<string, MadeUpHost>()
  readonly folder = mkdtempSync(join(tmpdir(), 'yasco-cli-'))
  /** Those that commands opened. */
  readonly stores: MemoryStore[] = []
  readonly env: Record<string, string> = { USER: 'tester' }
  /** Runs before a command's first write: what another console does meanwhile. */
  meanwhile: (() => Promise<void>) | undefined

  /** Writes a file and returns its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  /** Runs one command line. `answer`: what is typed when it asks; left out, there is no terminal. */
  async run(line: string | readonly string[], answer?: string): Promise<Ran> {
    return this.start(line, answer).finished
  }

  /** The same, for commands that go on until they are ended. `null`: the terminal is closed without an answer. */
  start(line: string | readonly string[], answer?: string | null): Started {
    const stdout = new PassThrough()
    const stderr = Object.assign(new PassThrough(), { isTTY: answer !== undefined })
    const stdin = Object.assign(new PassThrough(), { isTTY: answer !== undefined })
    if (typeof answer === 'string') stdin.end(`${answer}\n`)
    else stdin.end()
    const [out, err] = [collect(stdout), collect(stderr)]
    const argv = typeof line === 'string' ? line.split(' ') : line
    const io: Io = { stdout, stderr, stdin, env: this.env }
    const stop = new AbortController()
    const running = run(argv, io, { reach: this.#reach(), stop: stop.signal })
    const finished = running.then(status => ({ status, out: out(), err: err() }))
    return { out, err, end: () => stop.abort(new Error('ended')), finished }
  }

  /** The folder that is a host's own /var. */
  disk(uri: string): string {
    return join(this.folder, 'disks', String([...this.hosts.keys()].indexOf(uri)))
  }

  #reach(): Reach {
    return {
      store: async () => {
        const store = this.etcd.connect()
        this.stores.push(store)
        const { meanwhile } = this
        if (!meanwhile) return store
        const grantLease = store.grantLease.bind(store)
        store.grantLease = async (...args) => {
          this.meanwhile = undefined
          await meanwhile()
          return grantLease(...args)
        }
        return store
      },
      hypervisor: async uri => {
        const host = this.hosts.get(uri)
        if (!host || host.isDown) throw new HypervisorUnreachable(`${uri}: connection timed out`)
        return hypervisorOf(host)
      },
      shell: uri => {
        if (this.hosts.get(uri)?.isDown)
          return () => Promise.reject(new HypervisorUnreachable(`${uri}: connection timed out`))
        // All hosts are this machine; what each keeps on its own disk lies in a folder of its own.
        const own = this.disk(uri)
        const here = runHere()
        return (script, options) =>
          here(script, {
            ...options,
            args: (options.args ?? []).map(arg => arg.replace(/^\/var(?=\/)/, own)),
          })
      },
    } satisfies Context['reach']
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}

function collect(stream: PassThrough): () => string {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return () => text
}

/** What libvirt gives for a small guest. */
export function guestXml(name: string, more = ''): string {
  return `<domain type='kvm'><name>${name}</name><uuid>${uuidOf(name)}</uuid><memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os><devices>${more}</devices></domain>`
}

export function uuidOf(name: string): string {
  const hex = Buffer.from(name.padEnd(16, '.')).toString('hex').slice(0, 32)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

function hypervisorOf({
  hostname,
  memory = 8 * 2 ** 30,
  cpus = 4,
  domains = [],
  secrets = [],
  networks = [],
}: MadeUpHost) {
  const statuses = domains.map(
    ({ name, uuid = uuidOf(name), state = 'running', autostart = false }) => ({
      name,
      uuid,
      state,
      reason: '',
      persistent: true,
      autostart,
    }),
  )
  const never = new AbortController()
  const parts: Partial<InspectableHypervisor> = {
    closed: never.signal,
    readOnly: true,
    facts: async () => ({
      hostname,
      libvirtVersion: '9.0.0',
      hypervisor: 'QEMU 7.2.0',
      cpuModel: 'x',
      cpus,
      mhz: 1000,
      memory,
    }),
    hostStats: async () => ({ cpuBusy: 0, cpuIdle: 0, memoryTotal: memory, memoryFree: memory }),
    domains: async () => statuses,
    stats: async () =>
      statuses.map(({ name, uuid, state, reason }) => ({
        name,
        uuid,
        state,
        reason,
        cpuTime: 0,
        vcpus: 2,
        balloonCurrent: 512 * 2 ** 20,
        balloonMaximum: 512 * 2 ** 20,
        rss: undefined,
        rx: 0,
        tx: 0,
        read: 0,
        written: 0,
      })),
    xml: async ({ name }) => domains.find(domain => domain.name === name)?.xml ?? guestXml(name),
    onDomainEvent: () => ({ [Symbol.dispose]: () => undefined }),
    secrets: async () => secrets.map(uuid => ({ uuid, usage: 'ceph' as const, usageId: '' })),
    networks: async () => networks.map(name => ({ name, uuid: uuidOf(name), active: true })),
    compareCpu: async () => 'superset' as const,
    [Symbol.asyncDispose]: async () => undefined,
  }
  return parts as InspectableHypervisor
}

export const HEAD = 'apiVersion: yasco/v1\ncluster: test\netcd: {endpoints: [http://memory:1]}\n'

/** Two hosts with a VM each, and the file that says so. */
export function twoHosts(world: World): string {
  world.hosts.set('qemu+ssh://root@a/system', { hostname: 'a', domains: [{ name: 'one' }] })
  world.hosts.set('qemu+ssh://root@b/system', { hostname: 'b', domains: [{ name: 'two' }] })
  return world.file(
    'cluster.yaml',
    `${HEAD}domains: ${join(world.folder, 'domains')}
hwms:
  a: {libvirt: qemu+ssh://root@a/system}
  b: {libvirt: qemu+ssh://root@b/system}
vms:
  one: {ha: true, home: a}
  two: {home: b}
`,
  )
}
