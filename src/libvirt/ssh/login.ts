// The SSH handshake and login over a byte stream that is already there: ends with a client that is ready, or with the error that fits.
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import type { Algorithms, Client } from 'ssh2'
import type { Keys } from './authentication.ts'
import {
  type KeyAttempt,
  SshAuthenticationFailed,
  SshUnreachable,
  SshUnsupported,
  showHost,
  type SshHostKeyRefused,
} from './errors.ts'
import type { HostKeyCheck } from './host-keys.ts'
import { SigningFailed } from './key-use.ts'
import type { SshSettings } from './settings.ts'
import { unreachable } from './tcp.ts'

/** A host that answers nothing for KEEPALIVE_MS x KEEPALIVE_COUNT is given up. Below the cluster's ttl would be no proof anyway. */
const KEEPALIVE_MS = 5_000
const KEEPALIVE_COUNT = 3

/** Named one by one: ssh2's own lists still hold SHA-1. Strict key exchange (Terrapin) is ssh2's own doing. */
const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group-exchange-sha256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
  ],
  compress: ['none'],
}

export interface Login {
  /** Connected to the host's sshd. Destroyed when the login fails. */
  readonly stream: Duplex
  readonly settings: SshSettings
  readonly keys: Keys
  readonly hostKeys: HostKeyCheck
  readonly signal: AbortSignal
  /** Told when the key exchange is done and the login begins. */
  readonly onKeyExchanged: () => void
}

/**
 * Logs in. `ready` is called in the very event that makes the client ready, so that its listeners miss nothing; its result is the
 * promise's. Rejects with the classes of errors.ts, or with the signal's reason.
 */
export function login<T>(
  { stream, settings, keys, hostKeys, signal, onKeyExchanged }: Login,
  ready: (client: Client) => T,
): Promise<T> {
  const { hostname: host, port, user } = settings
  const shown = showHost(host, port)
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const client = new ssh2.Client()
  const attempts = new Attempts(keys)
  let keyRefusal: SshHostKeyRefused | undefined
  let exchanged = false

  const stop = () => {
    signal.removeEventListener('abort', onAbort)
    client.off('close', onClose)
  }
  const fail = (error: unknown) => {
    stop()
    stream.destroy()
    reject(error)
  }
  const onAbort = () => fail(signal.reason)
  const onClose = () =>
    fail(
      new SshUnreachable(
        host,
        port,
        'closed',
        `the connection was closed during the ${exchanged ? 'login' : 'key exchange'}`,
      ),
    )

  // Stays for the client's whole life: an 'error' without listener ends the process. Later ones come with 'close', which is listened to.
  client.on('error', error => {
    // ssh2 goes on to the next key by itself.
    if (error.level === 'agent') return attempts.signingFailed(error)
    if (keyRefusal) return fail(keyRefusal)
    const disconnected = 'code' in error && typeof error.code === 'number'
    if (error.level === 'client-authentication')
      return fail(new SshAuthenticationFailed(shown, user, attempts.offered, attempts.all()))
    if (exchanged && disconnected)
      return fail(
        new SshAuthenticationFailed(shown, user, attempts.offered, attempts.all(), error.message),
      )
    if (error.level === 'handshake')
      return fail(new SshUnsupported(shown, `no key exchange: ${error.message}`))
    return fail(unreachable(host, port, error))
  })
  client.on('close', onClose)
  client.on('handshake', () => {
    exchanged = true
    onKeyExchanged()
  })
  client.once('ready', () => {
    stop()
    resolve(ready(client))
  })
  if (signal.aborted) {
    onAbort()
    return promise
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    client.connect({
      sock: stream,
      username: user,
      // The caller's limit covers the whole way.
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_COUNT,
      // Other servers than OpenSSH refuse the channel themselves, if they do not know it.
      strictVendor: false,
      algorithms: { ...ALGORITHMS, serverHostKey: [...hostKeys.algorithms] },
      hostVerifier: (key: Buffer) => {
        keyRefusal = hostKeys.refuse(key)
        return keyRefusal === undefined
      },
      authHandler: (methodsLeft, partialSuccess, next) => {
        const method = attempts.next(methodsLeft, partialSuccess)
        if (method === undefined) next(NO_MORE)
        else next(method === 'none' ? { type: 'none', username: user } : method.method(user))
      },
    })
  } catch (error) {
    // ssh2 throws where this Node's crypto lacks one of the algorithms.
    fail(new SshUnsupported(shown, error instanceof Error ? error.message : String(error)))
  }
  return promise
}

// ssh2 ends the login on `false`, which its typings leave out.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const NO_MORE = false as unknown as 'none'

/** The keys in turn, and what became of each. */
class Attempts {
  readonly #keys: Keys
  readonly #outcomes: KeyAttempt['outcome'][]
  #current = -1
  #asked = false
  offered: readonly string[] = []

  constructor(keys: Keys) {
    this.#keys = keys
    this.#outcomes = keys.candidates.map(candidate => candidate.attempt.outcome)
  }

  /** `none` first: it tells which methods the host takes, and costs no attempt. */
  next(
    methodsLeft: readonly string[] | null,
    partialSuccess: boolean | null,
  ): Keys['candidates'][number] | 'none' | undefined {
    if (!this.#asked) {
      this.#asked = true
      return 'none'
    }
    this.offered = methodsLeft ?? this.offered
    if (this.#current >= 0 && this.#outcomes[this.#current] === 'not tried')
      this.#outcomes[this.#current] = partialSuccess
        ? 'accepted, but the host asks for more'
        : 'refused by the host'
    if (!this.offered.includes('publickey')) return undefined
    this.#current += 1
    return this.#keys.candidates[this.#current]
  }

  signingFailed(error: Error): void {
    const outcome = error instanceof SigningFailed ? error.outcome : 'agent failed'
    if (this.#current >= 0) this.#outcomes[this.#current] = outcome
  }

  all(): readonly KeyAttempt[] {
    const tried = this.#keys.candidates.map(({ attempt }, index) => ({
      ...attempt,
      outcome: this.#outcomes[index] ?? attempt.outcome,
    }))
    return [...tried, ...this.#keys.unusable]
  }
}
