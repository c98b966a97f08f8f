// Keys of hosts: known, unknown, changed, revoked; what is refused and what is said of it.
import { describe, expect, test } from 'vitest'
import { type SshTarget } from '../../../src/libvirt/ssh/connections.ts'
import { dialSsh } from '../../../src/libvirt/ssh/dial.ts'
import { SshHostKeyRefused } from '../../../src/libvirt/ssh/errors.ts'
import { hashedName, knownHostsLine, newKey, SshPeer } from './peer.ts'
import { SOCKET, stage, quark, failure, until } from './stage.ts'

describe('host keys', () => {
  test('an unknown key is refused with all that is needed to go on, before any login', async () => {
    const { user, peer, connections, dial } = await stage()
    const file = user.write('known_hosts', '')
    const error = await failure(dial())
    expect(error).toBeInstanceOf(SshHostKeyRefused)
    expect(error).toMatchObject({
      verdict: 'unknown',
      facts: { host: '127.0.0.1', port: peer.port, keyType: 'ssh-ed25519', files: [file] },
    })
    expect(String(error)).toMatch(/SHA256:[A-Za-z0-9+/]{43} is unknown, not in .*known_hosts/)
    expect(String(error)).toContain(`ssh-keyscan -p ${peer.port} 127.0.0.1 >> ${file}`)
    expect(peer.offered).toEqual([])
    expect(connections.size).toBe(0)
  })

  test('a changed key names the old one, its file and line', async () => {
    const { user, name, dial } = await stage()
    const file = user.write('known_hosts', `# old\n${knownHostsLine(name, newKey().public)}`)
    const error = await failure(dial())
    expect(error).toMatchObject({ verdict: 'changed', places: [{ file, line: 2 }] })
    expect(String(error)).toContain(`ssh-keygen -R '${name}' -f ${file}`)
  })

  test('a revoked key is refused', async () => {
    const { user, peer, name, dial } = await stage()
    const line = knownHostsLine(name, peer.hostKey.public)
    user.write('known_hosts', `${line}@revoked ${knownHostsLine('*', peer.hostKey.public)}`)
    expect(await failure(dial())).toMatchObject({ verdict: 'revoked', places: [{ line: 2 }] })
  })

  test('a hashed name is known', async () => {
    const { user, peer, name, dial } = await stage()
    user.write('known_hosts', knownHostsLine(hashedName(name), peer.hostKey.public))
    const stream = await dial()
    expect(stream.readable).toBe(true)
  })

  test('a host with several keys is asked for the one that is known', async () => {
    const rsa = newKey('rsa')
    const { user, name, dial } = await stage([newKey(), rsa])
    user.write('known_hosts', knownHostsLine(name, rsa.public))
    const stream = await dial()
    expect(stream.readable).toBe(true)
  })

  test('a certificate authority does not help, and is said so', async () => {
    const { user, peer, dial } = await stage()
    user.write('known_hosts', `@cert-authority ${knownHostsLine('*', peer.hostKey.public)}`)
    expect(String(await failure(dial()))).toContain('certificate authority')
  })

  test("known_hosts of the URI stands instead of the user's", async () => {
    const { user, dial } = await stage()
    const knownHosts = user.write('empty', '')
    expect(await failure(dial({}, { ...quark, knownHosts }))).toMatchObject({
      verdict: 'unknown',
      facts: { files: [knownHosts] },
    })
  })

  test('no_verify takes a new key, and holds to it while the process lives', async () => {
    const { stack, user, peer, connections, settings } = await stage()
    user.write('known_hosts', '')
    const target: SshTarget = { ...quark, hostKeys: 'accept-new' }
    const first = await dialSsh(connections, target, [SOCKET])
    first.destroy()
    await until('closed', () => peer.open.size === 0)
    const port = peer.port
    await peer[Symbol.asyncDispose]()
    const impostor = new SshPeer()
    stack.use(impostor)
    await impostor.listen(port)
    user.settings('quark', settings)
    const error = await failure(dialSsh(connections, target, [SOCKET]))
    expect(error).toMatchObject({ verdict: 'changed' })
  })

  test('no_verify still refuses a key that has changed; ignore takes any', async () => {
    const { user, name, dial } = await stage()
    user.write('known_hosts', knownHostsLine(name, newKey().public))
    const error = await failure(dial({}, { ...quark, hostKeys: 'accept-new' }))
    expect(error).toMatchObject({ verdict: 'changed' })
    const stream = await dial({}, { ...quark, hostKeys: 'ignore' })
    expect(stream.readable).toBe(true)
  })
})
