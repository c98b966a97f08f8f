// The secrets by which etcd is reached: they lie in files, and are read when a store is opened, not kept in any configuration.
import { readFile } from 'node:fs/promises'
import type { EtcdAccess } from '../model/cluster.ts'

/** A file that the access to etcd names cannot be read. */
export class AccessFileUnreadable extends Error {
  override readonly name = 'AccessFileUnreadable'
  readonly file: string
  constructor(what: string, file: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`${what} cannot be read: ${reason}`, { cause })
    this.file = file
  }
}

/** What of `EtcdAccess` does not make sense together. */
export class AccessWrong extends Error {
  override readonly name = 'AccessWrong'
}

export interface Credentials {
  /** `ca` absent: the system's certificates are trusted. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined
  readonly login: { readonly username: string; readonly password: string } | undefined
}

/** Reads the files that `access` names. Throws `AccessFileUnreadable` or `AccessWrong`. */
export async function readCredentials(access: EtcdAccess): Promise<Credentials> {
  const { endpoints, tls, username, passwordFile } = access
  if (endpoints.length === 0) throw new AccessWrong('no endpoint of etcd is given')
  const strange = endpoints.find(endpoint => !isEndpoint(endpoint))
  if (strange !== undefined)
    throw new AccessWrong(
      `${strange} is no endpoint of etcd: expected http://HOST:PORT or https://`,
    )
  const secure = endpoints.filter(endpoint => endpoint.startsWith('https://'))
  if (secure.length > 0 && secure.length < endpoints.length)
    throw new AccessWrong(
      'endpoints of etcd are partly https and partly not: make all of them https',
    )
  if (tls && secure.length === 0)
    throw new AccessWrong('tls is given for etcd, but its endpoints are not https://')
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    throw new AccessWrong('a client certificate for etcd needs both tls.cert and tls.key')
  if ((username === undefined) !== (passwordFile === undefined))
    throw new AccessWrong('a login to etcd needs both username and password-file')
  const read = (what: string, file: string | undefined) =>
    file === undefined
      ? undefined
      : readFile(file).catch((cause: unknown) => {
          throw new AccessFileUnreadable(what, file, cause)
        })
  const [ca, cert, key, password] = await Promise.all([
    read("etcd's CA certificate", tls?.ca),
    read('the client certificate for etcd', tls?.cert),
    read('the client key for etcd', tls?.key),
    read('the password file for etcd', passwordFile),
  ])
  return {
    tls: tls && { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
    login:
      username !== undefined && password
        ? { username, password: password.toString('utf8').replace(/\r?\n$/, '') }
        : undefined,
  }
}

function isEndpoint(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/'
}
