import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SshUnsupported } from '../../../src/libvirt/ssh/errors.ts'
import { readSettings } from '../../../src/libvirt/ssh/settings.ts'
import { UserFolder } from './peer.ts'

let user: UserFolder
beforeEach(() => {
  user = new UserFolder()
})
afterEach(() => user[Symbol.dispose]())

const home = userInfo().homedir

function answer(lines: string): void {
  user.write('settings-quark', lines)
}
const read = (environment: NodeJS.ProcessEnv = {}, keyFile?: string) =>
  readSettings(
    { host: 'quark', ...(keyFile !== undefined && { keyFile }) },
    { ...user.source, environment: { ...user.source.environment, ...environment } },
  )

describe('readSettings', () => {
  test('takes what ssh -G says', async () => {
    answer(`user root
hostname 10.0.0.112
port 2222
addressfamily inet
bindaddress 10.0.0.1
identitiesonly yes
identityfile ~/.ssh/id_%r
identityfile /keys/my key
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
userknownhostsfile ${home}/.ssh/known_hosts none
hostkeyalias the-quark
identityagent ~/agent-%h
`)
    expect(await read()).toEqual({
      host: 'quark',
      hostname: '10.0.0.112',
      port: 2222,
      user: 'root',
      identityFiles: [`${home}/.ssh/id_root`, '/keys/my key'],
      identitiesOnly: true,
      agent: `${home}/agent-10.0.0.112`,
      userKnownHosts: [`${home}/.ssh/known_hosts`],
      globalKnownHosts: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      hostKeyAlias: 'the-quark',
      jumps: [],
      addressFamily: 4,
      bindAddress: '10.0.0.1',
    })
  })

  test('hands the URI on as options, the host last and never as one', async () => {
    answer('port 1\n')
    const destination = { host: 'quark', user: 'root', port: 2222, keyFile: '/k' }
    await readSettings(destination, { ...user.source, configFile: '/c' })
    expect(readFileSync(join(user.path, 'asked'), 'utf8')).toBe(
      '-G -F /c -l root -p 2222 -i /k -- quark\n',
    )
  })

  test.each<[string, NodeJS.ProcessEnv, string | undefined]>([
    ['', { SSH_AUTH_SOCK: '/a' }, '/a'],
    ['', {}, undefined],
    ['identityagent none', { SSH_AUTH_SOCK: '/a' }, undefined],
    ['identityagent SSH_AUTH_SOCK', { SSH_AUTH_SOCK: '/a' }, '/a'],
    ['identityagent $MINE', { SSH_AUTH_SOCK: '/a', MINE: '/b' }, '/b'],
    ['identityagent /c', { SSH_AUTH_SOCK: '/a' }, '/c'],
    ['pubkeyauthentication false', { SSH_AUTH_SOCK: '/a' }, undefined],
  ])('agent by "%s"', async (line, environment, expected) => {
    answer(`hostname quark\n${line}\n`)
    expect((await read(environment)).agent).toBe(expected)
  })

  test.each<[string, unknown]>([
    ['none', []],
    ['bastion', [{ host: 'bastion' }]],
    ['me@a:2222,ssh://b', [{ host: 'a', user: 'me', port: 2222 }, { host: 'b' }]],
    ['[fd00::1]:22', [{ host: 'fd00::1', port: 22 }]],
  ])('jump hosts by "%s"', async (value, expected) => {
    answer(`proxyjump ${value}\n`)
    expect((await read()).jumps).toEqual(expected)
  })

  test('a demanded key file stays first, even one that ssh left out because it is missing', async () => {
    answer('identityfile /other\n')
    expect((await read({}, '/k')).identityFiles).toEqual(['/k', '/other'])
    answer('identityfile /k\nidentityfile /other\n')
    expect((await read({}, '/k')).identityFiles).toEqual(['/k', '/other'])
  })

  test('without ssh its defaults are used', async () => {
    const settings = await readSettings(
      { host: 'quark' },
      { program: join(user.path, 'no-such-ssh'), environment: { SSH_AUTH_SOCK: '/a' } },
    )
    expect(settings).toMatchObject({ hostname: 'quark', port: 22, agent: '/a', jumps: [] })
    expect(settings.identityFiles[0]).toMatch(/\.ssh\/id_ed25519$/)
    expect(settings.userKnownHosts[0]).toMatch(/\.ssh\/known_hosts$/)
  })

  test('a mistake in ssh_config is told in its own words', async () => {
    const error = await read().catch((it: unknown) => it)
    expect(error).toBeInstanceOf(SshUnsupported)
    expect(String(error)).toContain('no settings for quark')
  })

  test('what cannot be done is said, not left out', async () => {
    answer('proxycommand nc %h %p\n')
    await expect(read()).rejects.toThrow("ProxyCommand 'nc %h %p'; use ProxyJump")
    answer('proxyjump a b\n')
    await expect(read()).rejects.toThrow('no host')
  })

  test('an ssh that hangs is given up, by the signal too', async () => {
    user.write('ssh', '#!/bin/sh\nexec sleep 60\n', 0o755)
    const abort = new AbortController()
    const reading = readSettings({ host: 'quark' }, user.source, abort.signal)
    abort.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})
