// The commands as programs, on a lab of three real hosts: libvirtd, QEMU guests, sshd and etcd.
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { xmlHash } from '../../src/libvirt/xml/canonical.ts'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { Lab } from '../lab/index.ts'
import { until } from '../lab/processes.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

let lab: Lab
beforeAll(async () => {
  lab = await Lab.up({ name: 'test-cli' })
})
afterAll(() => lab?.down())

interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

async function yasco(...args: readonly string[]): Promise<Ran> {
  const command = ['env', `YASCO_CONFIG=${lab.clusterFile}`, process.execPath, MAIN, ...args]
  const { status, stdout, stderr } = await lab.operator.attempt(command, { timeoutMs: 90_000 })
  return { status, out: stdout, err: stderr }
}

interface Check {
  readonly about: string
  readonly name: string
  readonly result: string
  readonly found: string
}

async function doctor(): Promise<readonly Check[]> {
  const { out, err } = await yasco('doctor', '--json')
  expect(err).toBe('')
  return JSON.parse(out).checks
}

function uriOf(host: string): string {
  const { key, knownHosts } = lab.layout.ssh
  return `qemu+ssh://root@${lab.host(host).address}/system?keyfile=${key}&known_hosts=${knownHosts}`
}

const VMS = ['ceph1', 'ceph2', 'ceph3', 'freebsd-vmm2', 'test', 'ubuntu-vmm2', 'win7-vmm2']

test('before anything is applied, every command says what to do', async () => {
  expect(await yasco('status')).toMatchObject({
    status: 1,
    err: expect.stringContaining('yasco apply -f FILE'),
  })
  expect(await yasco('export')).toMatchObject({
    status: 1,
    err: expect.stringContaining('yasco apply -f FILE'),
  })
})

test('import makes a cluster file from the living hosts, as virsh sees them', async () => {
  const hosts = ['quark', 'snailin', 'andreys']
  const { status, out } = await yasco(
    'import',
    ...hosts.flatMap(host => ['--hwm', uriOf(host)]),
    '--domains',
    '/srv/domains',
  )
  expect(status).toBe(0)
  const parsed = parseClusterFile(out, 'imported.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  expect(parsed.config.hwms.map(({ name }) => name)).toEqual(hosts)
  expect(parsed.config.vms.map(({ name }) => name)).toEqual(VMS)
  for (const { name, home, resources } of parsed.config.vms) {
    const info = await lab.host(home ?? '').virsh(`dominfo ${name}`)
    expect(info).toMatch(/State: +running/)
    expect(resources['ram']).toBe(Number(/Max memory: +(\d+) KiB/.exec(info)?.[1]) * 1024)
    expect(resources['cpu']).toBe(Number(/CPU\(s\): +(\d+)/.exec(info)?.[1]) * 1000)
  }
})

test('apply writes the cluster, twice changes nothing, and what is exported is what was applied', async () => {
  const file = lab.clusterFile
  expect((await yasco('apply', '-f', file)).status).toBe(3)
  const first = await yasco('apply', '-f', file, '--yes', '--reason', 'the first time')
  expect(first).toMatchObject({
    status: 0,
    out: expect.stringContaining('+ home of win7-vmm2: quark'),
  })
  expect(await yasco('apply', '-f', file)).toEqual({
    status: 0,
    out: 'nothing to change\n',
    err: '',
  })
  const exported = await yasco('export')
  const copy = join(lab.layout.folder, 'exported.yaml')
  writeFileSync(copy, exported.out)
  expect(await yasco('apply', '-f', copy)).toEqual({
    status: 0,
    out: 'nothing to change\n',
    err: '',
  })
  expect((await yasco('events')).out).toMatch(
    /root on operator {2}cluster {2}applied a cluster file: .* \(the first time\)/,
  )
})

test('status sees every guest where it runs', async () => {
  const { status, out } = await yasco('status', '--json')
  const value = JSON.parse(out)
  expect(
    value.vms.map((vm: Record<string, unknown>) => [vm['name'], vm['state'], vm['where']]),
  ).toEqual(VMS.map(vm => [vm, 'running', lab.spec.vms[vm]?.home]))
  expect([status, value.ok]).toEqual([0, true])
})

describe('the domain store', () => {
  const folder = () => join(lab.layout.shared, 'domains')

  test('dump writes what libvirt has, over SSH, and its hash; doctor is content then', async () => {
    expect(
      (await doctor()).filter(({ name }) => name === 'domain XML').map(({ result }) => result),
    ).not.toContain('ok')
    const dumped = await yasco('dump', '--yes')
    expect(dumped).toMatchObject({ status: 0, err: '' })
    for (const vm of VMS) {
      const stored = readFileSync(join(folder(), `${vm}.xml`), 'utf8')
      const theirs = await lab.host(lab.spec.vms[vm]?.home ?? '').virsh(`dumpxml --inactive ${vm}`)
      expect(xmlHash(stored)).toBe(xmlHash(theirs))
    }
    expect(readdirSync(folder()).toSorted()).toEqual(VMS.map(vm => `${vm}.xml`))
    expect((await yasco('dump')).out).toContain('nothing to write: /srv/domains on')
    const xml = (await doctor()).filter(({ name }) => name === 'domain XML')
    expect(xml.map(({ result, found }) => `${result}: ${found}`)).toEqual([
      'ok: stored for every VM, by the hash in etcd',
    ])
  })

  test('XML that somebody changed is seen', async () => {
    const file = join(folder(), 'test.xml')
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, before.replace(/<vcpu[^>]*>1</, '<vcpu>2<'))
    const found = (await doctor()).map(({ found: text }) => text)
    expect(found).toContain('what is stored for test is not what etcd has the hash of')
    expect((await yasco('dump', '--dry-run')).out).toContain('~ changed  test')
    writeFileSync(file, before)
  })

  test('a file that cannot be read is given up in time, and its HWM can still be asked', async () => {
    const file = join(folder(), 'test.xml')
    const before = readFileSync(file, 'utf8')
    rmSync(file)
    spawnSync('mkfifo', [file])
    const { status, err } = await yasco('dump', '--dry-run')
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/gave no answer within 5000 ms \(reading 7 files\)/),
    ])
    rmSync(file)
    writeFileSync(file, before)
    expect((await yasco('dump', '--dry-run')).status).toBe(0)
  })
})

