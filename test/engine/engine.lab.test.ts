// The engine against real hosts: real etcd, real libvirtd and QEMU over real SSH, and a host that dies like a host.
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { EngineSpec } from '../../src/engine/spec.ts'
import { SCREEN_FD } from '../../src/engine/start.ts'
import type { HwmView, VmView } from '../../src/model/snapshot.ts'
import { Lab } from '../lab/index.ts'
import { TestScreen } from './screens.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const hosts = ['andreys', 'quark', 'snailin']
let lab: Lab
let screen: TestScreen

beforeAll(async () => {
  lab = await Lab.up({ name: 'engine-test' })
  const apply = ['apply', '--yes', '--file', lab.clusterFile]
  await lab.operator.run([process.execPath, '--no-warnings', program, ...apply])
  const etcd = { endpoints: lab.etcdEndpoints }
  const spec: EngineSpec = { mode: 'real', cluster: 'innopolis', etcd, readOnly: true }
  const child = lab.operator.node(program, ['engine', JSON.stringify(spec)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  const stream = child.stdio[SCREEN_FD]
  if (!(stream instanceof Duplex)) throw new TypeError('no stream to the engine')
  screen = new TestScreen(stream)
  await within(10_000, () => hosts.every(name => hwm(name)?.state === 'up'))
  await within(5_000, () => running().length === 7)
})

afterAll(async () => {
  screen.link.bye()
  await lab[Symbol.asyncDispose]()
})

function hwm(name: string): HwmView | undefined {
  return screen.snapshot?.hwms[name]
}

function vm(name: string): VmView | undefined {
  return screen.snapshot?.vms[name]
}

function running(on?: string): string[] {
  return Object.values(screen.snapshot?.vms ?? {})
    .filter(({ state, where }) => state === 'running' && (on === undefined || where === on))
    .map(({ name }) => name)
    .toSorted()
}

/** Resolves to how many ms it took until it was so. */
async function within(limitMs: number, condition: () => boolean): Promise<number> {
  const begin = performance.now()
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error(`not so within ${limitMs} ms: ${condition.toString()}`)
    },
    { timeout: limitMs, interval: 5 },
  )
  return performance.now() - begin
}

async function virshSays(host: string): Promise<string[]> {
  const list = await lab.host(host).virsh('list --name')
  return list
    .split('\n')
    .filter(name => name !== '')
    .toSorted()
}

test('what it shows is what virsh says on each host', async () => {
  for (const host of hosts) expect(running(host)).toEqual(await virshSays(host))
  expect(screen.hello).toMatchObject({ simulated: false })
  expect(screen.snapshot?.etcd).toMatchObject({ state: 'live' })
  expect(screen.snapshot?.etcd.members.filter(member => member.reachable)).toHaveLength(3)
  // A host's facts are asked for after its domains.
  await within(5_000, () => hosts.every(host => hwm(host)?.libvirtVersion !== undefined))
  expect(hwm('quark')).toMatchObject({ hostname: 'quark', libvirtVersion: '9.0.0', reason: '' })
  expect(vm('win7-vmm2')).toMatchObject({ kind: 'havm', home: 'quark', away: false })
})

test('samples come by themselves, and guests that tick use their CPU', async () => {
  await within(15_000, () => (vm('test')?.history.length ?? 0) >= 2)
  expect(vm('test')?.usage?.ram).toBeGreaterThan(2 ** 20)
  expect(hwm('snailin')?.usage?.cpu).toBeGreaterThan(0)
})

test("XML and facts come from the HWM's own libvirt", async () => {
  const question = { ask: 'domain-xml', vm: 'test', hwm: 'snailin', which: 'live' } as const
  const xml = { ok: true, value: expect.stringContaining('<name>test</name>') }
  expect(await screen.link.ask(question)).toMatchObject(xml)
  // The store's, over SSH to the same host.
  expect(await screen.link.ask({ ...question, which: 'store' })).toMatchObject(xml)
})

