// The known_hosts matcher against OpenSSH's own: ssh-keygen -F.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  knownHostsName,
  matchesName,
  parseKnownHosts,
} from '../../../src/libvirt/ssh/known-hosts.ts'
import { hashedName, knownHostsLine, newKey } from './peer.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-known-hosts-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const key = newKey().public
const glyphs = fc.constantFrom('a', 'B', '.', '-', '1')
const hosts = fc.array(glyphs, { minLength: 1, maxLength: 5 }).map(it => `q${it.join('')}`)
const ports = fc.constantFrom(22, 2222)
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '!'),
    fc.array(fc.oneof(glyphs, fc.constantFrom('*', '?', 'q')), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', ':2222', ':*'),
  )
  .map(([not, letters, port]) =>
    port === '' ? `${not}${letters.join('')}` : `${not}[${letters.join('')}]${port}`,
  )
const markers = fc.constantFrom('', '', '', '@revoked ', '@cert-authority ', '# ')
const names = fc.oneof(
  fc.array(pattern, { minLength: 1, maxLength: 3 }).map(it => it.join(',')),
  fc.tuple(hosts, ports).map(([host, port]) => knownHostsName(host, port)),
  fc.tuple(hosts, ports).map(([host, port]) => hashedName(knownHostsName(host, port))),
)
const lines = fc.tuple(markers, names).map(([marker, name]) => marker + knownHostsLine(name, key))
const files = fc.array(fc.oneof(lines, fc.constantFrom('\n', 'nonsense\n')), { maxLength: 8 })

test('finds the lines that ssh-keygen -F finds', () => {
  const file = join(folder, 'known_hosts')
  let found = 0
  fc.assert(
    fc.property(files, hosts, ports, (written, host, port) => {
      // Half of the files speak of the host itself.
      const own = written.length % 2 === 0 ? [knownHostsLine(knownHostsName(host, port), key)] : []
      const text = [...written, ...own].join('')
      writeFileSync(file, text)
      const name = knownHostsName(host, port)
      const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' })
      const theirs = [...stdout.matchAll(/^# Host .* found: line (\d+)/gm)].map(it => Number(it[1]))
      const ours = parseKnownHosts(text, file)
        .filter(entry => matchesName(entry.hosts, name))
        .map(entry => entry.line)
      expect(ours).toEqual(theirs)
      found += theirs.length
    }),
    { numRuns: 400 },
  )
  expect(found).toBeGreaterThan(200)
})
