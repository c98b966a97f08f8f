import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from './stage.ts'
import { beatOf, untilBeats } from './yasco.ts'

// A plan of the solver, applied, executed and found true on real hosts; fallback maps stored and used; a change that breaks X.

interface Planned {
  readonly answer: string
  readonly map: Record<string, string>
  readonly moves: { readonly vm: string; readonly from: string; readonly to: string }[]
  readonly resilience: { readonly holds: boolean; readonly asked: number }
}

const SOLVE = ['--objective', 'fewest-hwms', '--tolerate', '0', '--seed', '1'] as const

let stage: Stage
let lab: Stage['lab']
let yasco: Stage['yasco']
let observer: Stage['observer']

beforeAll(async () => {
  stage = await setStage({ name: 'plan' })
  ;({ lab, yasco, observer } = stage)
})
afterAll(() => stage?.[Symbol.asyncDispose]())

async function solved(...more: string[]): Promise<Planned> {
  return JSON.parse(await yasco.run('plan', ...SOLVE, '--json', ...more)) as Planned
}

async function homes(): Promise<Record<string, string>> {
  const { stdout } = await yasco.attempt('status', '--json')
  const status: { vms: { name: string; home?: string }[] } = JSON.parse(stdout)
  return Object.fromEntries(status.vms.map(vm => [vm.name, vm.home ?? '']))
}

test('--apply without a word changes nothing; with one the map is the CDM, and VMs are away', async () => {
  const plan = await solved()
  expect(plan.answer).toBe('map')
  expect(plan.moves.length).toBeGreaterThan(0)
  const before = await homes()
  const refused = await yasco.attempt('plan', ...SOLVE, '--apply')
  expect(refused.status).toBe(3)
  expect(await homes()).toEqual(before)

  const told = await yasco.run('plan', ...SOLVE, '--apply', '--yes', '--reason', 'night')
  expect(told).toContain('saved; VMs that are elsewhere are away from now on')
  expect(await homes()).toEqual(plan.map)
  const moved = plan.moves[0]
  if (moved === undefined) throw new Error('something moves')
  expect(await yasco.places()).toMatchObject({ [moved.vm]: `running ${moved.from}` })
  expect(await yasco.run('events')).toContain('a plan became the CDM')
  const again = await yasco.run('plan', ...SOLVE, '--apply', '--yes')
  expect(again).toContain('nothing to change')
})

test('--execute moves them there live, in the order of the plan: what runs is what was planned', async () => {
  const plan = await solved()
  const witnesses = plan.moves.map(({ vm }) => ({ vm, beat: beatOf(lab, vm) }))
  const told = await yasco.run('plan', ...SOLVE, '--execute', '--yes')
  expect(told).toMatch(/operation 1 \(apply-plan \w+\): done/)
  for (const { vm, beat } of witnesses) {
    const after = await untilBeats(lab, vm, beat)
    expect(after.boots).toBe(beat.boots)
  }
  const places = await yasco.places()
  for (const [vm, hwm] of Object.entries(plan.map)) expect(places[vm]).toBe(`running ${hwm}`)
  expect(await homes()).toEqual(plan.map)
  const judged = JSON.parse((await yasco.attempt('plan', '--keep-map', '--json')).stdout) as Planned
  expect(judged.map).toEqual(plan.map)
  expect((await solved()).moves).toEqual([])
})

test('a change that breaks X is reported with the failure set; the cluster may be set to refuse it', async () => {
  await yasco.run('apply', '-f', lab.clusterFile, '--homes', '--yes')
  await yasco.run('homecoming', '--yes')
  expect(await yasco.places()).toMatchObject({ 'win7-vmm2': 'running quark' })
  const breaks = /afterwards 1 failure cannot be survived any more: when quark fails: /
  expect(await yasco.run('evacuate', 'snailin', '--dry-run')).toMatch(breaks)
  const strict = `${lab.clusterFile}.strict.yaml`
  const text = await readFile(lab.clusterFile, 'utf8')
  await writeFile(
    strict,
    `${text.replace(/^settings:.*(\n .*)*\n/m, '')}settings: {admission: refuse}\n`,
  )
  await yasco.run('apply', '-f', strict, '--yes')
  const refused = await yasco.attempt('evacuate', 'snailin', '--dry-run')
  expect(refused.status).toBe(3)
  expect(refused.stderr).toMatch(breaks)
  await yasco.run('apply', '-f', lab.clusterFile, '--yes')
})

test('stored maps are what an evacuation goes by, and are not used once they do not fit', async () => {
  expect(await yasco.run('fallback', '--store', '--yes')).toMatch(/\d maps stored/)
  await lab.host('quark').kill()
  const fits = await yasco.run('evacuate', 'quark', '--dry-run')
  expect(fits).toMatch(/win7-vmm2 .* restarts +by the stored map of/)
  await yasco.run('apply', '-f', await withRam('win7-vmm2', '9GiB'), '--yes')
  const stale = await yasco.run('evacuate', 'quark', '--dry-run')
  expect(stale).toMatch(/win7-vmm2 .* restarts/)
  expect(stale).not.toContain('stored map')
  await lab.host('quark').start()
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
})

/** The lab's cluster file with another amount of memory for a VM. */
async function withRam(vm: string, ram: string): Promise<string> {
  const text = await readFile(lab.clusterFile, 'utf8')
  const at = text.indexOf(`  ${vm}:`)
  const changed = text.slice(0, at) + text.slice(at).replace(/ram: \w+/, `ram: ${ram}`)
  const file = `${lab.clusterFile}.changed.yaml`
  await writeFile(file, changed)
  return file
}
