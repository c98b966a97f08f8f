// What an operator is told when hosts, VMs and etcd fail and return, on made-up hosts and made-up time.
import { expect, test } from 'vitest'
import {
  agentValue,
  encode,
  eventValue,
  fenceValue,
  keys,
  nodeValue,
  permitValue,
  vmValue,
} from '../../src/etcd/layout.ts'
import { sized } from '../../src/simulator/made-up.ts'
import { Observed } from './observed.ts'

test('a cluster is seen as it is: HWMs up, VMs running at home, capacities and demands', async () => {
  await using seen = await Observed.begin()
  const { hwms, vms, etcd, config } = seen.snapshot
  expect(Object.values(hwms).map(hwm => [hwm.name, hwm.state])).toEqual([
    ['andreys', 'up'],
    ['quark', 'up'],
    ['snailin', 'up'],
  ])
  expect(Object.values(vms).every(vm => vm.state === 'running' && !vm.away)).toBe(true)
  expect(vms['win7-vmm2']).toMatchObject({ kind: 'havm', home: 'quark', where: 'quark' })
  expect(vms['test']).toMatchObject({ kind: 'vm', home: 'snailin' })
  expect(hwms['quark']?.used).toEqual({ ram: 28 * 2 ** 30, cpu: 10_000 })
  expect(hwms['quark']).toMatchObject({ hostname: 'quark', libvirtVersion: '9.0.0' })
  expect(etcd).toMatchObject({ state: 'live', reason: '' })
  expect(etcd.members.map(member => member.reachable)).toEqual([true, true, true])
  expect(config?.tolerate).toBe(1)
  expect(seen.log()).toEqual([])
})

test('a killed HWM is down within 10 s, with reason and age; what ran there waits', async () => {
  await using seen = await Observed.begin()
  await seen.act('kill quark')
  const killedAt = seen.clock.now()
  await seen.until(() => seen.hwm('quark').state === 'down', 10_000)
  const { since, reason, next, seenAt, usage } = seen.hwm('quark')
  expect(reason).toMatch(/no sign of life/)
  expect(next).toBe('trying again')
  expect(since).toBeGreaterThan(killedAt)
  expect(seenAt).toBeLessThanOrEqual(killedAt)
  expect(usage).toBeUndefined()
  expect(seen.vm('win7-vmm2')).toMatchObject({ state: 'waiting', where: 'quark' })
  expect(seen.vm('win7-vmm2').instances).toMatchObject([{ hwm: 'quark', state: 'unknown' }])
  expect(seen.vm('ubuntu-vmm2').state).toBe('running')
  expect(seen.log()).toEqual(['quark does not answer; 3 VMs ran there'])
})

test('a rescued HWM is up again, and what waited for it runs', async () => {
  await using seen = await Observed.begin()
  await seen.act('kill quark', 30_000)
  await seen.act('rescue quark')
  await seen.until(() => seen.hwm('quark').state === 'up', 20_000)
  await seen.until(() => seen.vm('win7-vmm2').state === 'running', 1_000)
  expect(seen.vm('win7-vmm2').away).toBe(false)
  expect(seen.hwm('quark').reason).toBe('')
})

test('a VM restarted elsewhere is away, and the copy on the dead HWM is no second one', async () => {
  await using seen = await Observed.begin()
  await seen.act('kill quark', 12_000)
  await seen.act('start win7-vmm2 snailin', 200)
  expect(seen.vm('win7-vmm2')).toMatchObject({ state: 'running', where: 'snailin', away: true })
  await seen.act('rescue quark', 30_000)
  expect(seen.vm('win7-vmm2')).toMatchObject({ state: 'running', where: 'snailin' })
  expect(seen.vm('win7-vmm2').instances.map(({ hwm, state }) => [hwm, state])).toEqual([
    ['quark', 'shutoff'],
    ['snailin', 'running'],
  ])
})

