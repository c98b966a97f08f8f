// What can go wrong between here and a socket on another machine, told apart by what the operator can do about it.
// Those that leave open whether the host lives are `HypervisorUnreachable`; those sent by a living host are `HypervisorRefused`.
import { HypervisorRefused, HypervisorUnreachable } from '../errors.ts'

/** Host and port as people write them: `quark`, `quark:2222`, `[fd00::1]:2222`. */
export function showHost(host: string, port: number): string {
  if (port === 22) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Words of a far end go to a terminal: nothing in them may be obeyed by it. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

/** `closed`: something accepted the connection and closed it before SSH had begun. */
export type UnreachableWhy = 'refused' | 'timeout' | 'no-route' | 'dns' | 'closed'

/** No SSH connection came about, and the host may be dead. */
export class SshUnreachable extends HypervisorUnreachable {
  override readonly name = 'SshUnreachable'
  readonly host: string
  readonly port: number
  readonly why: UnreachableWhy
  constructor(host: string, port: number, why: UnreachableWhy, detail: string) {
    super(printable(`ssh ${showHost(host, port)}: ${detail}`))
    this.host = host
    this.port = port
    this.why = why
  }
}

/** An SSH connection that was there is gone; everything that ran over it has failed. */
export class SshConnectionLost extends HypervisorUnreachable {
  override readonly name = 'SshConnectionLost'
  readonly host: string
  constructor(host: string, detail: string) {
    super(printable(`ssh ${host}: connection lost: ${detail}`))
    this.host = host
  }
}

/** Where a key stands in a known_hosts file. */
export interface KnownHostsPlace {
  readonly file: string
  readonly line: number
  readonly keyType: string
  readonly fingerprint: string
}

export interface HostKeyFacts {
  readonly host: string
  readonly port: number
  readonly keyType: string
  /** As ssh prints it: `SHA256:...`. */
  readonly fingerprint: string
  /** The known_hosts files that were read, whether they exist or not. */
  readonly files: readonly string[]
}

/**
 * The host showed a key that is not trusted. `unknown`: no entry for this host. `changed`: an entry with another key, at `places`.
 * `revoked`: this very key is marked @revoked, at `places`.
 */
export class SshHostKeyRefused extends HypervisorRefused {
  override readonly name = 'SshHostKeyRefused'
  readonly verdict: 'unknown' | 'changed' | 'revoked'
  readonly facts: HostKeyFacts
  readonly places: readonly KnownHostsPlace[]
  constructor(
    verdict: 'unknown' | 'changed' | 'revoked',
    facts: HostKeyFacts,
    places: readonly KnownHostsPlace[],
    advice: string,
  ) {
    const { host, port, keyType, fingerprint } = facts
    super(
      printable(
        `ssh ${showHost(host, port)}: host key ${keyType} ${fingerprint} is ${verdict}${advice}`,
      ),
    )
    this.verdict = verdict
    this.facts = facts
    this.places = places
  }
}

/** One key that was offered, or why it was not. */
export interface KeyAttempt {
  readonly source: 'agent' | 'file'
  /** The file's path, or the agent's comment. */
  readonly label: string
  readonly keyType?: string
  readonly fingerprint?: string
  readonly outcome:
    | 'not tried'
    | 'refused by the host'
    | 'accepted, but the host asks for more'
    | 'encrypted'
    | 'not readable'
    | 'readable by others'
    | 'not a supported key'
    | 'the host takes it with SHA-1 only'
    | 'agent failed'
}

/** The host does not let this user in with any of the keys. */
export class SshAuthenticationFailed extends HypervisorRefused {
  override readonly name = 'SshAuthenticationFailed'
  readonly host: string
  readonly user: string
  /** Methods the host would accept, as it said; empty when it said nothing. */
  readonly offered: readonly string[]
  readonly attempts: readonly KeyAttempt[]
  constructor(
    host: string,
    user: string,
    offered: readonly string[],
    attempts: readonly KeyAttempt[],
    detail = '',
  ) {
    const keys = attempts.map(
      ({ source, label, keyType, outcome }) =>
        `${source} ${keyType === undefined ? '' : `${keyType} `}${label}: ${outcome}`,
    )
    const tried = keys.length === 0 ? 'no key was found (agent, key files)' : keys.join('; ')
    const locked = attempts.some(attempt => attempt.outcome === 'encrypted')
    const advice = locked
      ? '; run ssh-add for the encrypted key, so that the agent can use it'
      : "; add a key to the agent or the user's authorized_keys"
    const more = detail === '' ? '' : ` (${detail})`
    const accepts = offered.length === 0 ? '' : `; it accepts ${offered.join(', ')}`
    super(printable(`ssh ${user}@${host}: login refused${more}: ${tried}${accepts}${advice}`))
    this.host = host
    this.user = user
    this.offered = offered
    this.attempts = attempts
  }
}

/** We are in, but sshd forbids the channel that is needed. */
export class SshForwardingRefused extends HypervisorRefused {
  override readonly name = 'SshForwardingRefused'
  readonly host: string
  /** The socket path, or host:port behind a jump host. */
  readonly destination: string
  constructor(host: string, destination: string, setting: string) {
    super(
      `ssh ${host}: sshd does not forward to ${destination}; set '${setting} yes' in its sshd_config`,
    )
    this.host = host
    this.destination = destination
  }
}

/** `unknown`: sshd says only that it failed, and we may not look (no commands allowed). */
export type SocketProblem = 'missing' | 'no socket' | 'permission' | 'nobody listens' | 'unknown'

const SOCKET_ADVICE: Record<SocketProblem, string> = {
  missing: 'does not exist; is libvirtd running and of this kind?',
  'no socket': 'is no socket',
  permission: 'may not be opened by this user; is the user in the group libvirt?',
  'nobody listens': 'has nobody listening; is libvirtd running?',
  unknown: 'could not be opened: it is missing, or sshd has AllowStreamLocalForwarding off',
}

/** We are in, sshd would forward, but the socket does not answer. */
export class SshSocketUnavailable extends HypervisorRefused {
  override readonly name = 'SshSocketUnavailable'
  readonly host: string
  readonly socketPath: string
  readonly why: SocketProblem
  constructor(host: string, socketPath: string, why: SocketProblem) {
    super(`ssh ${host}: socket ${socketPath} ${SOCKET_ADVICE[why]}`)
    this.host = host
    this.socketPath = socketPath
    this.why = why
  }
}

/** Something in the settings or at the far end that this SSH client cannot do. */
export class SshUnsupported extends HypervisorRefused {
  override readonly name = 'SshUnsupported'
  readonly host: string
  constructor(host: string, problem: string) {
    super(printable(`ssh ${host}: ${problem}`))
    this.host = host
  }
}

/** A command on the host was given up; it may have run. An exit status other than 0 is a result, not this. */
export class SshCommandFailed extends Error {
  override readonly name = 'SshCommandFailed'
  readonly host: string
  readonly command: string
  readonly why: 'timeout' | 'too much output' | 'refused' | 'no status'
  constructor(host: string, command: string, why: SshCommandFailed['why'], detail: string) {
    super(printable(`ssh ${host}: command '${command}': ${detail}`))
    this.host = host
    this.command = command
    this.why = why
  }
}
