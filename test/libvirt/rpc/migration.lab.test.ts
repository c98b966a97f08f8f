// Live migration between real hosts of the lab: there and back, and every way it can fail that can be brought about.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { HypervisorUnreachable } from '../../../src/libvirt/errors.ts'
import type { DomainRef } from '../../../src/libvirt/hypervisor.ts'
import type { Machine } from '../../../src/libvirt/machine.ts'
import { migrateManaged } from '../../../src/libvirt/migrate.ts'
import type { ManagedMigration, MigrationPhase } from '../../../src/libvirt/migrate.ts'
import type { MigrationSettings } from '../../../src/libvirt/migration.ts'
import { openMachine } from '../../../src/libvirt/open.ts'
import { Lab } from '../../lab/index.ts'
import { until } from './libvirtd.ts'

let lab: Lab
let vm: DomainRef
const opened: Machine[] = []

beforeAll(async () => {
  lab = await Lab.up({
    name: 'libvirt-rpc',
    hosts: { hosts: { quark: {}, snailin: {} }, vms: { counter: { home: 'quark' } } },
  })
  await using quark = await openMachine(socketUri('quark'))
  const [only] = await quark.domains()
  if (only === undefined) throw new Error('the lab has one guest')
  vm = only
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})
/** Each test begins with the guest running at quark, and nothing at snailin. */
afterEach(async () => {
  await Promise.all(opened.splice(0).map(machine => machine[Symbol.asyncDispose]()))
  await using quark = await openMachine(socketUri('quark'))
  await using snailin = await openMachine(socketUri('snailin'))
  for (const { name, uuid, state, persistent } of await snailin.domains()) {
    if (state !== 'shutoff') await snailin.destroy({ name, uuid }, { graceful: false })
    if (persistent) await snailin.undefine({ name, uuid })
  }
  const state = (await quark.domainState(vm))?.state
  if (state === 'paused') await quark.destroy(vm, { graceful: false })
  if (state === undefined) await lab.host('quark').virsh(`define /srv/domains/${vm.name}.xml`)
  if (state !== 'running') await quark.start(vm, { paused: false })
})

function socketUri(host: string): string {
  return `qemu+unix:///system?socket=${lab.host(host).libvirtSocket}`
}

async function connect(host: string): Promise<Machine> {
  const machine = await openMachine(socketUri(host))
  opened.push(machine)
  return machine
}

function settingsTo(host: string): MigrationSettings {
  return {
    persistDestination: true,
    undefineSource: true,
    unsafe: true,
    migrateUri: `tcp://${lab.host(host).address}`,
  }
}

/** With whole machines at its ends, of which a test can ask more than a migration does. */
type Planned = ManagedMigration & { readonly source: Machine; readonly destination: Machine }

async function planned(from: string, to: string): Promise<Planned> {
  return {
    domain: vm,
    source: await connect(from),
    destination: await connect(to),
    watcher: await connect(from),
    settings: settingsTo(to),
    copyLimitMs: 60_000,
  }
}

/** Hosts that have a QEMU of the guest. */
function running(): string[] {
  return lab.hosts.filter(host => host.qemus().length > 0).map(host => host.name)
}

/** The last line the guest wrote: how often it booted, and its ticks since. */
function counted(): { boots: number; ticks: number } {
  const last = [...lab.serial(vm.name).matchAll(/B(\d+) T(\d+)/g)].at(-1)
  return { boots: Number(last?.[1]), ticks: Number(last?.[2]) }
}

const state = async (host: string): Promise<string> => {
  await using machine = await openMachine(socketUri(host))
  return (await machine.domainState(vm))?.state ?? 'none'
}

