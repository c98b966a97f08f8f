// The whole story by keys, in a pty over real SSH, on real hosts: an operator logs in to andreys, quark dies, its VMs restart elsewhere on the
// operator's word, quark returns, they come home live; a console is killed in the middle, and another takes over what
// it left; a line drops; a device switches a host off.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { killNow } from '../lab/processes.ts'
import { beatOf, untilBeats, Yasco } from '../operations/yasco.ts'
import { LabConsole, programs } from './language/on-the-lab.ts'

const HAVMS = ['mail', 'web', 'wiki', 'git', 'proxy']
let lab: Lab
let yasco: Yasco
let observer: Observer
let console: LabConsole

beforeAll(async () => {
  const host = (address: string, fallback = true) => ({
    address,
    etcd: true,
    hwm: { capacity: { ram: '32GiB', cpu: 16 }, fallback },
  })
  lab = await Lab.up({
    name: 'by-keys',
    hosts: {
      cluster: 'innopolis',
      tolerate: 1,
      hosts: {
        quark: host('10.0.0.112'),
        snailin: host('10.0.0.109'),
        andreys: host('10.0.0.127', false),
      },
      vms: Object.fromEntries(
        HAVMS.map((name, index) => [
          name,
          { home: 'quark', vm: { ha: true, priority: 100 - index, ram: '2GiB', cpu: 1 } },
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

test('E on a dead HWM: plan, the operator’s word, its name in full; its VMs run elsewhere', async () => {
  console = await LabConsole.open(lab)
  await console.sees(/VM 5 running 5/)
  await lab.host('quark').kill()
  await console.sees(/quark +DOWN/)
  const before = beatOf(lab, 'mail')
  await console.press('g', 'E')
  await console.sees(/Evacuate quark: 5 VMs restart elsewhere/)
  await console.sees(/mail +HAVM +restart +quark → snailin/)
  await console.question()
  await console.sees(/f +its device redfish/)
  await console.press('w')
  await console.sees(/How was it verified that quark is off/)
  await console.hears()
  await console.type('cable pulled')
  await console.press('enter')
  await console.sees(/type quark in full/)
  await console.hears()
  await console.type('quark')
  await console.press('enter')
  await console.sees(/Operation 1 done/)
  await console.sees(/5 of 5 done/)
  expect((await untilBeats(lab, 'mail', before)).boots).toBe(before.boots + 1)
  expect(await yasco.run('events')).toContain("quark: off by the operator's word: cable pulled")
})

test('it returns; H brings them home live, and goes on when the screen is killed in the middle', async () => {
  await lab.host('quark').start()
  await console.sees(/HWM 3 up 3/, 60_000)
  const before = beatOf(lab, 'mail')
  await console.press('H')
  await console.sees(/Homecoming: 5 VMs move live/)
  await console.press('-')
  await console.sees(/1 at once per HWM/)
  await console.question()
  await console.press('y')
  await console.sees(/Operation 2 running/)
  await console.sees(/1 of 5 done/)
  for (const screen of programs(lab, 'screen')) killNow(screen)
  await console.ended
  expect(programs(lab, 'engine')).toHaveLength(1)
  console = await LabConsole.open(lab)
  await console.press('5')
  await console.sees(/2 +homecoming innopolis +done/, 60_000)
  expect((await untilBeats(lab, 'mail', before)).boots).toBe(before.boots)
  expect(await yasco.places()).toEqual(
    Object.fromEntries(HAVMS.map(name => [name, 'running quark'])),
  )
})

test('killed with its engine in the middle, its operation is seen to be left, and another console takes it up', async () => {
  await console.type(':evacuate quark\r')
  await console.sees(/Evacuate quark: 5 VMs move live/)
  await console.press('-')
  await console.sees(/1 at once per HWM/)
  await console.question()
  await console.press('y')
  await console.sees(/EVACUATING 1\/5/)
  for (const program of [...programs(lab, 'engine'), ...programs(lab, 'screen')]) killNow(program)
  await console.ended
  console = await LabConsole.open(lab)
  await console.press('5')
  await console.sees(/OPERATION ABANDONED 3/)
  await console.press('T')
  await console.sees(/Take up operation 3/)
  await console.hears()
  await console.press('y')
  await console.sees(/3 +evacuate quark +done/, 90_000)
  expect(await yasco.places()).toEqual(
    Object.fromEntries(HAVMS.map(name => [name, 'running snailin'])),
  )
})

test('U takes that back, shown first, though the line drops in the middle; quark dies again: f has its device switch it off, which is read back; all come home', async () => {
  await console.press('U')
  await console.sees(/Undo operation 3: 5 VMs move live/)
  await console.sees(/quark takes VMs in again: its maintenance ends/)
  await console.question()
  await console.press('y')
  await console.sees(/Operation 4 running/)
  // The operator's line drops; the operation is the engine's, and goes on.
  console.lineDrops()
  await console.ended
  console = await LabConsole.open(lab)
  await console.press('5')
  await console.sees(/4 +undo.* done/, 90_000)
  const before = beatOf(lab, 'mail')
  await lab.host('quark').kill()
  await console.press('1')
  await console.sees(/quark +DOWN/)
  await console.press('g', 'E')
  await console.sees(/Evacuate quark: 5 VMs restart elsewhere/)
  await console.question()
  await console.press('f')
  await console.sees(/First quark is switched off and that is read back/)
  await console.hears()
  await console.type('quark')
  await console.press('enter')
  await console.sees(/Operation 5 done/, 60_000)
  expect((await untilBeats(lab, 'mail', before)).boots).toBe(before.boots + 1)
  expect(await yasco.run('events')).toContain('quark: off, read back from redfish')
  await console.type(':vm mail\r')
  await console.press('enter')
  await console.sees(/proof +power-off read back/)
  await lab.host('quark').start()
  await console.sees(/HWM 3 up 3/, 60_000)
  await console.press('esc', 'H')
  await console.sees(/Homecoming: 5 VMs move live/)
  await console.question()
  await console.press('y')
  await console.sees(/Operation 6 done/, 90_000)
  expect(await yasco.places()).toEqual(
    Object.fromEntries(HAVMS.map(name => [name, 'running quark'])),
  )
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
