// All SSH connections of this process: one per host and login, shared by reference count, closed when the last user is done. A jump host
// is one of them, shared by all that lie behind it.
import type { Duplex } from 'node:stream'
import { findKeys, type KeySource } from './authentication.ts'
import { type CommandOptions, type CommandResult, SshConnection } from './connection.ts'
import { SshUnreachable, SshUnsupported, showHost } from './errors.ts'
import { type FirstSeenKeys, type HostKeyPolicy, prepareHostKeyCheck } from './host-keys.ts'
import { type Limits, within } from './limits.ts'
import { login } from './login.ts'
import {
  readSettings,
  type SettingsSource,
  type SshDestination,
  type SshSettings,
} from './settings.ts'
import { connectTcp } from './tcp.ts'

/** A host, how to get in, and whom to believe it is. */
export interface SshTarget extends SshDestination {
  /** Stands instead of all known_hosts files of the settings. */
  readonly knownHosts?: string
  readonly hostKeys: HostKeyPolicy
  readonly keySources: readonly KeySource[]
}

/** A share of a connection. `release` gives it back (once; more does nothing); streams opened through it live on only as long as it does. */
export interface SshLease extends Disposable {
  readonly host: string
  readonly lost: AbortSignal
  openSocket(
    socketPath: string,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Duplex>
  openTcp(host: string, port: number, limits: Limits): Promise<Duplex>
  exec(command: string, options?: CommandOptions): Promise<CommandResult>
  openCommand(command: string, limits: Limits): Promise<Duplex>
  release(): void
}

const CONNECT_LIMIT_MS = 15_000
/** A target on its way: the jump hosts that an outer chain prescribes for it, and the keys of those that wait for it. */
interface Route {
  readonly target: SshTarget
  /** Absent: those of its own settings. */
  readonly via?: readonly SshDestination[]
  readonly behind: readonly string[]
}

interface Shared {
  users: number
  /** Ends the attempt when nobody waits for it any more. */
  readonly abort: AbortController
  readonly connection: Promise<SshConnection>
  /** What it is doing, for the message of a time limit. */
  phase: string
}

export class SshConnections implements AsyncDisposable {
  readonly #source: SettingsSource
  readonly #shared = new Map<string, Shared>()
  readonly #firstSeen: FirstSeenKeys = new Map()
  #disposed = false

  constructor(source: SettingsSource = {}) {
    this.#source = source
  }

  /** How many connections are open or being opened. */
  get size(): number {
    return this.#shared.size
  }

