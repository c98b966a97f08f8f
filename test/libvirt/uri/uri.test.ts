import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatLibvirtUri,
  ignoredParameters,
  isSet,
  isSsh,
  type LibvirtUri,
  LibvirtUriError,
  parseLibvirtUri,
  remoteName,
  socketCandidates,
} from '../../../src/libvirt/uri.ts'

describe('parseLibvirtUri', () => {
  test.each<[string, Partial<LibvirtUri>]>([
    ['qemu:///system', { driver: 'qemu', transport: 'unix', path: '/system' }],
    [
      'qemu+ssh://root@10.0.0.112/system',
      { transport: 'ssh', user: 'root', host: '10.0.0.112', path: '/system' },
    ],
    ['qemu+libssh2://user@host:2222/system', { transport: 'libssh2', host: 'host', port: 2222 }],
    ['qemu://towada/system', { transport: 'tls', host: 'towada', transportGiven: false }],
    ['qemu+tcp://[fd00::1]:16509/system', { transport: 'tcp', host: 'fd00::1', port: 16509 }],
    ['qemu+ssh://[fe80::1%25eth0]/system', { host: 'fe80::1%eth0' }],
    ['QEMU+SSH://quark/system', { driver: 'qemu', transport: 'ssh' }],
    ['test+tcp://localhost:5000/default', { driver: 'test', path: '/default' }],
    ['test:///default', { driver: 'test', transport: 'unix', path: '/default' }],
    ['remote+ssh://quark/', { driver: 'remote', path: '/' }],
    ['qemu+ssh://a%2Bb@quark/system', { user: 'a+b' }],
    [
      'qemu+ssh://quark/system?keyfile=%2Froot%2Fmy%20key&NO_VERIFY=1;mode=legacy',
      { parameters: { keyfile: '/root/my key', no_verify: '1', mode: 'legacy' } },
    ],
  ])('%s', (text, expected) => {
    expect(parseLibvirtUri(text)).toMatchObject(expected)
  })

  test.each<[string, string]>([
    ['quark', 'expected the form'],
    ['', 'expected the form'],
    ['qemu+ext:///system', "transport 'ext' is not supported"],
    ['qemu+ssh://quark', 'the qemu driver has /system and /session'],
    ['qemu:///embed', '/system and /session'],
    ['test://', 'needs a path'],
    ['qemu+unix://quark/system', 'takes no host'],
    ['qemu+ssh://root@/system', 'needs a host'],
    ['qemu+ssh://-oProxyCommand=x@quark/system', 'dash'],
    ['qemu+ssh://-quark/system', 'is no host'],
    ['qemu+ssh://fd00::1/system', 'brackets'],
    ['qemu+ssh://[quark]/system', 'is no host'],
    ['qemu+ssh://quark:0/system', 'not between'],
    ['qemu+ssh://quark:99999/system', 'not between'],
    ['qemu+ssh://quark/system#x', "'#'"],
    ['qemu+ssh://quark/system?keyfile=%zz', '%-escape'],
    ['qemu+ssh://quark/system?keyfile=%00', 'control'],
    ['qemu+ssh://quark/system?keyfile=id', 'absolute path'],
    ['qemu+ssh://quark/system?mode=fast', 'auto, direct, legacy'],
    ['qemu+ssh://quark/system?no_verify=yes', '0 or 1'],
    ['qemu+ssh://quark/system?sshauth=magic', 'agent and privkey'],
    ['qemu+ssh://quark/system?mode=auto&mode=auto', 'twice'],
  ])('refuses %s', (text, why) => {
    expect(() => parseLibvirtUri(text)).toThrow(LibvirtUriError)
    expect(() => parseLibvirtUri(text)).toThrow(why)
  })

  test('names a mistyped parameter and those that exist', () => {
    expect(() => parseLibvirtUri('qemu+ssh://quark/system?key_file=/x')).toThrow(
      /no parameter 'key_file'.*keyfile.*known_hosts.*socket/,
    )
  })

  test('does not repeat a password', () => {
    const read = () => parseLibvirtUri('qemu+ssh://root:hunter2@quark/system')
    expect(read).toThrow('log in with a key')
    expect(read).not.toThrow('hunter2')
  })
})

const word = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,10}$/)
const anyPath = fc
  .array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map(parts => `/${parts.join('/')}`)
  // oxlint-disable-next-line no-control-regex -- they are refused, which another test shows
  .filter(path => !/[\u0000-\u001f\u007f]/.test(path) && path.isWellFormed())
