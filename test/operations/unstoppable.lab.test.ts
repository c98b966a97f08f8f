import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { until } from '../lab/processes.ts'
import { Actor } from './actor.ts'
import { untilBoot, Yasco } from './yasco.ts'

// F28: a VM that nobody can stop. Its HWM's storage hangs, so its QEMU hangs in the kernel, where not even SIGKILL reaches it.

// A machine that has much else to do takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let lab: Lab
let observer: Observer
let actor: Actor

beforeAll(async () => {
  lab = await Lab.up({
    name: 'unstoppable',
    hosts: {
      hosts: {
        quark: { storage: 'fuse' },
        snailin: { storage: 'fuse', etcd: true, hwm: { capacity: { ram: '64GiB', cpu: 64 } } },
      },
      vms: { stuck: { home: 'quark', vm: { ha: true } } },
    },
  })
  observer = await lab.observe()
  await untilBoot(lab, 'stuck', 1)
  actor = await Actor.start(lab)
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const places = () => lab.hosts.flatMap(host => host.qemus().map(({ vm }) => `${vm} ${host.name}`))

test('the step ends with an error that names it, its permit stays; once its HWM is switched off and that read back, it starts elsewhere', async () => {
  await lab.host('quark').service('storage', 'pause')
  const { id } = await actor.commit(
    { do: 'migrate', vm: 'stuck', to: 'snailin', cold: true },
    { limits: { shutdownMs: 2_000, waitMs: 30_000 } },
  )
  const operation = await actor.conduct(id)
  expect(operation.state).toBe('partly')
  // While libvirt waits for the end of that QEMU it answers nothing about it: by the moment, one or the other is what was given up.
  expect(operation.steps[0]?.error).toMatch(
    /^(stuck could not be ended on quark|gave up waiting for quark to answer)/,
  )
  expect(actor.calls.filter(call => call.startsWith('quark destroy')).length).toBeGreaterThan(0)
  expect(places()).toEqual(['stuck quark'])
  expect((await actor.permits())['stuck']).toMatchObject({ node: 'quark' })

  expect(await new Yasco(lab).run('fence', 'quark', 'off', '--confirm-name', 'quark')).toMatch(
    /quark: off, read back from /,
  )
  await until('quark to be seen down', async () => (await actor.hwms())['quark'] === 'down', {
    limitMs: 40_000,
  })
  expect((await actor.conduct(id, 'retry')).state).toBe('done')
  expect(places()).toEqual(['stuck snailin'])
  expect((await actor.permits())['stuck']).toMatchObject({
    node: 'snailin',
    proof: { kind: 'power-off read back' },
  })
  expect((await untilBoot(lab, 'stuck', 2)).boots).toBe(2)
  const { looks, doubleRuns } = await observer.report()
  expect(looks).toBeGreaterThan(100)
  expect(doubleRuns).toEqual([])
})