test('a change of a VM is in the picture within 100 ms', async () => {
  await using seen = await Observed.begin()
  await seen.act('stop test')
  expect(await seen.until(() => seen.vm('test').state === 'stopped', 1_000)).toBeLessThan(100)
  await seen.act('start test')
  expect(await seen.until(() => seen.vm('test').state === 'running', 1_000)).toBeLessThan(100)
  await seen.act('crash test', 100)
  expect(seen.vm('test').state).toBe('crashed')
  await seen.act('start test', 100)
  await seen.act('pause test', 100)
  expect(seen.vm('test').state).toBe('paused')
  expect(seen.log()).toEqual([
    'test stopped on snailin',
    'test runs on snailin',
    'test crashed on snailin',
    'test runs on snailin',
    'test is paused on snailin',
  ])
})

test('a live migration is a move, and never a double run', async () => {
  await using seen = await Observed.begin()
  const states = new Set<string>()
  using listening = seen.observation.onSnapshot(({ vms }) => states.add(vms['test']?.state ?? ''))
  expect(listening).toBeDefined()
  for (const to of ['quark', 'snailin', 'quark', 'snailin', 'quark']) {
    await seen.act(`migrate test ${to}`, 100)
    expect(seen.vm('test').state).toBe('migrating')
    await seen.until(() => seen.vm('test').state === 'running', 30_000)
    expect(seen.vm('test')).toMatchObject({ where: to, away: to !== 'snailin' })
  }
  expect(states).not.toContain('double')
  expect(seen.vm('test').instances).toHaveLength(1)
})

test('a double run is found and cried out', async () => {
  await using seen = await Observed.begin()
  await seen.act('start win7-vmm2 snailin')
  await seen.until(() => seen.vm('win7-vmm2').state === 'double', 1_000)
  expect(seen.log().at(-1)).toBe('win7-vmm2 RUNS TWICE: on quark and snailin')
  await seen.act('stop win7-vmm2', 500)
  expect(seen.vm('win7-vmm2').state).toBe('running')
})

test('an HWM that lets us not in is refused, not down, and its VMs are unknown', async () => {
  await using seen = await Observed.begin()
  await seen.act('key andreys changed')
  await seen.act('libvirtd andreys stop')
  await seen.until(() => seen.hwm('andreys').state === 'refused', 5_000)
  expect(seen.hwm('andreys').reason).toMatch(/host key of andreys/)
  expect(seen.vm('ceph3').state).toBe('unknown')
  await seen.act('key andreys known')
  await seen.act('libvirtd andreys start')
  await seen.until(() => seen.vm('ceph3').state === 'running', 10_000)
})

test('a libvirtd that hangs is down within 10 s although its host lives, and comes back', async () => {
  await using seen = await Observed.begin()
  await seen.act('libvirtd quark hang')
  await seen.until(() => seen.hwm('quark').state === 'down', 10_000)
  await seen.act('libvirtd quark start', 10_000)
  expect(seen.hwm('quark').state).toBe('up')
})

test('a cable cut for 3 s is not noticed, one cut for 20 s is', async () => {
  await using seen = await Observed.begin()
  await seen.act('cut quark', 3_000)
  await seen.act('join quark', 5_000)
  expect(seen.hwm('quark').state).toBe('up')
  await seen.act('cut quark', 20_000)
  expect(seen.hwm('quark').state).toBe('down')
  await seen.act('join quark')
  await seen.until(() => seen.hwm('quark').state === 'up', 20_000)
  expect(seen.vm('win7-vmm2').state).toBe('running')
})

test('etcd without quorum is stale with its age, and live within 2 s of its return', async () => {
  await using seen = await Observed.begin()
  await seen.act('etcd lose 1', 6_000)
  expect(seen.snapshot.etcd.state).toBe('live')
  expect(seen.snapshot.etcd.members.map(member => member.reachable)).toEqual([false, true, true])
  await seen.act('etcd lose 2')
  await seen.until(() => seen.snapshot.etcd.state === 'stale', 3_000)
  const lostAt = seen.clock.now()
  expect(seen.snapshot.etcd.reason).toBe('etcd has no leader')
  await seen.clock.advance(60_000)
  expect(seen.snapshot.etcd.seenAt).toBeLessThanOrEqual(lostAt)
  // What it said stays, and what libvirt says goes on.
  expect(seen.snapshot.config?.vms).toHaveLength(7)
  await seen.act('stop test', 200)
  expect(seen.vm('test').state).toBe('stopped')
  await seen.act('etcd return')
  expect(await seen.until(() => seen.snapshot.etcd.state === 'live', 2_000)).toBeLessThan(2_000)
})