const uris: fc.Arbitrary<LibvirtUri> = fc
  .record({
    driver: fc.constantFrom('qemu', 'test', 'xen', 'remote'),
    transport: fc.constantFrom('ssh', 'libssh', 'libssh2', 'tcp', 'tls', 'unix'),
    user: fc.option(word, { nil: undefined }),
    host: fc.oneof(word, fc.ipV6(), fc.constant('fe80::1%eth0')),
    port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    path: anyPath,
    parameters: fc.record(
      {
        socket: anyPath,
        keyfile: anyPath,
        known_hosts: anyPath,
        name: fc.webUrl(),
        mode: fc.constantFrom('auto', 'direct', 'legacy'),
        no_verify: fc.constantFrom('0', '1'),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ user, host, port, driver, path, ...rest }) => ({
    ...rest,
    driver,
    transportGiven: true,
    path: driver === 'qemu' ? '/system' : path,
    ...(rest.transport !== 'unix' && {
      host,
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port }),
    }),
  }))

describe('formatLibvirtUri', () => {
  test('is undone by parsing', () => {
    fc.assert(
      fc.property(uris, uri => {
        expect(parseLibvirtUri(formatLibvirtUri(uri))).toEqual(uri)
      }),
    )
  })

  test('gives readable text', () => {
    const text =
      'qemu+ssh://root@[fd00::1]:2222/system?socket=/run/libvirt/libvirt-sock&keyfile=/root/my%20key'
    expect(formatLibvirtUri(parseLibvirtUri(text))).toBe(text)
    expect(formatLibvirtUri(parseLibvirtUri('qemu://quark/system'))).toBe('qemu://quark/system')
  })

  test('any text is refused with its own error, or has one canonical form', () => {
    const wild = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom('', 'u@'),
          fc.string(),
          fc.constantFrom('', '?', '?name='),
          fc.string(),
        )
        .map(([user, host, query, value]) => `test+ssh://${user}${host}/x${query}${value}`),
    )
    fc.assert(
      fc.property(wild, text => {
        const once = canonical(text)
        expect(canonical(once)).toBe(once)
      }),
    )
  })
})

function canonical(text: string): string {
  try {
    return formatLibvirtUri(parseLibvirtUri(text))
  } catch (error) {
    if (error instanceof LibvirtUriError) return 'refused'
    throw error
  }
}

test.each([
  ['qemu+ssh://root@quark:2222/system?keyfile=/k&mode=direct', 'qemu:///system'],
  ['qemu:///session', 'qemu:///session'],
  ['test+unix:///default?socket=/x', 'test:///default'],
  ['remote+ssh://quark/', ''],
  ['qemu+ssh://quark/system?name=qemu:///session', 'qemu:///session'],
])('remoteName of %s is %s', (text, name) => {
  expect(remoteName(parseLibvirtUri(text))).toBe(name)
})

test('the three spellings of ssh are ssh', () => {
  const transports = ['ssh', 'libssh', 'libssh2', 'tcp', 'tls']
  const answers = transports.map(it => isSsh(parseLibvirtUri(`qemu+${it}://quark/system`)))
  expect(answers).toEqual([true, true, true, false, false])
})

test('parameters that do nothing here are told, with the reason', () => {
  const uri = parseLibvirtUri('qemu+ssh://quark/system?netcat=/bin/nc&keyfile=/k&no_verify=1')
  expect(ignoredParameters(uri).map(it => it.name)).toEqual(['netcat'])
  expect(isSet(uri, 'no_verify')).toBe(true)
  expect(isSet(uri, 'no_tty')).toBe(false)
})

describe('socketCandidates', () => {
  const root = { uid: 0 }
  test.each<[string, boolean, string[]]>([
    [
      'qemu+ssh://quark/system',
      false,
      ['/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock'],
    ],
    [
      'qemu+ssh://quark/system',
      true,
      ['/run/libvirt/libvirt-sock-ro', '/run/libvirt/virtqemud-sock-ro'],
    ],
    ['qemu:///system?mode=direct', false, ['/run/libvirt/virtqemud-sock']],
    ['qemu:///system?mode=legacy', true, ['/run/libvirt/libvirt-sock-ro']],
    ['qemu+ssh://quark/system?socket=/a/b', true, ['/a/b']],
    ['test+unix:///default', false, ['/run/libvirt/libvirt-sock']],
    ['qemu:///session', false, ['/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock']],
  ])('%s, read-only %s', (text, readOnly, expected) => {
    expect(socketCandidates(parseLibvirtUri(text), readOnly, root)).toEqual(expected)
  })

  test("a user's own daemon", () => {
    const uri = parseLibvirtUri('qemu:///session')
    expect(socketCandidates(uri, true, { uid: 1000, runtimeDir: '/run/user/1000' })).toEqual([
      '/run/user/1000/libvirt/libvirt-sock',
      '/run/user/1000/libvirt/virtqemud-sock',
    ])
    const remote = parseLibvirtUri('qemu+ssh://me@quark/session')
    expect(() => socketCandidates(remote, false)).toThrow('socket=')
  })
})
