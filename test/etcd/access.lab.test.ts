// Who may speak to etcd, and what for: client certificates, passwords, and the role that reads everything and writes nothing.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEtcd } from '../../src/etcd/client.ts'
import { AccessFileUnreadable, AccessWrong } from '../../src/etcd/credentials.ts'
import { Reflector } from '../../src/etcd/reflector.ts'
import { StoreRefused, StoreUnavailable } from '../../src/etcd/store.ts'
import type { EtcdAccess } from '../../src/model/cluster.ts'
import { put, watched } from './contract.ts'
import { type RealEtcd, startEtcd } from './etcd-process.ts'

const soon = { timeout: 10_000, interval: 10 }
const folder = mkdtempSync(join(tmpdir(), 'yasco-access-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content?: string): string {
  const path = join(folder, name)
  if (content !== undefined) writeFileSync(path, content)
  return path
}

function openssl(command: string): void {
  execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' })
}

/** A CA with a server's and a client's certificate, and a stranger's CA. */
function makeCertificates(): void {
  const ec = 'req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  for (const ca of ['ca', 'stranger'])
    openssl(`${ec} -x509 -keyout ${ca}.key -out ${ca}.crt -subj /CN=${ca} -days 2`)
  file('extensions', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
  for (const [name, ca] of [
    ['server', 'ca'],
    ['client', 'ca'],
    ['mallory', 'stranger'],
  ] as const) {
    openssl(`${ec} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`)
    const signed = `-CA ${ca}.crt -CAkey ${ca}.key -CAcreateserial -days 2 -extfile extensions`
    openssl(`x509 -req -in ${name}.csr -out ${name}.crt ${signed}`)
  }
}

describe('TLS', () => {
  let etcd: RealEtcd
  const tls = (name: string, ca = 'ca') => ({
    ca: file(`${ca}.crt`),
    cert: file(`${name}.crt`),
    key: file(`${name}.key`),
  })
  beforeAll(async () => {
    makeCertificates()
    etcd = await startEtcd(1, { tls: { ...tls('client'), server: tls('server') } })
  })
  afterAll(() => etcd[Symbol.asyncDispose]())

  it('lets in who shows a certificate of its CA', async () => {
    await using store = await openEtcd({ endpoints: etcd.endpoints, tls: tls('client') }, 'x')
    const { revision } = await put(store, 'a', '1')
    using watch = watched(store, '', revision)
    await expect.poll(() => watch.changes.length, soon).toBe(1)
    expect(await store.members()).toMatchObject([{ reachable: true, leader: true }])
  })

  it.each([
    ['no certificate', { ca: 'ca.crt' }],
    ["a stranger's certificate", { ca: 'ca.crt', cert: 'mallory.crt', key: 'mallory.key' }],
    ['no trust in the server', { ca: 'stranger.crt', cert: 'client.crt', key: 'client.key' }],
  ])('lets nobody in with %s, and says why', async (_, names) => {
    const files = Object.fromEntries(
      Object.entries(names).map(([what, name]) => [what, file(name)]),
    )
    await using store = await openEtcd({ endpoints: etcd.endpoints, tls: files }, 'x')
    const error = await store.get('a').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(String(error)).toMatch(/certificate|alert|ECONNRESET|connection/i)
    expect(await store.members()).toMatchObject([{ reachable: false }])
  })
})

describe('an access that cannot be', () => {
  const http = ['http://127.0.0.1:1']
  it.each([
    [{ endpoints: [] }, /no endpoint/],
    [{ endpoints: ['10.0.0.1:2379'] }, /10\.0\.0\.1:2379 is no endpoint of etcd: expected http:/],
    [{ endpoints: ['http://a:1', 'https://b:1'] }, /partly https/],
    [{ endpoints: http, tls: { ca: '/ca' } }, /tls is given .* not https/],
    [{ endpoints: ['https://a:1'], tls: { cert: '/c' } }, /both tls\.cert and tls\.key/],
    [{ endpoints: http, username: 'ann' }, /both username and password-file/],
    [
      { endpoints: http, username: 'ann', passwordFile: '/nowhere/secret' },
      /password file for etcd cannot be read: .*\/nowhere\/secret/,
    ],
  ])('is refused before anything is asked: %j', async (access, reason) => {
    const error = await openEtcd(access, 'x').catch((thrown: unknown) => thrown)
    const kind = 'passwordFile' in access ? AccessFileUnreadable : AccessWrong
    expect(error).toBeInstanceOf(kind)
    expect(String(error)).toMatch(reason)
  })
})

describe('passwords and roles', () => {
  const cluster = randomUUID()
  let etcd: RealEtcd
  let writer: EtcdAccess
  let reader: EtcdAccess
  beforeAll(async () => {
    etcd = await startEtcd(1, { flags: { 'auth-token-ttl': '2', 'bcrypt-cost': '4' } })
    const all = `/yasco/${cluster}/`
    const ctl = (...args: string[]) => etcd.ctl(...args)
    await ctl('user', 'add', 'root:root')
    await ctl('user', 'grant-role', 'root', 'root')
    for (const [role, may] of [
      ['writer', 'readwrite'],
      ['reader', 'read'],
    ] as const) {
      await ctl('role', 'add', role)
      await ctl('role', 'grant-permission', role, may, all, '--prefix=true')
      await ctl('user', 'add', `${role}:secret of ${role}`)
      await ctl('user', 'grant-role', role, role)
    }
    await ctl('auth', 'enable')
    const access = (name: string) => ({
      endpoints: etcd.endpoints,
      username: name,
      passwordFile: file(`${name}.password`, `secret of ${name}\n`),
    })
    writer = access('writer')
    reader = access('reader')
  })
  afterAll(() => etcd[Symbol.asyncDispose]())

  it('gives the reading role everything to read, and nothing to write', async () => {
    await using mayWrite = await openEtcd(writer, cluster)
    await using mayRead = await openEtcd(reader, cluster)
    await put(mayWrite, 'a', '1')
    expect((await mayRead.get('a'))?.value).toBe('1')
    using reflector = new Reflector(mayRead, '', {
      changed: () => undefined,
      status: () => undefined,
    })
    await expect.poll(() => reflector.status.state, soon).toBe('live')
    await put(mayWrite, 'b', '2')
    await expect.poll(() => reflector.contents.get('b')?.value, soon).toBe('2')
    expect(await mayRead.members()).toMatchObject([{ reachable: true, leader: true }])
    await expect(put(mayRead, 'c', '3')).rejects.toThrow(StoreRefused)
    await expect(put(mayRead, 'c', '3')).rejects.toThrow(/permission denied/)
    await expect(mayRead.commit({ if: [], then: [{ delete: 'a' }] })).rejects.toThrow(StoreRefused)
    expect((await mayWrite.get('a'))?.value).toBe('1')
  })

  it('refuses a wrong password, no password, and what is of another cluster, each with its reason', async () => {
    const wrong = { ...writer, passwordFile: file('wrong', 'guess') }
    await using guess = await openEtcd(wrong, cluster)
    await expect(guess.get('a')).rejects.toThrow(/login as writer: .*invalid user ID or password/)
    await using nobody = await openEtcd({ endpoints: etcd.endpoints }, cluster)
    await expect(nobody.get('a')).rejects.toThrow(/user name is empty/)
    await using other = await openEtcd(reader, 'another')
    await expect(other.get('a')).rejects.toThrow(/permission denied/)
    using watch = watched(other, '', 1)
    await expect.poll(() => watch.ends[0], soon).toBeInstanceOf(StoreRefused)
  })

  it('logs in again when etcd has forgotten the token', async () => {
    await using store = await openEtcd(writer, cluster)
    using reflector = new Reflector(store, '', {
      changed: () => undefined,
      status: () => undefined,
    })
    await put(store, 'd', '1')
    await expect.poll(() => reflector.contents.get('d')?.value, soon).toBe('1')
    await etcd.kill(0)
    await expect.poll(() => reflector.status.state, soon).toBe('stale')
    await etcd.startAll()
    await expect.poll(() => reflector.status.state, soon).toBe('live')
    await put(store, 'd', '2')
    await expect.poll(() => reflector.contents.get('d')?.value, soon).toBe('2')
  })

  it('goes on after a token has run out', async () => {
    await using store = await openEtcd(writer, cluster)
    await put(store, 'e', '1')
    const lease = await store.grantLease(2_000)
    const first = lease.validUntil
    // The token lives 2 s of silence; a lease is renewed through it all.
    await expect.poll(() => lease.validUntil, soon).toBeGreaterThan(first + 4_000)
    expect(await put(store, 'e', '2')).toMatchObject({ committed: true })
  })
})
