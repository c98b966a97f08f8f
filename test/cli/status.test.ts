import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { twoHosts, World } from './world.ts'

async function begun(world: World): Promise<string> {
  const file = twoHosts(world)
  await world.run(`apply -f ${file} --yes`)
  return file
}

test('a healthy cluster in words, and status 0', async () => {
  using world = new World()
  const config = await begun(world)
  const { status, out } = await world.run(`status --config ${config}`)
  expect(out).toContain('test   etcd 3/3   leader ')
  expect(out).toContain('HWM 2: 2 up   VM 2: 2 running\n')
  expect(out).toMatch(/\none  HAVM  running  a {6}a\n/)
  expect(status).toBe(0)
})

test('an HWM that is down, with its reason, and status 1', async () => {
  using world = new World()
  const config = await begun(world)
  world.hosts.set('qemu+ssh://root@b/system', { hostname: 'b', isDown: true })
  const { status, out } = await world.run(`status --config ${config}`)
  expect(out).toMatch(/\nb {4}DOWN \d s .*connection timed out/)
  expect(out).toContain('HWM 2: 1 up, 1 DOWN')
  expect(status).toBe(1)
})

test('--json has states, no ages, and is one value with a version', async () => {
  using world = new World()
  const config = await begun(world)
  const { out } = await world.run(`status --config ${config} --json`)
  const value = JSON.parse(out)
  expect(value).toMatchObject({
    apiVersion: 'yasco/v1',
    kind: 'ClusterStatus',
    cluster: 'test',
    ok: true,
  })
  expect(value.vms[0]).toEqual({
    name: 'one',
    kind: 'havm',
    state: 'running',
    where: 'a',
    home: 'a',
    away: false,
    desired: 'running',
  })
})

test('a VM that runs elsewhere is away', async () => {
  using world = new World()
  const config = await begun(world)
  world.hosts.set('qemu+ssh://root@a/system', { hostname: 'a' })
  world.hosts.set('qemu+ssh://root@b/system', {
    hostname: 'b',
    domains: [{ name: 'one' }, { name: 'two' }],
  })
  const { out } = await world.run(`status --config ${config}`)
  expect(out).toContain('2 running, 1 away')
  expect(out).toMatch(/\none  HAVM  running  b {6}a \(away\)\n/)
})

test('etcd away is status 4; a cluster that was never applied says what to do', async () => {
  using world = new World()
  const config = twoHosts(world)
  expect(await world.run(`status --config ${config}`)).toMatchObject({
    status: 1,
    err: "yasco: etcd knows no cluster 'test': apply a cluster file first (yasco apply -f FILE)\n",
  })
  world.etcd.loseQuorum(true)
  const { status } = await world.run(`status --config ${config} --timeout 1s`)
  expect(status).toBe(4)
})

test('--watch prints anew when a state changes, and ends with Ctrl-C', async () => {
  using world = new World()
  const config = await begun(world)
  const watching = world.start(`status --config ${config} --watch --json`)
  const states = () =>
    watching
      .out()
      .trim()
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line).vms.length)
  await expect.poll(states, { timeout: 10_000 }).toEqual([2])
  const changed = readFileSync(config, 'utf8').replace(
    '  two: {home: b}\n',
    '  two: {home: b}\n  three: {home: b}\n',
  )
  await world.run(`apply -f ${world.file('changed.yaml', changed)} --yes`)
  await expect.poll(() => states().at(-1), { timeout: 10_000 }).toBe(3)
  watching.end()
  expect((await watching.finished).status).toBe(0)
})
