// From a libvirt URI to a stream: the dialer of the SSH transport.
import type { Duplex } from 'node:stream'
import { isSet, isSsh, type LibvirtUri } from '../uri.ts'
import type { KeySource } from './authentication.ts'
import type { SshConnections, SshTarget } from './connections.ts'
import { SshSocketUnavailable } from './errors.ts'
import type { HostKeyPolicy } from './host-keys.ts'

/**
 * What a URI's SSH parameters say. `no_verify=1` and `known_hosts_verify=auto` take a new key unseen but hold to a known one, as libvirt's
 * documentation has it; `known_hosts_verify=ignore` takes any. Throws when the URI's transport is not SSH.
 */
export function sshTarget(uri: LibvirtUri): SshTarget {
  if (!isSsh(uri)) throw new Error(`transport ${uri.transport} is not SSH`)
  const { keyfile, known_hosts, known_hosts_verify, sshauth } = uri.parameters
  return {
    host: uri.host ?? 'localhost',
    ...(uri.user !== undefined && { user: uri.user }),
    ...(uri.port !== undefined && { port: uri.port }),
    ...(keyfile !== undefined && { keyFile: keyfile }),
    ...(known_hosts !== undefined && { knownHosts: known_hosts }),
    hostKeys: hostKeyPolicy(known_hosts_verify, isSet(uri, 'no_verify')),
    keySources: (sshauth?.split(',') ?? ['agent', 'privkey']).filter(isKeySource),
  }
}

function hostKeyPolicy(verify: string | undefined, noVerify: boolean): HostKeyPolicy {
  if (verify === 'ignore') return 'ignore'
  return verify === 'auto' || noVerify ? 'accept-new' : 'strict'
}

/** Passwords are never asked for, so libvirt's other two methods are passed over. */
function isKeySource(method: string): method is KeySource {
  return method === 'agent' || method === 'privkey'
}

export interface DialLimits {
  /** For all of it, in ms; 20 s when left out. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const DIAL_LIMIT_MS = 20_000

/**
 * A stream to the first of `socketPaths` that answers on the target. It has a share of the target's connection until it closes. Where the
 * first path has no daemon the next is tried; if none has, the first one's error tells.
 */
export async function dialSsh(
  connections: SshConnections,
  target: SshTarget,
  socketPaths: readonly string[],
  { timeoutMs = DIAL_LIMIT_MS, signal }: DialLimits = {},
): Promise<Duplex> {
  const end = performance.now() + timeoutMs
  const left = () => ({
    timeoutMs: Math.max(1, end - performance.now()),
    ...(signal && { signal }),
  })
  const lease = await connections.acquire(target, { timeoutMs, ...(signal && { signal }) })
  try {
    const stream = await firstThatAnswers(socketPaths, path => lease.openSocket(path, left()))
    stream.once('close', () => lease.release())
    return stream
  } catch (error) {
    lease.release()
    throw error
  }
}

async function firstThatAnswers(
  socketPaths: readonly string[],
  open: (socketPath: string) => Promise<Duplex>,
): Promise<Duplex> {
  let first: SshSocketUnavailable | undefined
  for (const socketPath of socketPaths) {
    try {
      return await open(socketPath)
    } catch (error) {
      const absent = error instanceof SshSocketUnavailable && error.why !== 'permission'
      if (!absent) throw error
      first ??= error
    }
  }
  throw first ?? new Error('no socket path was given')
}