test('doctor finds libvirt’s own autostart, and how the HWMs reach each other', async () => {
  const isAutostart = ({ about, name }: Check) => about === 'hwm snailin' && name === 'autostart'
  await lab.host('snailin').virsh('autostart test')
  const found = await doctor()
  expect(found.find(isAutostart)).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('test'),
  })
  expect(
    found.find(({ about, name }) => about === 'hwm quark' && name === 'migration to andreys'),
  ).toMatchObject({ result: 'ok' })
  await lab.host('snailin').virsh('autostart --disable test')
  expect((await doctor()).find(isAutostart)).toMatchObject({ result: 'ok' })
})

test('a changed host key is refused, said with its fingerprint, and is no failure of the host', async () => {
  await lab.host('andreys').changeKey()
  const { out, status } = await yasco('status')
  expect(status).toBe(1)
  expect(out).toMatch(/\nandreys +refused /)
  expect(out).toMatch(/\nandreys: .*host key \S+ SHA256:\S+ is changed/)
  const check = (await doctor()).find(
    ({ about, name }) => about === 'hwm andreys' && name === 'libvirt',
  )
  expect(check).toMatchObject({ result: 'fail', found: expect.stringContaining('is changed') })
})

test('a host that loses its power is DOWN in status and doctor, and the log can be followed meanwhile', async () => {
  const command = lab.operator.commandLine(
    'env',
    `YASCO_CONFIG=${lab.clusterFile}`,
    process.execPath,
    MAIN,
    'events',
    '--follow',
    '--json',
  )
  const [program = '', ...args] = command
  const follower = spawn(program, args)
  let followed = ''
  follower.stdout.on('data', (chunk: Buffer) => {
    followed += chunk.toString()
  })
  try {
    await until('the log to be followed', () => followed.includes('applied a cluster file'), {
      limitMs: 20_000,
    })
    await lab.host('quark').kill()
    const { status, out } = await yasco('status')
    expect(status).toBe(1)
    expect(out).toMatch(/\nquark +DOWN /)
    expect(out).toContain('etcd 2/3')
    const found = await doctor()
    expect(
      found.find(({ about, name }) => about === 'hwm quark' && name === 'libvirt'),
    ).toMatchObject({ result: 'fail' })
    expect(found.find(({ about, name }) => about === 'etcd' && name === 'quorum')).toMatchObject({
      result: 'ok',
    })

    const changed = readFileSync(lab.clusterFile, 'utf8').replace('tolerate: 1', 'tolerate: 0')
    writeFileSync(join(lab.layout.folder, 'changed.yaml'), changed)
    expect(
      await yasco('apply', '-f', join(lab.layout.folder, 'changed.yaml'), '--yes'),
    ).toMatchObject({
      status: 0,
      out: '~ cluster: tolerate 1 -> 0\ninnopolis: applied\n',
    })
    await until(
      'the follower to see it',
      () =>
        followed.split('\n').filter(line => line.includes('applied a cluster file')).length === 2,
      { limitMs: 20_000 },
    )
    expect(JSON.parse(followed.trim().split('\n').at(-1) ?? '')).toMatchObject({
      kind: 'Event',
      what: 'applied a cluster file: cluster',
    })
  } finally {
    follower.kill('SIGTERM')
  }
})

test('without etcd’s quorum nothing hangs: status ends with 4 and says so', async () => {
  await lab.host('snailin').kill()
  const { status, err } = await yasco('status', '--timeout', '20s')
  expect([status, err]).toEqual([4, expect.stringContaining('etcd does not answer')])
  expect((await yasco('apply', '-f', lab.clusterFile, '--yes')).status).toBe(4)
})