test('a change in etcd is in the picture within 100 ms', async () => {
  await using seen = await Observed.begin()
  const { etcd } = seen.simulation
  const vm = { ha: true, priority: 7, home: 'andreys', desired: 'stopped' } as const
  etcd.commit({ if: [], then: [{ put: keys.vm('fresh'), value: encode(vmValue, vm) }] })
  await seen.until(() => 'fresh' in seen.snapshot.vms, 100)
  expect(seen.vm('fresh')).toMatchObject({ state: 'absent', home: 'andreys', kind: 'havm' })
  etcd.commit({ if: [], then: [{ delete: keys.vm('fresh') }] })
  await seen.until(() => !('fresh' in seen.snapshot.vms), 100)
  etcd.commit({ if: [], then: [{ put: keys.vm('bad'), value: '{"ha": 3}' }] })
  await seen.until(() => seen.snapshot.badValues.length === 1, 100)
  expect(seen.snapshot.badValues[0]?.key).toBe('vms/bad')
  const event = { time: '2026-01-01T00:00:00Z', who: 'ann', what: 'looked', level: 'info' } as const
  etcd.commit({ if: [], then: [{ put: keys.event('1'), value: encode(eventValue, event) }] })
  await seen.until(() => seen.log().includes('looked'), 100)
})

test('an HWM that leaves the cluster file is no longer watched', async () => {
  await using seen = await Observed.begin()
  seen.simulation.etcd.commit({ if: [], then: [{ delete: keys.hwm('andreys') }] })
  await seen.until(() => !('andreys' in seen.snapshot.hwms), 200)
  expect(seen.vm('ceph3').state).toBe('absent')
})

test('a domain that no file names is shown as unmanaged', async () => {
  await using seen = await Observed.begin()
  const host = seen.simulation.hosts.get('andreys')
  const guest = { name: 'stray', uuid: '5', vcpus: 1, memory: 2 ** 30, busy: 0.1 }
  host?.define(guest)
  host?.start('stray')
  await seen.until(() => seen.snapshot.vms['stray']?.state === 'running', 200)
  await seen.until(() => seen.vm('stray').demand['ram'] === 2 ** 30, 200)
  expect(seen.vm('stray')).toMatchObject({ kind: 'unmanaged', home: undefined, away: false })
  host?.stop('stray', 'destroyed')
  host?.undefine('stray')
  await seen.until(() => !('stray' in seen.snapshot.vms), 200)
})

test('a heartbeat of a daemon is shown with the time at which it was seen to move', async () => {
  await using seen = await Observed.begin()
  const beat = (counter: number) => {
    const value = encode(nodeValue, { bootId: 'b', epoch: 1, counter, version: '1.0' })
    seen.simulation.etcd.commit({ if: [], then: [{ put: keys.node('quark'), value }] })
  }
  beat(1)
  await seen.clock.advance(1_100)
  const first = seen.hwm('quark').daemon?.heartbeatAt ?? 0
  beat(2)
  await seen.clock.advance(6_000)
  beat(3)
  await seen.clock.advance(1_100)
  expect(seen.hwm('quark').daemon).toMatchObject({ version: '1.0', epoch: 1 })
  expect((seen.hwm('quark').daemon?.heartbeatAt ?? 0) - first).toBeGreaterThan(5_000)
})

