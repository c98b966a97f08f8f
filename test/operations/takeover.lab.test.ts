import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { until } from '../lab/processes.ts'
import { Actor, type Hold, type Part } from './actor.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// F35, F37: the conductor gets SIGKILL at every phase of a migration and at every step of an evacuation; another one takes its operation up.
// Each death has a cluster of its own on the same hosts, with one VM, so that all of them wait for their leases to run out at once.

const QUARK = 'quark'
const SNAILIN = 'snailin'

const inMigration: Hold[] = [
  ...[
    'quark migrationBegin #1',
    'snailin migrationPrepare #1',
    'quark migrationPerform #1',
    'snailin migrationFinish #1',
    'quark migrationConfirm #1',
    'etcd permits moved #2',
    'snailin resume #1',
  ].flatMap(call => [{ call, when: 'before' } as const, { call, when: 'during' } as const]),
  { call: 'etcd permits running #1', when: 'before' },
  { call: 'snailin resume #1', when: 'after' },
]

const inEvacuation: Hold[] = [
  { call: 'etcd conductors #1', when: 'before' },
  { call: 'etcd agents #1', when: 'before' },
  ...[
    'etcd permits moved #1',
    'snailin define #1',
    'snailin start #1',
    'snailin resume #1',
  ].flatMap(call => [{ call, when: 'before' } as const, { call, when: 'during' } as const]),
  { call: 'etcd permits running #1', when: 'before' },
  { call: 'snailin resume #1', when: 'after' },
]

interface Death extends Part {
  readonly at: Hold
  readonly vm: string
}

function deaths(of: string, holds: readonly Hold[]): Death[] {
  return holds.map((at, index) => ({
    name: `${of}${index}`,
    vm: `${of}${index}`,
    vms: [`${of}${index}`],
    at,
  }))
}
const migrations = deaths('move', inMigration)
const evacuations = deaths('restart', inEvacuation)

let lab: Lab
let observer: Observer
let rescuer: Actor

beforeAll(async () => {
  lab = await Lab.up({
    name: 'takeover',
    hosts: {
      hosts: {
        [QUARK]: {},
        [SNAILIN]: { etcd: true, hwm: { capacity: { cpu: 64, ram: '64GiB' } } },
      },
      vms: Object.fromEntries(
        [...migrations, ...evacuations].map(({ vm }) => [
          vm,
          { home: QUARK, started: false, vm: { ha: true } },
        ]),
      ),
    },
  })
  observer = await lab.observe()
})
afterAll(async () => {
  await rescuer?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

/** A few at a time: the machine is small. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all([worker(), worker(), worker()])
}

/** Not all guests at once, when the lab comes up: each when its turn comes. */
async function started(vm: string): Promise<number> {
  await lab.host(QUARK).virsh(`start ${vm}`)
  return (await untilBeats(lab, vm, undefined)).boots
}

async function rescue({ name }: Death): Promise<string> {
  const actor = rescuer.on(name)
  // As `operation resume` does: whoever conducts it is asked; when nobody does any more, it is taken up here.
  if (await actor.ask('1', 'resume')) return 'conducted elsewhere'
  return (await actor.conduct('1', 'resume')).state
}

function qemusOf(vm: string): string[] {
  return lab.hosts.flatMap(host =>
    host
      .qemus()
      .filter(qemu => qemu.vm === vm)
      .map(() => host.name),
  )
}

describe('a conductor killed in a live migration', () => {
  const before = new Map<string, number>()
  const ends = new Map<string, string>()

  beforeAll(async () => {
    await each(migrations, async death => {
      const { vm, at } = death
      before.set(vm, await started(vm))
      await using victim = await Actor.start(lab, [death])
      const { reached } = await victim.hold(at.call, at.when)
      await victim.commit({ do: 'migrate', vm, to: SNAILIN, cold: false })
      const conducted = victim.conduct('1').catch(() => undefined)
      await Promise.race([
        reached,
        conducted.then(() =>
          Promise.reject(new Error(`${at.call} was not reached: ${victim.calls.join(', ')}`)),
        ),
      ])
      await victim.kill()
      await conducted
    })
    rescuer = await Actor.start(lab, migrations)
    await Promise.all(migrations.map(async death => ends.set(death.vm, await rescue(death))))
  }, 400_000)

  test.each(migrations.map(death => [`${death.at.when} ${death.at.call}`, death] as const))(
    '%s: its guest arrives once, without a boot',
    async (_name, { name, vm }) => {
      expect(ends.get(vm)).toBe('done')
      expect(qemusOf(vm)).toEqual([SNAILIN])
      const permits = await rescuer.on(name).permits()
      expect(permits[vm]).toMatchObject({ node: SNAILIN, proof: { kind: 'seen' } })
      expect((await untilBeats(lab, vm, beatOf(lab, vm))).boots).toBe(before.get(vm))
    },
  )
})

describe('a conductor killed in an evacuation', () => {
  const before = new Map<string, number>()
  const ends = new Map<string, string>()

  beforeAll(async () => {
    const victims: { death: Death; victim: Actor; reached: Promise<void> }[] = []
    await each(evacuations, async death => {
      before.set(death.vm, await started(death.vm))
      const victim = await Actor.start(lab, [death])
      victims.push({ death, victim, ...(await victim.hold(death.at.call, death.at.when)) })
    })
    await lab.host(QUARK).kill()
    await each(victims, async ({ death, victim, reached }) => {
      await until(`${QUARK} to be seen down`, async () => (await victim.hwms())[QUARK] === 'down', {
        limitMs: 40_000,
      })
      const off = { [QUARK]: { by: 'word', how: 'the lab killed it' } } as const
      await victim.commit({ do: 'evacuate', hwm: QUARK, cold: false }, { off })
      const conducted = victim.conduct('1').catch(() => undefined)
      await Promise.race([
        reached,
        conducted.then(() =>
          Promise.reject(new Error(`${death.at.call} was not reached: ${victim.calls.join(', ')}`)),
        ),
      ])
      await victim.kill()
      await conducted
    })
    await rescuer.kill()
    rescuer = await Actor.start(lab, evacuations)
    await Promise.all(evacuations.map(async death => ends.set(death.vm, await rescue(death))))
  }, 400_000)

  test.each(evacuations.map(death => [`${death.at.when} ${death.at.call}`, death] as const))(
    '%s: its HAVM restarts, once',
    async (_name, { name, vm }) => {
      expect(ends.get(vm)).toBe('done')
      expect(qemusOf(vm)).toEqual([SNAILIN])
      const permits = await rescuer.on(name).permits()
      expect(permits[vm]).toMatchObject({ node: SNAILIN, proof: { kind: "operator's word" } })
      const boots = (before.get(vm) ?? 0) + 1
      expect((await untilBoot(lab, vm, boots)).boots).toBe(boots)
    },
  )
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
