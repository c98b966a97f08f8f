// config/etcd on three bare hosts: what an operator types on the first day.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EtcdAccess } from '../../src/model/cluster.ts'
import { Lab } from '../lab/index.ts'

const config = fileURLToPath(new URL('../../config/etcd', import.meta.url))
const asker = fileURLToPath(new URL('ask.ts', import.meta.url))
const names = ['quark', 'snailin', 'andreys'] as const
/** A disk of the lab host's own; /etc and most of /var are the machine's. */
const disk = '/var/lib/libvirt/yasco'
const places = ['--etc', `${disk}/etc`, '--data', `${disk}/data`]
const everybody = { reachable: true, reason: '' }

let lab: Lab
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-bring-up-'))
  lab = await Lab.up({
    name: 'bring-up',
    hosts: { hosts: { quark: {}, snailin: {}, andreys: {} } },
  })
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** `quark=10.0.0.11` and so on. */
function hosts(): string[] {
  return names.map(name => `${name}=${lab.host(name).address}`)
}

function access(more: Partial<EtcdAccess> = {}, scheme = 'https'): EtcdAccess {
  return {
    endpoints: names.map(name => `${scheme}://${lab.host(name).address}:2379`),
    tls: {
      ca: join(folder, 'ca.crt'),
      cert: join(folder, 'client.crt'),
      key: join(folder, 'client.key'),
    },
    ...more,
  }
}

async function startWithoutDisk(name: string): Promise<void> {
  await lab.host(name).start()
  await lab.host(name).run(['rm', '-r', disk])
}

function writer() {
  return { username: 'yasco', passwordFile: join(folder, 'passwords', 'yasco') }
}

async function ask(how: EtcdAccess, write?: string) {
  const args = [asker, JSON.stringify(how), 'innopolis', ...(write ? [write] : [])]
  return JSON.parse(await lab.operator.run([process.execPath, ...args]))
}

function bringUp(...args: string[]) {
  return lab.operator.attempt([join(config, 'bring-up'), ...args], { timeoutMs: 110_000 })
}

describe('an etcd on three bare hosts', () => {
  it('is refused an even number, and says what it would do', async () => {
    const even = await bringUp(...hosts().slice(1))
    expect(even.status).not.toBe(0)
    expect(even.stderr).toMatch(/an even number tolerates no more/)
    const dry = await bringUp('--dry-run', ...places, ...hosts())
    expect(dry.stdout).toMatch(/quark: ready[^]*Would make an etcd of quark=http:/)
    expect(await lab.host('quark').shell(`ls ${disk} 2>&1 || true`)).toMatch(/No such file/)
  })

  it('is brought up encrypted, and gives the lines for the cluster file', async () => {
    const { status, stdout, stderr } = await bringUp('--tls', folder, ...places, ...hosts())
    expect([status, stderr]).toEqual([0, ''])
    const [a, b, c] = access().endpoints
    expect(stdout).toContain(`  endpoints: [${a}, ${b}, ${c}]`)
    const answer = await ask(access(), 'hwms/quark={}')
    expect(answer.members).toMatchObject([everybody, everybody, everybody])
    expect(answer.contents).toEqual({ 'hwms/quark': '{}' })
  })

  it('lets nobody in without a certificate', async () => {
    const { ca } = access().tls ?? {}
    await expect(ask(access({ tls: ca === undefined ? {} : { ca } }))).rejects.toThrow(
      /certificate|connection/i,
    )
  })

  it('is left as it is when brought up again', async () => {
    const { status, stdout } = await bringUp('--tls', folder, ...places, ...hosts())
    expect(status).toBe(0)
    expect(stdout).toMatch(/quark: is a member already/)
    expect((await ask(access())).contents).toEqual({ 'hwms/quark': '{}' })
  })

  it('gives a role that reads everything and writes nothing', async () => {
    const passwords = join(folder, 'passwords')
    const words = `--cluster innopolis --passwords ${passwords} --tls ${folder}`.split(' ')
    const endpoints = access().endpoints.join(',')
    const roles = [join(config, 'make-roles'), '--endpoints', endpoints, ...words]
    expect(await lab.operator.run(roles)).toMatch(/authentication: on/)
    expect(await lab.operator.run(roles)).toMatch(/user yasco-read: is there/)
    const as = (username: string) => access({ username, passwordFile: join(passwords, username) })
    const written = await ask(as('yasco'), 'hwms/snailin={}')
    expect(written).toMatchObject({ refused: '' })
    const read = await ask(as('yasco-read'), 'hwms/andreys={}')
    expect(read.contents).toEqual({ 'hwms/quark': '{}', 'hwms/snailin': '{}' })
    expect(read.refused).toMatch(/StoreRefused.*permission denied/)
    expect(read.members).toMatchObject([everybody, everybody, everybody])
  })

  it('goes on without one host', async () => {
    await lab.host('andreys').kill()
    const began = performance.now()
    const answer = await ask(access(writer()), 'hwms/andreys={}')
    // Packets to a host without power vanish; no attempt to reach it keeps a program from ending.
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(answer).toMatchObject({ refused: '', members: [{}, {}, { reachable: false }] })
  })

  it('takes a host that has lost its disk back in, when told so', async () => {
    await startWithoutDisk('andreys')
    const mixed = await bringUp('--tls', folder, ...places, ...hosts())
    expect(mixed.status).toBe(1)
    expect(mixed.stderr).toMatch(/andreys=.* is not: .*say --replace/)
    const password = ['--root-password', join(folder, 'passwords', 'root')]
    const replaced = await bringUp('--replace', ...password, '--tls', folder, ...places, ...hosts())
    expect([replaced.status, replaced.stderr]).toEqual([0, ''])
    const answer = await ask(access(writer()), 'hwms/again={}')
    expect(answer).toMatchObject({ refused: '', members: [everybody, everybody, everybody] })
    expect(Object.keys(answer.contents)).toHaveLength(4)
  })

  it('is made anew from a backup when its majority is gone for good', async () => {
    const backup = join(folder, 'backup.db')
    const { ca, cert, key } = access().tls ?? {}
    const snapshot = `--cacert ${ca} --cert ${cert} --key ${key} snapshot save ${backup}`
    const password = readFileSync(join(folder, 'passwords', 'root'), 'utf8').trim()
    await lab.operator.run(
      ['etcdctl', '--endpoints', access().endpoints[0] ?? '', ...snapshot.split(' ')],
      { env: { ETCDCTL_API: '3', ETCDCTL_USER: `root:${password}` } },
    )
    await ask(access(writer()), 'hwms/too-late={}')
    for (const name of ['snailin', 'andreys']) {
      await lab.host(name).kill()
      await startWithoutDisk(name)
    }
    const settings = await bringUp('--settings-only', '--tls', folder, ...places, ...hosts())
    expect(settings.status).toBe(0)
    const restore = [join(config, 'restore'), '--yes', '--tls', folder, ...places, backup]
    const restored = await lab.operator.attempt([...restore, ...hosts()], { timeoutMs: 110_000 })
    expect([restored.status, restored.stderr]).toEqual([0, ''])
    const answer = await ask(access(writer()), 'hwms/after={}')
    expect(answer).toMatchObject({ refused: '', members: [everybody, everybody, everybody] })
    expect(Object.keys(answer.contents).sort()).toEqual(
      ['after', 'again', 'andreys', 'quark', 'snailin'].map(name => `hwms/${name}`),
    )
  })
})
