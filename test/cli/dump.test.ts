import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, afterEach, expect, test } from 'vitest'
import { keys } from '../../src/etcd/layout.ts'
import { xmlHash } from '../../src/libvirt/xml/canonical.ts'
import { guestXml, HEAD, twoHosts, World } from './world.ts'

let world: World
let config: string
let domains: string
beforeEach(async () => {
  world = new World()
  config = twoHosts(world)
  domains = join(world.folder, 'domains')
  mkdirSync(domains)
  await world.run(`apply -f ${config} --yes`)
})
afterEach(() => world[Symbol.dispose]())

async function record(vm: string): Promise<Record<string, string> | undefined> {
  await using store = world.etcd.connect()
  const kv = await store.get(keys.domain(vm))
  return kv && JSON.parse(kv.value)
}

test('XML goes to the folder and its hash to etcd; then there is nothing to write', async () => {
  const first = await world.run(`dump --config ${config}`, 'yes')
  expect(first.status).toBe(0)
  expect(first.out).toContain('+ new  one  from a')
  expect(readdirSync(domains)).toEqual(['one.xml', 'two.xml'])
  expect(readFileSync(join(domains, 'one.xml'), 'utf8')).toBe(guestXml('one'))
  expect(await record('one')).toMatchObject({ hash: xmlHash(guestXml('one')), from: 'a' })
  expect(await record('one')).not.toHaveProperty('xml')
  const second = await world.run(`dump --config ${config}`)
  expect([second.status, second.out]).toEqual([
    0,
    expect.stringContaining(`nothing to write: ${domains} on a has it all`),
  ])
  expect((await world.run(`events --config ${config}`)).out).toContain(
    `wrote the domain XML of one, two to ${domains} on a`,
  )
})

test('what differs is shown and asked for; a comment or another order is no difference', async () => {
  await world.run(`dump --config ${config} --yes`)
  writeFileSync(
    join(domains, 'one.xml'),
    guestXml('one').replace('<vcpu>', '<!-- no change -->\n<vcpu>'),
  )
  writeFileSync(join(domains, 'two.xml'), guestXml('two').replace('512', '1024'))
  const refused = await world.run(`dump --config ${config}`)
  expect(refused.status).toBe(3)
  expect(refused.out).toContain('  same     one')
  expect(refused.out).toContain('~ changed  two')
  expect(readFileSync(join(domains, 'two.xml'), 'utf8')).toContain('1024')
  expect((await world.run(`dump --config ${config}`, 'yes')).status).toBe(0)
  expect(readFileSync(join(domains, 'two.xml'), 'utf8')).toContain('512')
})

test('a hash that etcd lost is written again without touching the file', async () => {
  await world.run(`dump --config ${config} --yes`)
  await using store = world.etcd.connect()
  await store.commit({ if: [], then: [{ delete: keys.domain('one') }] })
  const { out } = await world.run(`dump --config ${config} --yes`)
  expect(out).toContain('~ hash only  one')
  expect(await record('one')).toMatchObject({ from: 'a' })
})

test('an HWM that does not answer is named, the rest is done, and the status is 4', async () => {
  world.hosts.set('qemu+ssh://root@a/system', { hostname: 'a', isDown: true })
  const { status, out } = await world.run(`dump --config ${config} --yes`)
  expect(status).toBe(4)
  expect(out).toContain('on no HWM that answers: one')
  expect(out).toContain('not asked: a: qemu+ssh://root@a/system: connection timed out')
  expect(readdirSync(domains)).toEqual(['two.xml'])
})

test('domains that the cluster file does not name are left out, and said so', async () => {
  world.hosts.set('qemu+ssh://root@b/system', {
    hostname: 'b',
    domains: [{ name: 'two' }, { name: 'stranger' }],
  })
  const { out } = await world.run(`dump --config ${config} --yes`)
  expect(out).toContain('not in the cluster file, and left out: stranger')
  expect(readdirSync(domains)).toEqual(['one.xml', 'two.xml'])
})

test('the XML of where it runs is taken, and a definition that differs elsewhere is named', async () => {
  const old = guestXml('one').replace('512', '256')
  world.hosts.set('qemu+ssh://root@b/system', {
    hostname: 'b',
    domains: [{ name: 'two' }, { name: 'one', state: 'shutoff', xml: old }],
  })
  const { out } = await world.run(`dump --config ${config} --yes`)
  expect(out).toContain('one is defined otherwise on b than on a, whose XML is taken')
  expect(readFileSync(join(domains, 'one.xml'), 'utf8')).toBe(guestXml('one'))
})

test('without a shared folder the XML lies in etcd', async () => {
  const file = world.file(
    'etcd.yaml',
    `${HEAD}domains: etcd\nhwms: {a: {libvirt: qemu+ssh://root@a/system}}\nvms: {one: {home: a}}\n`,
  )
  await world.run(`apply -f ${file} --yes`)
  const { status, out } = await world.run(`dump --config ${file} --yes`)
  expect([status, out]).toEqual([0, expect.stringContaining('1 written to etcd')])
  expect(await record('one')).toMatchObject({
    hash: xmlHash(guestXml('one')),
    xml: guestXml('one'),
    from: 'a',
  })
})

test('--read-only refuses', async () => {
  expect((await world.run(`dump --config ${config} --yes --read-only`)).status).toBe(3)
  expect(readdirSync(domains)).toEqual([])
})

test('every HWM that answers keeps copies on its own disk, brought up to date by the next dump', async () => {
  const copy = (host: string, vm: string) =>
    join(world.disk(`qemu+ssh://root@${host}/system`), `lib/libvirt/yasco/test/${vm}.xml`)
  await world.run(`dump --config ${config} --yes`)
  expect(readFileSync(copy('a', 'two'), 'utf8')).toBe(guestXml('two'))
  expect(readFileSync(copy('b', 'one'), 'utf8')).toBe(guestXml('one'))
  writeFileSync(copy('b', 'one'), guestXml('one').replace('512', '1024'))
  expect((await world.run(`dump --config ${config} --yes`)).status).toBe(0)
  expect(readFileSync(copy('b', 'one'), 'utf8')).toBe(guestXml('one'))
})

test('what became of the copies is told in --json, by HWM', async () => {
  const line = `dump --config ${config} --yes --json`
  const copies = (out: string) => {
    const [plan, done] = out
      .trim()
      .split(/\n(?=\{)/)
      .map(text => JSON.parse(text))
    expect(plan).toMatchObject({ kind: 'DumpPlan' })
    expect(done).toMatchObject({ apiVersion: 'yasco/v1', kind: 'DumpCopies' })
    return done.hwms
  }
  const fresh = { written: ['one', 'two'], problem: '' }
  expect(copies((await world.run(line)).out)).toEqual([
    { hwm: 'a', ...fresh },
    { hwm: 'b', ...fresh },
  ])
  expect(copies((await world.run(line)).out)).toEqual([
    { hwm: 'a', written: [], problem: '' },
    { hwm: 'b', written: [], problem: '' },
  ])
})

test('an HWM whose disk takes no copies is named, and the rest is done', async () => {
  const disk = world.disk('qemu+ssh://root@b/system')
  mkdirSync(join(disk, '..'), { recursive: true })
  writeFileSync(disk, 'a file where the folder should be')
  const dumped = await world.run(`dump --config ${config} --yes`)
  expect(dumped.status).toBe(4)
  expect(dumped.out).toContain('no copies on b:')
  expect(await record('one')).toMatchObject({ from: 'a' })
})
