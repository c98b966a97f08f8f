// One SSH connection to one host, shared by all that is done there: channels to sockets, commands, connections onwards to other hosts.
import type { Duplex } from 'node:stream'
import type { Channel, Client, ClientChannel } from 'ssh2'
import { ChannelStream } from './channel-stream.ts'
import {
  SshCommandFailed,
  SshConnectionLost,
  SshForwardingRefused,
  SshSocketUnavailable,
  SshUnreachable,
  SshUnsupported,
  showHost,
  type SocketProblem,
} from './errors.ts'
import { type Limits, within } from './limits.ts'
import { Sessions } from './sessions.ts'

export interface CommandResult {
  /** Exit status; undefined when a signal ended it. */
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Bytes of both outputs together. */
  readonly outputLimit?: number
  /** What the command reads on its standard input; absent: nothing, it sees the end at once. */
  readonly input?: string
  /** It touches what can hang for ever, as a network file system does: only some such run at a time, hung ones among them. */
  readonly mayHang?: boolean
}

const CHANNEL_LIMIT_MS = 10_000
const COMMAND_LIMIT_MS = 10_000
const OUTPUT_LIMIT = 1 << 20

/** RFC 4254, 5.1. */
const ADMINISTRATIVELY_PROHIBITED = 1
const UNKNOWN_CHANNEL_TYPE = 3

export class SshConnection {
  /** For people: `quark`, `quark:2222`. */
  readonly host: string
  readonly #port: number
  readonly #hostname: string
  readonly #client: Client
  readonly #stream: Duplex
  readonly #over = new AbortController()
  readonly #channels = new Set<ChannelStream>()
  readonly #sessions = new Sessions()
  #isHurried = false