test('managed, there and back: it arrives paused, runs on where it was, and never twice', async () => {
  const observer = await lab.observe()
  const { boots } = counted()
  for (const [from, to] of [
    ['quark', 'snailin'],
    ['snailin', 'quark'],
  ] as const) {
    const phases: MigrationPhase[] = []
    const move = await planned(from, to)
    const before = (phase: MigrationPhase): Promise<void> => {
      phases.push(phase)
      return Promise.resolve()
    }
    expect(await migrateManaged({ ...move, before })).toEqual({
      outcome: 'arrived',
      domain: { name: vm.name, uuid: vm.uuid },
      source: 'gone',
    })
    expect(phases).toEqual(['begin', 'prepare', 'perform', 'finish', 'confirm'])
    expect(running()).toEqual([to])
    expect(await state(from)).toBe('none')
    expect(await state(to)).toBe('paused')
    const { ticks } = counted()
    await move.destination.resume(vm)
    await until(() => counted().ticks > ticks)
    expect(counted().boots).toBe(boots)
    expect((await move.destination.domains())[0]).toMatchObject({ persistent: true })
  }
  expect((await observer.stop()).doubleRuns).toEqual([])
})

test('peer to peer, there and back', async () => {
  const { boots } = counted()
  for (const [from, to] of [
    ['quark', 'snailin'],
    ['snailin', 'quark'],
  ] as const) {
    const source = await connect(from)
    const uri = `qemu+tcp://${lab.host(to).address}/system`
    expect(await source.migratePeerToPeer(vm, uri, settingsTo(to))).toEqual({ outcome: 'arrived' })
    expect(running()).toEqual([to])
    expect(await state(to)).toBe('paused')
    await (await connect(to)).resume(vm)
  }
  expect(counted().boots).toBe(boots)
})

test('peer to peer to a host that is not there: it stays, and says why', async () => {
  const source = await connect('quark')
  const moved = await source.migratePeerToPeer(
    vm,
    'qemu+tcp://10.0.0.250/system',
    settingsTo('snailin'),
  )
  expect(moved).toMatchObject({ outcome: 'failed', error: { name: 'LibvirtError' } })
  expect(await state('quark')).toBe('running')
  expect(running()).toEqual(['quark'])
})

test('a destination that cannot take it: nothing is left there, the guest runs on', async () => {
  const move = await planned('quark', 'snailin')
  // libvirt checks on its own whether the disks are safe to share; without the flag it refuses at the very beginning.
  const result = await migrateManaged({ ...move, settings: { ...move.settings, unsafe: false } })
  expect(result).toMatchObject({ outcome: 'stayed', leftover: false, error: { code: 81 } })
  const second = await migrateManaged({
    ...move,
    settings: {
      ...move.settings,
      destinationXml: '<domain type="qemu"><name>other</name></domain>',
    },
  })
  expect(second).toMatchObject({ outcome: 'stayed', leftover: false })
  expect(await state('quark')).toBe('running')
  expect(running()).toEqual(['quark'])
})

test('no way for the guest’s memory: perform fails, the waiting copy ends, the guest runs on', async () => {
  const move = await planned('quark', 'snailin')
  const phases: MigrationPhase[] = []
  const result = await migrateManaged({
    ...move,
    // Prepared at an address and port of the destination, but sent to nobody: the source overrules it.
    source: {
      migrationBegin: (...args) => move.source.migrationBegin(...args),
      migrationPerform: (domain, settings, prepared) =>
        move.source.migrationPerform(domain, settings, { ...prepared, uri: 'tcp://10.0.0.109:1' }),
      migrationConfirm: (...args) => move.source.migrationConfirm(...args),
      migrationRollBack: (...args) => move.source.migrationRollBack(...args),
      domainState: (...args) => move.source.domainState(...args),
    },
    before: phase => {
      phases.push(phase)
      return Promise.resolve()
    },
  })
  expect(result).toMatchObject({ outcome: 'stayed', leftover: false })
  expect(phases).toEqual(['begin', 'prepare', 'perform', 'abandon', 'roll back'])
  expect(running()).toEqual(['quark'])
  expect(await state('quark')).toBe('running')
  // Nothing holds the domain any more: it can be moved again.
  expect(await migrateManaged(move)).toMatchObject({ outcome: 'arrived', source: 'gone' })
})

