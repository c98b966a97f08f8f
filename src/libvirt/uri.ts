// libvirt's own connection URIs: driver[+transport]://[user@][host][:port]/path[?parameter=value&...]. Read strictly: what libvirt would
// silently hand on to the far end (a mistyped parameter) is an error here, because nobody sees it at 3 a.m. otherwise.

/** `ssh`, `libssh` and `libssh2` differ in which library libvirt uses; here all three are our own SSH transport. */
type LibvirtTransport = 'unix' | 'ssh' | 'libssh' | 'libssh2' | 'tcp' | 'tls'

const TRANSPORTS: readonly LibvirtTransport[] = ['unix', 'ssh', 'libssh', 'libssh2', 'tcp', 'tls']

/** Every parameter libvirt's remote driver knows, in the order they are printed. */
const PARAMETERS = [
  'name',
  'mode',
  'socket',
  'proxy',
  'netcat',
  'command',
  'keyfile',
  'sshauth',
  'known_hosts',
  'known_hosts_verify',
  'no_verify',
  'no_tty',
  'no_sanity',
  'pkipath',
  'tls_priority',
  'auth',
  'authfile',
] as const

export type LibvirtParameter = (typeof PARAMETERS)[number]

/** What a parameter takes, where that is not any text. */
const TAKES: Partial<Record<LibvirtParameter, 'absolute path' | 'number' | readonly string[]>> = {
  mode: ['auto', 'direct', 'legacy'],
  socket: 'absolute path',
  proxy: ['auto', 'netcat', 'native'],
  keyfile: 'absolute path',
  known_hosts: 'absolute path',
  known_hosts_verify: ['normal', 'auto', 'ignore'],
  no_verify: 'number',
  no_tty: 'number',
  no_sanity: 'number',
  pkipath: 'absolute path',
}

/** Known to libvirt, without meaning here: said to the operator instead of being dropped in silence. */
const IGNORED: Partial<Record<LibvirtParameter, string>> = {
  netcat: 'the SSH channel goes to the socket itself, no netcat is needed',
  proxy: 'the SSH channel goes to the socket itself, no helper program is needed',
  command: 'yasco speaks SSH itself; your ssh settings are read with ssh -G',
  no_tty: 'yasco never asks for a password',
  no_sanity: 'certificates are checked by Node',
  tls_priority: 'it is GnuTLS syntax; the protocols of Node are used',
  auth: 'only connections without SASL are supported',
  authfile: 'only connections without SASL are supported',
}

/** A parsed URI. `formatLibvirtUri` prints it back, and parsing that gives the same again. */
export interface LibvirtUri {
  /** `qemu`, `test`, ...; `remote` lets the far end choose. */
  readonly driver: string
  readonly transport: LibvirtTransport
  /** Whether the URI names its transport; if not, libvirt takes tls with a host, unix without. */
  readonly transportGiven: boolean
  readonly user?: string
  /** Without brackets. Absent: this machine (over ssh, tcp, tls: localhost). */
  readonly host?: string
  readonly port?: number
  /** `/system`, `/session`, the test driver's `/default`. */
  readonly path: string
  readonly parameters: Readonly<Partial<Record<LibvirtParameter, string>>>
}

/** The text is no libvirt URI. The message says what is wrong and what was expected; a password in it is not repeated. */
export class LibvirtUriError extends Error {
  override readonly name = 'LibvirtUriError'
  readonly uri: string
  constructor(uri: string, problem: string) {
    const safe = uri.replace(/(:\/\/[^/@:]*):[^/@]*@/, '$1:***@')
    super(`libvirt URI '${safe}': ${problem}`)
    this.uri = safe
  }
}

