// The user's own ssh settings for a host. `ssh -G` is asked, so that every Host, Match and Include of ~/.ssh/config counts as it does for ssh;
// where there is no ssh, its defaults are used.
import { execFile } from 'node:child_process'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { SshUnsupported } from './errors.ts'

/** What a URI asks for; everything else comes from the settings. */
export interface SshDestination {
  readonly host: string
  readonly user?: string
  readonly port?: number
  readonly keyFile?: string
}

export interface SshSettings {
  /** As it was asked for. */
  readonly host: string
  /** Where to connect: HostName, or the host itself. */
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly identityFiles: readonly string[]
  /** Only keys of `identityFiles`, even from the agent. */
  readonly identitiesOnly: boolean
  /** Path of the agent's socket. */
  readonly agent: string | undefined
  readonly userKnownHosts: readonly string[]
  readonly globalKnownHosts: readonly string[]
  readonly hostKeyAlias: string | undefined
  /** Jump hosts, nearest to us first. */
  readonly jumps: readonly SshDestination[]
  readonly addressFamily: 0 | 4 | 6
  readonly bindAddress: string | undefined
}

export interface SettingsSource {
  /** Instead of the user's and the system's ssh_config (ssh's -F). */
  readonly configFile?: string
  readonly environment?: NodeJS.ProcessEnv
  /** The ssh program. */
  readonly program?: string
}

const SSH_G_LIMIT_MS = 5_000

/** A thousand hosts that reconnect at once must not be a thousand processes at once. */
const SSH_G_AT_ONCE = 4
let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < SSH_G_AT_ONCE) running += 1
  else await new Promise<void>(resolve => waiting.push(resolve))
  try {
    return await work()
  } finally {
    // The turn goes to the next one that waits, or back.
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}

/** Asks `ssh -G`. Throws `SshUnsupported` when it fails (a mistake in ssh_config) or demands what is not supported here. */
export async function readSettings(
  destination: SshDestination,
  source: SettingsSource = {},
  signal?: AbortSignal,
): Promise<SshSettings> {
  const { host, user, port, keyFile } = destination
  const environment = source.environment ?? process.env
  const options = [
    '-G',
    ...(source.configFile === undefined ? [] : ['-F', source.configFile]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(keyFile === undefined ? [] : ['-i', keyFile]),
  ]
  const answer = await inTurn(() => askSsh([...options, '--', host], host, source, signal))
  return answer === undefined
    ? defaultSettings(destination, environment)
    : interpret(answer, destination, environment)
}

/** The answer's lines by keyword, or undefined when there is no ssh. */
function askSsh(
  args: string[],
  host: string,
  source: SettingsSource,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  if (signal?.aborted) return Promise.reject(signal.reason)
  const { promise, resolve, reject } = Promise.withResolvers<
    ReadonlyMap<string, readonly string[]> | undefined
  >()
  const options = {
    timeout: SSH_G_LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 20,
    env: { ...(source.environment ?? process.env), LC_ALL: 'C' },
    ...(signal && { signal }),
  } as const
  execFile(source.program ?? 'ssh', args, options, (error, stdout, stderr) => {
    if (error === null) return resolve(parseAnswer(stdout))
    if (signal?.aborted) return reject(signal.reason)
    if (error.code === 'ENOENT') return resolve(undefined)
    const said = stderr.split('\n').filter(line => line !== '' && !line.startsWith('Pseudo-term'))
    const why = error.killed ? `no answer within ${SSH_G_LIMIT_MS} ms` : said.join('; ')
    return reject(new SshUnsupported(host, `your ssh settings cannot be read (ssh -G): ${why}`))
  })
  return promise
}

function parseAnswer(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    if (space <= 0) continue
    const keyword = line.slice(0, space).toLowerCase()
    const values = found.get(keyword) ?? []
    values.push(line.slice(space + 1).trim())
    found.set(keyword, values)
  }
  return found
}