test('who may run a VM and who acts on an HWM is in the picture for as long as etcd has it', async () => {
  await using seen = await Observed.begin()
  const proof = { kind: 'power-off read back', id: '7f3a', when: '2026-11-22T21:13:51Z' }
  const permit = { node: 'quark', epoch: 2, phase: 'running', proof }
  const fence = { epoch: 2, by: 'anna', when: proof.when, why: 'PSU', proof }
  const agent = {
    owner: 'console',
    who: 'anna',
    from: 'admin1',
    since: '',
    version: 'test',
  } as const
  const { etcd } = seen.simulation
  etcd.commit({
    if: [],
    then: [
      { put: keys.permit('win7-vmm2'), value: encode(permitValue, permit) },
      { put: keys.fence('quark'), value: encode(fenceValue, fence) },
      { put: keys.agent('quark'), value: encode(agentValue, agent) },
    ],
  })
  await seen.until(() => seen.hwm('quark').agent !== undefined, 1_500)
  expect(seen.vm('win7-vmm2').permit).toEqual(permit)
  expect(seen.hwm('quark')).toMatchObject({ fence, agent: { owner: 'console', who: 'anna' } })
  expect(seen.hwm('snailin').fence).toBeUndefined()
  etcd.commit({
    if: [],
    then: [{ delete: keys.fence('quark') }, { delete: keys.agent('quark') }],
  })
  await seen.until(() => seen.hwm('quark').fence === undefined, 1_500)
  expect(seen.hwm('quark').agent).toBeUndefined()
  expect(seen.vm('win7-vmm2').permit).toEqual(permit)
})

test('usage follows the guests, and history grows by one sample each round', async () => {
  await using seen = await Observed.begin()
  await seen.clock.advance(60_000)
  const { usage, history } = seen.vm('ubuntu-vmm2')
  expect(usage?.cpu).toBeGreaterThan(200)
  expect(usage?.cpu).toBeLessThan(8_000)
  expect(history.length).toBeGreaterThan(8)
  expect(seen.hwm('snailin').usage?.cpu).toBeGreaterThan(usage?.cpu ?? Infinity)
  await seen.clock.advance(300_000)
  expect(seen.vm('ubuntu-vmm2').history).toHaveLength(30)
})

test('views in which nothing changed stay the same objects', async () => {
  await using seen = await Observed.begin()
  const before = seen.snapshot
  await seen.act('stop test', 500)
  const after = seen.snapshot
  expect(after.vms['test']).not.toBe(before.vms['test'])
  const same = Object.keys(after.vms).filter(name => after.vms[name] === before.vms[name])
  expect(same.toSorted()).toEqual(
    Object.keys(before.vms)
      .filter(name => name !== 'test')
      .toSorted(),
  )
  expect(after.config).toBe(before.config)
  expect(after.hwms['quark']).toBe(before.hwms['quark'])
  expect(after.badValues).toBe(before.badValues)
})

test('with nothing going on, pictures come at the rate of the samples and no faster', async () => {
  await using seen = await Observed.begin()
  let pictures = 0
  using listening = seen.observation.onSnapshot(() => {
    pictures += 1
  })
  expect(listening).toBeDefined()
  await seen.clock.advance(60_000)
  // Three HWMs, one sample each 5 s, and etcd's members once in 10 s.
  expect(pictures).toBeLessThanOrEqual(3 * 12 + 6)
})

test('of a large cluster what is looked at is sampled every 5 s, the rest less often', async () => {
  await using seen = await Observed.begin(sized(400, 800, 1))
  const seenAt = (hwm: string) => seen.hwm(hwm).history.length
  const { config } = seen.snapshot
  const [looked = '', other = ''] = config?.hwms.map(({ name }) => name) ?? []
  seen.observation.lookAt(seen, looked)
  const begin = [seenAt(looked), seenAt(other)]
  await seen.clock.advance(48_000)
  expect(seenAt(looked) - (begin[0] ?? 0)).toBeGreaterThanOrEqual(9)
  expect(seenAt(other) - (begin[1] ?? 0)).toBeLessThanOrEqual(6)
  const vm = Object.values(seen.snapshot.vms).find(({ where }) => where === looked)
  expect(vm?.history.length).toBeGreaterThan(5)
  expect(Object.values(seen.snapshot.vms).find(({ where }) => where === other)?.history).toEqual([])
})