/** Reads a libvirt URI; throws `LibvirtUriError`. */
export function parseLibvirtUri(text: string): LibvirtUri {
  const fail = (problem: string): never => {
    throw new LibvirtUriError(text, problem)
  }
  const decode = (part: string, what: string): string => {
    let decoded = ''
    try {
      decoded = decodeURIComponent(part)
    } catch {
      fail(`${what} has a broken %-escape`)
    }
    if (hasControl(decoded)) fail(`${what} has a control character`)
    return decoded
  }

  if (text.includes('#')) fail("libvirt URIs have no '#' part")
  const shape = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?]*)([^?]*)(?:\?(.*))?$/is.exec(text)
  if (!shape) return fail('expected the form qemu+ssh://user@host/system')
  const driver = (shape[1] ?? '').toLowerCase()
  const authority = readAuthority(shape[3] ?? '', fail, decode)
  const transport = readTransport(shape[2], authority.host, fail)

  if (transport === 'unix' && authority.host !== undefined)
    fail(`transport unix takes no host; for another machine write ${driver}+ssh://host/...`)
  if (transport === 'unix' && (authority.user !== undefined || authority.port !== undefined))
    fail('transport unix takes no user and no port')

  const path = decode(shape[4] ?? '', 'the path')
  if (driver === 'qemu' && path !== '/system' && path !== '/session')
    fail(`the path is '${path}'; the qemu driver has /system and /session`)
  if (driver === 'test' && path.length < 2) fail('the test driver needs a path, such as /default')

  return {
    driver,
    transport,
    transportGiven: shape[2] !== undefined,
    ...authority,
    path,
    parameters: readParameters(shape[5], fail, decode),
  }
}

type Fail = (problem: string) => never
type Decode = (part: string, what: string) => string

function readTransport(
  given: string | undefined,
  host: string | undefined,
  fail: Fail,
): LibvirtTransport {
  if (given === undefined) return host === undefined ? 'unix' : 'tls'
  const found = TRANSPORTS.find(transport => transport === given.toLowerCase())
  return found ?? fail(`transport '${given}' is not supported; there are ${TRANSPORTS.join(', ')}`)
}

function readAuthority(
  authority: string,
  fail: Fail,
  decode: Decode,
): { user?: string; host?: string; port?: number } {
  const at = authority.lastIndexOf('@')
  const userText = at < 0 ? undefined : authority.slice(0, at)
  const shape = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([0-9]*))?$/.exec(authority.slice(at + 1))
  if (!shape)
    return fail(`'${authority.slice(at + 1)}' is no host and port (IPv6 goes in brackets)`)
  const bracketed = shape[1] !== undefined
  const host = decode(shape[1] ?? shape[2] ?? '', 'the host')
  const user = userText === undefined ? undefined : decode(userText, 'the user')

  if (user?.includes(':')) fail('a password in a URI is not used; log in with a key')
  // A leading dash would be read as an option by ssh; OpenSSH refuses the same names.
  if (user === '' || user?.startsWith('-')) fail('the user name is empty or begins with a dash')
  if (user !== undefined && /[\s'"`$\\;&<>|(){}/@]/.test(user)) fail(`'${user}' is no user name`)
  const legal = bracketed ? /^[0-9a-f:.]+(%[\w.-]+)?$/i : /^(\w[\w.-]*)?$/
  if (!legal.test(host) || (bracketed && !host.includes(':'))) fail(`'${host}' is no host`)

  let port: number | undefined
  if (shape[3] !== undefined && shape[3] !== '') {
    port = Number(shape[3])
    if (port < 1 || port > 65_535) fail(`port ${shape[3]} is not between 1 and 65535`)
  }
  if (host === '' && (user !== undefined || port !== undefined)) fail('a user or port needs a host')
  return {
    ...(user !== undefined && { user }),
    ...(host !== '' && { host }),
    ...(port !== undefined && { port }),
  }
}

function readParameters(
  query: string | undefined,
  fail: Fail,
  decode: Decode,
): Partial<Record<LibvirtParameter, string>> {
  const parameters: Partial<Record<LibvirtParameter, string>> = {}
  for (const pair of (query ?? '').split(/[&;]/)) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const written = decode(equals < 0 ? pair : pair.slice(0, equals), 'a parameter')
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1), `parameter '${written}'`)
    // libvirt compares the names without regard to case.
    const name = PARAMETERS.find(known => known === written.toLowerCase())
    if (name === undefined)
      return fail(
        `there is no parameter '${written}'; there are ${[...PARAMETERS].sort().join(', ')}`,
      )
    if (parameters[name] !== undefined) fail(`parameter '${name}' is given twice`)
    const kind = TAKES[name]
    if (typeof kind === 'object' && !kind.includes(value))
      fail(`parameter '${name}' is '${value}'; it takes ${kind.join(', ')}`)
    if (kind === 'number' && !/^[+-]?[0-9]+$/.test(value))
      fail(`parameter '${name}' is '${value}'; it takes 0 or 1`)
    if (kind === 'absolute path' && !value.startsWith('/'))
      fail(`parameter '${name}' is '${value}'; it takes an absolute path`)
    parameters[name] = value
  }
  for (const method of parameters.sshauth?.split(',') ?? [])
    if (!['agent', 'privkey', 'password', 'keyboard-interactive'].includes(method))
      fail(`parameter 'sshauth' has '${method}'; yasco can use agent and privkey`)
  return parameters
}

