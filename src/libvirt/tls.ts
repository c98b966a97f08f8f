// libvirt's TLS transport: both ends show a certificate. libvirtd looks at ours after the handshake, and says by one byte that it
// takes it; where it does not, it closes without a word, so that byte is waited for before anything is called.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import { HypervisorRefused, HypervisorUnreachable } from './errors.ts'
import type { DialOptions } from './opening-socket.ts'
import { openSocket } from './opening-socket.ts'
import type { LibvirtUri } from './uri.ts'
import { isSet } from './uri.ts'

/** libvirt's own port for encrypted connections. */
const TLS_PORT = 16_514
/** What libvirtd sends when it has taken our certificate. */
const ACCEPTED = 1

/** Where certificates lie. */
interface PkiFiles {
  readonly ca: string
  /** Certificates the CA has taken back. */
  readonly crl: string
  readonly cert: string
  readonly key: string
}

/** Who we are, for libvirt's default places. */
interface PkiUser {
  readonly isRoot: boolean
  readonly home: string
}

/**
 * Where to look, first place first, as libvirt does: in the folder of `pkipath=` only, or in the user's own folder (not root's) and then
 * the system's.
 */
export function pkiPlaces(uri: LibvirtUri, user: PkiUser): readonly PkiFiles[] {
  const { pkipath } = uri.parameters
  if (pkipath !== undefined) return [inFolder(pkipath)]
  const system: PkiFiles = {
    ca: '/etc/pki/CA/cacert.pem',
    crl: '/etc/pki/CA/cacrl.pem',
    cert: '/etc/pki/libvirt/clientcert.pem',
    key: '/etc/pki/libvirt/private/clientkey.pem',
  }
  return user.isRoot ? [system] : [inFolder(`${user.home}/.pki/libvirt`), system]
}

function inFolder(folder: string): PkiFiles {
  return {
    ca: `${folder}/cacert.pem`,
    crl: `${folder}/cacrl.pem`,
    cert: `${folder}/clientcert.pem`,
    key: `${folder}/clientkey.pem`,
  }
}

interface Credentials {
  readonly ca: Found | undefined
  readonly crl: Found | undefined
  /** Our certificate with its key; undefined: we have none to show. */
  readonly own: { readonly cert: Found; readonly key: Found } | undefined
}

interface Found {
  readonly path: string
  readonly content: Buffer
}

/**
 * Opens the stream, encrypted, with the server's certificate and name checked (not with `no_verify=1`, which doctor warns of) and ours
 * accepted. Fails with HypervisorRefused where a certificate is the reason, with HypervisorUnreachable where nobody answers.
 */
export async function dialTls(
  uri: LibvirtUri,
  options: DialOptions,
  user: PkiUser = { isRoot: process.geteuid?.() === 0, home: homedir() },
): Promise<Duplex> {
  const host = uri.host ?? 'localhost'
  const port = uri.port ?? TLS_PORT
  const label = `${host}:${port}`
  const places = pkiPlaces(uri, user)
  const isVerified = !isSet(uri, 'no_verify')
  const { ca, crl, own } = await findCredentials(places, label)
  if (ca === undefined && isVerified)
    throw new HypervisorRefused(
      `${label}: there is no CA certificate to check it by; expected ${places.map(place => place.ca).join(' or ')}`,
    )
  checkOwn(own?.cert, label)
  let isSecure = false
  const refusal = (): HypervisorRefused =>
    new HypervisorRefused(`${label}: ${notTaken(own, places)}`)
  const socket = await openSocket<TLSSocket>(
    {
      label,
      start: () =>
        connect({
          host,
          port,
          ...(isIP(host) === 0 && { servername: host }),
          ...(ca !== undefined && { ca: ca.content }),
          ...(crl !== undefined && { crl: crl.content }),
          ...(own !== undefined && { cert: own.cert.content, key: own.key.content }),
          rejectUnauthorized: isVerified,
          minVersion: 'TLSv1.2',
        }),
      follow: (tls, ready, fail) => {
        tls.once('secureConnect', () => {
          isSecure = true
        })
        tls.once('end', () => fail(refusal()))
        tls.once('close', () => fail(refusal()))
        tls.on('readable', () => {
          const byte = tls.read(1) as Buffer | null
          if (byte === null) return
          if (byte[0] === ACCEPTED) ready()
          else fail(refusal())
        })
      },
      explain: error =>
        isSecure && isClosing(error) ? refusal() : explain(error, label, host, ca?.path),
    },
    options,
  )
  // One call, one record: of two calls in one record libvirtd answers the second only when more arrives (seen with 9.0: 5 s later).
  // Without this method, Node's streams hand on what waits piece by piece.
  Reflect.set(socket, '_writev', null)
  socket.setNoDelay(true)
  socket.setKeepAlive(true)
  return socket
}

