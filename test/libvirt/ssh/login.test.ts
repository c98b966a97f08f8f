// Keys of the user: of the agent and of files, and what became of each.
import { describe, expect, test } from 'vitest'
import { SshAuthenticationFailed } from '../../../src/libvirt/ssh/errors.ts'
import { KeyUse } from '../../../src/libvirt/ssh/key-use.ts'
import { agentWith, newKey, parsed } from './peer.ts'
import { userKey, stage, quark, failure, until } from './stage.ts'

describe('login', () => {
  test('tells which keys were offered and what became of each', async () => {
    const { user, peer, settings, dial } = await stage()
    peer.allowed.length = 0
    const locked = user.write('locked', newKey('ed25519', 'secret').private)
    const open = user.write('open', newKey().private, 0o644)
    user.settings('quark', settings)
    user.write(
      'settings-quark',
      `hostname 127.0.0.1\nport ${peer.port}\nuser tester\nidentityagent none\nuserknownhostsfile ${user.path}/known_hosts\nidentityfile ${settings.identityfile}\nidentityfile ${locked}\nidentityfile ${open}\nidentityfile ${user.path}/not-there\n`,
    )
    const error = await failure(dial())
    expect(error).toBeInstanceOf(SshAuthenticationFailed)
    expect(error).toMatchObject({
      user: 'tester',
      offered: ['publickey'],
      attempts: [
        { label: settings.identityfile, keyType: 'ssh-ed25519', outcome: 'refused by the host' },
        { label: locked, outcome: 'encrypted' },
        { label: open, outcome: 'readable by others' },
      ],
    })
    expect(String(error)).toContain('run ssh-add for the encrypted key')
  })

  test('no key at all is said in plain words', async () => {
    const { user, settings, dial } = await stage()
    user.settings('quark', { ...settings, identityfile: `${user.path}/not-there` })
    expect(String(await failure(dial()))).toContain('no key was found')
  })

  test('a key file demanded by the URI must be there', async () => {
    const { user, settings, dial } = await stage()
    const keyFile = `${user.path}/demanded`
    user.settings('quark', { ...settings, identityfile: `${user.path}/not-there` })
    expect(await failure(dial({}, { ...quark, keyFile }))).toMatchObject({
      attempts: [{ label: keyFile, outcome: 'not readable' }],
    })
  })

  test("the agent's keys, the named one first", async () => {
    const { stack, user, peer, settings, dial } = await stage()
    const [first, second] = [newKey(), newKey('rsa')]
    const agent = stack.use(await agentWith(user.path, [first, second, userKey]))
    user.write('id.pub', userKey.public)
    user.write('id', newKey('ed25519', 'secret').private)
    user.settings('quark', { ...settings, identityagent: agent.path })
    const stream = await dial()
    expect(stream.readable).toBe(true)
    // Offered once to ask and once signed; the others of the agent not at all.
    expect(new Set(peer.offered).size).toBe(1)
  })

  test('RSA keys sign with SHA-2, those of the agent and those of files', async () => {
    const { stack, user, peer, settings, connections, dial } = await stage()
    const [held, filed] = [newKey('rsa'), newKey('rsa')]
    const agent = stack.use(await agentWith(user.path, [held]))
    const identityfile = user.write('rsa', filed.private)
    user.settings('quark', { ...settings, identityagent: agent.path, identityfile })
    for (const key of [held, filed]) {
      peer.allowed.splice(0, 1, key)
      const stream = await dial()
      stream.destroy()
      await until('closed', () => connections.size === 0)
    }
    expect(new Set(peer.hashes)).toEqual(new Set(['sha256']))
  })

  test('no key signs with SHA-1', async () => {
    const use = new KeyUse(parsed(userKey.private), () => Promise.resolve(Buffer.from('signed')))
    const sign = (hash: 'sha1' | 'sha256') =>
      new Promise(resolve => {
        use.sign(parsed(userKey.public), Buffer.from('x'), { hash }, (error, signature) =>
          resolve(error?.message ?? String(signature)),
        )
      })
    expect(await sign('sha256')).toBe('signed')
    expect(await sign('sha1')).toBe('the host takes it with SHA-1 only')
  })

  test('a dead agent is told and does not stop key files', async () => {
    const { user, settings, peer, dial } = await stage()
    user.settings('quark', { ...settings, identityagent: `${user.path}/no-agent` })
    const stream = await dial()
    stream.destroy()
    await until('closed', () => peer.open.size === 0)
    peer.allowed.length = 0
    expect(await failure(dial())).toMatchObject({
      attempts: [{ source: 'file' }, { source: 'agent', outcome: 'agent failed' }],
    })
  })
})