test.each<[string, number]>([
  ['cancelled', 60_000],
  ['too slow', 300],
])('%s while copying: the job is aborted, the guest runs on', async (_, copyLimitMs) => {
  const move = await planned('quark', 'snailin')
  const cancel = new AbortController()
  const totals: number[] = []
  const result = await migrateManaged({
    ...move,
    settings: { ...move.settings, bandwidth: 1 },
    copyLimitMs,
    signal: cancel.signal,
    progressMs: 20,
    progress: job => {
      totals.push(job.total)
      if (copyLimitMs > 1_000 && job.processed > 0) cancel.abort(new Error('the operator said no'))
    },
  })
  expect(result).toMatchObject({
    outcome: 'stayed',
    leftover: false,
    error: {
      message:
        copyLimitMs > 1_000
          ? 'the operator said no'
          : expect.stringContaining('not copied within 300 ms'),
    },
  })
  expect(Math.max(...totals)).toBeGreaterThan(1 << 20)
  expect(running()).toEqual(['quark'])
  expect(await state('quark')).toBe('running')
})

test('a journal that fails before finish takes it back, before confirm leaves both ends as they are', async () => {
  const failing =
    (at: MigrationPhase) =>
    (phase: MigrationPhase): Promise<void> =>
      phase === at ? Promise.reject(new Error('etcd is gone')) : Promise.resolve()
  const move = await planned('quark', 'snailin')
  expect(await migrateManaged({ ...move, before: failing('finish') })).toMatchObject({
    outcome: 'stayed',
    leftover: false,
    error: { message: 'etcd is gone' },
  })
  expect(running()).toEqual(['quark'])
  expect(await state('quark')).toBe('running')
  expect(await migrateManaged({ ...move, before: failing('confirm') })).toMatchObject({
    outcome: 'unknown',
    phase: 'confirm',
  })
  expect(await state('quark')).toBe('paused')
  expect(await state('snailin')).toBe('paused')
})

test('finish without an answer is unknown: the source stays paused, and the destination tells what became of it', async () => {
  const move = await planned('quark', 'snailin')
  const { destination } = move
  const result = await migrateManaged({
    ...move,
    destination: {
      migrationPrepare: (...args) => destination.migrationPrepare(...args),
      // It is done, and its answer gets lost on the way.
      migrationFinish: async (...args) => {
        await destination.migrationFinish(...args)
        return { outcome: 'unknown', error: new HypervisorUnreachable('connection lost') }
      },
      migrationAbandon: (...args) => destination.migrationAbandon(...args),
    },
  })
  expect(result).toMatchObject({ outcome: 'unknown', phase: 'finish' })
  expect(await state('quark')).toBe('paused')
  expect(await state('snailin')).toBe('paused')
})

test.each<MigrationPhase>(['prepare', 'perform', 'finish', 'confirm'])(
  'a client that dies before %s leaves at most one copy that can run, and never two that do',
  async at => {
    const observer = await lab.observe()
    const move = await planned('quark', 'snailin')
    const died = new HypervisorUnreachable('this client died')
    const silent = new Promise<never>((_, reject) => {
      setImmediate(() => reject(died))
    })
    silent.catch(() => undefined)
    // All its connections end at once, and it does nothing more: no clean-up of ours is at work here.
    const result = await migrateManaged({
      ...move,
      before: async phase => {
        if (phase !== at) return
        await Promise.all(opened.splice(0).map(machine => machine[Symbol.asyncDispose]()))
        await silent
      },
    })
    expect(result.outcome).not.toBe('arrived')
    const source = await state('quark')
    const destination = await state('snailin')
    expect(destination).not.toBe('running')
    // libvirt takes the waiting copy away with the connection that asked for it, until it is finished; then it stays, paused.
    expect(source).toBe(at === 'prepare' || at === 'perform' ? 'running' : 'paused')
    if (at === 'confirm') expect(destination).toBe('paused')
    expect((await observer.stop()).doubleRuns).toEqual([])
  },
)

test('a destination that dies while it waits: perform fails, the guest runs on', async () => {
  const move = await planned('quark', 'snailin')
  const result = await migrateManaged({
    ...move,
    before: async phase => {
      if (phase !== 'perform') return
      await lab.host('snailin').killAbruptly()
    },
  })
  expect(result).toMatchObject({ outcome: 'stayed', leftover: true })
  expect(await state('quark')).toBe('running')
  await lab.host('snailin').start()
})
