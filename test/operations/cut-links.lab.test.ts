import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { until } from '../lab/processes.ts'
import { Actor, type Part } from './actor.ts'
import { beatOf, untilBeats } from './yasco.ts'

// The line between the console and one host is cut in the middle of an operation; the hosts go on hearing each other. Nobody is told:
// packets are lost, in both directions. What happened meanwhile is found out by asking both ends once the line is whole again.

const parts = {
  copying: { name: 'copying', vms: ['copying'] },
  arriving: { name: 'arriving', vms: ['arriving'] },
  leaving: { name: 'leaving', vms: ['leaving1', 'leaving2', 'leaving3'] },
} satisfies Record<string, Part>

let lab: Lab
let observer: Observer
let actor: Actor

beforeAll(async () => {
  lab = await Lab.up({
    name: 'cut-links',
    hosts: {
      settings: { migration: { unsafe: true, bandwidth: '1MiB' } },
      hosts: {
        quark: { hwm: { capacity: { cpu: 64 } } },
        snailin: { hwm: { capacity: { cpu: 64 } } },
        andreys: { etcd: true, hwm: { capacity: { cpu: 64 } } },
      },
      vms: Object.fromEntries(
        Object.values(parts)
          .flatMap(({ vms }) => vms)
          .map(vm => [vm, { home: 'quark', vm: { ha: true } }]),
      ),
    },
  })
  observer = await lab.observe()
  actor = await Actor.start(lab, Object.values(parts))
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const next = (name: string) => actor.nextCall(name)

/** Packets between the operator and this host are lost from now on, until what is returned is called. */
async function cut(host: string): Promise<() => Promise<unknown>> {
  const { address } = lab.host(host)
  await lab.operator.shell(
    [
      'nft add table ip cut',
      "nft 'add chain ip cut out { type filter hook output priority 0; }'",
      "nft 'add chain ip cut in { type filter hook input priority 0; }'",
      `nft add rule ip cut out ip daddr ${address} drop`,
      `nft add rule ip cut in ip saddr ${address} drop`,
    ].join(' && '),
  )
  return () => lab.operator.shell('nft delete table ip cut')
}

const untilWaitsFor = (part: Part, id: string, host: string) =>
  until(
    `it to wait for ${host}`,
    async () => {
      const { steps } = await actor.on(part.name).operation(id)
      return steps.some(step => step.phase.includes(`${host} to answer`))
    },
    { limitMs: 90_000 },
  )

/** Where a QEMU of the VM is, on all hosts. */
const copiesOf = (vm: string) =>
  lab.hosts.filter(host => host.qemus().some(qemu => qemu.vm === vm)).map(host => host.name)

async function isAt(part: Part, vm: string, host: string): Promise<void> {
  expect((await untilBeats(lab, vm, beatOf(lab, vm))).boots).toBe(1)
  expect(copiesOf(vm)).toEqual([host])
  expect((await actor.on(part.name).permits())[vm]?.node).toBe(host)
}

test('the line to the source is cut in the middle of a copy', { timeout: 180_000 }, async () => {
  const copying = actor.on('copying')
  const { id } = await copying.commit({ do: 'migrate', vm: 'copying', to: 'snailin', cold: false })
  const { reached } = await copying.hold(next('quark migrationPerform'), 'during')
  const conducted = copying.conduct(id)
  await reached
  const heal = await cut('quark')
  await copying.go()
  await untilWaitsFor(parts.copying, id, 'quark')
  expect((await copying.permits())['copying']?.node).toBe('quark')
  expect(copiesOf('copying')).toContain('quark')
  await heal()
  expect(await conducted).toMatchObject({ state: 'done' })
  await isAt(parts.copying, 'copying', 'snailin')
})

test('the line to the destination is cut when its copy is whole', {
  timeout: 180_000,
}, async () => {
  const arriving = actor.on('arriving')
  const { id } = await arriving.commit({
    do: 'migrate',
    vm: 'arriving',
    to: 'snailin',
    cold: false,
  })
  const { reached } = await arriving.hold(next('snailin migrationFinish'))
  const conducted = arriving.conduct(id)
  await reached
  const stood = beatOf(lab, 'arriving')
  const heal = await cut('snailin')
  await arriving.go()
  await untilWaitsFor(parts.arriving, id, 'snailin')
  // It may be ready there: so it stands still at its source.
  expect(beatOf(lab, 'arriving')).toEqual(stood)
  expect((await arriving.permits())['arriving']?.node).toBe('quark')
  await heal()
  expect(await conducted).toMatchObject({ state: 'done' })
  await isAt(parts.arriving, 'arriving', 'snailin')
})

test('the line to the host that is emptied is cut in an evacuation', {
  timeout: 240_000,
}, async () => {
  const leaving = actor.on('leaving')
  const { id } = await leaving.commit(
    { do: 'evacuate', hwm: 'quark', cold: false },
    { limits: { parallelPerHwm: 1 } },
  )
  // The first has arrived, the second is on its way, the third has not begun.
  const confirms = actor.calls.filter(call => call.startsWith('quark migrationConfirm #')).length
  const { reached } = await leaving.hold(`quark migrationConfirm #${confirms + 2}`)
  const conducted = leaving.conduct(id)
  await reached
  const heal = await cut('quark')
  await leaving.go()
  await untilWaitsFor(parts.leaving, id, 'quark')
  await heal()
  const operation = await conducted
  expect(operation.steps.map(({ vm, state, error }) => ({ vm, state, error }))).toEqual(
    parts.leaving.vms.map(vm => ({ vm, state: 'done', error: '' })),
  )
  const permits = await leaving.permits()
  for (const vm of parts.leaving.vms) {
    expect(permits[vm]?.node).not.toBe('quark')
    await isAt(parts.leaving, vm, permits[vm]?.node ?? '')
  }
})

test('in all of it, no VM ever ran twice', async () => {
  const { looks, doubleRuns } = await observer.report()
  expect(looks).toBeGreaterThan(100)
  expect(doubleRuns).toEqual([])
})
