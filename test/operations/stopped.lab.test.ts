import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../lab/processes.ts'
import { setStage, type Stage } from './stage.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// F36 with no console open: what happens to guests while nobody looks is found out by whoever looks next, from what libvirt remembers.

const VMS = { resting: { offAfterTicks: 60 }, crashing: {}, other: {} }

let stage: Stage
let lab: Stage['lab']
let yasco: Stage['yasco']

beforeAll(async () => {
  stage = await setStage({
    name: 'stopped',
    hosts: {
      hosts: {
        quark: { hwm: { capacity: { cpu: 64 } } },
        snailin: { hwm: { capacity: { cpu: 64 } } },
        andreys: { etcd: true, hwm: { capacity: { cpu: 64 } } },
      },
      vms: Object.fromEntries(
        Object.entries(VMS).map(([vm, habits]) => [
          vm,
          {
            home: 'quark',
            vm: { ha: true },
            ...habits,
          },
        ]),
      ),
    },
  })
  ;({ lab, yasco } = stage)
})
afterAll(() => stage?.[Symbol.asyncDispose]())

const isOff = (host: string, vm: string) =>
  until(
    `${vm} to be off`,
    () =>
      !lab
        .host(host)
        .qemus()
        .some(qemu => qemu.vm === vm),
    {
      limitMs: 30_000,
    },
  )

test('a guest that shut itself down is left stopped; one that crashed is offered for restart', async () => {
  await untilBeats(lab, 'crashing', undefined)
  const crashing = lab
    .host('quark')
    .qemus()
    .find(qemu => qemu.vm === 'crashing')
  if (crashing === undefined) throw new Error('crashing does not run')
  process.kill(crashing.pid, 'SIGKILL')
  for (const vm of ['resting', 'crashing']) await isOff('quark', vm)
  expect(await yasco.places()).toMatchObject({
    resting: 'stopped quark',
    crashing: 'crashed quark',
  })
  const { boots } = beatOf(lab, 'crashing')
  expect(await yasco.run('start', 'crashing', '--yes')).toMatch(/operation \d+ .*: done/)
  expect((await untilBoot(lab, 'crashing', boots + 1)).boots).toBe(boots + 1)
  // That was the first act since: what libvirt remembers of the other is written down.
  expect(await desired()).toMatchObject({ resting: 'stopped', crashing: 'running' })
  expect(await yasco.run('events')).toContain(
    'resting: its guest shut itself down: it is left stopped until it is started',
  )
})

test('it stays stopped when its HWM dies, for a console that has seen nothing of it', async () => {
  const { boots } = beatOf(lab, 'resting')
  await lab.host('quark').kill()
  const plan = await yasco.run('evacuate', 'quark', '--dry-run')
  expect(plan).toMatch(/resting .*is to be stopped/)
  await yasco.run(
    'evacuate',
    'quark',
    '--confirm-name',
    'quark',
    '--off-confirmed',
    'the lab killed it',
    '--yes',
  )
  await untilBoot(lab, 'crashing', 2)
  expect(lab.hosts.flatMap(host => host.qemus()).map(({ vm }) => vm)).not.toContain('resting')
  expect(beatOf(lab, 'resting').boots).toBe(boots)
})

test('in all of it, no VM ever ran twice', async () => {
  const { looks, doubleRuns } = await stage.observer.report()
  expect(looks).toBeGreaterThan(100)
  expect(doubleRuns).toEqual([])
})

async function desired(): Promise<Record<string, string>> {
  const { stdout } = await yasco.attempt('status', '--json')
  const status: { vms: { name: string; desired: string }[] } = JSON.parse(stdout)
  return Object.fromEntries(status.vms.map(vm => [vm.name, vm.desired]))
}
