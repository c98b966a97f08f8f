import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { killNow, until } from '../lab/processes.ts'
import { Actor, type Part } from './actor.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// Moves of running VMs in which something goes wrong, on hosts that live again afterwards. Each test has a cluster of its own on them. Lines
// are slow (1 MiB/s), so that a copy takes as long as it takes to look at it.

const twenty = Array.from({ length: 20 }, (_, i) => `many${i + 1}`)
const big = ['cycle1', 'cycle2']
const parts = {
  many: { name: 'many', vms: twenty },
  endless: { name: 'endless', vms: ['endless', 'patient'] },
  unlinked: { name: 'unlinked', vms: ['unlinked'] },
  leaderless: { name: 'leaderless', vms: ['leaderless'] },
  stubborn: { name: 'stubborn', vms: ['stubborn'] },
  silent: { name: 'silent', vms: ['silent'] },
  cycle: { name: 'cycle', vms: big, homes: { cycle1: 'snailin', cycle2: 'quark' } },
  both: { name: 'both', vms: ['leaving', 'returning'], homes: { returning: 'andreys' } },
  stopping: { name: 'stopping', vms: ['stopping', 'next'] },
  source: { name: 'source', vms: ['whole', 'partial'] },
  destination: { name: 'destination', vms: ['copied', 'copying'] },
} satisfies Record<string, Part>

let lab: Lab
let observer: Observer
let actor: Actor