/** The first of each that there is; certificate and key from one place, as one is no good without the other. */
async function findCredentials(places: readonly PkiFiles[], label: string): Promise<Credentials> {
  const read = (path: string): Promise<Found | undefined> => readIfThere(path, label)
  const firstOf = async (which: 'ca' | 'crl'): Promise<Found | undefined> => {
    for (const place of places) {
      const found = await read(place[which])
      if (found !== undefined) return found
    }
    return undefined
  }
  let own: Credentials['own']
  for (const place of places) {
    const [cert, key] = await Promise.all([read(place.cert), read(place.key)])
    if (cert === undefined || key === undefined) continue
    own = { cert, key }
    break
  }
  return { ca: await firstOf('ca'), crl: await firstOf('crl'), own }
}

async function readIfThere(path: string, label: string): Promise<Found | undefined> {
  try {
    return { path, content: await readFile(path) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new HypervisorRefused(`${label}: ${path} cannot be read: ${message}`, { cause: error })
  }
}

/** libvirtd would refuse it without saying why. */
function checkOwn(cert: Found | undefined, label: string): void {
  if (cert === undefined) return
  let own: X509Certificate
  try {
    own = new X509Certificate(cert.content)
  } catch (error) {
    throw new HypervisorRefused(`${label}: ${cert.path} is no certificate`, { cause: error })
  }
  const now = Date.now()
  if (own.validToDate.getTime() < now)
    throw new HypervisorRefused(
      `${label}: our certificate ${cert.path} ran out on ${own.validTo}; make a new one`,
    )
  if (own.validFromDate.getTime() > now)
    throw new HypervisorRefused(
      `${label}: our certificate ${cert.path} is good from ${own.validFrom} only; is the clock right here?`,
    )
}

function notTaken(own: Credentials['own'], places: readonly PkiFiles[]): string {
  if (own === undefined)
    return `libvirtd wants a client certificate and there is none to show; expected ${places.map(place => `${place.cert} with ${place.key}`).join(', or ')}`
  const { subject } = new X509Certificate(own.cert.content)
  return `libvirtd did not accept our certificate ${own.cert.path} (${subject.replaceAll('\n', ', ')}): is it of the CA that libvirtd trusts, and allowed by its tls_allowed_dn_list? Its log says why`
}

/** The far end went away, or told by an alert that it does not take us. */
function isClosing({ code = '' }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('ERR_SSL_')
}

const OF_ANOTHER_CA = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
])

/** What one can do about it: a host that shows a wrong certificate lives, and is not to be taken for dead. */
function explain(
  error: NodeJS.ErrnoException,
  label: string,
  host: string,
  ca: string | undefined,
): Error {
  const { code = '', message } = error
  const refused = (why: string): Error =>
    new HypervisorRefused(`${label}: ${why}`, { cause: error })
  if (OF_ANOTHER_CA.has(code))
    return refused(`the server's certificate is not of the CA in ${ca}; is that the right host?`)
  if (code === 'CERT_HAS_EXPIRED')
    return refused("the server's certificate has run out; make a new one there")
  if (code === 'CERT_NOT_YET_VALID')
    return refused("the server's certificate is not good yet; are the clocks right?")
  if (code === 'CERT_REVOKED') return refused("the server's certificate was revoked by its CA")
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refused(
      `the server's certificate is for another name than '${host}' (${message.replace(/^.*altnames: /i, '')}); write the URI with a name it has`,
    )
  if (code === 'ECONNREFUSED')
    return refused(
      'nobody listens there; is libvirtd-tls.socket (or virtproxyd-tls.socket) started?',
    )
  if (isClosing(error)) return refused(`no TLS connection came about: ${message}`)
  if (code.startsWith('ERR_OSSL_') || code.startsWith('ERR_TLS_'))
    return refused(`the certificates cannot be used: ${message}`)
  return new HypervisorUnreachable(`${label}: ${message}`, { cause: error })
}