/** Prints a URI in one form: parameters in a fixed order, escaped only where needed. */
export function formatLibvirtUri(uri: LibvirtUri): string {
  const scheme = uri.transportGiven ? `${uri.driver}+${uri.transport}` : uri.driver
  const user = uri.user === undefined ? '' : `${encodeURIComponent(uri.user)}@`
  const host = uri.host ?? ''
  const shown = host.includes(':') ? `[${host.replace('%', '%25')}]` : host
  const port = uri.port === undefined ? '' : `:${uri.port}`
  const query = PARAMETERS.flatMap(name => {
    const value = uri.parameters[name]
    return value === undefined ? [] : [`${name}=${escapePart(value)}`]
  }).join('&')
  const path = escapePart(uri.path)
  return `${scheme}://${user}${shown}${port}${path}${query === '' ? '' : `?${query}`}`
}

/**
 * The name for the far end's *open*: libvirt's client takes transport, user, host, port and its own parameters away, `name=` replaces it,
 * and the driver `remote` lets the far end choose (an empty name).
 */
export function remoteName(uri: LibvirtUri): string {
  if (uri.parameters.name !== undefined) return uri.parameters.name
  return uri.driver === 'remote' ? '' : `${uri.driver}://${escapePart(uri.path)}`
}

/** Whether this URI's transport is SSH in any of libvirt's three spellings. */
export function isSsh(uri: LibvirtUri): boolean {
  return uri.transport === 'ssh' || uri.transport === 'libssh' || uri.transport === 'libssh2'
}

/** Parameters of this URI that do nothing here, each with the reason, for people. */
export function ignoredParameters(
  uri: LibvirtUri,
): readonly { readonly name: LibvirtParameter; readonly why: string }[] {
  return PARAMETERS.flatMap(name => {
    const why = IGNORED[name]
    return why !== undefined && uri.parameters[name] !== undefined ? [{ name, why }] : []
  })
}

/** Whether a number parameter of libvirt (`no_verify=1`) is set: any number but 0. */
export function isSet(uri: LibvirtUri, parameter: 'no_verify' | 'no_tty' | 'no_sanity'): boolean {
  return Number(uri.parameters[parameter] ?? '0') !== 0
}

/**
 * Sockets to try, in this order, on the machine that the URI leads to. The first that exists is libvirt's: libvirtd, or the proxy of a
 * host with one daemon per driver, and then that driver's own daemon. `socket=` is taken as it is; only `mode=` narrows the list.
 * `session` says where a user's own daemon listens: its folder differs per user, so over SSH it must be given by `socket=`.
 */
export function socketCandidates(
  uri: LibvirtUri,
  readOnly: boolean,
  session: { readonly uid: number; readonly runtimeDir?: string } = {
    uid: process.getuid?.() ?? 0,
    ...(process.env['XDG_RUNTIME_DIR'] !== undefined && {
      runtimeDir: process.env['XDG_RUNTIME_DIR'],
    }),
  },
): readonly string[] {
  if (uri.parameters.socket !== undefined) return [uri.parameters.socket]
  // As in libvirt: for root, /session is the system's daemon. A session daemon has no read-only socket.
  const ownDaemon = uri.path === '/session' && (isSsh(uri) ? uri.user !== 'root' : session.uid > 0)
  if (ownDaemon && isSsh(uri))
    throw new LibvirtUriError(
      formatLibvirtUri(uri),
      'where a session daemon listens on another machine is not known; add socket=/path',
    )
  const folder = ownDaemon
    ? `${session.runtimeDir ?? `/run/user/${session.uid}`}/libvirt`
    : '/run/libvirt'
  const suffix = readOnly && !ownDaemon ? '-sock-ro' : '-sock'
  const whole = `${folder}/libvirt${suffix}`
  // The test driver lives in libvirtd only.
  if (uri.driver === 'test' || uri.driver === 'remote') return [whole]
  const modular = `${folder}/virt${uri.driver}d${suffix}`
  if (uri.parameters.mode === 'direct') return [modular]
  if (uri.parameters.mode === 'legacy') return [whole]
  return [whole, modular]
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text)
}

/** Escapes what would end or split the part; slashes and colons of paths stay readable. */
function escapePart(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|3A|2C|40)/g, escaped => decodeURIComponent(escaped))
}
