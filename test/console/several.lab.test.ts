// A rack dies: two of four real hosts at once. By keys, in a pty over real SSH: both are marked, E is one plan, each is proved and named by
// itself, and one operation restarts all; then once more, with the console and its engine killed in the middle, and taken up.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { killNow } from '../lab/processes.ts'
import { beatOf, untilBoot, Yasco } from '../operations/yasco.ts'
import { LabConsole, programs } from './language/on-the-lab.ts'

const HOMES = ['quark', 'snailin'] as const
const HAVMS = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [`guest${index}`, HOMES[index % 2] ?? '']),
)
let lab: Lab
let yasco: Yasco
let observer: Observer
let console: LabConsole

beforeAll(async () => {
  const hwm = { capacity: { ram: '32GiB', cpu: 32 } }
  lab = await Lab.up({
    name: 'rack',
    hosts: {
      tolerate: 2,
      hosts: { quark: { hwm }, snailin: { hwm }, andreys: { etcd: true, hwm }, gluon: { hwm } },
      vms: Object.fromEntries(
        Object.entries(HAVMS).map(([name, home]) => [
          name,
          { home, vm: { ha: true, ram: '1GiB', cpu: 1 } },
        ]),
      ),
    },
  })
  yasco = new Yasco(lab)
  await yasco.begin()
  observer = await lab.observe()
})
afterAll(async () => {
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const bootsNow = () => new Map(Object.keys(HAVMS).map(vm => [vm, beatOf(lab, vm).boots]))

/** Both die, are marked, and E shows one plan. */
async function untilThePlan(): Promise<void> {
  await Promise.all(HOMES.map(hwm => lab.host(hwm).kill()))
  await console.press('1')
  await console.sees(/DOWN 2/, 60_000)
  await console.type('/state:down\r')
  await console.press('*')
  await console.sees(/2 marked/)
  await console.press('E')
  await console.sees(/Evacuate quark, snailin: 10 VMs restart elsewhere/)
}

/** What is asked of one of them, answered by the operator's word, up to its name; Enter is left to the test. */
async function byWord(hwm: string): Promise<void> {
  await console.sees(new RegExp(`${hwm} does not answer, and nothing proves`))
  await console.hears()
  await console.press('w')
  await console.sees(new RegExp(`How was it verified that ${hwm} is off`))
  await console.hears()
  await console.type('rack without power')
  await console.press('enter')
  await console.sees(new RegExp(`type ${hwm} in full`))
  await console.hears()
  await console.type(hwm)
}

async function expectRestarted(before: ReadonlyMap<string, number>): Promise<void> {
  for (const vm of Object.keys(HAVMS)) {
    const boots = (before.get(vm) ?? 0) + 1
    expect((await untilBoot(lab, vm, boots)).boots, vm).toBe(boots)
  }
  for (const place of Object.values(await yasco.places()))
    expect(place).toMatch(/^running (andreys|gluon)$/)
}

test('one by the operator’s word, the other by its device: the last name carries it out, once for each VM', async () => {
  console = await LabConsole.open(lab)
  await console.sees(/VM 10 running 10/)
  const before = bootsNow()
  await untilThePlan()
  await console.press('enter')
  await byWord('quark')
  await console.press('enter')
  await console.sees(/snailin does not answer, and nothing proves/)
  await console.hears()
  await console.press('f')
  await console.sees(/First snailin is switched off and that is read back/)
  await console.hears()
  expect(await yasco.run('operation', 'list')).not.toContain('evacuate')
  await console.type('snailin')
  await console.press('enter')
  await console.sees(/Operation 1 done/, 60_000)
  await console.sees(/10 of 10 done/)
  await expectRestarted(before)
  const log = await yasco.run('events')
  expect(log).toContain("quark: off by the operator's word: rack without power")
  expect(log).toContain('snailin: off, read back from redfish')
})

test('they return, and all of them come home', async () => {
  await Promise.all(HOMES.map(hwm => lab.host(hwm).start()))
  await console.press('esc')
  await console.sees(/HWM 4 up 4/, 60_000)
  // The key would be about the one that is selected.
  await console.press('1', 'esc', 'esc')
  await console.type(':homecoming\r')
  await console.sees(/Homecoming: 10 VMs move live/)
  await console.question()
  await console.press('y')
  await console.sees(/Operation 2 done/, 90_000)
  expect(await yasco.places()).toEqual(
    Object.fromEntries(Object.entries(HAVMS).map(([vm, home]) => [vm, `running ${home}`])),
  )
})

test('the console and its engine are killed in the middle: another takes it up, once for each VM', async () => {
  const before = bootsNow()
  await console.press('esc')
  await untilThePlan()
  await console.press('-')
  await console.sees(/1 at once per HWM/)
  await console.press('enter')
  for (const hwm of HOMES) {
    await byWord(hwm)
    await console.press('enter')
  }
  await console.sees(/[1-8] of 10 done/)
  for (const program of [...programs(lab, 'engine'), ...programs(lab, 'screen')]) killNow(program)
  await console.ended
  console = await LabConsole.open(lab)
  await console.press('5')
  await console.sees(/OPERATION ABANDONED 3/)
  await console.press('T')
  await console.sees(/Take up operation 3/)
  await console.hears()
  await console.press('y')
  await console.sees(/3 +evacuate quark\+snailin +done/, 90_000)
  await expectRestarted(before)
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
