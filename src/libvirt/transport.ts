// From a libvirt URI to a byte stream with a libvirt server at its other end: UNIX socket, plain TCP, TLS, SSH.
import { connect } from 'node:net'
import type { NetConnectOpts, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { HypervisorRefused, HypervisorUnreachable } from './errors.ts'
import type { DialOptions } from './opening-socket.ts'
import { openSocket } from './opening-socket.ts'
import type { SshConnections } from './ssh/connections.ts'
import { isSsh, socketCandidates } from './uri.ts'
import type { LibvirtUri } from './uri.ts'

/** libvirt's own port for connections without encryption. */
const TCP_PORT = 16_509

/**
 * Opens the stream. `ssh`: the SSH connections to share; this process's own when left out. Fails with HypervisorRefused (the machine
 * lives, libvirt is not to be had) or HypervisorUnreachable.
 */
export async function dial(
  uri: LibvirtUri,
  options: DialOptions,
  ssh?: SshConnections,
): Promise<Duplex> {
  if (uri.transport === 'tls') {
    const { dialTls } = await import('./tls.ts')
    return dialTls(uri, options)
  }
  if (uri.transport === 'tcp') {
    const host = uri.host ?? 'localhost'
    const port = uri.port ?? TCP_PORT
    return open({ host, port, noDelay: true, keepAlive: true }, `${host}:${port}`, options)
  }
  const paths = socketCandidates(uri, options.readOnly)
  return isSsh(uri) ? overSsh(uri, paths, options, ssh) : dialUnix(paths, options)
}

/** Connections of this process, shared by all that give none of their own. Each closes when its last user is done. */
let sharedConnections: SshConnections | undefined

/** SSH is loaded when it is first needed: most of a start is spent on loading code. */
async function overSsh(
  uri: LibvirtUri,
  paths: readonly string[],
  options: DialOptions,
  given: SshConnections | undefined,
): Promise<Duplex> {
  const [{ dialSsh, sshTarget }, { SshConnections: Connections }] = await Promise.all([
    import('./ssh/dial.ts'),
    import('./ssh/connections.ts'),
  ])
  const connections = given ?? (sharedConnections ??= new Connections())
  return dialSsh(connections, sshTarget(uri), paths, options)
}

/**
 * A stream to the first of these sockets of this machine that answers: a host has libvirtd's, or that of one daemon per driver. When none
 * does, the first one's error tells most. A socket that we may not use ends the search: the next would be no better.
 */
export async function dialUnix(paths: readonly string[], options: DialOptions): Promise<Duplex> {
  let first: NoSocket | undefined
  for (const path of paths) {
    try {
      return await open({ path }, path, options)
    } catch (error) {
      if (!(error instanceof NoSocket)) throw error
      first ??= error
    }
  }
  throw first ?? new HypervisorRefused('no socket to try')
}

/** Refused because nothing listens at that path: another one may. A wrong host key or permission would be the same again. */
class NoSocket extends HypervisorRefused {
  override readonly name = 'NoSocket'
}

function open(to: NetConnectOpts, label: string, options: DialOptions): Promise<Socket> {
  return openSocket(
    {
      label,
      start: () => connect(to),
      follow: (socket, ready) => void socket.once('connect', ready),
      explain: error => explain(error, label),
    },
    options,
  )
}

function explain(error: NodeJS.ErrnoException, label: string): Error {
  if (error.code === 'ENOENT')
    return new NoSocket(`${label}: no libvirt socket there; is libvirtd installed and running?`, {
      cause: error,
    })
  if (error.code === 'ECONNREFUSED')
    return new NoSocket(`${label}: nobody listens there; is libvirtd running?`, { cause: error })
  if (error.code === 'EACCES')
    return new HypervisorRefused(`${label}: no permission to use libvirt's socket`, {
      cause: error,
    })
  return new HypervisorUnreachable(`${label}: ${error.message}`, { cause: error })
}