test('a guest stopped and started behind its back is seen at once', async () => {
  await lab.host('snailin').virsh('destroy test')
  expect(await within(2_000, () => vm('test')?.state === 'stopped')).toBeLessThan(1_000)
  await lab.host('snailin').virsh('start test')
  expect(await within(2_000, () => vm('test')?.state === 'running')).toBeLessThan(1_000)
  expect(screen.snapshot?.events.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['test stopped on snailin', 'test runs on snailin']),
  )
})

test('a live migration by virsh is seen as a move, and never as a double run', async () => {
  const states = new Set<string>()
  const watching = setInterval(() => states.add(vm('test')?.state ?? ''), 5)
  const to = 'qemu+tcp://10.0.0.112/system'
  await lab
    .host('snailin')
    .virsh(`migrate --live --unsafe --persistent --undefinesource test ${to} tcp://10.0.0.112`)
  await within(3_000, () => vm('test')?.where === 'quark' && vm('test')?.state === 'running')
  clearInterval(watching)
  expect(vm('test')).toMatchObject({ away: true, home: 'snailin' })
  expect(states).not.toContain('double')
  for (const host of hosts) expect(running(host)).toEqual(await virshSays(host))
}, 60_000)

test('a host that loses its power is down within 12 s, with reason and age; it comes back by itself', async () => {
  const before = running('quark')
  await lab.host('quark').kill()
  const tookMs = await within(12_000, () => hwm('quark')?.state === 'down')
  expect(tookMs).toBeGreaterThan(1_000)
  expect(hwm('quark')?.reason).not.toBe('')
  expect(hwm('quark')?.next).toBe('trying again')
  expect(hwm('quark')?.seenAt).toBeLessThan(hwm('quark')?.since ?? 0)
  for (const name of before) expect(vm(name)).toMatchObject({ state: 'waiting', where: 'quark' })
  expect(running('snailin')).toEqual(await virshSays('snailin'))
  // etcd has lost a member with it, and goes on.
  await within(
    10_000,
    () => screen.snapshot?.etcd.members.some(({ reachable }) => !reachable) ?? false,
  )
  await within(5_000, () => screen.snapshot?.etcd.state === 'live')
  await lab.host('quark').start()
  await within(15_000, () => hwm('quark')?.state === 'up')
  await within(2_000, () => before.every(name => vm(name)?.state === 'stopped'))
}, 120_000)

test('with two of three etcds gone it is stale, with its age, and live within 2 s of their return', async () => {
  await lab.host('snailin').service('etcd', 'kill')
  await lab.host('andreys').service('etcd', 'kill')
  await within(10_000, () => screen.snapshot?.etcd.state === 'stale')
  expect(screen.snapshot?.etcd.reason).not.toBe('')
  expect(screen.snapshot?.config?.vms).toHaveLength(7)
  const isHealthy = async () => {
    const asked = ['etcdctl', '--endpoints', lab.etcdEndpoints.join(','), 'get', 'x']
    return (await lab.operator.attempt(asked)).status === 0
  }
  await lab.host('snailin').service('etcd', 'start')
  // From the first read that etcd answers to its own tool: electing a leader is etcd's time, not ours.
  while (!(await isHealthy()));
  expect(await within(5_000, () => screen.snapshot?.etcd.state === 'live')).toBeLessThan(2_000)
  await lab.host('andreys').service('etcd', 'start')
}, 60_000)

test('a host with another key is refused, not down', async () => {
  await lab.host('andreys').changeKey()
  await lab.host('andreys').kill()
  await within(15_000, () => hwm('andreys')?.state === 'down')
  await lab.host('andreys').start()
  await within(30_000, () => hwm('andreys')?.state === 'refused')
  expect(hwm('andreys')?.reason).toMatch(/key/i)
  expect(vm('ceph1')?.state).toBe('unknown')
}, 90_000)
