// What tests of SSH connections stand on: a user, a peer that lets them in, and connections between.
import { afterEach } from 'vitest'
import { SshConnections, type SshTarget } from '../../../src/libvirt/ssh/connections.ts'
import { dialSsh } from '../../../src/libvirt/ssh/dial.ts'
import { type KeyPair, knownHostsLine, newKey, SshPeer, UserFolder } from './peer.ts'

export const SOCKET = '/run/libvirt/libvirt-sock'
export const userKey = newKey()
const cleanups: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const it of cleanups.splice(0)) await it.disposeAsync()
})

/** A user with a key, a peer called `quark` that lets the key in and echoes on libvirt's socket, and connections between. */
export async function stage(hostKeys?: readonly KeyPair[]) {
  const stack = new AsyncDisposableStack()
  cleanups.push(stack)
  const user = stack.use(new UserFolder())
  const peer = stack.use(await new SshPeer(hostKeys).listen())
  const connections = stack.use(new SshConnections(user.source))
  peer.allowed.push(userKey)
  peer.sockets.set(SOCKET, channel => channel.pipe(channel))
  const identity = user.write('id', userKey.private)
  const name = `[127.0.0.1]:${peer.port}`
  user.write('known_hosts', knownHostsLine(name, peer.hostKey.public))
  const settings = { port: String(peer.port), identityfile: identity }
  user.settings('quark', settings)
  const dial = (options: { signal?: AbortSignal; timeoutMs?: number } = {}, to = quark) =>
    dialSsh(connections, to, [SOCKET], options)
  return { stack, user, peer, connections, name, identity, settings, dial }
}

export const quark: SshTarget = {
  host: 'quark',
  hostKeys: 'strict',
  keySources: ['agent', 'privkey'],
}

export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
}

export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within 5 s: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}
