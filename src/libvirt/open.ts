// Opens an HWM's libvirt by its URI: dial, shake hands, and hand out the port.
import { RpcConnection } from './connection.ts'
import type { KeepaliveSettings } from './connection.ts'
import { HypervisorRefused, HypervisorUnreachable } from './errors.ts'
import { handshake } from './handshake.ts'
import type { InspectableHypervisor } from './inspection.ts'
import type { Machine } from './machine.ts'
import { RemoteInspection } from './remote-inspection.ts'
import { RemoteMachine } from './remote-machine.ts'
import type { SshConnections } from './ssh/connections.ts'
import { dial } from './transport.ts'
import { LibvirtUriError, parseLibvirtUri, remoteName } from './uri.ts'
import type { LibvirtUri } from './uri.ts'

export interface OpenOptions {
  /** Opens the read-only socket, and read-only. */
  readonly readOnly: boolean
  /** For dialling and shaking hands together, in ms; 15 s when left out. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly keepalive?: KeepaliveSettings
  /** SSH connections to share with others; this process's own when left out. */
  readonly ssh?: SshConnections
}

/** Silence of 2.5 s is asked about, three times: a host that dies without a word is known to be gone after 10 s. */
const KEEPALIVE: KeepaliveSettings = { intervalMs: 2_500, count: 3 }
const OPEN_TIMEOUT_MS = 15_000

/** Opens a connection for observing. An OpenHypervisor whose result can be asked somewhat more. */
export async function openHypervisor(
  uri: string,
  options: OpenOptions,
): Promise<InspectableHypervisor> {
  return new RemoteInspection(await openConnection(uri, options), options.readOnly)
}

/** Opens a connection that may change things. Takes no read-only option: who wants that opens a Hypervisor. */
export async function openMachine(
  uri: string,
  options: Omit<OpenOptions, 'readOnly'> = {},
): Promise<Machine> {
  return new RemoteMachine(await openConnection(uri, { ...options, readOnly: false }))
}

/** A connection that is authenticated, open and kept alive. Errors as told in errors.ts; a URI that cannot be read counts as refused. */
export async function openConnection(uri: string, options: OpenOptions): Promise<RpcConnection> {
  try {
    return await connect(parseLibvirtUri(uri), options)
  } catch (error) {
    if (error instanceof LibvirtUriError)
      throw new HypervisorRefused(error.message, { cause: error })
    throw error
  }
}

async function connect(parsed: LibvirtUri, options: OpenOptions): Promise<RpcConnection> {
  const label = hostLabel(parsed)
  const timeoutMs = options.timeoutMs ?? OPEN_TIMEOUT_MS
  const limit = new AbortController()
  const timer = setTimeout(
    () =>
      limit.abort(new HypervisorUnreachable(`${label}: libvirt gave no answer in ${timeoutMs} ms`)),
    timeoutMs,
  )
  const signal =
    options.signal === undefined ? limit.signal : AbortSignal.any([options.signal, limit.signal])
  try {
    const { readOnly } = options
    const stream = await dial(parsed, { readOnly, timeoutMs, signal }, options.ssh)
    const connection = new RpcConnection(stream, { label })
    try {
      await handshake(
        connection,
        { name: remoteName(parsed), readOnly, keepalive: options.keepalive ?? KEEPALIVE },
        { signal, timeoutMs },
      )
      return connection
    } catch (error) {
      connection.end(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  } finally {
    clearTimeout(timer)
  }
}

/** What a connection is called in messages: its host, or this machine's hypervisor. */
function hostLabel(uri: LibvirtUri): string {
  return uri.host ?? `${uri.driver}://${uri.path}`
}
