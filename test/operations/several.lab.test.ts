import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../lab/processes.ts'
import { Actor } from './actor.ts'
import { setStage, type Stage } from './stage.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// Two real hosts die at once, and one operation evacuates both: by commands, by the map that was stored for their failure together, each host with
// a proof of its own; and with the conductor killed in the middle. Guests count their boots, the observer what runs.

const HAVMS = { mail: 'quark', web: 'quark', wiki: 'snailin', git: 'snailin' } as const
const NAMES = Object.keys(HAVMS) as (keyof typeof HAVMS)[]
const BOTH = ['evacuate', 'quark', 'snailin'] as const
const NAMED = ['--confirm-name', 'quark', '--confirm-name', 'snailin'] as const

let stage: Stage
let lab: Stage['lab']
let yasco: Stage['yasco']
let observer: Stage['observer']

beforeAll(async () => {
  const hwm = { capacity: { ram: '32GiB', cpu: 16 } }
  stage = await setStage({
    name: 'several',
    hosts: {
      tolerate: 2,
      hosts: {
        quark: { hwm },
        snailin: { hwm },
        andreys: { etcd: true, hwm },
        gluon: { hwm },
      },
      vms: {
        ...Object.fromEntries(
          Object.entries(HAVMS).map(([name, home]) => [
            name,
            { home, vm: { ha: true, ram: '2GiB', cpu: 1 } },
          ]),
        ),
        test: { home: 'snailin', vm: { ha: false, ram: '1GiB', cpu: 1 } },
      },
    },
  })
  ;({ lab, yasco, observer } = stage)
})
afterAll(() => stage?.[Symbol.asyncDispose]())

const bothDie = () => Promise.all([lab.host('quark').kill(), lab.host('snailin').kill()])
const bothReturn = () => Promise.all([lab.host('quark').start(), lab.host('snailin').start()])
const bootsNow = () => new Map(NAMES.map(vm => [vm, beatOf(lab, vm).boots]))

/** Each guest has booted once more, and runs on one of the two that live. */
async function expectRestarted(before: ReadonlyMap<string, number>): Promise<void> {
  for (const vm of NAMES) {
    const boots = (before.get(vm) ?? 0) + 1
    expect((await untilBoot(lab, vm, boots)).boots, vm).toBe(boots)
  }
  const places = await yasco.places()
  for (const vm of NAMES) expect(places[vm]).toMatch(/^running (andreys|gluon)$/)
}

async function comeHome(): Promise<void> {
  await bothReturn()
  const before = new Map(NAMES.map(vm => [vm, beatOf(lab, vm)]))
  await yasco.run('homecoming', '--yes')
  for (const vm of NAMES) {
    const beat = before.get(vm)
    expect((await untilBeats(lab, vm, beat)).boots, vm).toBe(beat?.boots)
  }
  expect(await yasco.places()).toMatchObject(
    Object.fromEntries(Object.entries(HAVMS).map(([vm, home]) => [vm, `running ${home}`])),
  )
}

test('one without a proof: refused, and nothing is done to the other either', async () => {
  await yasco.run('fallback', '--store', '--yes')
  await bothDie()
  const { status, stderr } = await yasco.attempt(
    ...BOTH,
    ...NAMED,
    '--off-confirmed',
    'quark=cable pulled',
  )
  expect(stderr).toContain('snailin is not proved to be off')
  expect(status).toBe(3)
  expect(await yasco.run('events')).not.toContain('quark: off')
})

test('one operation: the word for one, the device for the other, by the stored map of both', async () => {
  const before = bootsNow()
  const told = await yasco.run(
    ...BOTH,
    ...NAMED,
    '--off-confirmed',
    'quark=cable pulled',
    '--fence',
    '--reason',
    'rack a',
  )
  expect(told).toContain('Evacuate quark, snailin: 4 VMs restart elsewhere, 1 waits')
  expect(told.match(/by the stored map of/g)).toHaveLength(NAMES.length)
  expect(told).toContain('operation 1 (evacuate quark+snailin): done')
  await expectRestarted(before)
  const log = await yasco.run('events')
  expect(log).toContain("quark: off by the operator's word: cable pulled")
  expect(log).toContain('snailin: off, read back from')
  const detail = JSON.parse(await yasco.run('operation', 'show', '1', '--json'))
  expect(detail.operation).toMatchObject({ subject: 'quark+snailin', state: 'done' })
})

test('both return, and their VMs come home live', comeHome)

test('its conductor is killed in the middle: another takes it up, and every guest boots once', async () => {
  const before = bootsNow()
  await bothDie()
  await using actor = await Actor.start(lab)
  await until(
    'both to be seen down',
    async () => {
      const { quark, snailin } = await actor.hwms()
      return quark === 'down' && snailin === 'down'
    },
    { limitMs: 60_000 },
  )
  const { reached } = await actor.hold('etcd permits running #2', 'before')
  const proof = (how: string) => ({ by: 'word', how }) as const
  const { id } = await actor.commit(
    { do: 'evacuate', hwm: 'quark', also: ['snailin'], cold: false },
    {
      off: { quark: proof('cable pulled'), snailin: proof('cable pulled') },
      limits: { parallelPerHwm: 1, parallel: 1 },
    },
  )
  const conducted = actor.conduct(id).catch(() => undefined)
  await reached
  await actor.kill()
  await conducted
  const states = (await yasco.operation(id)).steps.map(step => step.state)
  expect(states.filter(state => state === 'done').length).toBeLessThan(NAMES.length)
  expect(await yasco.run('operation', 'resume', id)).toContain('(evacuate quark+snailin): done')
  await expectRestarted(before)
})

test('they come home again', comeHome)

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
