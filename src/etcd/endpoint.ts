// One member of etcd, asked by itself: its connection, its password token, and calls with a time limit that can be cancelled.
// etcd3 1.1.2 is used below its own watch, lease and retry code, whose defects would each break a promise of ours: events lost on a
// second disconnect, breakers that block every call for 5 s, writes repeated in silence. test/etcd/faults.lab.test.ts has them all.
import { EventEmitter } from 'node:events'
import {
  type CallOptions,
  connectivityState,
  InterceptingCall,
  type Interceptor,
  status,
} from '@grpc/grpc-js'
import {
  Etcd3,
  type IOptions,
  type KVClient,
  type LeaseClient,
  type MaintenanceClient,
} from 'etcd3'
import { monotonicMs } from '../model/clock.ts'
import type { Credentials } from './credentials.ts'
import { knock } from './knock.ts'
import { failureOf, STALE_TOKEN } from './outcome.ts'
import { StoreRefused, StoreUnavailable } from './store.ts'

export type { CallOptions as GrpcCallOptions } from '@grpc/grpc-js'

/** How long a call may take, and who may cancel it. */
export interface Limits {
  /** In `monotonicMs()`. */
  readonly deadline: number
  readonly signal: AbortSignal | undefined
  /** A member that knows no leader answers all the same: for asking how it is. */
  readonly leaderless?: boolean
}

/** gRPC services have a connection each. */
export type Service = 'KV' | 'Lease' | 'Maintenance'

/** The parts of etcd3 that are used: thin, generated clients. */
export interface Services {
  readonly kv: KVClient
  readonly leases: LeaseClient
  readonly maintenance: MaintenanceClient
}

/**
 * keepalive: gRPC's own pings find a dead peer after 13 s at the latest (etcd allows one each 5 s at most, and none
 * where no call is open: it would close such a connection for *too many pings*); watches ask for progress every second and find it sooner. Receive limit: none, since a list or a backlog over gRPC's 4 MiB would fail for
 * ever. Back-off: short, so that a console catches up within 2 s of etcd's return. Subchannels of our own: a connection that hangs
 * in its handshake is not taken up again by the next channel. No HTTP proxy: etcd is near.
 */
const CHANNEL: IOptions['grpcOptions'] = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.max_receive_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 300,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
}

/** Where an endpoint names none. */
const CLIENT_PORT = 2379

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>
const notCancelled: AbortSignal = new AbortController().signal
const noEvent = () => ({ dispose: () => undefined })
/** A fault policy that does nothing: cockatiel's own noop, without importing a package that is only etcd3's. */
const asIs: Policy = {
  _altReturn: undefined as never,
  onSuccess: noEvent,
  onFailure: noEvent,
  execute: async fn => fn({ signal: notCancelled }),
}

/** One member. Owns its connection; `close()` ends it and every call on it. */
export class Endpoint {
  readonly url: string
  readonly #address: { readonly host: string; readonly port: number }
  readonly #client: Etcd3
  readonly #services: Services
  readonly #login: Credentials['login']
  #token: Promise<string> | undefined
  #closed = false

