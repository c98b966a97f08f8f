// Guests that shut themselves down while everybody only looks: when that is written down, and when never.
import { expect, test } from 'vitest'
import { keys } from '../../src/etcd/layout.ts'
import { LOOK_EVERY_MS, OwnStopWatch, QUIET_MS } from '../../src/operations/own-stop-watch.ts'
import { Operations } from '../../src/operations/operations.ts'
import { Acted, type Actor } from './on-the-simulator.ts'

/** As an engine that may act: it looks, and nobody asks it for anything. */
function watches(acted: Acted, { operations, observation }: Actor): void {
  const watch = new OwnStopWatch({
    clock: acted.clock,
    snapshot: () => observation.snapshot,
    write: vms => operations.recordOwnStops(vms),
  })
  observation.onSnapshot(snapshot => watch.see(snapshot))
}

const desired = ({ observation }: Actor, vm: string) =>
  observation.snapshot.vms[vm]?.config?.desired
const OWN = /shut itself down: it is left stopped/
const told = ({ observation }: Actor) =>
  observation.snapshot.events.filter(event => OWN.test(event.what)).map(event => event.about)

test('after a while it is written by whoever may act, once, however many look; who comes later leaves it off', async () => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  const bert = await acted.actor('bert')
  for (const actor of [anna, bert]) watches(acted, actor)
  await acted.happens('stop win7-vmm2', QUIET_MS - 1_000)
  expect(desired(anna, 'win7-vmm2')).toBe('running')
  await acted.clock.advance(LOOK_EVERY_MS + 2_000)
  expect(desired(anna, 'win7-vmm2')).toBe('stopped')
  expect(desired(anna, 'freebsd-vmm2')).toBe('running')
  expect(told(bert)).toEqual(['vm:win7-vmm2'])
  await acted.happens('kill quark', 30_000)
  const carol = await acted.actor('carol')
  await acted.clock.advance(10_000)
  const plan = await acted.during(
    carol.operations.plan({ do: 'evacuate', hwm: 'quark', cold: false }),
  )
  expect(plan.moves.map(move => move.vm)).toEqual(['freebsd-vmm2'])
  expect(plan.staying).toContainEqual(
    expect.objectContaining({ vm: 'win7-vmm2', why: 'is to be stopped' }),
  )
})

test('a host that takes its guests down one by one and is gone: they are to run', async () => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  watches(acted, anna)
  await acted.happens('stop win7-vmm2', QUIET_MS - 10_000)
  await acted.happens('stop freebsd-vmm2', QUIET_MS - 10_000)
  await acted.happens('kill quark', 10 * QUIET_MS)
  expect([desired(anna, 'win7-vmm2'), desired(anna, 'freebsd-vmm2')]).toEqual([
    'running',
    'running',
  ])
  expect(told(anna)).toEqual([])
})

test('neither a crash nor the death of its HWM is a shutdown', async () => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  watches(acted, anna)
  await acted.happens('crash win7-vmm2', 3 * QUIET_MS)
  await acted.happens('kill snailin', 3 * QUIET_MS)
  await acted.happens('rescue snailin', 3 * QUIET_MS)
  for (const vm of ['win7-vmm2', 'ubuntu-vmm2', 'test']) expect(desired(anna, vm)).toBe('running')
  expect(told(anna)).toEqual([])
})

test('with etcd away nothing is tried; when it is back it is written', async () => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  watches(acted, anna)
  await acted.happens('stop test', 10_000)
  await acted.happens('etcd lose 2', 2 * QUIET_MS)
  expect(desired(anna, 'test')).toBe('running')
  await acted.happens('etcd return', 60_000)
  expect(desired(anna, 'test')).toBe('stopped')
  expect(told(anna)).toEqual(['vm:test'])
})

test('one that was started meanwhile is not written off by who has not seen it yet', async () => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  const bert = await acted.actor('bert')
  await acted.happens('stop test', 10_000)
  const old = anna.observation.snapshot
  const slow = new Operations({
    store: acted.simulation.connectStore(),
    reach: acted.simulation.reach(),
    identity: { who: 'slow', from: 'test', version: 'test' },
    clock: acted.clock,
    snapshot: () => old,
    report: () => expect.unreachable('nothing is to be told'),
  })
  const plan = await acted.during(bert.operations.plan({ do: 'start', vm: 'test' }))
  const { id } = await acted.during(bert.operations.commit(plan, { why: '' }))
  await acted.during(bert.operations.conduct(id))
  await acted.during(slow.recordOwnStops(['test']))
  await acted.clock.advance(2_000)
  expect(desired(bert, 'test')).toBe('running')
  await acted.during(Promise.resolve(slow[Symbol.asyncDispose]()))
})

test.each([
  ['whose host is going down', () => Promise.resolve({ status: 0, stdout: '', stderr: '' }), 0],
  ['whose host runs on', () => Promise.resolve({ status: 1, stdout: '', stderr: '' }), 1],
])('a guest %s', async (_, run, written) => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  const reach = Object.assign(acted.simulation.reach(), { shell: () => run })
  const reports: string[] = []
  const operations = new Operations({
    store: acted.simulation.connectStore(),
    reach,
    identity: { who: 'anna', from: 'test', version: 'test' },
    clock: acted.clock,
    snapshot: () => anna.observation.snapshot,
    report: ({ what }) => void reports.push(what),
  })
  await acted.happens('stop test', 10_000)
  await acted.during(operations.recordOwnStops(['test']))
  expect(reports.filter(what => OWN.test(what))).toHaveLength(written)
  const kv = await acted.simulation.connectStore().get(keys.vm('test'))
  expect(kv?.value).toMatch(written === 1 ? /"desired":"stopped"/ : /^(?!.*"stopped")/)
  await acted.during(Promise.resolve(operations[Symbol.asyncDispose]()))
})
