// TLS against a real libvirtd, which looks at our certificate as we look at its own; and against servers that are no libvirtd.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HypervisorRefused, HypervisorUnreachable } from '../../../src/libvirt/errors.ts'
import { openConnection, openHypervisor } from '../../../src/libvirt/open.ts'
import { dialTls, pkiPlaces } from '../../../src/libvirt/tls.ts'
import { parseLibvirtUri } from '../../../src/libvirt/uri.ts'
import { connection as hello, domains } from '../../../src/libvirt/wire/procedures.ts'
import { startLibvirtd } from './libvirtd.ts'
import type { Libvirtd } from './libvirtd.ts'

const folder = mkdtempSync(join(tmpdir(), 'yasco-tls-'))
const file = (name: string): string => join(folder, name)
let libvirtd: Libvirtd
let port = 0

function openssl(command: string): void {
  execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' })
}

/** A certificate `name`.crt of a CA, good for `days` (or that has run out, when negative), for the address 127.0.0.1 and the name `quark`. */
function certificate(name: string, ca: string, days = 2): void {
  openssl(
    `req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`,
  )
  openssl(
    `x509 -req -in ${name}.csr -out ${name}.crt -CA ${ca}.crt -CAkey ${ca}.key -CAcreateserial -days ${days} -extfile extensions`,
  )
}

/** A folder for `pkipath=`. */
function pki(name: string, ca: string, own?: string): string {
  mkdirSync(file(name))
  copyFileSync(file(`${ca}.crt`), file(`${name}/cacert.pem`))
  if (own !== undefined) {
    copyFileSync(file(`${own}.crt`), file(`${name}/clientcert.pem`))
    copyFileSync(file(`${own}.key`), file(`${name}/clientkey.pem`))
  }
  return file(name)
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  const free = await listening(server)
  server.close()
  await once(server, 'close')
  return free
}

const uri = (at: string, parameters = `pkipath=${file('good')}`): string =>
  `test+tls://${at}/default?${parameters}`
const here = (parameters?: string): string => uri(`127.0.0.1:${port}`, parameters)

async function refusal(text: string): Promise<string> {
  const error: unknown = await openHypervisor(text, { readOnly: true, timeoutMs: 10_000 }).then(
    async opened => {
      await opened[Symbol.asyncDispose]()
      return new Error('it was let in')
    },
    (why: unknown) => why,
  )
  expect(error).toBeInstanceOf(HypervisorRefused)
  return String(error)
}