beforeAll(async () => {
  const others = Object.values(parts)
    .flatMap(part => part.vms)
    .filter(vm => !big.includes(vm))
  lab = await Lab.up({
    name: 'moves',
    hosts: {
      settings: { migration: { unsafe: true, bandwidth: '1MiB' } },
      hosts: {
        quark: { etcd: true, hwm: { capacity: { ram: '32GiB', cpu: 64 } } },
        snailin: { etcd: true, hwm: { capacity: { ram: '32GiB', cpu: 64 } } },
        andreys: { etcd: true, hwm: { capacity: { ram: '32GiB', cpu: 64 } } },
      },
      vms: {
        ...Object.fromEntries(
          others.map(vm => [
            vm,
            {
              home: 'quark',
              vm: { ha: true, ...(vm === 'stopping' && { priority: 10 }) },
              started: !twenty.includes(vm),
              busy: vm === 'endless' || vm === 'next',
              stubborn: vm === 'stubborn',
            },
          ]),
        ),
        // Two that fill their hosts, each where the other belongs.
        cycle1: { home: 'quark', vm: { ha: true, ram: '20GiB' } },
        cycle2: { home: 'snailin', vm: { ha: true, ram: '20GiB' } },
      },
    },
  })
  observer = await lab.observe()
  actor = await Actor.start(lab, Object.values(parts))
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const move = (vm: string, to = 'snailin', cold = false) =>
  ({ do: 'migrate', vm, to, cold }) as const

const next = (name: string) => actor.nextCall(name)

function hostsOf(vm: string): string[] {
  return lab.hosts.flatMap(host =>
    host
      .qemus()
      .filter(qemu => qemu.vm === vm)
      .map(() => host.name),
  )
}

/** Exactly one copy, at `hwm`, its permit there, its guest running without having booted again (unless told). */
async function isAt(part: Part, vm: string, hwm: string, boots: number): Promise<void> {
  expect(hostsOf(vm)).toEqual([hwm])
  expect((await actor.on(part.name).permits())[vm]).toMatchObject({
    node: hwm,
    proof: expect.anything(),
  })
  expect((await untilBeats(lab, vm, beatOf(lab, vm))).boots).toBe(boots)
}

test('20 VMs leave a host, 3 at a time', { timeout: 480_000 }, async () => {
  const quark = lab.host('quark')
  // A few at a time: the machine is small.
  for (let at = 0; at < twenty.length; at += 5)
    await quark.virsh(...twenty.slice(at, at + 5).map(vm => `start ${vm}`))
  const many = actor.on('many')
  await until('all of them to be seen', async () => {
    const seen = await many.vms()
    return twenty.every(vm => seen[vm] === 'running quark')
  })
  const { id } = await many.commit(
    { do: 'evacuate', hwm: 'quark', cold: false },
    { limits: { parallelPerHwm: 3 } },
  )
  const conducted = many.conduct(id)
  let most = 0
  await until(
    'the operation to end',
    async () => {
      const { state, steps } = await many.operation(id)
      const running = steps.filter(step => step.state === 'running')
      most = Math.max(most, running.length)
      return state !== 'running'
    },
    { limitMs: 200_000, everyMs: 100 },
  )
  expect((await conducted).state).toBe('done')
  expect(most).toBe(3)
  expect(twenty.flatMap(hostsOf)).not.toContain('quark')
  for (const vm of twenty) expect(beatOf(lab, vm).boots).toBe(1)
})

test('F26: what never converges is given up, and the rest of the evacuation goes on', async () => {
  const endless = actor.on('endless')
  const operation = await endless.act(
    { do: 'evacuate', hwm: 'quark', cold: false },
    { limits: { copyMs: 3_500 } },
  )
  const steps = Object.fromEntries(operation.steps.map(step => [step.vm, step]))
  expect(operation.state).toBe('partly')
  expect(steps['patient']).toMatchObject({ state: 'done' })
  expect(steps['endless']).toMatchObject({
    state: 'failed',
    progress: { total: expect.any(Number), done: expect.any(Number), rate: expect.any(Number) },
    error: expect.stringContaining('endless was not copied within 3500 ms'),
  })
  await isAt(parts.endless, 'endless', 'quark', 1)
})

test('a destination without room is refused before anything moves', async () => {
  const cycle = actor.on('cycle')
  const began = actor.calls.length
  await expect(cycle.act(move('cycle1'))).rejects.toThrow('cycle1 cannot go to snailin: ram short')
  expect(actor.calls.slice(began).filter(call => /migration|permits/.test(call))).toEqual([])
})

test('F32: two VMs that fill their hosts change places by a detour', async () => {
  const cycle = actor.on('cycle')
  const plan = await cycle.plan({ do: 'homecoming' })
  expect(plan.moves.map(({ bounce }) => bounce)).toEqual([true, false, false])
  expect((await cycle.act({ do: 'homecoming' })).state).toBe('done')
  await isAt(parts.cycle, 'cycle1', 'snailin', 1)
  await isAt(parts.cycle, 'cycle2', 'quark', 1)
})

test('SSH dropped in the middle of a copy: the move comes to its end all the same', async () => {
  const unlinked = actor.on('unlinked')
  const { id } = await unlinked.commit(move('unlinked'))
  const { reached } = await unlinked.hold(next('quark migrationPerform'), 'during')
  const conducted = unlinked.conduct(id)
  await reached
  for (const name of ['quark', 'snailin']) {
    const sessions = lab
      .host(name)
      .processes()
      .filter(({ words }) => words[0]?.startsWith('sshd: root@'))
    expect(sessions.length).toBeGreaterThan(0)
    sessions.forEach(killNow)
  }
  await unlinked.go()
  expect((await conducted).state).toBe('done')
  await isAt(parts.unlinked, 'unlinked', 'snailin', 1)
})

test("etcd's leader killed in the middle of a move", async () => {
  const leaderless = actor.on('leaderless')
  const { id } = await leaderless.commit(move('leaderless'))
  const { reached } = await leaderless.hold(next('snailin migrationFinish'))
  const conducted = leaderless.conduct(id)
  await reached
  const leader = await leaderOfEtcd()
  await lab.host(leader).service('etcd', 'kill')
  await leaderless.go()
  const operation = await conducted
  await lab.host(leader).service('etcd', 'start')
  expect(operation.state).toBe('done')
  await isAt(parts.leaderless, 'leaderless', 'snailin', 1)
})

async function leaderOfEtcd(): Promise<string> {
  const endpoints = lab.etcdEndpoints.join(',')
  const asked = await lab.operator.run(
    ['etcdctl', `--endpoints=${endpoints}`, 'endpoint', 'status', '-w', 'json'],
    { env: { ETCDCTL_API: '3' } },
  )
  const members: {
    Endpoint: string
    Status: { header: { member_id: number }; leader: number }
  }[] = JSON.parse(asked)
  const found = members.find(({ Status }) => Status.leader === Status.header.member_id)
  const host = lab.hosts.find(each => found?.Endpoint.includes(`${each.address}:`))
  if (host === undefined) throw new Error(`no leader in ${asked}`)
  return host.name
}

describe('F28: a VM that cannot be stopped', () => {
  test('a guest that ignores its power button loses its power, after its time', async () => {
    const stubborn = actor.on('stubborn')
    const operation = await stubborn.act(move('stubborn', 'snailin', true), {
      limits: { shutdownMs: 2_000 },
    })
    expect(operation).toMatchObject({ state: 'done', steps: [{ tries: { destroy: 1 } }] })
    expect((await untilBoot(lab, 'stubborn', 2)).boots).toBe(2)
    await isAt(parts.stubborn, 'stubborn', 'snailin', 2)
  })

  test('a libvirt that hangs is waited for, then named; the guest runs on where it is', async () => {
    const silent = actor.on('silent')
    const { id } = await silent.commit(move('silent', 'snailin', true), {
      limits: { waitMs: 4_000 },
    })
    await lab.host('quark').service('libvirtd', 'pause')
    const operation = await silent.conduct(id)
    await lab.host('quark').service('libvirtd', 'continue')
    expect(operation.state).toBe('partly')
    expect(operation.steps[0]?.error).toMatch(/^gave up waiting for quark to /)
    expect(hostsOf('silent')).toEqual(['quark'])
    expect((await untilBeats(lab, 'silent', beatOf(lab, 'silent'))).boots).toBe(1)
    expect((await silent.conduct(id, 'retry')).state).toBe('done')
    await isAt(parts.silent, 'silent', 'snailin', 2)
  })
})

test('F33: a homecoming waits for the evacuation that acts on the same hosts, and says so', async () => {
  await using other = await Actor.start(lab, [parts.both])
  const both = actor.on('both')
  const leaving = await both.commit(move('leaving'))
  const { reached } = await both.hold(next('quark migrationPerform'), 'during')
  const evacuated = both.conduct(leaving.id)
  await reached
  const returning = await other.commit({ do: 'homecoming' })
  const returned = other.conduct(returning.id)
  await until('the second to wait', async () => {
    const { steps } = await other.operation(returning.id)
    return steps[0]?.phase.includes('is acted on by console')
  })
  expect(hostsOf('returning')).toEqual(['quark'])
  await both.go()
  expect((await evacuated).state).toBe('done')
  expect((await returned).state).toBe('done')
  await isAt(parts.both, 'leaving', 'snailin', 1)
  await isAt(parts.both, 'returning', 'andreys', 1)
})

test('pause finishes what runs and begins nothing; cancel breaks a copy off; resume goes on from there', async () => {
  const stopping = actor.on('stopping')
  const { id } = await stopping.commit(
    { do: 'evacuate', hwm: 'quark', cold: false },
    { limits: { parallelPerHwm: 1 } },
  )
  const first = await stopping.hold(next('quark migrationPerform'), 'during')
  const paused = stopping.conduct(id)
  await first.reached
  await stopping.ask(id, 'pause')
  await stopping.go()
  expect(await paused).toMatchObject({
    state: 'paused',
    steps: [{ state: 'done' }, { state: 'queued' }],
  })
  const second = await stopping.hold(next('quark migrationPerform'), 'during')
  const cancelled = stopping.conduct(id, 'resume')
  await second.reached
  await stopping.ask(id, 'cancel')
  await stopping.go()
  expect(await cancelled).toMatchObject({
    state: 'cancelled',
    steps: [{ state: 'done' }, { state: 'cancelled' }],
  })
  await isAt(parts.stopping, 'next', 'quark', 1)
  // The evacuation closed quark; its undo opens it again, and brings back what left.
  const undo = { do: 'undo', operation: id } as const
  expect(await stopping.plan(undo)).toMatchObject({ unplaced: [], opens: ['quark'] })
  const back = await stopping.commit(undo)
  expect((await stopping.conduct(back.id)).state).toBe('done')
  await isAt(parts.stopping, 'stopping', 'quark', 1)
})

test('F25: the destination dies in the move; the source goes on, after proof where it was paused', async () => {
  const destination = actor.on('destination')
  const limits = { waitMs: 60_000 }
  const copied = await destination.commit(move('copied', 'andreys'), { limits })
  const copying = await destination.commit(move('copying', 'andreys'), { limits })
  const late = await destination.hold(next('andreys migrationFinish'))
  const ends = [destination.conduct(copied.id)]
  await late.reached
  const early = await destination.hold(next('quark migrationPerform'), 'during')
  ends.push(destination.conduct(copying.id))
  await early.reached
  await lab.host('andreys').kill()
  await destination.go()
  await until(
    'the paused source to wait for proof',
    async () => {
      const { steps } = await destination.operation(copied.id)
      return steps[0]?.phase.includes('copied stays paused at quark')
    },
    { limitMs: 60_000 },
  )
  await untilBeats(lab, 'copying', beatOf(lab, 'copying'))
  const standing = beatOf(lab, 'copied')
  await destination.declareOff('andreys')
  expect((await untilBeats(lab, 'copied', standing)).boots).toBe(1)
  for (const id of [copied.id, copying.id]) await destination.ask(id, 'cancel')
  for (const end of ends) expect((await end).state).toMatch(/cancelled|partly/)
  await isAt(parts.destination, 'copied', 'quark', 1)
  await isAt(parts.destination, 'copying', 'quark', 1)
  await lab.host('andreys').start()
})

test('F24: the source dies in the move; what arrived whole goes on, what did not restarts, once, after proof', async () => {
  const source = actor.on('source')
  const limits = { waitMs: 60_000 }
  const whole = await source.commit(move('whole'), { limits })
  const partial = await source.commit(move('partial'), { limits })
  const late = await source.hold(next('quark migrationConfirm'))
  const ends = [source.conduct(whole.id)]
  await late.reached
  const early = await source.hold(next('quark migrationPerform'), 'during')
  ends.push(source.conduct(partial.id))
  await early.reached
  const stood = beatOf(lab, 'whole')
  await lab.host('quark').kill()
  await source.go()
  for (const id of [whole.id, partial.id]) {
    await until(
      `operation ${id} to wait for proof`,
      async () => {
        const { steps } = await source.operation(id)
        return steps[0]?.phase.includes('quark to answer, or proof that it is dead')
      },
      { limitMs: 60_000 },
    )
  }
  // It waits there whole, and does not run before its source is proved dead.
  expect(beatOf(lab, 'whole')).toEqual(stood)
  expect((await source.permits())['whole']?.node).toBe('quark')
  await source.declareOff('quark')
  for (const end of ends) expect((await end).state).toBe('done')
  await isAt(parts.source, 'whole', 'snailin', 1)
  expect((await untilBoot(lab, 'partial', 2)).boots).toBe(2)
  await isAt(parts.source, 'partial', 'snailin', 2)
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
