// known_hosts as OpenSSH reads it: who may be whom. Pure: text and a key in, a verdict out.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { KnownHostsPlace } from './errors.ts'

export interface KnownHostsEntry {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly marker: 'none' | 'revoked' | 'cert-authority'
  /** The first field: patterns with commas, or one hash `|1|salt|hmac`. */
  readonly hosts: string
  readonly keyType: string
  readonly key: Buffer
}

/**
 * Reads the lines of a known_hosts file. Comments, blank lines and lines that are no entry are left out, as ssh does: what cannot be
 * read can only make a host less known.
 */
export function parseKnownHosts(text: string, file: string): KnownHostsEntry[] {
  return text.split('\n').flatMap((raw, index) => {
    const fields = raw.trim().split(/[ \t]+/)
    if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) return []
    let marker: KnownHostsEntry['marker'] = 'none'
    if (fields[0].startsWith('@')) {
      if (fields[0] === '@revoked') marker = 'revoked'
      else if (fields[0] === '@cert-authority') marker = 'cert-authority'
      else return []
      fields.shift()
    }
    const [hosts, keyType, base64] = fields
    if (hosts === undefined || keyType === undefined || base64 === undefined) return []
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return []
    const key = Buffer.from(base64, 'base64')
    // The type is stated twice; a line whose two disagree is damaged.
    if (keyTypeOf(key) !== keyType) return []
    return [{ file, line: index + 1, marker, hosts, keyType, key }]
  })
}

/** The key type a public key blob states, e.g. `ssh-ed25519`; empty when it is no blob. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return ''
  const length = key.readUInt32BE(0)
  return length > 0 && length <= 64 && key.length > 4 + length
    ? key.toString('latin1', 4, 4 + length)
    : ''
}

/** As ssh prints it: `SHA256:` and base64 without padding. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The name a host is looked up by: the alias if there is one; with a port other than 22, `[host]:port`. Lower case. */
export function knownHostsName(host: string, port: number, alias?: string): string {
  const name = (alias ?? host).toLowerCase()
  return alias !== undefined || port === 22 ? name : `[${name}]:${port}`
}

/** Whether an entry's first field speaks of this name. A negated pattern that matches wins over the rest of its line. */
export function matchesName(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHashed(hosts, name)
  let matched = false
  for (const pattern of hosts.toLowerCase().split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false
    } else if (matchesPattern(pattern, name)) matched = true
  }
  return matched
}

function matchesHashed(hosts: string, name: string): boolean {
  const [, version, salt, hash, ...rest] = hosts.split('|')
  if (version !== '1' || salt === undefined || hash === undefined || rest.length > 0) return false
  const expected = Buffer.from(hash, 'base64')
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** `*` and `?` as in ssh; brackets are plain characters. Only the last star is ever taken back: at most pattern times name steps. */
function matchesPattern(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++
      resume = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

export type HostKeyVerdict =
  | { readonly kind: 'known'; readonly entry: KnownHostsEntry }
  /** `authorities`: certificate authorities that are trusted for this host, which do not help here. */
  | { readonly kind: 'unknown'; readonly authorities: readonly KnownHostsEntry[] }
  | { readonly kind: 'changed'; readonly old: readonly KnownHostsEntry[] }
  | { readonly kind: 'revoked'; readonly by: KnownHostsEntry }

/**
 * Judges the key a host showed, as OpenSSH does: revoked before all; then any entry with this very key; then changed, if there is an entry
 * with another key (of any type: see `knownKeyTypes`). With a port of its own, a key that is known for the bare host name is good too.
 */
export function judgeHostKey(
  entries: readonly KnownHostsEntry[],
  host: string,
  port: number,
  key: Buffer,
  alias?: string,
): HostKeyVerdict {
  const name = knownHostsName(host, port, alias)
  const bare = knownHostsName(host, 22, alias)
  const mine = entries.filter(entry => matchesName(entry.hosts, name))
  const general = name === bare ? [] : entries.filter(entry => matchesName(entry.hosts, bare))
  const all = [...mine, ...general]

  const by = all.find(entry => entry.marker === 'revoked' && entry.key.equals(key))
  if (by) return { kind: 'revoked', by }
  const entry = mine.find(it => it.marker === 'none' && it.key.equals(key))
  if (entry) return { kind: 'known', entry }
  const old = mine.filter(it => it.marker === 'none')
  if (old.length > 0) return { kind: 'changed', old }
  const portless = general.find(it => it.marker === 'none' && it.key.equals(key))
  if (portless) return { kind: 'known', entry: portless }
  return { kind: 'unknown', authorities: all.filter(it => it.marker === 'cert-authority') }
}

/**
 * Key types that are known for a host. They must be asked for first: a host shows one key of the types asked for, and one that is known
 * by its RSA key only would look changed if it showed its Ed25519 key.
 */
export function knownKeyTypes(
  entries: readonly KnownHostsEntry[],
  host: string,
  port: number,
  alias?: string,
): readonly string[] {
  const names = [knownHostsName(host, port, alias), knownHostsName(host, 22, alias)]
  for (const name of names) {
    const types = entries
      .filter(entry => entry.marker === 'none' && matchesName(entry.hosts, name))
      .map(entry => entry.keyType)
    if (types.length > 0) return [...new Set(types)]
  }
  return []
}

export function placeOf(entry: KnownHostsEntry): KnownHostsPlace {
  return {
    file: entry.file,
    line: entry.line,
    keyType: entry.keyType,
    fingerprint: fingerprintOf(entry.key),
  }
}
