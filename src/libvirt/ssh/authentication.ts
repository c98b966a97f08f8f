// Which keys are offered to a host, in which order, and what became of each: the agent's, and key files that need no passphrase.
import { readFile, stat } from 'node:fs/promises'
import ssh2 from 'ssh2'
import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import type { KeyAttempt } from './errors.ts'
import { fingerprintOf } from './known-hosts.ts'
import { agentSigner, fileSigner, KeyUse, type Signer } from './key-use.ts'
import { within } from './limits.ts'
import type { SshSettings } from './settings.ts'

/** `sshauth=` of libvirt, as far as it applies: what is used, in this order. */
export type KeySource = 'agent' | 'privkey'

/** Agents answer at once or not at all. */
const AGENT_LIST_LIMIT_MS = 5_000
const KEY_FILE_LIMIT_BYTES = 1 << 20

/** A key that can be offered. */
interface Candidate {
  readonly attempt: KeyAttempt
  readonly method: (username: string) => AnyAuthMethod
}

export interface Keys {
  readonly candidates: readonly Candidate[]
  /** Keys that were found and cannot be offered, with the reason. */
  readonly unusable: readonly KeyAttempt[]
}

interface FileKey {
  readonly path: string
  /** The public part, to find the same key in the agent. */
  readonly blob: Buffer | undefined
  readonly candidate: Candidate | undefined
  readonly unusable: KeyAttempt | undefined
}

/**
 * Finds the keys for a host. As in ssh: agent keys that a key file names, then (unless IdentitiesOnly) the agent's others, then files.
 * A key file demanded by the URI goes first, so that a full agent does not use up the host's patience (MaxAuthTries). Files that do not
 * exist are passed over, unless demanded.
 */
export async function findKeys(
  settings: SshSettings,
  demanded: string | undefined,
  sources: readonly KeySource[],
  signal: AbortSignal,
): Promise<Keys> {
  const files = await Promise.all(settings.identityFiles.map(path => readKeyFile(path, demanded)))
  signal.throwIfAborted()
  const agent = sources.includes('agent')
    ? await readAgent(settings.agent, signal)
    : { keys: [], unusable: [] }

  const named = new Set(files.flatMap(file => (file.blob ? [file.blob.toString('hex')] : [])))
  const isNamed = ({ blob }: { blob: Buffer }) => named.has(blob.toString('hex'))
  const fromAgent = [
    ...agent.keys.filter(isNamed),
    ...(settings.identitiesOnly ? [] : agent.keys.filter(key => !isNamed(key))),
  ]
  const held = new Set(fromAgent.map(key => key.blob.toString('hex')))
  const fromFiles = sources.includes('privkey')
    ? files.filter(file => !(file.blob && held.has(file.blob.toString('hex'))))
    : []

  const byAgent = fromAgent.map(key => key.candidate)
  const byFile = fromFiles.flatMap(file => (file.candidate ? [file.candidate] : []))
  const first = byFile.filter(it => it.attempt.label === demanded)
  const rest = byFile.filter(it => it.attempt.label !== demanded)
  const agentFirst =
    sources.indexOf('agent') <= sources.indexOf('privkey') || !sources.includes('privkey')
  return {
    candidates: [...first, ...(agentFirst ? [...byAgent, ...rest] : [...rest, ...byAgent])],
    unusable: [
      ...agent.unusable,
      ...fromFiles.flatMap(file => (file.unusable ? [file.unusable] : [])),
    ],
  }
}

async function readKeyFile(path: string, demanded: string | undefined): Promise<FileKey> {
  const unusable = (outcome: KeyAttempt['outcome'], blob?: Buffer): FileKey => ({
    path,
    blob,
    candidate: undefined,
    unusable: { source: 'file', label: path, outcome },
  })
  const nothing: FileKey = { path, blob: undefined, candidate: undefined, unusable: undefined }
  let text: string
  try {
    const status = await stat(path)
    if (!status.isFile() || status.size > KEY_FILE_LIMIT_BYTES) return unusable('not readable')
    // As ssh does: a private key of one's own that others may read is not used.
    if (status.uid === process.getuid?.() && (status.mode & 0o077) !== 0 && !path.endsWith('.pub'))
      return unusable('readable by others')
    text = await readFile(path, 'utf8')
  } catch (error) {
    // Defaults such as ~/.ssh/id_rsa are rarely all there; their public half may still name a key of the agent.
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!missing || path === demanded) return unusable('not readable')
    return { ...nothing, blob: await readPublicHalf(path) }
  }
  const key = parseKey(text)
  if (key instanceof Error) {
    const locked = /encrypted/i.test(key.message) || text.includes('ENCRYPTED')
    return unusable(locked ? 'encrypted' : 'not a supported key', await readPublicHalf(path))
  }
  const blob = key.getPublicSSH()
  if (!key.isPrivateKey()) return { ...nothing, blob }
  const candidate = candidateOf('file', path, key, fileSigner(key))
  return { path, blob, candidate, unusable: undefined }
}

function candidateOf(
  source: KeyAttempt['source'],
  label: string,
  key: ParsedKey,
  signer: Signer,
): Candidate {
  const fingerprint = fingerprintOf(key.getPublicSSH())
  return {
    attempt: { source, label, keyType: key.type, fingerprint, outcome: 'not tried' },
    method: username => ({ type: 'agent', username, agent: new KeyUse(key, signer) }),
  }
}

async function readPublicHalf(path: string): Promise<Buffer | undefined> {
  try {
    const key = parseKey(await readFile(`${path}.pub`, 'utf8'))
    return key instanceof Error ? undefined : key.getPublicSSH()
  } catch {
    // Only a help for finding the key in the agent; without it nothing is lost but order.
    return undefined
  }
}

function parseKey(text: string): ParsedKey | Error {
  // The typings leave out that some formats give a list.
  const parsed: ParsedKey | Error | (ParsedKey | Error)[] = ssh2.utils.parseKey(text.trim())
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('empty key file')) : parsed
}

async function readAgent(
  socketPath: string | undefined,
  signal: AbortSignal,
): Promise<{ keys: { blob: Buffer; candidate: Candidate }[]; unusable: KeyAttempt[] }> {
  if (socketPath === undefined) return { keys: [], unusable: [] }
  const agent = new ssh2.OpenSSHAgent(socketPath)
  try {
    const keys = await within(
      listAgent(agent),
      { timeoutMs: AGENT_LIST_LIMIT_MS, signal },
      () => new Error(`ssh agent ${socketPath} does not answer`),
    )
    return {
      keys: keys.map(key => ({
        blob: key.getPublicSSH(),
        candidate: candidateOf('agent', key.comment || 'key', key, agentSigner(agent, key)),
      })),
      unusable: [],
    }
  } catch {
    signal.throwIfAborted()
    return { keys: [], unusable: [{ source: 'agent', label: socketPath, outcome: 'agent failed' }] }
  }
}

function listAgent(agent: InstanceType<typeof ssh2.OpenSSHAgent>): Promise<ParsedKey[]> {
  const { promise, resolve, reject } = Promise.withResolvers<ParsedKey[]>()
  agent.getIdentities((error, keys) => {
    if (error) return reject(error)
    // The typings allow raw keys, which this agent never gives; keys of kinds ssh2 cannot use are left out by itself.
    return resolve((keys ?? []).filter(key => typeof key === 'object' && 'getPublicSSH' in key))
  })
  return promise
}
