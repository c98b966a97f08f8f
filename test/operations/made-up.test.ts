// The story of an evacuation and a homecoming on made-up hosts: the same operations, a made-up reach, and no waiting.
import { expect, test } from 'vitest'
import { encode, keys, operationValue, prefixes } from '../../src/etcd/layout.ts'
import { NotCommitted } from '../../src/operations/operations.ts'
import { Acted, stepsOf } from './on-the-simulator.ts'

test('its HAVMs restart on the operator’s word, and come home live; none ever runs twice', async () => {
  await using acted = await Acted.begin()
  const { operations } = await acted.actor('anna')
  await acted.happens('kill quark', 10_000)
  const plan = await acted.during(operations.plan({ do: 'evacuate', hwm: 'quark', cold: false }))
  expect(plan.sentence).toBe('Evacuate quark: 2 VMs restart elsewhere, 1 waits')
  const unproved = acted.during(operations.commit(plan, { why: '' }))
  await expect(unproved).rejects.toThrow(NotCommitted)
  const off = { quark: { by: 'word', how: 'cable pulled' } } as const
  const begun = await acted.during(operations.commit(plan, { why: 'PSU', off }))
  const done = await acted.during(operations.conduct(begun.id))
  expect(stepsOf(done)).toEqual(['win7-vmm2 done', 'freebsd-vmm2 done'])
  expect(acted.places()).toMatchObject({ 'win7-vmm2': 'snailin', 'freebsd-vmm2': 'snailin' })

  await acted.happens('rescue quark', 20_000)
  const home = await acted.during(operations.plan({ do: 'homecoming', hwm: 'quark' }))
  const homecoming = await acted.during(operations.commit(home, { why: '' }))
  const returned = await acted.during(operations.conduct(homecoming.id))
  expect(returned.state).toBe('done')
  expect(acted.places()).toMatchObject({ 'win7-vmm2': 'quark', 'freebsd-vmm2': 'quark' })
  expect([...acted.doubles]).toEqual([])
})

test('an operation and who conducts it are seen by everybody', async () => {
  await using acted = await Acted.begin()
  const anna = await acted.actor('anna')
  const bert = await acted.actor('bert')
  const plan = await acted.during(
    anna.operations.plan({ do: 'migrate', vm: 'test', to: 'quark', cold: false }),
  )
  const { id } = await acted.during(anna.operations.commit(plan, { why: 'room' }))
  const conducted = anna.operations.conduct(id)
  await acted.clock.advance(1_000)
  expect(bert.observation.snapshot.operations?.[id]).toMatchObject({ state: 'running', by: 'anna' })
  expect(bert.observation.snapshot.conductors?.[id]).toEqual({ who: 'anna', from: 'test' })
  await acted.during(conducted)
  await acted.clock.advance(1_000)
  expect(bert.observation.snapshot.operations?.[id]?.state).toBe('done')
  expect(bert.observation.snapshot.conductors).toEqual({})
})

test('what is chosen otherwise is planned so: a VM left out, another target, several VMs at once', async () => {
  await using acted = await Acted.begin()
  const { operations } = await acted.actor('anna')
  const wanted = { do: 'evacuate', hwm: 'snailin', cold: false } as const
  const plan = await acted.during(operations.plan(wanted, { without: ['test'] }))
  expect(plan.moves.map(move => move.vm)).toEqual(['ubuntu-vmm2'])
  expect(plan.staying).toContainEqual({ vm: 'test', kind: 'vm', why: 'left out, as asked' })
  const stop = await acted.during(
    operations.plan({ do: 'stop', vm: 'test', also: ['ubuntu-vmm2', 'nobody'] }),
  )
  expect(stop).toMatchObject({ sentence: 'Stop 2 VMs, 1 cannot be', confirm: 'name' })
  expect(stop.unplaced[0]?.why).toContain('there is no VM nobody')
  const snailin = stop.loads.find(load => load.hwm === 'snailin')
  expect((snailin?.before['ram'] ?? 0) - (snailin?.after['ram'] ?? 0)).toBe(26 * 2 ** 30)
})

test('of the operations that are over, the hundred newest stay; numbers go on', async () => {
  await using acted = await Acted.begin()
  const { operations } = await acted.actor('anna')
  const migrate = (to: string) =>
    acted.during(operations.plan({ do: 'migrate', vm: 'test', to, cold: false }))
  const first = await acted.during(operations.commit(await migrate('quark'), { why: '' }))
  const over = await acted.during(operations.conduct(first.id))
  for (let id = 2; id <= 105; id++) {
    const value = encode(operationValue, { ...over, id: String(id) })
    acted.simulation.etcd.commit({ if: [], then: [{ put: keys.operation(String(id)), value }] })
  }
  const next = await acted.during(operations.commit(await migrate('snailin'), { why: '' }))
  expect(next.id).toBe('106')
  const store = acted.simulation.connectStore()
  const { kvs } = await acted.during(store.list(prefixes.operations))
  expect(kvs).toHaveLength(101)
  expect(kvs.map(({ key }) => key)).not.toContain(keys.operation('5'))
  await acted.during(operations.conduct(next.id))
})
