// Whether the key a host shows is trusted: the known_hosts files of the settings, and what to tell the operator when it is not.
import { readFile } from 'node:fs/promises'
import { SshHostKeyRefused } from './errors.ts'
import {
  fingerprintOf,
  judgeHostKey,
  type KnownHostsEntry,
  keyTypeOf,
  knownHostsName,
  knownKeyTypes,
  parseKnownHosts,
  placeOf,
} from './known-hosts.ts'
import type { SshSettings } from './settings.ts'

/**
 * `strict`: only keys in known_hosts. `accept-new`: a host without entry is trusted at first sight, and held to that key while this process
 * lives; nothing is written. `ignore`: any key. The user's StrictHostKeyChecking does not loosen `strict`.
 */
export type HostKeyPolicy = 'strict' | 'accept-new' | 'ignore'

/** By `[host]:port`, the keys that `accept-new` took. */
export type FirstSeenKeys = Map<string, Buffer>

/** Best first, none with SHA-1; a host's RSA key then signs with SHA-2. */
const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const

export interface HostKeyCheck {
  /** In the order to ask for. */
  readonly algorithms: readonly (typeof HOST_KEY_ALGORITHMS)[number][]
  /** Returns why the key is not trusted, or undefined when it is. */
  readonly refuse: (key: Buffer) => SshHostKeyRefused | undefined
}

/** Reads the known_hosts files once and makes the check for one connection. `knownHosts` (of the URI) stands instead of all files. */
export async function prepareHostKeyCheck(
  settings: SshSettings,
  policy: HostKeyPolicy,
  knownHosts: string | undefined,
  firstSeen: FirstSeenKeys,
): Promise<HostKeyCheck> {
  if (policy === 'ignore') return { algorithms: HOST_KEY_ALGORITHMS, refuse: () => undefined }
  const files =
    knownHosts === undefined
      ? [...settings.userKnownHosts, ...settings.globalKnownHosts]
      : [knownHosts]
  const entries = (await Promise.all(files.map(readKnownHosts))).flat()
  const { hostname: host, port, hostKeyAlias: alias } = settings
  const types = knownKeyTypes(entries, host, port, alias)
  const isKnown = (algorithm: string) =>
    types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return {
    algorithms: [
      ...HOST_KEY_ALGORITHMS.filter(isKnown),
      ...HOST_KEY_ALGORITHMS.filter(algorithm => !isKnown(algorithm)),
    ],
    refuse: key => refuse(entries, files, settings, policy, firstSeen, key),
  }
}

async function readKnownHosts(file: string): Promise<KnownHostsEntry[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch {
    // A file that is missing or may not be read knows no host; the refusal names all files that were looked in.
    return []
  }
}

function refuse(
  entries: readonly KnownHostsEntry[],
  files: readonly string[],
  settings: SshSettings,
  policy: HostKeyPolicy,
  firstSeen: FirstSeenKeys,
  key: Buffer,
): SshHostKeyRefused | undefined {
  const { hostname: host, port, hostKeyAlias: alias } = settings
  const facts = { host, port, keyType: keyTypeOf(key), fingerprint: fingerprintOf(key), files }
  const name = knownHostsName(host, port, alias)
  const target = settings.userKnownHosts[0] ?? files[0] ?? '~/.ssh/known_hosts'
  const verdict = judgeHostKey(entries, host, port, key, alias)
  switch (verdict.kind) {
    case 'known':
      return undefined
    case 'revoked': {
      const place = placeOf(verdict.by)
      return new SshHostKeyRefused(
        'revoked',
        facts,
        [place],
        ` by ${place.file}:${place.line}: this key must not be trusted; give the host a new one`,
      )
    }
    case 'changed': {
      const places = verdict.old.map(placeOf)
      const said = places.map(it => `${it.keyType} ${it.fingerprint} at ${it.file}:${it.line}`)
      return new SshHostKeyRefused(
        'changed',
        facts,
        places,
        `: known is ${said.join(', ')}. Someone may be in between, or the host was installed anew; if you know that it was: ${places
          .map(it => it.file)
          .filter((file, index, all) => all.indexOf(file) === index)
          .map(file => `ssh-keygen -R '${name}' -f ${file}`)
          .join(
            '; ',
          )}, then 'ssh-keyscan -p ${port} ${host} >> ${target}' and compare the fingerprint`,
      )
    }
    case 'unknown': {
      if (policy === 'accept-new') {
        const seen = firstSeen.get(name)
        if (seen === undefined) firstSeen.set(name, key)
        if (seen === undefined || seen.equals(key)) return undefined
        const place = {
          file: 'seen before by this process',
          line: 0,
          keyType: keyTypeOf(seen),
          fingerprint: fingerprintOf(seen),
        }
        return new SshHostKeyRefused(
          'changed',
          facts,
          [place],
          `: this process has seen ${place.keyType} ${place.fingerprint} before. Someone may be in between`,
        )
      }
      const authority = verdict.authorities[0]
      const hint = authority
        ? ` (${authority.file}:${authority.line} trusts a certificate authority for it, which yasco cannot use: the plain key is needed)`
        : ''
      return new SshHostKeyRefused(
        'unknown',
        facts,
        verdict.authorities.map(placeOf),
        `, not in ${files.join(', ')}${hint}. Compare the fingerprint at the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then connect once with 'ssh -p ${port} ${settings.user}@${host}', or: ssh-keyscan -p ${port} ${host} >> ${target}`,
      )
    }
  }
}
