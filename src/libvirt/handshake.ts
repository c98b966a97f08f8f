// The first exchange on a new connection: who may, which hypervisor, and what it should tell unasked.
import type { RpcConnection } from './connection.ts'
import type { KeepaliveSettings } from './connection.ts'
import { HypervisorRefused, HypervisorUnreachable, LibvirtError } from './errors.ts'
import type { CallOptions } from './hypervisor.ts'
import { connection, events, messages } from './wire/procedures.ts'

const AUTH_NONE = 0
const AUTH_SASL = 1
const AUTH_POLKIT = 2
const OPEN_READ_ONLY = 1
const FEATURE_KEEPALIVE = 10
/** The call is not known to the server, or not to its driver. */
const NOT_SUPPORTED = new Set([3, 39, 84])

export interface Opening {
  /** The hypervisor's name for the far end's *open*, such as `qemu:///system`; empty: its choice. */
  readonly name: string
  readonly readOnly: boolean
  readonly keepalive: KeepaliveSettings
}

/**
 * Authenticates, opens, and registers for lifecycle events, before anything is listed: libvirt replays no events. Fails with
 * HypervisorRefused where the host lives and does not let us in, and with what a call can fail with.
 */
export async function handshake(
  to: RpcConnection,
  opening: Opening,
  options: CallOptions,
): Promise<void> {
  await authenticate(to, options)
  const flags = opening.readOnly ? OPEN_READ_ONLY : 0
  const name = opening.name === '' ? undefined : opening.name
  try {
    await to.call(connection.open, { name, flags }, options)
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error
    throw new HypervisorRefused(
      `${to.label}: libvirt does not open ${name ?? 'its hypervisor'}: ${error.message}`,
      { cause: error },
    )
  }
  const [keepalive] = await Promise.all([
    ifSupported(to.call(connection.supportsFeature, { feature: FEATURE_KEEPALIVE }, options)),
    ifSupported(
      to.call(events.register, { event: messages.lifecycle.event, dom: undefined }, options),
    ),
    ifSupported(to.call(events.registerClose, undefined, options)),
  ])
  // A host with one daemon per driver: the proxy we speak with has lost the one behind it.
  to.on(messages.connectionClosed, () =>
    to.end(new HypervisorUnreachable(`${to.label}: libvirt lost its own hypervisor daemon`)),
  )
  if (keepalive?.supported === true) to.startKeepalive(opening.keepalive)
}

async function authenticate(to: RpcConnection, options: CallOptions): Promise<void> {
  const { types } = await to.call(connection.authList, undefined, options)
  if (types.length === 0 || types.includes(AUTH_NONE)) return
  if (types.includes(AUTH_POLKIT)) {
    try {
      await to.call(connection.authPolkit, undefined, options)
      return
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error
      throw new HypervisorRefused(
        `${to.label}: polkit does not let this user use libvirt (${error.message}); be root or in the group libvirt`,
        { cause: error },
      )
    }
  }
  throw new HypervisorRefused(
    types.includes(AUTH_SASL)
      ? `${to.label}: libvirt asks for a user and password (SASL), which is not supported; use qemu+ssh:// or a socket without SASL`
      : `${to.label}: libvirt asks for an authentication that is not known (${types.join(', ')})`,
  )
}

/** The result, or undefined where this server or its driver has no such call. */
async function ifSupported<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof LibvirtError && NOT_SUPPORTED.has(error.code)) return undefined
    throw error
  }
}
