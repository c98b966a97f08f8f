// A made-up libvirt keeps what the port promises, most of all in what it does when its host is dead: nothing.
import { expect, test } from 'vitest'
import { CallTimedOut, HypervisorRefused, HypervisorUnreachable } from '../../src/libvirt/errors.ts'
import type { DomainEvent } from '../../src/libvirt/hypervisor.ts'
import { actOn } from '../../src/simulator/lines.ts'
import { threeHosts } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'

const QUARK = 'qemu+ssh://root@10.0.0.112/system'

function begin() {
  const clock = new VirtualClock()
  const simulation = new Simulation({ cluster: threeHosts(), clock, seed: 1 })
  const open = (options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    simulation.open(QUARK, { readOnly: true, ...options })
  return { clock, simulation, open }
}

/** What becomes of a promise, and after how much made-up time. */
async function outcome(clock: VirtualClock, promise: Promise<unknown>) {
  const begun = clock.now()
  let settled: { value?: unknown; error?: unknown; afterMs: number } | undefined
  promise.then(
    value => (settled = { value, afterMs: clock.now() - begun }),
    (error: unknown) => (settled = { error, afterMs: clock.now() - begun }),
  )
  await clock.advanceUntil(() => settled !== undefined, 60_000, 1)
  return settled ?? { afterMs: Infinity }
}

async function opened(house: ReturnType<typeof begin>) {
  const opening = house.open()
  await house.clock.advance(100)
  return opening
}

test('answers take a moment, and tell what is there', async () => {
  const house = begin()
  const libvirt = await opened(house)
  const { value, afterMs } = await outcome(house.clock, libvirt.domains())
  expect(afterMs).toBeGreaterThan(0)
  expect(value).toMatchObject([
    { name: 'win7-vmm2', state: 'running' },
    { name: 'freebsd-vmm2', state: 'running' },
    { name: 'ceph1', state: 'running' },
  ])
})

test('counters only grow, and as fast as the guest may run', async () => {
  const house = begin()
  const libvirt = await opened(house)
  const first = await outcome(house.clock, libvirt.stats())
  await house.clock.advance(600_000)
  const later = await outcome(house.clock, libvirt.stats())
  const [before, after] = [first.value, later.value] as Awaited<ReturnType<typeof libvirt.stats>>[]
  for (const [at, domain] of (after ?? []).entries()) {
    const used = (domain.cpuTime ?? 0) - (before?.[at]?.cpuTime ?? 0)
    expect(used).toBeGreaterThan(0)
    expect(used).toBeLessThan((domain.vcpus ?? 0) * 601e9)
    expect(domain.rx).toBeGreaterThan(before?.[at]?.rx ?? Infinity)
  }
})

test('a dead host gives no error: calls run into their limit, then the connection ends', async () => {
  const house = begin()
  const libvirt = await opened(house)
  actOn(house.simulation, 'kill quark')
  const call = await outcome(house.clock, libvirt.stats({ timeoutMs: 2_000 }))
  expect(call.error).toBeInstanceOf(CallTimedOut)
  expect(call.afterMs).toBe(2_000)
  expect(libvirt.closed.aborted).toBe(false)
  await house.clock.advance(6_000)
  expect(libvirt.closed.reason).toBeInstanceOf(HypervisorUnreachable)
  expect((await outcome(house.clock, libvirt.stats())).error).toBe(libvirt.closed.reason)
  const again = await outcome(house.clock, house.open({ timeoutMs: 3_000 }))
  expect(again.error).toBeInstanceOf(HypervisorUnreachable)
  expect(again.afterMs).toBe(3_000)
})

test('a call can be cancelled', async () => {
  const house = begin()
  const libvirt = await opened(house)
  actOn(house.simulation, 'cut quark')
  const reason = new Error('enough')
  const abort = new AbortController()
  const call = outcome(house.clock, libvirt.stats({ signal: abort.signal }))
  abort.abort(reason)
  expect((await call).error).toBe(reason)
})

test('what was asked while the cable was cut is answered when it is mended', async () => {
  const house = begin()
  const libvirt = await opened(house)
  actOn(house.simulation, 'cut quark')
  const asked = libvirt.facts()
  await house.clock.advance(3_000)
  actOn(house.simulation, 'join quark')
  expect(await asked).toMatchObject({ hostname: 'quark' })
  expect(libvirt.closed.aborted).toBe(false)
})

test('a host that lives and lets us not in says so', async () => {
  const house = begin()
  actOn(house.simulation, 'key quark changed')
  expect((await outcome(house.clock, house.open())).error).toBeInstanceOf(HypervisorRefused)
  actOn(house.simulation, 'key quark known')
  actOn(house.simulation, 'libvirtd quark stop')
  expect((await outcome(house.clock, house.open())).error).toBeInstanceOf(HypervisorRefused)
})

test('a migration is told on both hosts in order', async () => {
  const house = begin()
  const told: string[] = []
  for (const [name, host] of [
    ['quark', QUARK],
    ['snailin', 'qemu+ssh://root@10.0.0.109/system'],
  ] as const) {
    const opening = house.simulation.open(host, { readOnly: true })
    await house.clock.advance(100)
    const libvirt = await opening
    libvirt.onDomainEvent(({ domain, kind, detail }: DomainEvent) =>
      told.push(`${name} ${domain.name} ${kind} ${detail}`),
    )
  }
  actOn(house.simulation, 'migrate freebsd-vmm2 snailin')
  await house.clock.advance(30_000)
  expect(told).toEqual([
    'snailin freebsd-vmm2 defined added',
    'snailin freebsd-vmm2 started migrated',
    'quark freebsd-vmm2 suspended migrated',
    'snailin freebsd-vmm2 resumed migrated',
    'quark freebsd-vmm2 stopped migrated',
    'quark freebsd-vmm2 undefined removed',
  ])
})