beforeAll(async () => {
  writeFileSync(
    file('extensions'),
    'subjectAltName=IP:127.0.0.1,DNS:quark\nextendedKeyUsage=serverAuth,clientAuth\n',
  )
  for (const ca of ['ca', 'stranger'])
    openssl(
      `req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -x509 -keyout ${ca}.key -out ${ca}.crt -subj /CN=${ca} -days 2`,
    )
  certificate('server', 'ca')
  certificate('admin', 'ca')
  certificate('mallory', 'stranger')
  certificate('old', 'ca', -1)
  pki('good', 'ca', 'admin')
  port = await freePort()
  libvirtd = await startLibvirtd({
    port,
    ca: file('ca.crt'),
    cert: file('server.crt'),
    key: file('server.key'),
  })
})
afterAll(async () => {
  await libvirtd?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('who shows a certificate of its CA is let in, and sees what virsh sees by TLS', async () => {
  await using opened = await openHypervisor(here(), { readOnly: true })
  const names = (await opened.domains()).map(domain => domain.name)
  const virsh = execFileSync('virsh', ['-q', '-c', here(), 'list', '--all', '--name'], {
    encoding: 'utf8',
  })
  expect(names).toEqual(virsh.trim().split('\n'))
  expect(names).not.toEqual([])
})

test('read-only is held by libvirt: its TLS port has no read-only socket, but the open flag', async () => {
  await using connection = await openConnection(here(), { readOnly: true })
  const args = { xml: '<domain type="test"><name>no</name></domain>', flags: 0 }
  await expect(connection.call(domains.define, args)).rejects.toThrow(/read.?only|denied/i)
})

test('calls side by side are answered at once: two in one TLS record would wait for a third', async () => {
  await using connection = await openConnection(here(), { readOnly: true })
  const began = performance.now()
  const calls = Array.from({ length: 300 }, () => connection.call(hello.hostname, undefined))
  expect(new Set((await Promise.all(calls)).map(answer => answer.hostname)).size).toBe(1)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('the server must be of our CA', async () => {
  pki('other-ca', 'stranger', 'admin')
  expect(await refusal(here(`pkipath=${file('other-ca')}`))).toContain('is not of the CA in')
})

test('the server must have the name that the URI has', async () => {
  const why = await refusal(uri(`localhost:${port}`))
  expect(why).toContain("is for another name than 'localhost'")
  expect(why).toContain('quark')
})

test('no_verify takes any server; our own certificate is looked at all the same', async () => {
  await using opened = await openHypervisor(
    uri(`localhost:${port}`, `pkipath=${file('good')}&no_verify=1`),
    { readOnly: true },
  )
  expect(await opened.domains()).not.toEqual([])
  pki('unverified', 'ca', 'mallory')
  expect(await refusal(here(`pkipath=${file('unverified')}&no_verify=1`))).toContain(
    'did not accept our certificate',
  )
})

test('a client of another CA, and one without a certificate, are told that libvirtd did not take them', async () => {
  pki('mallory', 'ca', 'mallory')
  const why = await refusal(here(`pkipath=${file('mallory')}`))
  expect(why).toContain('did not accept our certificate')
  expect(why).toContain('CN=mallory')
  pki('nobody', 'ca')
  expect(await refusal(here(`pkipath=${file('nobody')}`))).toContain('there is none to show')
})

test('our certificate that has run out is said to have, before anybody is asked', async () => {
  pki('late', 'ca', 'old')
  expect(await refusal(here(`pkipath=${file('late')}`))).toContain('ran out on')
})

test('a server whose certificate has run out is refused', async () => {
  const server = createTlsServer({
    cert: readFileSync(file('old.crt')),
    key: readFileSync(file('old.key')),
  })
  const at = await listening(server)
  expect(await refusal(uri(`127.0.0.1:${at}`))).toContain('has run out')
  server.close()
})

test('a server whose certificate the CA took back is refused', async () => {
  const place = pki('revoking', 'ca', 'admin')
  writeFileSync(file('index'), '')
  writeFileSync(file('crl.cnf'), '[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sha256\n')
  const ca = 'ca -config crl.cnf -cert ca.crt -keyfile ca.key'
  openssl(`${ca} -revoke server.crt`)
  openssl(`${ca} -gencrl -crldays 2 -out ${place}/cacrl.pem`)
  expect(await refusal(here(`pkipath=${place}`))).toContain('was revoked')
})

test('a server that says nothing, before or after the handshake, ends by the time limit', async () => {
  const mute = createServer()
  const late = createTlsServer({
    cert: readFileSync(file('server.crt')),
    key: readFileSync(file('server.key')),
  })
  for (const server of [mute, late]) {
    const ends: (() => void)[] = []
    server.on('connection', socket => ends.push(() => socket.destroy()))
    const at = await listening(server)
    await expect(
      openHypervisor(uri(`127.0.0.1:${at}`), { readOnly: true, timeoutMs: 300 }),
    ).rejects.toBeInstanceOf(HypervisorUnreachable)
    const cancel = new AbortController()
    const given = openHypervisor(uri(`127.0.0.1:${at}`), { readOnly: true, signal: cancel.signal })
    cancel.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    for (const end of ends) end()
    server.close()
  }
})

test('a byte that is no acceptance is a refusal, and what speaks no TLS is told so', async () => {
  const no = createTlsServer(
    { cert: readFileSync(file('server.crt')), key: readFileSync(file('server.key')) },
    socket => socket.write(Buffer.from([0])),
  )
  expect(await refusal(uri(`127.0.0.1:${await listening(no)}`))).toContain('did not accept')
  no.close()
  const web = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  expect(await refusal(uri(`127.0.0.1:${await listening(web)}`))).toContain('no TLS connection')
  web.close()
  expect(await refusal(uri(`127.0.0.1:${await freePort()}`))).toContain('libvirtd-tls.socket')
})

test('a user’s own folder comes before the system’s; root has the system’s only', async () => {
  const any = parseLibvirtUri('qemu+tls://quark/system')
  expect(pkiPlaces(any, { isRoot: true, home: '/root' })).toEqual([
    {
      ca: '/etc/pki/CA/cacert.pem',
      crl: '/etc/pki/CA/cacrl.pem',
      cert: '/etc/pki/libvirt/clientcert.pem',
      key: '/etc/pki/libvirt/private/clientkey.pem',
    },
  ])
  const home = file('home')
  mkdirSync(join(home, '.pki'), { recursive: true })
  execFileSync('cp', ['-r', file('good'), join(home, '.pki/libvirt')])
  const to = parseLibvirtUri(`test+tls://127.0.0.1:${port}/default`)
  const stream = await dialTls(to, { readOnly: true, timeoutMs: 10_000 }, { isRoot: false, home })
  expect(stream.readable).toBe(true)
  stream.destroy()
})