  constructor(url: string, credentials: Credentials) {
    this.url = url
    const { protocol, hostname, port } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    this.#address = { host, port: port === '' ? CLIENT_PORT : Number(port) }
    this.#login = credentials.login
    const { tls } = credentials
    this.#client = new Etcd3({
      hosts: `${protocol}//${hostname}:${this.#address.port}`,
      grpcOptions: CHANNEL,
      faultHandling: { global: asIs, host: () => asIs },
      ...(tls && {
        // etcd3's type wants a CA, gRPC takes the system's where there is none.
        credentials: {
          rootCertificate: tls.ca as Buffer,
          ...(tls.key && { privateKey: tls.key }),
          ...(tls.cert && { certChain: tls.cert }),
        },
      }),
    })
    const { kv, leaseClient: leases, maintenance } = this.#client
    this.#services = { kv, leases, maintenance }
  }

  /**
   * Resolves when there is a connection, so that what is sent next is known to be sent, or when one was tried and failed: the next
   * call then fails at once and says why (a certificate, say). Throws `StoreUnavailable` when nobody takes a connection, or one is
   * taken and nothing said until the deadline; the next attempt then begins anew.
   */
  async connected(service: Service, { deadline, signal }: Limits): Promise<void> {
    const pool = this.#client['pool']
    const channel = await pool.withConnection(service, ({ client }) => client.getChannel())
    if (channel.getConnectivityState(false) === connectivityState.READY) return
    await knock(this.#address, deadline, signal)
    const { promise, resolve, reject } = Promise.withResolvers<'known' | 'dropped'>()
    const stop = () => reject(new StoreUnavailable('cancelled'))
    signal?.addEventListener('abort', stop, { once: true })
    let tried = false
    const look = () => {
      const state = channel.getConnectivityState(true)
      tried ||= state === connectivityState.CONNECTING
      if (state === connectivityState.READY) return resolve('known')
      // A failure from before is only gRPC's pause between two attempts.
      if (state === connectivityState.TRANSIENT_FAILURE && tried) return resolve('known')
      if (state === connectivityState.SHUTDOWN) return resolve('dropped')
      channel.watchConnectivityState(state, wallClock(deadline), error => {
        if (!error) return look()
        this.reset()
        reject(new StoreUnavailable(`${this.url} takes connections and does not answer`))
      })
    }
    look()
    try {
      // etcd3 drops all connections to a member when any call fails or is cancelled: there is a new one.
      if ((await promise) === 'dropped') await this.connected(service, { deadline, signal })
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** One call. Throws what etcd3 throws (`failureOf` sorts it). A token that is not known any more is renewed once. */
  async call<T>(
    limits: Limits,
    ask: (services: Services, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const attempt = async () => {
      const token = await this.#tokenFor(limits)
      return cancellable(limits, token, options => ask(this.#services, options))
    }
    try {
      return await attempt()
    } catch (error) {
      if (this.#login === undefined || failureOf(error).kind !== 'stale-token') throw error
      this.#token = undefined
      return attempt()
    }
  }

  /** Opens a stream of watches; it lives until its holder cancels it. `limits` are for the login. */
  async openWatch(limits: Limits): Promise<WatchStream> {
    const token = await this.#tokenFor(limits)
    const stream = await this.#client.watchClient.watch({ interceptors: [withMetadata({ token })] })
    // etcd3's own listener drops all connections to this member, even for a watch that we cancelled.
    if (stream instanceof EventEmitter) stream.removeAllListeners('error')
    return stream
  }

  /** Forgets the connection and the token, so that the next call makes new ones. For a line that has fallen silent. */
  reset(): void {
    this.#token = undefined
    if (this.#closed) return
    this.#client['pool']
      .withConnection('KV', ({ resource }) => resource.resetAllServices())
      .catch(() => undefined) // Only a closed client rejects here, and that has no connection to forget.
  }

  close(): void {
    this.#closed = true
    this.#client.close()
  }

  async #tokenFor(limits: Limits): Promise<string | undefined> {
    const login = this.#login
    if (login === undefined) return undefined
    return (this.#token ??= this.#authenticate(login.username, login.password, limits))
  }

  async #authenticate(name: string, password: string, limits: Limits): Promise<string> {
    try {
      const answer = await cancellable(limits, undefined, options =>
        this.#client.auth.authenticate({ name, password }, options),
      )
      return answer.token
    } catch (error) {
      this.#token = undefined
      const { kind, reason } = failureOf(error)
      if (kind === 'refused')
        throw new StoreRefused(`login as ${name}: ${reason}`, { cause: error })
      throw new StoreUnavailable(`login as ${name}: ${reason}`, { cause: error })
    }
  }
}

export type WatchStream = Awaited<ReturnType<Etcd3['watchClient']['watch']>>

/**
 * Sets what a call carries: that a leader is required (a member cut off from the others then says so), and the token. What etcd says
 * of a stale token is said in other words: etcd3 knows those, and would ask again with the same token until the deadline.
 */
function withMetadata({
  token,
  leaderless = false,
  started = () => undefined,
}: {
  readonly token: string | undefined
  readonly leaderless?: boolean | undefined
  readonly started?: (call: InterceptingCall) => void
}): Interceptor {
  return (options, nextCall) => {
    const call = new InterceptingCall(nextCall(options), {
      start(metadata, _, next) {
        if (!leaderless) metadata.set('hasleader', 'true')
        if (token !== undefined) metadata.set('token', token)
        next(metadata, {
          onReceiveStatus(answer, tell) {
            const stale = answer.details.includes('invalid auth token')
            tell(stale ? { ...answer, details: STALE_TOKEN } : answer)
          },
        })
        started(call)
      },
    })
    return call
  }
}

/** Runs one call so that the signal cancels it; nothing stays attached to the signal afterwards. */
async function cancellable<T>(
  { deadline, signal, leaderless }: Limits,
  token: string | undefined,
  run: (options: CallOptions) => Promise<T>,
): Promise<T> {
  let cancel = () => undefined as void
  const intercept = withMetadata({
    token,
    leaderless,
    started(call) {
      cancel = () => call.cancelWithStatus(status.CANCELLED, 'cancelled')
      if (signal?.aborted) cancel()
    },
  })
  const stop = () => cancel()
  signal?.addEventListener('abort', stop)
  try {
    return await run({ interceptors: [intercept], deadline: wallClock(deadline) })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** gRPC measures deadlines as dates, and turns them into a duration at once. */
function wallClock(deadline: number): number {
  return Date.now() + Math.max(1, deadline - monotonicMs())
}
