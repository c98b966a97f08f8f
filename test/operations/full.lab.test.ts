import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { killNow, until } from '../lab/processes.ts'
import { Actor, type Part } from './actor.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// A destination that is full in the middle of an operation: its first step is done, then the room is gone. Another operator takes it by virsh
// (what the map knows of), or the host itself has none left (what only QEMU and libvirt can say). What fails stays where it runs, with the
// reason; the others go on; a retry goes where there is room then. Each test has a cluster of its own on the same hosts.

const parts = {
  returning: {
    name: 'returning',
    vms: ['return1', 'return2'],
    homes: { return1: 'andreys', return2: 'andreys' },
  },
  leaving: { name: 'leaving', vms: ['leave1', 'leave2', 'leave3', 'leave4'] },
  starved: { name: 'starved', vms: ['starve1', 'starve2', 'starve3', 'starve4'] },
  killed: { name: 'killed', vms: ['killed'] },
  unwritten: { name: 'unwritten', vms: ['unwritten'] },
  dead: { name: 'dead', vms: ['dead1', 'dead2', 'dead3'] },
} satisfies Record<string, Part>

/** VMs of nobody's cluster, with the memory that their domains say. */
const foreign: Record<string, string> = { bulky: '1800MiB', stout: '200MiB', squatter: '300MiB' }
/** Guests of more memory than their cluster file says. */
const large = ['starve2', 'starve4']

// A machine that has much else to do takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let lab: Lab
let observer: Observer
let actor: Actor