function interpret(
  answer: ReadonlyMap<string, readonly string[]>,
  { host, keyFile }: SshDestination,
  environment: NodeJS.ProcessEnv,
): SshSettings {
  const one = (keyword: string): string | undefined => {
    const value = answer.get(keyword)?.[0]
    return value === undefined || value === 'none' ? undefined : value
  }
  const hostName = one('hostname') ?? host
  const port = Number(one('port') ?? '22')
  const user = one('user') ?? userInfo().username
  const proxyCommand = one('proxycommand')
  if (proxyCommand !== undefined)
    throw new SshUnsupported(
      host,
      `your ssh settings have ProxyCommand '${proxyCommand}'; use ProxyJump instead`,
    )
  const expand = (path: string) => expandPath(path, { host, hostName, port, user }, environment)
  const files = (keyword: string): string[] =>
    (answer.get(keyword) ?? [])
      .flatMap(line => line.split(' '))
      .filter(path => path !== '' && path !== 'none')
      .map(expand)
  const family = one('addressfamily')
  // Releases print no or false.
  const keysAllowed = !/^(no|false)$/.test(one('pubkeyauthentication') ?? 'yes')
  const configured = (answer.get('identityfile') ?? []).filter(path => path !== 'none').map(expand)
  // ssh drops a key file that is not there and tries the default ones; here it stays, so that the error can name it.
  const identities =
    keyFile === undefined || configured.includes(keyFile) ? configured : [keyFile, ...configured]
  return {
    host,
    hostname: hostName,
    port,
    user,
    identityFiles: keysAllowed ? identities : [],
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: keysAllowed
      ? agentSocket(answer.get('identityagent')?.[0], environment, expand)
      : undefined,
    userKnownHosts: files('userknownhostsfile'),
    globalKnownHosts: files('globalknownhostsfile'),
    hostKeyAlias: one('hostkeyalias'),
    jumps: parseJumps(one('proxyjump'), host),
    addressFamily: family === 'inet' ? 4 : family === 'inet6' ? 6 : 0,
    bindAddress: one('bindaddress'),
  }
}

function agentSocket(
  setting: string | undefined,
  environment: NodeJS.ProcessEnv,
  expand: (path: string) => string,
): string | undefined {
  if (setting === 'none') return undefined
  if (setting === undefined || setting === 'SSH_AUTH_SOCK')
    return environment['SSH_AUTH_SOCK'] || undefined
  if (setting.startsWith('$')) return environment[setting.slice(1)] || undefined
  return expand(setting)
}

/** `[user@]host[:port]` or `ssh://...`, with commas between. */
function parseJumps(setting: string | undefined, host: string): SshDestination[] {
  if (setting === undefined) return []
  return setting.split(',').map(text => {
    const shape =
      /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:[\]@\s-][^:[\]@\s]*))(?::([0-9]+))?\/?$/.exec(
        text.trim(),
      )
    const name = shape?.[2] ?? shape?.[3]
    if (!shape || name === undefined)
      throw new SshUnsupported(host, `your ssh settings have ProxyJump '${text}', which is no host`)
    return {
      host: name,
      ...(shape[1] !== undefined && { user: shape[1] }),
      ...(shape[4] !== undefined && { port: Number(shape[4]) }),
    }
  })
}

/** `~`, `${NAME}` and the %-tokens that ssh allows in paths; -G prints most of them as they were written. */
function expandPath(
  path: string,
  at: { host: string; hostName: string; port: number; user: string },
  environment: NodeJS.ProcessEnv,
): string {
  const home = userInfo().homedir
  const tokens: Record<string, string> = {
    '%': '%',
    d: home,
    h: at.hostName,
    i: String(process.getuid?.() ?? ''),
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: at.host,
    p: String(at.port),
    r: at.user,
    u: userInfo().username,
  }
  return path
    .replace(/^"(.*)"$/, '$1')
    .replace(/^~(?=\/|$)/, () => home)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => environment[name] ?? whole)
    .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
}

function defaultSettings(
  { host, port, user, keyFile }: SshDestination,
  environment: NodeJS.ProcessEnv,
): SshSettings {
  const folder = join(homedir(), '.ssh')
  return {
    host,
    hostname: host,
    port: port ?? 22,
    user: user ?? userInfo().username,
    identityFiles:
      keyFile === undefined
        ? ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => join(folder, name))
        : [keyFile],
    identitiesOnly: false,
    agent: environment['SSH_AUTH_SOCK'] || undefined,
    userKnownHosts: [join(folder, 'known_hosts'), join(folder, 'known_hosts2')],
    globalKnownHosts: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    hostKeyAlias: undefined,
    jumps: [],
    addressFamily: 0,
    bindAddress: undefined,
  }
}
