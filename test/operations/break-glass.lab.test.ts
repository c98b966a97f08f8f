import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { beatOf, untilBeats, untilBoot, Yasco } from './yasco.ts'

// docs/break-glass.md, typed as it stands: etcd has lost its majority, quark is dead, and win7-vmm2 has to run.

const chapter = readFileSync(new URL('../../docs/break-glass.md', import.meta.url), 'utf8')
const blocks = [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)

const VM = 'win7-vmm2'
let lab: Lab
let observer: Observer
let yasco: Yasco

beforeAll(async () => {
  lab = await Lab.up({ name: 'break-glass' })
  yasco = new Yasco(lab)
  await yasco.begin()
  // That it has a permit, as it would after any life with yasco.
  await yasco.run('migrate', VM, 'snailin', '--yes')
  await yasco.run('homecoming', '--yes')
  observer = await lab.observe()
})
afterAll(async () => {
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

/** A block of the chapter, behind the one with the names; only the board's address and its secret are the lab's. */
function type(block: string): Promise<string> {
  const secret = readFileSync(lab.layout.devicePassword, 'utf8').trim()
  const here = block
    .replace(/BOARD=\S+/, 'BOARD=http://10.0.0.2:8000/redfish/v1/Systems/quark')
    .replace(/LOGIN=\S+/, `LOGIN=${lab.layout.deviceUser}:${secret}`)
  return lab.operator.shell(`${blocks[0]}\n${here}`, { timeoutMs: 60_000 })
}

test('the chapter has the steps that are tried here', () => {
  expect(blocks).toHaveLength(5)
  expect(blocks[0]).toContain(`VM=${VM}`)
})

test('one VM is started by hand, once, while etcd and its HWM are gone', async () => {
  const { boots } = beatOf(lab, VM)
  await lab.host('quark').kill()
  await lab.host('andreys').service('etcd', 'kill')
  const [, hands = '', look = '', power = '', start = ''] = blocks
  await type(hands)
  expect((await type(look)).trim().split('\n')).toEqual([
    'quark: NO ANSWER: it must be off',
    `snailin: no QEMU of ${VM}`,
    `andreys: no QEMU of ${VM}`,
  ])
  expect(await type(power)).toContain('off, read back')
  await type(start)
  expect((await untilBoot(lab, VM, boots + 1)).boots).toBe(boots + 1)
  expect(await type(look)).toContain(`snailin: a QEMU of ${VM} IS THERE`)
})

test('what yasco is asked meanwhile it refuses', async () => {
  const refused = await yasco.attempt('migrate', VM, 'andreys', '--yes')
  expect(refused.status).toBe(4)
  expect(refused.stderr).toContain('etcd')
})

test('when etcd is back its permit follows it: only once the HWM that had it is seen not to run it', async () => {
  const { boots } = beatOf(lab, VM)
  await lab.host('andreys').service('etcd', 'start')
  await lab.untilEtcdHasLeader()
  expect(await yasco.places()).toMatchObject({ [VM]: 'running snailin' })
  await lab.host('quark').start()
  await yasco.run('homecoming', 'quark', '--yes')
  expect(await yasco.places()).toMatchObject({ [VM]: 'running quark' })
  expect((await untilBeats(lab, VM, beatOf(lab, VM))).boots).toBe(boots)
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
