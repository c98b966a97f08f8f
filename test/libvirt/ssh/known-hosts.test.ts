import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fingerprintOf,
  judgeHostKey,
  knownHostsName,
  knownKeyTypes,
  matchesName,
  parseKnownHosts,
} from '../../../src/libvirt/ssh/known-hosts.ts'
import { hashedName, knownHostsLine, newKey, parsed } from './peer.ts'
import { cpuMsOf } from '../../cpu-time.ts'

const mine = newKey()
const other = newKey()
const rsa = newKey('rsa')
const blob = (key: { public: string }) => parsed(key.public).getPublicSSH()
const judge = (text: string, host: string, port = 22, key = mine) =>
  judgeHostKey(parseKnownHosts(text, 'kh'), host, port, blob(key))

test('fingerprints are as ssh prints them', () => {
  // As 'ssh-keygen -lf' said of this key.
  const line = 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f'
  expect(fingerprintOf(Buffer.from(line, 'base64'))).toBe(
    'SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA',
  )
})

test('lines that are no entry are left out, with the others at their line numbers', () => {
  const good = knownHostsLine('quark', mine.public)
  const text = `# comment\n\n  ${good}quark ssh-ed25519\nquark ssh-rsa ${mine.public.split(' ')[1]}\nquark ssh-ed25519 !!!\n@odd ${good}quark ssh-ed25519 AAAA\n@revoked\t${good}1024 35 123 old-rsa1\n`
  const entries = parseKnownHosts(text.replaceAll('\n', '\r\n'), 'kh')
  expect(entries.map(it => [it.line, it.marker])).toEqual([
    [3, 'none'],
    [9, 'revoked'],
  ])
})

describe('matchesName', () => {
  test.each<[string, string, boolean]>([
    ['quark', 'quark', true],
    ['QUARK', 'quark', true],
    ['quark,10.0.0.112', '10.0.0.112', true],
    ['quark', 'quarks', false],
    ['*.lan', 'a.b.lan', true],
    ['*.lan', 'lan', false],
    ['10.0.0.?', '10.0.0.1', true],
    ['10.0.0.?', '10.0.0.12', false],
    ['*,!bad', 'bad', false],
    ['!bad,*', 'good', true],
    ['!bad', 'good', false],
    ['[quark]:2222', '[quark]:2222', true],
    ['[quark]:2222', 'quark', false],
    ['[*]:2222', '[quark]:2222', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['', '', true],
    ['|1|short', 'quark', false],
    ['|2|MDEyMw==|MDEyMw==', 'quark', false],
  ])('%s speaks of %s: %s', (hosts, name, expected) => {
    expect(matchesName(hosts, name)).toBe(expected)
  })

  test('hashed names match their host only', () => {
    expect(matchesName(hashedName('quark'), 'quark')).toBe(true)
    expect(matchesName(hashedName('quark'), 'snailin')).toBe(false)
    expect(matchesName(hashedName('[quark]:2222'), '[quark]:2222')).toBe(true)
  })

  test('a pattern agrees with the regular expression it means', () => {
    const letters = fc.constantFrom('a', 'b', '.', '*', '?')
    const pattern = fc.array(letters, { maxLength: 8 }).map(it => it.join(''))
    const name = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 8 }).map(it => it.join(''))
    fc.assert(
      fc.property(pattern, name, (glob, text) => {
        const meant = glob
          .replaceAll('.', String.raw`\.`)
          .replaceAll('*', '.*')
          .replaceAll('?', '.')
        expect(matchesName(glob, text)).toBe(new RegExp(`^${meant}$`).test(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('a pattern made to be slow is not', () => {
    const used = cpuMsOf(() =>
      expect(matchesName('*a'.repeat(40), `${'a'.repeat(250)}b`)).toBe(false),
    )
    expect(used).toBeLessThan(2_000)
  })
})

describe('judgeHostKey', () => {
  const line = knownHostsLine
  test('known, by any of the forms', () => {
    for (const hosts of ['quark', 'x,quark', 'qu*', hashedName('quark')])
      expect(judge(line(hosts, mine.public), 'quark')).toMatchObject({ kind: 'known' })
  })
  test('unknown', () => {
    expect(judge('', 'quark')).toEqual({ kind: 'unknown', authorities: [] })
    expect(judge(line('snailin', mine.public), 'quark').kind).toBe('unknown')
  })
  test('changed tells the old line', () => {
    const text = `# a comment\n${line('quark', other.public)}`
    expect(judge(text, 'quark')).toMatchObject({ kind: 'changed', old: [{ file: 'kh', line: 2 }] })
  })
  test('changed too when only a key of another type is known', () => {
    expect(judge(line('quark', rsa.public), 'quark').kind).toBe('changed')
  })
  test('one right key among several is enough', () => {
    const text = line('quark', rsa.public) + line('quark', other.public) + line('*', mine.public)
    expect(judge(text, 'quark')).toMatchObject({ kind: 'known', entry: { line: 3 } })
  })
  test('revoked wins over known', () => {
    const text = `${line('quark', mine.public)}@revoked ${line('*', mine.public)}`
    expect(judge(text, 'quark')).toMatchObject({ kind: 'revoked', by: { line: 2 } })
    expect(judge(`@revoked ${line('*', other.public)}`, 'quark').kind).toBe('unknown')
  })
  test('a certificate authority makes no key known, and is told', () => {
    const text = `@cert-authority ${line('*', mine.public)}`
    expect(judge(text, 'quark')).toMatchObject({ kind: 'unknown', authorities: [{ line: 1 }] })
  })
  test('ports: their own entry first, then the bare name, if its key fits', () => {
    const own = line('[quark]:2222', mine.public)
    expect(judge(own, 'quark', 2222).kind).toBe('known')
    expect(judge(own, 'quark').kind).toBe('unknown')
    expect(judge(line('quark', mine.public), 'quark', 2222).kind).toBe('known')
    expect(judge(line('quark', other.public), 'quark', 2222).kind).toBe('unknown')
    expect(judge(line('[quark]:2222', other.public), 'quark', 2222).kind).toBe('changed')
  })
  test('an alias stands instead of host and port', () => {
    const entries = parseKnownHosts(line('alias', mine.public), 'kh')
    expect(judgeHostKey(entries, 'quark', 2222, blob(mine), 'Alias').kind).toBe('known')
    expect(knownHostsName('quark', 2222, 'Alias')).toBe('alias')
  })
})

test('known key types are those of the most specific name', () => {
  const text = knownHostsLine('quark', rsa.public) + knownHostsLine('[quark]:2222', mine.public)
  const entries = parseKnownHosts(text, 'kh')
  expect(knownKeyTypes(entries, 'quark', 22)).toEqual(['ssh-rsa'])
  expect(knownKeyTypes(entries, 'quark', 2222)).toEqual(['ssh-ed25519'])
  expect(knownKeyTypes(entries, 'quark', 2223)).toEqual(['ssh-rsa'])
  expect(knownKeyTypes(entries, 'snailin', 22)).toEqual([])
})

test('any text is read without harm', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, host) => {
      const entries = parseKnownHosts(text, 'kh')
      expect(judgeHostKey(entries, host, 22, blob(mine)).kind).toBe('unknown')
    }),
  )
})