  /** `client` is ready and runs over `stream`. */
  constructor(
    client: Client,
    stream: Duplex,
    at: { readonly hostname: string; readonly port: number },
  ) {
    this.#client = client
    this.#stream = stream
    this.#hostname = at.hostname
    this.#port = at.port
    this.host = showHost(at.hostname, at.port)
    client.on('error', error => this.#end(error.message))
    client.on('close', () => this.#end('closed by the host'))
  }

  /** Aborted when the connection is gone; the reason is an `SshConnectionLost`. */
  get lost(): AbortSignal {
    return this.#over.signal
  }

  /** Ends it and everything that runs over it. */
  close(): void {
    this.#end('closed here')
  }

  #end(detail: string): void {
    if (this.lost.aborted) return
    const error = new SshConnectionLost(this.host, detail)
    // Fails at once all that waits for an answer; then what is open.
    this.#over.abort(error)
    for (const channel of this.#channels) channel.destroy(error)
    this.#client.end()
    this.#stream.destroy()
  }

  /**
   * A stream to a socket on the host. Rejects with `SshSocketUnavailable` or `SshForwardingRefused`: sshd gives the same answer for both, so
   * the host is then asked by a command what is wrong.
   */
  async openSocket(
    socketPath: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Duplex> {
    this.#hurry()
    const limits: Limits = { timeoutMs: CHANNEL_LIMIT_MS, ...options }
    const opened = await this.#open(
      limits,
      answer => this.#client.openssh_forwardOutStreamLocal(socketPath, answer),
      () =>
        new SshUnreachable(
          this.#hostname,
          this.#port,
          'timeout',
          `no answer within ${limits.timeoutMs} ms to opening ${socketPath}`,
        ),
    )
    if (opened instanceof ChannelStream) return opened
    if (opened.reason === ADMINISTRATIVELY_PROHIBITED) throw this.#forbidden(socketPath)
    if (opened.reason === UNKNOWN_CHANNEL_TYPE)
      throw new SshUnsupported(this.host, 'its SSH server cannot forward to sockets (OpenSSH can)')
    const problem = await this.#diagnose(socketPath, options.signal)
    throw problem === 'forbidden'
      ? this.#forbidden(socketPath)
      : new SshSocketUnavailable(this.host, socketPath, problem)
  }

  /** A TCP connection from this host onwards, for jumps. `SshUnreachable` speaks of the far host. */
  async openTcp(host: string, port: number, limits: Limits): Promise<Duplex> {
    this.#hurry()
    const opened = await this.#open(
      limits,
      answer => this.#client.forwardOut('127.0.0.1', 0, host, port, answer),
      () =>
        new SshUnreachable(
          host,
          port,
          'timeout',
          `no answer within ${limits.timeoutMs} ms through jump host ${this.host}`,
        ),
    )
    if (opened instanceof ChannelStream) return opened
    if (opened.reason === ADMINISTRATIVELY_PROHIBITED)
      throw new SshForwardingRefused(this.host, `${host}:${port}`, 'AllowTcpForwarding')
    throw new SshUnreachable(
      host,
      port,
      'refused',
      `from jump host ${this.host}: ${opened.message}`,
    )
  }

  /** Runs a command by the user's shell on the host. Quote with `shellQuote`. */
  async exec(command: string, options: CommandOptions = {}): Promise<CommandResult> {
    const { timeoutMs = COMMAND_LIMIT_MS, outputLimit = OUTPUT_LIMIT, signal, input } = options
    const failed = (why: SshCommandFailed['why'], detail: string) =>
      new SshCommandFailed(this.host, command, why, detail)
    const timedOut = () => failed('timeout', `not done within ${timeoutMs} ms`)
    const both = signal ? AbortSignal.any([this.lost, signal]) : this.lost
    both.throwIfAborted()
    const until = performance.now() + timeoutMs
    const kind = options.mayHang === true ? 'may hang' : 'quick'
    const giveBack = await this.#sessions.take(kind, { timeoutMs, signal: both }, timedOut)
    const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
    let channel: ClientChannel | undefined
    let over = false
    this.#attempt(() =>
      this.#client.exec(command, (error, opened) => {
        if (error) {
          giveBack()
          return reject(failed('refused', error.message))
        }
        // sshd closes its side when the command has ended, however early we close ours: until then it counts there, too.
        opened.once('close', giveBack)
        channel = opened
        if (over) return opened.resume().close()
        // Listened to in this very event: status and output may come with it.
        collect(opened, outputLimit, resolve, reason =>
          reject(
            reason === 'too much output'
              ? failed(reason, `more than ${outputLimit} bytes of output`)
              : failed(reason, 'the host ended it without telling its exit status'),
          ),
        )
        // A command that reads must see the end, not wait.
        return opened.end(input)
      }),
    )
    try {
      const left = Math.max(1, until - performance.now())
      return await within(promise, { timeoutMs: left, signal: both }, timedOut)
    } finally {
      over = true
      channel?.resume().close()
    }
  }

  /** A command that goes on: its standard input and output as a stream, which ends it when it is destroyed. Nobody reads its errors. */
  async openCommand(command: string, limits: Limits): Promise<Duplex> {
    const opened = await this.#open(
      limits,
      answer =>
        this.#client.exec(command, (error, channel) => {
          channel?.stderr.resume()
          answer(error, channel)
        }),
      () =>
        new SshCommandFailed(
          this.host,
          command,
          'timeout',
          `not begun within ${limits.timeoutMs} ms`,
        ),
    )
    if (opened instanceof ChannelStream) return opened
    throw new SshCommandFailed(this.host, command, 'refused', opened.message)
  }

  /**
   * OpenSSH's server turns Nagle's algorithm off when it runs a command, and only then: without one each answer that is forwarded may wait
   * 40 ms for the acknowledgement of the one before (measured: a small RPC took 37 ms instead of 0.6). So the first thing that is forwarded
   * has a command that does nothing go before it; nobody waits for it.
   */
  #hurry(): void {
    if (this.#isHurried) return
    this.#isHurried = true
    // An account without a shell is only slower; a lost connection is told to all that use it.
    this.exec(':').catch(() => undefined)
  }

  /** Opens a channel; a refusal by the host is a value, as its meaning depends on the kind of channel. */
  #open(
    { timeoutMs, signal }: Limits,
    start: (answer: (error: Error | undefined, channel: Channel) => void) => void,
    timedOut: () => Error,
  ): Promise<ChannelStream | ChannelRefused> {
    const { promise, resolve, reject } = Promise.withResolvers<ChannelStream | ChannelRefused>()
    const both = signal ? AbortSignal.any([this.lost, signal]) : this.lost
    if (both.aborted) return Promise.reject(both.reason)
    this.#attempt(() =>
      start((error, channel) => {
        if (!error) return resolve(this.#track(channel))
        if ('reason' in error && typeof error.reason === 'number')
          return resolve(new ChannelRefused(error.reason, error.message))
        return reject(new SshConnectionLost(this.host, error.message))
      }),
    )
    const dispose = (late: ChannelStream | ChannelRefused) => {
      if (late instanceof ChannelStream) late.destroy()
    }
    return within(promise, { timeoutMs, signal: both }, timedOut, dispose)
  }

  /** ssh2 throws when the stream below has ended and 'close' is still to come. */
  #attempt(start: () => void): void {
    try {
      start()
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error))
    }
  }

  #track(channel: Channel): ChannelStream {
    const stream = new ChannelStream(channel)
    this.#channels.add(stream)
    stream.once('close', () => this.#channels.delete(stream))
    return stream
  }

  #forbidden(socketPath: string): SshForwardingRefused {
    return new SshForwardingRefused(this.host, socketPath, 'AllowStreamLocalForwarding')
  }

  async #diagnose(
    socketPath: string,
    signal: AbortSignal | undefined,
  ): Promise<SocketProblem | 'forbidden'> {
    const path = shellQuote(socketPath)
    const listening = shellQuote(` ${socketPath}`)
    // In /proc/net/unix a listening socket has the flag __SO_ACCEPTCON and its path last.
    const script = `if [ ! -e ${path} ]; then echo missing
elif [ ! -S ${path} ]; then echo no socket
elif [ ! -w ${path} ]; then echo permission
elif [ ! -r /proc/net/unix ]; then echo unknown
elif grep -F ${listening} /proc/net/unix | grep -q ' 00010000 '; then echo forbidden
else echo nobody listens; fi`
    try {
      const { stdout } = await this.exec(script, { ...(signal && { signal }), outputLimit: 4096 })
      const word = stdout.trim()
      const known = ['missing', 'no socket', 'permission', 'nobody listens', 'forbidden'] as const
      return known.find(it => it === word) ?? 'unknown'
    } catch (error) {
      // An account without a shell: the channel's failure is all that is known.
      if (error instanceof SshCommandFailed) return 'unknown'
      throw error
    }
  }
}

class ChannelRefused {
  readonly reason: number
  readonly message: string
  constructor(reason: number, message: string) {
    this.reason = reason
    this.message = message
  }
}

/** One word for a POSIX shell, whatever it contains. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function collect(
  channel: ClientChannel,
  limit: number,
  done: (result: CommandResult) => void,
  fail: (why: 'too much output' | 'no status') => void,
): void {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  let size = 0
  let code: number | undefined
  let signal: string | undefined
  const take = (into: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length
    if (size <= limit) into.push(chunk)
    else fail('too much output')
  }
  channel.on('data', take(stdout))
  channel.stderr.on('data', take(stderr))
  channel.on('exit', (status: number | null, name?: string) => {
    code = status ?? undefined
    signal = name
  })
  channel.on('error', () => fail('no status'))
  channel.on('close', () => {
    if (code === undefined && signal === undefined) return fail('no status')
    return done({
      code,
      signal,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    })
  })
}