beforeAll(async () => {
  const host = (ram: string) => ({ etcd: true, hwm: { capacity: { ram, cpu: 64 } } })
  const guest = (priority: number, ram: string, isBound = false) => ({
    home: 'quark',
    started: false,
    vm: { ha: true, priority, ram, ...(isBound && { only: ['quark', 'snailin'] }) },
  })
  lab = await Lab.up({
    name: 'full',
    hosts: {
      settings: { migration: { unsafe: true, bandwidth: '2MiB' } },
      hosts: { quark: host('16GiB'), snailin: host('2GiB'), andreys: host('512MiB') },
      vms: {
        return1: guest(20, '128MiB'),
        return2: guest(10, '128MiB'),
        leave1: guest(40, '160MiB', true),
        leave2: guest(30, '160MiB', true),
        leave3: guest(20, '160MiB'),
        leave4: guest(10, '160MiB'),
        starve1: guest(40, '64MiB', true),
        starve2: guest(30, '64MiB', true),
        starve3: guest(20, '64MiB', true),
        starve4: guest(35, '64MiB'),
        killed: guest(10, '16MiB'),
        unwritten: guest(10, '16MiB'),
        dead1: guest(30, '160MiB', true),
        dead2: guest(20, '160MiB', true),
        dead3: guest(10, '160MiB'),
        ...Object.fromEntries(
          Object.keys(foreign).map(vm => [
            vm,
            { home: vm === 'bulky' ? 'snailin' : 'andreys', started: false },
          ]),
        ),
      },
    },
  })
  for (const [vm, memory] of Object.entries(foreign))
    await lab
      .host(vm === 'bulky' ? 'snailin' : 'andreys')
      .virsh(`setmaxmem ${vm} ${memory} --config`, `setmem ${vm} ${memory} --config`)
  await lab
    .host('quark')
    .virsh(
      ...large.flatMap(vm => [`setmaxmem ${vm} 512MiB --config`, `setmem ${vm} 512MiB --config`]),
    )
  observer = await lab.observe()
  actor = await Actor.start(lab, Object.values(parts))
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const next = (name: string) => actor.nextCall(name)
const evacuation = { do: 'evacuate', hwm: 'quark', cold: false } as const
const oneByOne = { limits: { parallelPerHwm: 1 } } as const

/** Its VMs run on quark, and are seen there. */
async function begun({ name, vms }: Part): Promise<Actor> {
  await lab.host('quark').virsh(...vms.map(vm => `start ${vm}`))
  for (const vm of vms) await untilBeats(lab, vm, undefined)
  const part = actor.on(name)
  await until('all of them to be seen', async () => {
    const seen = await part.vms()
    return vms.every(vm => seen[vm] === 'running quark')
  })
  return part
}

/** Another operator starts it by hand; resolves when that is seen. */
async function take(part: Actor, hwm: string, vm: string): Promise<void> {
  await lab.host(hwm).virsh(`start ${vm}`)
  await until(`${vm} to be seen`, async () => (await part.vms())[vm] === `running ${hwm}`)
}

async function giveBack(part: Actor, hwm: string, vm: string): Promise<void> {
  await lab.host(hwm).virsh(`destroy ${vm}`)
  await until(`${vm} to be seen gone`, async () => (await part.vms())[vm] === `stopped ${hwm}`)
}

function hostsOf(vm: string): string[] {
  return lab.hosts.flatMap(host =>
    host
      .qemus()
      .filter(qemu => qemu.vm === vm)
      .map(() => host.name),
  )
}

/** Bytes. */
function addressSpaceOf(vm: string): number {
  const [qemu] = lab.hosts.flatMap(host => host.qemus().filter(each => each.vm === vm))
  const kib = /^VmSize:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${qemu?.pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

/** Its only copy runs there, since that many boots, and nobody else has a permit for it. */
async function runsAt(part: Part, vm: string, hwm: string, boots = 1): Promise<void> {
  expect(hostsOf(vm)).toEqual([hwm])
  // Who has not been moved yet has no permit: it is given where it is found running.
  expect((await actor.on(part.name).permits())[vm]?.node ?? hwm).toBe(hwm)
  expect((await untilBeats(lab, vm, beatOf(lab, vm))).boots).toBe(boots)
}

const steps = (operation: { readonly steps: readonly { readonly vm: string }[] }) =>
  Object.fromEntries(operation.steps.map(step => [step.vm, step]))

describe('another operator takes the room by virsh', () => {
  test('in a homecoming: who no longer fits stays away, and comes home when it does', async () => {
    const returning = await begun(parts.returning)
    const { id } = await returning.commit({ do: 'homecoming' }, oneByOne)
    const { reached } = await returning.hold(next('andreys resume'), 'after')
    const conducted = returning.conduct(id)
    await reached
    await take(returning, 'andreys', 'squatter')
    await returning.go()
    const operation = await conducted
    expect(operation.state).toBe('partly')
    expect(steps(operation)).toMatchObject({
      return1: { state: 'done' },
      return2: {
        state: 'failed',
        error: expect.stringMatching(/^andreys cannot run it: no room: ram short [\d.]+ MiB$/),
      },
    })
    await runsAt(parts.returning, 'return1', 'andreys')
    await runsAt(parts.returning, 'return2', 'quark')
    await giveBack(returning, 'andreys', 'squatter')
    expect((await returning.conduct(id, 'retry')).state).toBe('done')
    await runsAt(parts.returning, 'return2', 'andreys')
  })

  test('in an evacuation: the next target is tried, what has none stays; a retry goes where there is room by then', async () => {
    const leaving = await begun(parts.leaving)
    const { id, steps: planned } = await leaving.commit(evacuation, oneByOne)
    expect(planned.map(({ vm, targets }) => [vm, targets])).toEqual([
      ['leave1', ['snailin']],
      ['leave2', ['snailin']],
      ['leave3', ['snailin', 'andreys']],
      ['leave4', ['snailin', 'andreys']],
    ])
    const { reached } = await leaving.hold(next('snailin resume'), 'after')
    const conducted = leaving.conduct(id)
    await reached
    await take(leaving, 'snailin', 'bulky')
    await take(leaving, 'andreys', 'stout')
    await leaving.go()
    const operation = await conducted
    expect(operation.state).toBe('partly')
    const short = 'no room: ram short [\\d.]+ MiB'
    expect(steps(operation)).toMatchObject({
      leave1: { state: 'done' },
      leave2: {
        state: 'failed',
        error: expect.stringMatching(`^snailin cannot run it: ${short}$`),
      },
      leave3: { state: 'done', target: 1 },
      leave4: {
        state: 'failed',
        error: expect.stringMatching(
          `^andreys cannot run it: ${short} \\(tried snailin, andreys\\)$`,
        ),
      },
    })
    await runsAt(parts.leaving, 'leave1', 'snailin')
    await runsAt(parts.leaving, 'leave2', 'quark')
    await runsAt(parts.leaving, 'leave3', 'andreys')
    await runsAt(parts.leaving, 'leave4', 'quark')

    await giveBack(leaving, 'andreys', 'stout')
    const again = await leaving.conduct(id, 'retry')
    expect(again.state).toBe('partly')
    expect(steps(again)).toMatchObject({
      leave2: { state: 'failed', error: expect.stringMatching(short) },
      leave4: { state: 'done', target: 1 },
    })
    await runsAt(parts.leaving, 'leave4', 'andreys')

    await giveBack(leaving, 'snailin', 'bulky')
    expect((await leaving.conduct(id, 'retry')).state).toBe('done')
    await runsAt(parts.leaving, 'leave2', 'snailin')
  })
})

describe('the host itself has nothing left, although the map says it has', () => {
  test('memory: what QEMU cannot allocate goes to the next target, or stays, with QEMU’s own words; small ones go on', async () => {
    const starved = await begun(parts.starved)
    const { id, steps: planned } = await starved.commit(evacuation, oneByOne)
    expect(planned.map(({ vm, targets }) => [vm, targets])).toEqual([
      ['starve1', ['snailin']],
      ['starve4', ['snailin', 'andreys']],
      ['starve2', ['snailin']],
      ['starve3', ['snailin']],
    ])
    const { reached } = await starved.hold(next('snailin resume'), 'after')
    const conducted = starved.conduct(id)
    await reached
    // QEMUs have it from libvirtd: enough for a small guest of 16 MiB, not for one of 512. What each of their threads sets aside, 64 MiB, comes
    // and goes: room for two more of them than the first one has; five fewer while the memory is set up, and the large one still does not fit.
    const limit = (bytes: string) =>
      lab.host('snailin').shell(`prlimit --pid $(pidof libvirtd) --as=${bytes}:unlimited`)
    await limit(String(addressSpaceOf('starve1') + 176 * 1024 * 1024))
    await starved.go()
    const operation = await conducted
    await limit('unlimited')
    expect(operation.state).toBe('partly')
    expect(steps(operation)).toMatchObject({
      starve1: { state: 'done' },
      starve2: {
        state: 'failed',
        error: expect.stringMatching(/cannot set up guest memory.*Cannot allocate memory/),
      },
      starve3: { state: 'done', target: 0 },
      starve4: { state: 'done', target: 1 },
    })
    await runsAt(parts.starved, 'starve2', 'quark')
    await runsAt(parts.starved, 'starve3', 'snailin')
    await runsAt(parts.starved, 'starve4', 'andreys')
    expect((await starved.conduct(id, 'retry')).state).toBe('done')
    await runsAt(parts.starved, 'starve2', 'snailin')
    await lab.host('snailin').virsh('destroy starve2')
    await lab.host('andreys').virsh('destroy starve4')
  })

  test('memory in the middle of a copy: the kernel ends the QEMU there; the guest runs on and is copied again', async () => {
    const killed = await begun(parts.killed)
    const { id } = await killed.commit({ do: 'migrate', vm: 'killed', to: 'snailin', cold: false })
    const { reached } = await killed.hold(next('quark migrationPerform'), 'during')
    const conducted = killed.conduct(id)
    await reached
    const copy = await until('its copy', () =>
      lab
        .host('snailin')
        .qemus()
        .find(({ vm }) => vm === 'killed'),
    )
    killNow(copy)
    await killed.go()
    expect(await conducted).toMatchObject({ state: 'done', steps: [{ tries: { migrate: 2 } }] })
    await runsAt(parts.killed, 'killed', 'snailin')
  })

  test('the disk on which libvirt keeps its definitions: the copy is whole, and yet taken back; the guest runs on where it was', async () => {
    const unwritten = await begun(parts.unwritten)
    const snailin = lab.host('snailin')
    await snailin.shell(
      'mount -t tmpfs -o size=4k tmpfs /etc/libvirt/qemu; echo full >/etc/libvirt/qemu/full',
    )
    const { id } = await unwritten.commit({
      do: 'migrate',
      vm: 'unwritten',
      to: 'snailin',
      cold: false,
    })
    const operation = await unwritten.conduct(id)
    await snailin.shell('umount /etc/libvirt/qemu')
    expect(operation).toMatchObject({
      state: 'partly',
      steps: [{ state: 'failed', error: expect.stringContaining('No space left on device') }],
    })
    await runsAt(parts.unwritten, 'unwritten', 'quark')
    expect((await unwritten.conduct(id, 'retry')).state).toBe('done')
    await runsAt(parts.unwritten, 'unwritten', 'snailin')
  })
})

test('in the evacuation of a dead host: who finds no room any more is listed with the reason, and restarts once when there is', async () => {
  const dead = await begun(parts.dead)
  await lab.host('quark').kill()
  await until('quark to be seen down', async () => (await dead.hwms())['quark'] === 'down', {
    limitMs: 40_000,
  })
  const off = { quark: { by: 'word', how: 'the lab killed it' } } as const
  const { id } = await dead.commit(evacuation, { off, ...oneByOne })
  const { reached } = await dead.hold(next('snailin resume'), 'after')
  const conducted = dead.conduct(id)
  await reached
  await take(dead, 'snailin', 'bulky')
  await dead.go()
  const operation = await conducted
  expect(operation.state).toBe('partly')
  expect(steps(operation)).toMatchObject({
    dead1: { state: 'done' },
    dead2: {
      state: 'failed',
      error: expect.stringMatching(/^snailin cannot run it: no room: ram short [\d.]+ MiB$/),
    },
    dead3: { state: 'done', target: 1 },
  })
  expect(hostsOf('dead2')).toEqual([])
  expect((await dead.permits())['dead2']).toBeUndefined()
  await giveBack(dead, 'snailin', 'bulky')
  expect((await dead.conduct(id, 'retry')).state).toBe('done')
  for (const [vm, hwm] of Object.entries({
    dead1: 'snailin',
    dead2: 'snailin',
    dead3: 'andreys',
  })) {
    await untilBoot(lab, vm, 2)
    await runsAt(parts.dead, vm, hwm, 2)
  }
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