  /** A share of the connection to `target`, which is made if it is not there. Rejects with the classes of errors.ts. */
  async acquire(
    target: SshTarget,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<SshLease> {
    return this.#acquire({ target, behind: [] }, { timeoutMs: CONNECT_LIMIT_MS, ...options })
  }

  async #acquire(route: Route, limits: Limits): Promise<SshLease> {
    const { target } = route
    if (this.#disposed) throw new Error('the SSH connections of this process are closed')
    limits.signal?.throwIfAborted()
    const key = JSON.stringify([
      target.host.toLowerCase(),
      target.user,
      target.port,
      target.keyFile,
      target.knownHosts,
      target.hostKeys,
      target.keySources,
      route.via,
    ])
    if (route.behind.includes(key))
      throw new SshUnsupported(
        target.host,
        'your ssh settings make it its own jump host (ProxyJump)',
      )
    const shared = this.#shared.get(key) ?? this.#begin(key, route)
    shared.users += 1
    let released = false
    const release = () => {
      if (released) return
      released = true
      shared.users -= 1
      if (shared.users === 0) this.#drop(key, shared)
    }
    try {
      const connection = await within(
        shared.connection,
        limits,
        () =>
          new SshUnreachable(
            target.host,
            target.port ?? 22,
            'timeout',
            `no answer within ${limits.timeoutMs} ms while ${shared.phase}`,
          ),
      )
      return {
        host: connection.host,
        lost: connection.lost,
        openSocket: (path, options) => connection.openSocket(path, options),
        openTcp: (host, port, tcpLimits) => connection.openTcp(host, port, tcpLimits),
        exec: (command, options) => connection.exec(command, options),
        openCommand: (command, commandLimits) => connection.openCommand(command, commandLimits),
        release,
        [Symbol.dispose]: release,
      }
    } catch (error) {
      release()
      throw error
    }
  }

  #begin(key: string, route: Route): Shared {
    const abort = new AbortController()
    const shared: Shared = {
      users: 0,
      abort,
      phase: 'reading your ssh settings',
      // Deferred, so that `shared` is there for the phases.
      connection: Promise.resolve().then(() =>
        this.#connect({ ...route, behind: [...route.behind, key] }, abort.signal, phase => {
          shared.phase = phase
        }),
      ),
    }
    this.#shared.set(key, shared)
    const forget = () => {
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
    }
    shared.connection.then(connection => {
      if (abort.signal.aborted) connection.close()
      // The next to ask gets a new one.
      connection.lost.addEventListener('abort', forget, { once: true })
      if (connection.lost.aborted) forget()
    }, forget)
    return shared
  }

  #drop(key: string, shared: Shared): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key)
    shared.abort.abort(new Error('nobody waits for this SSH connection any more'))
    shared.connection.then(
      connection => connection.close(),
      // It has failed by itself; whoever waited has been told.
      () => undefined,
    )
  }

  async #connect(
    route: Route,
    signal: AbortSignal,
    enter: (phase: string) => void,
  ): Promise<SshConnection> {
    const { target } = route
    const settings = await readSettings(target, this.#source, signal)
    const [keys, hostKeys] = await Promise.all([
      findKeys(settings, target.keyFile, target.keySources, signal),
      prepareHostKeyCheck(settings, target.hostKeys, target.knownHosts, this.#firstSeen),
    ])
    signal.throwIfAborted()
    enter('connecting')
    const { stream, jump } = await this.#reach(settings, route, signal, enter)
    try {
      enter(`waiting for sshd of ${showHost(settings.hostname, settings.port)}`)
      const connection = await login(
        {
          stream,
          settings,
          keys,
          hostKeys,
          signal,
          onKeyExchanged: () => enter(`logging in as ${settings.user}`),
        },
        client => new SshConnection(client, stream, settings),
      )
      connection.lost.addEventListener('abort', () => jump?.release(), { once: true })
      return connection
    } catch (error) {
      jump?.release()
      throw error
    }
  }

  /** A byte stream to the host's sshd: directly, or through the last of its jump hosts. */
  async #reach(
    settings: SshSettings,
    route: Route,
    signal: AbortSignal,
    enter: (phase: string) => void,
  ): Promise<{ stream: Duplex; jump: SshLease | undefined }> {
    const { hostname: host, port } = settings
    const jumps = route.via ?? settings.jumps
    const last = jumps.at(-1)
    if (last === undefined) {
      const at = { host, port, family: settings.addressFamily, localAddress: settings.bindAddress }
      return { stream: await connectTcp(at, signal), jump: undefined }
    }
    enter(`connecting to jump host ${last.host}`)
    const limits = { timeoutMs: CONNECT_LIMIT_MS, signal }
    const jump = await this.#acquire(
      {
        // libvirt's parameters speak of the host itself; a jump host is what the user's settings say, and strictly known.
        target: { ...last, hostKeys: 'strict', keySources: ['agent', 'privkey'] },
        ...(jumps.length > 1 && { via: jumps.slice(0, -1) }),
        behind: route.behind,
      },
      limits,
    )
    try {
      enter(`connecting through jump host ${jump.host}`)
      return { stream: await jump.openTcp(host, port, limits), jump }
    } catch (error) {
      jump.release()
      throw error
    }
  }

  /** Closes all of them; what runs over them fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    const all = [...this.#shared.values()]
    this.#shared.clear()
    for (const shared of all)
      shared.abort.abort(new Error('the SSH connections of this process are closed'))
    const settled = await Promise.allSettled(all.map(shared => shared.connection))
    for (const it of settled) if (it.status === 'fulfilled') it.value.close()
  }
}
