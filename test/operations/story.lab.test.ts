import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from './stage.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// The whole story by commands, on real hosts: an HWM dies, its HAVMs restart elsewhere, it returns, they come home live. The guests are
// witnesses: boots tell a restart from a migration; the observer outside counts what runs.

let stage: Stage
let lab: Stage['lab']
let yasco: Stage['yasco']
let observer: Stage['observer']

beforeAll(async () => {
  stage = await setStage({ name: 'story' })
  ;({ lab, yasco, observer } = stage)
})
afterAll(() => stage?.[Symbol.asyncDispose]())

test('without proof that it is off, nothing of a dead HWM is restarted', async () => {
  await lab.host('quark').kill()
  const refused = await yasco.attempt('evacuate', 'quark', '--confirm-name', 'quark')
  expect(refused.status).toBe(3)
  expect(refused.stderr).toContain('quark is not proved to be off')
  expect(await yasco.places()).toMatchObject({
    'win7-vmm2': expect.not.stringContaining('snailin'),
  })
})

test("F2: on the operator's word its HAVMs restart, with the word recorded", async () => {
  const before = beatOf(lab, 'win7-vmm2')
  const told = await yasco.run(
    'evacuate',
    'quark',
    '--confirm-name',
    'quark',
    '--off-confirmed',
    'cable pulled',
    '--reason',
    'PSU',
  )
  expect(told).toContain('Evacuate quark: 2 VMs restart elsewhere')
  expect(told).toContain('operation 1 (evacuate quark): done')
  const after = await untilBeats(lab, 'win7-vmm2', before)
  expect(after.boots).toBe(before.boots + 1)
  expect(await yasco.places()).toMatchObject({
    'win7-vmm2': 'running snailin',
    'freebsd-vmm2': 'running snailin',
  })
  const log = await yasco.run('events')
  expect(log).toContain("quark: off by the operator's word: cable pulled")
  expect(log).toContain('(PSU)')
})

test('rescued, its VMs come home live: no guest boots again', async () => {
  await lab.host('quark').start()
  const before = beatOf(lab, 'win7-vmm2')
  await yasco.run('homecoming', 'quark', '--yes')
  const after = await untilBeats(lab, 'win7-vmm2', before)
  expect(after.boots).toBe(before.boots)
  expect(await yasco.places()).toMatchObject({
    'win7-vmm2': 'running quark',
    'freebsd-vmm2': 'running quark',
  })
})

test('F1: its fence device switches it off, reads that back, and the HAVMs restart', async () => {
  const before = beatOf(lab, 'freebsd-vmm2')
  await lab.host('quark').kill()
  await yasco.run('evacuate', 'quark', '--confirm-name', 'quark', '--fence')
  const after = await untilBeats(lab, 'freebsd-vmm2', before)
  expect(after.boots).toBe(before.boots + 1)
  expect(await yasco.run('events')).toContain('quark: off, read back from redfish')
  await lab.host('quark').start()
  await yasco.run('homecoming', 'quark', '--yes')
})

test('a living HWM is emptied live and takes nobody in until maintenance ends', async () => {
  const before = beatOf(lab, 'ubuntu-vmm2')
  await yasco.run('maintenance', 'snailin', 'on', '--yes')
  const after = await untilBeats(lab, 'ubuntu-vmm2', before)
  expect(after.boots).toBe(before.boots)
  expect(await yasco.places()).toMatchObject({
    'ubuntu-vmm2': 'running quark',
    test: 'running quark',
  })
  const refused = await yasco.attempt('migrate', 'test', 'snailin', '--yes')
  expect(refused.status).toBe(3)
  expect(refused.stderr).toContain('snailin is in maintenance')
  await yasco.run('maintenance', 'snailin', 'off', '--yes')
  await yasco.run('homecoming', '--yes')
})

test('undo takes the VMs of an operation back', async () => {
  await yasco.run('migrate', 'test', 'quark', '--yes')
  const operations: { operations: { id: string }[] } = JSON.parse(
    await yasco.run('operation', 'list', '--json'),
  )
  await yasco.run('operation', 'undo', operations.operations.at(-1)!.id, '--yes')
  expect(await yasco.places()).toMatchObject({ test: 'running snailin' })
})

test('stop shuts the guest down and it stays stopped; start boots it at home; a cold move boots it elsewhere', async () => {
  const before = beatOf(lab, 'test')
  await yasco.run('stop', 'test', '--confirm-name', 'test')
  expect(await yasco.places()).toMatchObject({ test: expect.stringMatching(/^stopped/) })
  await yasco.run('start', 'test', '--yes')
  const started = await untilBoot(lab, 'test', before.boots + 1)
  expect(started.boots).toBe(before.boots + 1)
  await yasco.run('migrate', 'test', 'quark', '--cold', '--confirm-name', 'test')
  const moved = await untilBoot(lab, 'test', before.boots + 2)
  expect(moved.boots).toBe(before.boots + 2)
  expect(await yasco.places()).toMatchObject({ test: 'running quark' })
})

test('F23: XML that differs from its hash is refused before anything moves', async () => {
  const before = beatOf(lab, 'test')
  await lab
    .host('quark')
    .shell('sed -i \'s/<memory[^>]*>[0-9]*/<memory unit="KiB">20480/\' /srv/domains/test.xml')
  const refused = await yasco.attempt('migrate', 'test', 'snailin', '--yes')
  expect(refused.status).toBe(4)
  expect(refused.stdout).toContain('differs from the hash in etcd')
  expect((await untilBeats(lab, 'test', before)).boots).toBe(before.boots)
  await yasco.run('dump', '--yes')
  await yasco.run('migrate', 'test', 'snailin', '--yes')
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
