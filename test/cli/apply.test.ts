import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keys } from '../../src/etcd/layout.ts'
import { HEAD, twoHosts, World } from './world.ts'

const yaml = (more: string) => `${HEAD}${more}`
const AB = 'hwms: {a: {libvirt: qemu+ssh://a/system}, b: {libvirt: qemu+ssh://b/system}}\n'

async function applied(world: World, text: string, options = '--yes') {
  return world.run(`apply -f ${world.file('c.yaml', text)} ${options}`)
}

async function homes(world: World): Promise<unknown> {
  await using store = world.etcd.connect()
  const kv = await store.get(keys.homes)
  return kv && JSON.parse(kv.value).homes
}

test('a new cluster is shown, asked for, written, and there is nothing to change then', async () => {
  using world = new World()
  const file = twoHosts(world)
  const first = await world.run(`apply -f ${file}`, 'yes')
  expect(first.status).toBe(0)
  expect(first.out).toContain('+ cluster test\n+ hwm a: {libvirt: qemu+ssh://root@a/system}\n')
  expect(first.out).toContain('+ vm one: {ha: true, home: a}\n')
  expect(first.out).toContain('+ home of one: a\n')
  expect(first.err).toContain('Apply these 6 changes to test? Type yes to go on: ')
  expect(first.out.endsWith('test: applied\n')).toBe(true)
  expect(await homes(world)).toEqual({ one: 'a', two: 'b' })

  const second = await world.run(`apply -f ${file}`)
  expect(second).toEqual({ status: 0, out: 'nothing to change\n', err: '' })
  const events = await world.run(`events --config ${file}`)
  expect(events.out).toMatch(
    /info {3}\S+ on .* {2}cluster {2}applied a cluster file: hwm a, hwm b, vm one, vm two/,
  )
})

const SIZED = (more: string, settings = '') =>
  yaml(
    `tolerate: 1\n${settings}hwms:\n  a: {libvirt: qemu+ssh://a/system, capacity: {ram: 16GiB}}\n  b: {libvirt: qemu+ssh://b/system, capacity: {ram: 16GiB}}\nvms:\n  one: {ha: true, home: a, ram: 8GiB}\n${more}`,
  )

describe('a change that would break X', () => {
  const grown = '  two: {ha: true, home: b, ram: 12GiB}\n'

  test('is reported with the failure set that breaks it, and applied all the same', async () => {
    using world = new World()
    await applied(world, SIZED(''))
    const { status, out } = await applied(world, SIZED(grown))
    expect(status).toBe(0)
    expect(out).toMatch(
      /note: afterwards 1 failure cannot be survived any more: when \w fails: \w+ cannot restart, ram short 4 GiB/,
    )
    const later = await applied(world, SIZED(`${grown}  three: {ha: false, home: a, ram: 1GiB}\n`))
    expect(later.out).toContain('1 failure cannot be survived, neither before nor after')
  })

  test('is refused where the cluster is set to refuse it; what mends it is not', async () => {
    using world = new World()
    const strict = 'settings: {admission: refuse}\n'
    await applied(world, SIZED('', strict))
    const { status, err } = await applied(world, SIZED(grown, strict))
    expect(status).toBe(3)
    expect(err).toContain('settings: admission: refuse')
    expect(await homes(world)).toEqual({ one: 'a' })
    await applied(world, SIZED(grown))
    expect((await applied(world, SIZED('', strict))).status).toBe(0)
  })

  test('of a new cluster nothing is said: there is nothing to break', async () => {
    using world = new World()
    expect((await applied(world, SIZED(grown))).out).not.toContain('note:')
  })
})

test.each(['', 'no', 'n', 'y es'])(
  'the answer %j changes nothing and ends with 3',
  async answer => {
    using world = new World()
    const { status, err } = await world.run(`apply -f ${twoHosts(world)}`, answer)
    expect(status).toBe(3)
    expect(err).toContain('not confirmed: nothing was changed')
    expect(world.etcd.revision).toBe(1)
  },
)

test('without a terminal it refuses unless told, and --dry-run only looks', async () => {
  using world = new World()
  const file = twoHosts(world)
  expect((await world.run(`apply -f ${file}`)).status).toBe(3)
  const dry = await world.run(`apply -f ${file} --dry-run`)
  expect([dry.status, dry.out.includes('+ vm one')]).toEqual([0, true])
  expect((await world.run(`apply -f ${file} --read-only --yes`)).status).toBe(3)
  expect((await world.run(`apply -f ${file} --read-only --dry-run`)).status).toBe(0)
  expect(world.etcd.revision).toBe(1)
})

test('every error of the file is printed, and the status is 2', async () => {
  using world = new World()
  const { status, out, err } = await applied(
    world,
    yaml('hwms: {a: {libvirt: qemu+shh://a/system}}\nvms: {x: {home: b}}\ntolerat: 1\n'),
  )
  expect([status, out]).toEqual([2, ''])
  expect(err).toContain(
    "c.yaml:4:21: error: hwms.a.libvirt: found libvirt URI 'qemu+shh://a/system'",
  )
  expect(err).toContain(
    "c.yaml:5:17: error: vms.x.home: found 'b', expected the name of an HWM (a)",
  )
  expect(err).toContain("c.yaml:6:1: error: tolerat: found the unknown field 'tolerat'")
  expect(err).toContain('is no valid cluster file: 3 errors')
})

