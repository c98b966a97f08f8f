// One key in use: ssh2 sees it as an agent that holds this key alone. So keys of the agent and of files are tried one by one, each has its
// own outcome, signing has a time limit, and none ever signs with SHA-1, which ssh2 would do for RSA where a server does not say better.
import ssh2 from 'ssh2'
import type {
  BaseAgent,
  IdentityCallback,
  ParsedKey,
  SignCallback,
  SigningRequestOptions,
} from 'ssh2'
import type { KeyAttempt } from './errors.ts'
import { within } from './limits.ts'

/** Long enough for an agent that asks its user (ssh-add -c). */
const SIGN_LIMIT_MS = 30_000

/** Signs with the hash that the host and the key agree on; undefined: the key's own. */
export type Signer = (data: Buffer, hash: SigningRequestOptions['hash']) => Promise<Buffer>

/** Why a key that the host would take was not used. ssh2 hands it on in its 'error' event. */
export class SigningFailed extends Error {
  override readonly name = 'SigningFailed'
  readonly outcome: KeyAttempt['outcome']
  constructor(outcome: KeyAttempt['outcome'], cause?: unknown) {
    super(outcome, { cause })
    this.outcome = outcome
  }
}

export function fileSigner(key: ParsedKey): Signer {
  return async (data, hash) => {
    // The typings leave out that failures are returned, not thrown.
    const signature: Buffer | Error = key.sign(data, hash)
    if (signature instanceof Error) throw new SigningFailed('not a supported key', signature)
    return signature
  }
}

export function agentSigner(agent: BaseAgent<ParsedKey>, key: ParsedKey): Signer {
  return (data, hash) => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    agent.sign(key, data, hash === undefined ? {} : { hash }, (error, signature) =>
      signature ? resolve(signature) : reject(new SigningFailed('agent failed', error)),
    )
    return within(promise, { timeoutMs: SIGN_LIMIT_MS }, () => new SigningFailed('agent failed'))
  }
}

export class KeyUse extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey
  readonly #signer: Signer
  constructor(key: ParsedKey, signer: Signer) {
    super()
    this.#key = key
    this.#signer = signer
  }

  override getIdentities(answer: IdentityCallback<ParsedKey>): void {
    answer(undefined, [this.#key])
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    answer?: SignCallback,
  ): void {
    const done = typeof options === 'function' ? options : answer
    const hash = typeof options === 'function' ? undefined : options.hash
    const signed =
      hash === 'sha1'
        ? Promise.reject(new SigningFailed('the host takes it with SHA-1 only'))
        : this.#signer(data, hash)
    signed.then(
      signature => done?.(undefined, signature),
      (error: Error) => done?.(error),
    )
  }
}
