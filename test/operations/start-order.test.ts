// What starts anew keeps the order of its VMs: one begins once those of the order just below run, and its delay after them.
import { expect, test } from 'vitest'
import { threeHosts, type MadeUpCluster } from '../../src/simulator/made-up.ts'
import { Acted } from './on-the-simulator.ts'

const EVACUATE = { do: 'evacuate', hwm: 'quark', cold: false } as const

/** quark has four HAVMs: a database, two that need it, and one that needs nobody. `web` begins 5 s after the database. */
function ordered(): MadeUpCluster {
  const { config, guests, ...rest } = threeHosts()
  const like = config.vms.find(vm => vm.name === 'freebsd-vmm2')!
  const guest = guests.find(each => each.guest.name === 'freebsd-vmm2')!
  const small = { ram: 2 ** 30, cpu: 1_000 }
  const added = [
    { ...like, name: 'db', resources: small, priority: 1, order: 1 },
    { ...like, name: 'web', resources: small, priority: 90, order: 2, delayMs: 5_000 },
    { ...like, name: 'proxy', resources: small, priority: 95, order: 3 },
  ]
  return {
    ...rest,
    config: { ...config, vms: [...config.vms, ...added] },
    guests: [
      ...guests,
      ...added.map(({ name }, k) => ({
        ...guest,
        guest: {
          ...guest.guest,
          name,
          uuid: `00000000-0000-4000-8000-00000000000${k}`,
          memory: 2 ** 30,
          vcpus: 1,
        },
      })),
    ],
  }
}

test('the plan of an evacuation chains VMs by their order, whatever their priority; others wait for nobody', async () => {
  await using acted = await Acted.begin(ordered())
  const { operations } = await acted.actor('anna')
  await acted.happens('kill quark', 10_000)
  const plan = await acted.during(operations.plan(EVACUATE))
  expect(plan.unplaced).toEqual([])
  const chain = plan.moves.map(({ vm, after, delayMs }) => ({ vm, after, delayMs }))
  expect(chain).toEqual([
    { vm: 'win7-vmm2', after: [], delayMs: undefined },
    // The places among priorities stay; who has them keeps to the order.
    { vm: 'db', after: [], delayMs: undefined },
    { vm: 'web', after: ['db'], delayMs: 5_000 },
    { vm: 'freebsd-vmm2', after: [], delayMs: undefined },
    { vm: 'proxy', after: ['web'], delayMs: undefined },
  ])
})

test('the order of a group is that of its members that have none of their own', async () => {
  const { config, ...rest } = ordered()
  const vms = config.vms.map(vm => {
    const { order: _, ...plain } = vm
    return vm.name === 'db' || vm.name === 'proxy' ? plain : vm
  })
  const groups = [
    { name: 'data', members: ['db'], order: 1 },
    { name: 'all', members: ['db', 'web', 'proxy'], order: 7 },
  ]
  await using acted = await Acted.begin({ ...rest, config: { ...config, vms, groups } })
  const { operations } = await acted.actor('anna')
  await acted.happens('kill quark', 10_000)
  const plan = await acted.during(operations.plan(EVACUATE))
  const after = Object.fromEntries(plan.moves.map(move => [move.vm, move.after]))
  expect(after).toEqual({
    'win7-vmm2': [],
    'freebsd-vmm2': [],
    db: [],
    web: ['db'],
    proxy: ['web'],
  })
})

test('carried out, each begins once the one before it runs, and its delay after that', async () => {
  await using acted = await Acted.begin(ordered())
  const { operations, observation } = await acted.actor('anna')
  await acted.happens('kill quark', 10_000)
  const plan = await acted.during(operations.plan(EVACUATE))
  const off = { quark: { by: 'word', how: 'cable pulled' } } as const
  const { id } = await acted.during(operations.commit(plan, { why: 'PSU', off }))
  const began = new Map<string, number>()
  const look = () => {
    for (const vm of ['db', 'web', 'proxy', 'win7-vmm2'])
      if (!began.has(vm) && acted.simulation.runsOn(vm).length > 0) began.set(vm, acted.clock.now())
  }
  using _looking = observation.onSnapshot(look)
  const state = { isOver: false }
  const conducted = operations.conduct(id).finally(() => (state.isOver = true))
  conducted.catch(() => undefined)
  while (!state.isOver) {
    await acted.clock.advance(20)
    look()
  }
  expect((await conducted).state).toBe('done')
  const at = (vm: string) => began.get(vm) ?? Number.NaN
  expect(at('web') - at('db')).toBeGreaterThanOrEqual(5_000)
  expect(at('web') - at('db')).toBeLessThan(7_000)
  expect(at('proxy')).toBeGreaterThan(at('web'))
  // It is of no order: it did not wait for the delay.
  expect(at('win7-vmm2')).toBeLessThan(at('web'))
})