test('a file that is not there, or a name that is not the file’s, is wrong use', async () => {
  using world = new World()
  expect(await world.run('apply -f /nowhere/c.yaml')).toMatchObject({
    status: 2,
    err: 'yasco: /nowhere/c.yaml cannot be read: there is no such file\n',
  })
  expect(await world.run('apply')).toMatchObject({ status: 2 })
  expect(await world.run(`apply -f ${twoHosts(world)} --cluster other`)).toMatchObject({
    status: 2,
  })
})

describe('a cluster that is there', () => {
  test('what is left out of the file goes, and what commands set stays', async () => {
    using world = new World()
    await applied(world, yaml(`${AB}vms: {x: {home: a, desired: stopped}, y: {home: b}}\n`))
    const { out } = await applied(world, yaml(`${AB}vms: {x: {home: a, ram: 1GiB}}\n`))
    expect(out).toBe(
      '~ vm x: ram (not set) -> 1GiB\n- vm y: {ha: false, home: b}\n- home of y: b\ntest: applied\n',
    )
    const exported = await world.run(`export --config ${world.file('c.yaml', yaml(AB))}`)
    expect(exported.out).toContain('x: {ha: false, home: a, ram: 1GiB, desired: stopped}')
  })

  test('homes move only with --homes', async () => {
    using world = new World()
    await applied(world, yaml(`${AB}vms: {x: {home: a}}\n`))
    const moved = yaml(`${AB}vms: {x: {home: b}}\n`)
    const without = await applied(world, moved)
    expect(without.out).toContain('vm x: its home stays a (the file says b; --homes moves it)')
    expect(await homes(world)).toEqual({ x: 'a' })
    const withHomes = await applied(world, moved, '--yes --homes')
    expect(withHomes.out).toContain('~ home of x: a -> b')
    expect(await homes(world)).toEqual({ x: 'b' })
  })

  test('an HWM that is some VM’s home does not go', async () => {
    using world = new World()
    await applied(world, yaml(`${AB}vms: {x: {home: a}}\n`))
    const { status, err } = await applied(
      world,
      yaml('hwms: {b: {libvirt: qemu+ssh://b/system}}\nvms: {x: {}}\n'),
    )
    expect(status).toBe(3)
    expect(err).toContain(
      'x has its home on a, which the file does not have: name its home in the file, and give --homes',
    )
  })

  test('a change by another console in between is refused, and nothing is written', async () => {
    using world = new World()
    await applied(world, yaml(`${AB}vms: {x: {home: a}}\n`))
    world.meanwhile = async () => {
      await applied(world, yaml(`${AB}vms: {x: {home: a, priority: 7}}\n`))
    }
    const { status, err } = await applied(world, yaml(`${AB}vms: {x: {home: a, ram: 1GiB}}\n`))
    expect(status).toBe(3)
    expect(err).toContain(
      'the cluster has changed since it was read (vms/x): nothing was written; apply again',
    )
    const exported = await world.run(`export --config ${world.file('c.yaml', yaml(AB))}`)
    expect(exported.out).toContain('x: {ha: false, home: a, priority: 7}')
  })

  test('--json prints the plan as one value with a version', async () => {
    using world = new World()
    const { out } = await applied(world, yaml(`${AB}vms: {x: {home: a}}\n`), '--dry-run --json')
    const plan = JSON.parse(out)
    expect(plan).toMatchObject({
      apiVersion: 'yasco/v1',
      kind: 'ApplyPlan',
      isChange: true,
      obstacles: [],
    })
    expect(plan.homes).toEqual([{ vm: 'x', to: 'a' }])
  })
})

test('etcd that does not answer ends with 4', async () => {
  using world = new World()
  world.etcd.loseQuorum(true)
  const { status, err } = await applied(world, yaml(AB))
  expect(status).toBe(4)
  expect(err).toContain('etcd does not answer')
})

test('what is exported makes the same cluster again', async () => {
  using world = new World()
  const reference = readFileSync(new URL('../../config/reference.yaml', import.meta.url), 'utf8')
  const file = world.file('reference.yaml', reference)
  await world.run(`apply -f ${file} --yes`)
  const { out, status } = await world.run(`export --config ${file}`)
  expect(status).toBe(0)
  using other = new World()
  const copy = other.file('copy.yaml', out)
  expect((await other.run(`apply -f ${copy} --yes`)).status).toBe(0)
  expect((await other.run(`apply -f ${file}`)).out).toBe('nothing to change\n')
})

test('export of a cluster that was never applied says what to do', async () => {
  using world = new World()
  const { status, err } = await world.run(`export --config ${twoHosts(world)}`)
  expect(status).toBe(1)
  expect(err).toBe(
    "yasco: etcd knows no cluster 'test': apply a cluster file first (yasco apply -f FILE), or look at the name\n",
  )
})

test('a terminal that is closed instead of answering changes nothing', async () => {
  using world = new World()
  const asking = world.start(`apply -f ${twoHosts(world)}`, null)
  expect((await asking.finished).status).toBe(3)
  expect(world.etcd.revision).toBe(1)
})
