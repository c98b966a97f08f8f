// Three real members, of which one, two or all die or freeze: the copy stays, says how old it is, and catches up within 2 s.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openEtcd } from '../../src/etcd/client.ts'
import { commitOnce } from '../../src/etcd/commit-once.ts'
import { LeaseLost } from '../../src/etcd/lease.ts'
import { Reflector, type ReflectorStatus } from '../../src/etcd/reflector.ts'
import type { StateStore } from '../../src/etcd/store.ts'
import { put } from './contract.ts'
import { type RealEtcd, startEtcd } from './etcd-process.ts'

const soon = { timeout: 15_000, interval: 10 }

let etcd: RealEtcd
beforeAll(async () => {
  etcd = await startEtcd(3)
})
afterAll(() => etcd[Symbol.asyncDispose]())

let store: StateStore
let reflector: Reflector
let states: ReflectorStatus[]
beforeEach(async () => {
  // Begins with member 0: the one that will be lost.
  store = await openEtcd({ endpoints: etcd.endpoints }, randomUUID(), { first: 0 })
  states = []
  await put(store, 'known', '1')
  reflector = new Reflector(store, '', {
    changed: () => undefined,
    status: status => states.push(status),
  })
  await vi.waitUntil(() => reflector.status.state === 'live', soon)
})
afterEach(async () => {
  reflector[Symbol.dispose]()
  await store[Symbol.asyncDispose]()
  for (const index of [0, 1, 2]) etcd.thaw(index)
  await etcd.startAll()
})

/** Resolves at the instant at which etcd answers a linearizable read again, asked by somebody else. */
async function answersAgain(): Promise<number> {
  await using other = await openEtcd({ endpoints: etcd.endpoints }, 'probe')
  await expect
    .poll(
      () =>
        other.get('x', { timeoutMs: 500 }).then(
          () => true,
          () => false,
        ),
      soon,
    )
    .toBe(true)
  return performance.now()
}

async function caughtUpWithin(limitMs: number, since: number, key: string): Promise<void> {
  await expect.poll(() => reflector.contents.get(key)?.value, soon).toBe('new')
  expect(reflector.status.state).toBe('live')
  expect(performance.now() - since).toBeLessThan(limitMs)
}

describe('one of three members lost', () => {
  it.each([0, 1, 2])('goes on without member %i', async index => {
    await etcd.kill(index)
    const began = performance.now()
    const lease = await store.grantLease(10_000, { timeoutMs: 10_000 })
    const transaction = { if: [{ key: 'k', created: 0 }], then: [{ put: 'k', value: 'new' }] }
    // If it was the leader, etcd forgets what it is asked until there is another: 1 to 2 s.
    const written = await commitOnce(store, transaction, { lease, timeoutMs: 1_000 })
    expect(written).toMatchObject({ committed: true })
    await caughtUpWithin(2_000, performance.now(), 'k')
    expect(performance.now() - began).toBeLessThan(8_000)
    const members = await store.members()
    expect(members.map(m => m.reachable)).toEqual([0, 1, 2].map(i => i !== index))
    expect(members[index]?.reason).toMatch(/ECONNREFUSED/)
    expect(members.filter(m => m.leader)).toHaveLength(1)
  })

  it('leaves a member that is frozen for another', async () => {
    etcd.freeze(0)
    // It may be live again before anybody looks.
    await expect.poll(() => states.map(({ state }) => state), soon).toContain('catching-up')
    await expect.poll(() => reflector.status.state, soon).toBe('live')
    const began = performance.now()
    await put(store, 'k', 'new')
    await caughtUpWithin(2_000, began, 'k')
    const members = await store.members({ timeoutMs: 1_000 })
    expect(members.map(m => m.reachable)).toEqual([false, true, true])
  })
})

describe('quorum lost', () => {
  it('keeps what it knew, says since when, and catches up within 2 s of the return', async () => {
    await etcd.kill(1)
    await etcd.kill(2)
    await expect.poll(() => reflector.status.state, soon).toBe('stale')
    expect(reflector.contents.get('known')?.value).toBe('1')
    const { since, seenAt, reason } = reflector.status
    expect(since).toBe(seenAt)
    expect(reason).toMatch(/leader|no answer/)
    const late = store.commit({ if: [], then: [{ put: 'late', value: '' }] }, { timeoutMs: 500 })
    await expect(late).rejects.toThrow(/etcd/)
    const members = await store.members({ timeoutMs: 1_000 })
    expect(members.map(m => m.reachable)).toEqual([true, false, false])
    expect(members.some(m => m.leader)).toBe(false)
    etcd.spawn(1)
    const back = await answersAgain()
    await put(store, 'k', 'new')
    await caughtUpWithin(2_000, back, 'k')
  })
})

describe('all members lost', () => {
  it('keeps what it knew, and catches up within 2 s of the return', async () => {
    await Promise.all([0, 1, 2].map(index => etcd.kill(index)))
    await expect.poll(() => reflector.status.state, soon).toBe('stale')
    expect(reflector.status.reason).toMatch(/ECONNREFUSED/)
    expect(reflector.contents.get('known')?.value).toBe('1')
    for (const index of [0, 1, 2]) etcd.spawn(index)
    const back = await answersAgain()
    await put(store, 'k', 'new')
    await caughtUpWithin(2_000, back, 'k')
    // How often it tries to catch up, and is stale again, is a matter of who is back first.
    const settled = states.map(({ state }) => state).filter(state => state !== 'catching-up')
    const turns = settled.filter((state, at) => state !== settled[at - 1])
    expect(turns).toEqual(['live', 'stale', 'live'])
  })

  it('does the same when they all freeze', async () => {
    for (const index of [0, 1, 2]) etcd.freeze(index)
    const began = performance.now()
    await expect.poll(() => reflector.status.state, soon).not.toBe('live')
    expect(performance.now() - began).toBeLessThan(5_000)
    await expect.poll(() => reflector.status.state, soon).toBe('stale')
    for (const index of [0, 1, 2]) etcd.thaw(index)
    const back = await answersAgain()
    await put(store, 'k', 'new')
    await caughtUpWithin(2_000, back, 'k')
  })
})

describe('a lease', () => {
  it('lives on while its member dies and another takes its place', async () => {
    const lease = await store.grantLease(5_000)
    await store.commit({ if: [], then: [{ put: 'mine', value: '1', lease }] })
    const first = lease.validUntil
    await etcd.kill(0)
    await expect.poll(() => lease.validUntil, soon).toBeGreaterThan(first + 3_000)
    expect(lease.lost.aborted).toBe(false)
    expect((await store.get('mine'))?.value).toBe('1')
  })

  it('is lost by our own clock, in time, when etcd is away', async () => {
    const lease = await store.grantLease(3_000)
    for (const index of [0, 1, 2]) etcd.freeze(index)
    await expect.poll(() => lease.lost.aborted, { timeout: 5_000, interval: 5 }).toBe(true)
    const late = process.hrtime.bigint() / 1_000_000n - BigInt(Math.ceil(lease.validUntil))
    expect(late).toBeLessThan(1_000n)
    expect(lease.lost.reason).toBeInstanceOf(LeaseLost)
  })
})
