// What etcd3 and gRPC do wrong by themselves, and what a line does to anybody: none of it may lose, repeat or block anything.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openEtcd } from '../../src/etcd/client.ts'
import { commitOnce } from '../../src/etcd/commit-once.ts'
import { Reflector } from '../../src/etcd/reflector.ts'
import { Ambiguous, type StateStore, StoreUnavailable } from '../../src/etcd/store.ts'
import { put, watched } from './contract.ts'
import { type RealEtcd, startEtcd } from './etcd-process.ts'
import { LineProxy } from './line-proxy.ts'

const soon = { timeout: 10_000, interval: 10 }

let etcd: RealEtcd
beforeAll(async () => {
  etcd = await startEtcd()
})
afterAll(() => etcd[Symbol.asyncDispose]())

/** `direct` reaches etcd always, `store` over a line that can be broken. */
let direct: StateStore
let store: StateStore
let line: LineProxy
beforeEach(async () => {
  const cluster = randomUUID()
  line = await LineProxy.to(etcd.port(0))
  direct = await openEtcd({ endpoints: etcd.endpoints }, cluster)
  store = await openEtcd({ endpoints: [line.url] }, cluster)
  return async () => {
    await store[Symbol.asyncDispose]()
    await direct[Symbol.asyncDispose]()
    await line[Symbol.asyncDispose]()
  }
})

function reflect(from: StateStore) {
  const told = { puts: 0, deletes: 0 }
  const reflector = new Reflector(from, '', {
    changed(changes) {
      for (const { type } of changes) told[type === 'put' ? 'puts' : 'deletes']++
    },
    status: () => undefined,
  })
  return { reflector, told }
}

async function isLikeEtcd(reflector: Reflector): Promise<void> {
  const { kvs, revision } = await direct.list('')
  await expect.poll(() => reflector.status.state, soon).toBe('live')
  await expect.poll(() => reflector.contents.size, soon).toBe(kvs.length)
  expect(reflector.status.revision).toBeLessThanOrEqual(revision)
  expect([...reflector.contents.values()].sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(kvs)
}

async function fill(count: number, value: string): Promise<void> {
  for (let i = 0; i < count; i += 100) {
    const chunk = Array.from({ length: Math.min(100, count - i) }, (_, j) => {
      return { put: `k/${String(i + j).padStart(6, '0')}`, value }
    })
    await direct.commit({ if: [], then: chunk })
  }
}

describe('a line that breaks', () => {
  it('loses nothing when it breaks again while the backlog comes (etcd3 lost 5999 of 6000)', async () => {
    const { reflector, told } = reflect(store)
    using _ = reflector
    await expect.poll(() => reflector.status.state, soon).toBe('live')
    line.state = 'cut'
    await expect.poll(() => reflector.status.state, soon).toBe('stale')
    await fill(6_000, 'x'.repeat(200))
    line.breakAfter(200_000)
    line.state = 'open'
    await expect.poll(() => line.breaks, soon).toBe(1)
    await isLikeEtcd(reflector)
    expect(told).toEqual({ puts: 6_000, deletes: 0 })
  })

  it('loses nothing when it breaks in the middle of what it follows', async () => {
    const { reflector } = reflect(store)
    using _ = reflector
    await expect.poll(() => reflector.status.state, soon).toBe('live')
    for (let round = 0; round < 5; round++) {
      await expect.poll(() => reflector.status.state, soon).toBe('live')
      line.breakAfter(30_000 * (round + 1))
      await fill(2_000, `round ${round} ${'x'.repeat(100)}`)
      await expect.poll(() => line.breaks, soon).toBe(round + 1)
    }
    await isLikeEtcd(reflector)
  })

  it('is found out when it is half-open, and lists again when it is back', async () => {
    const { reflector } = reflect(store)
    using _ = reflector
    await expect.poll(() => reflector.status.state, soon).toBe('live')
    line.state = 'frozen'
    const began = performance.now()
    await put(direct, 'a', '1')
    await expect.poll(() => reflector.status.state, soon).not.toBe('live')
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(reflector.status.reason).toMatch(/silent/)
    line.state = 'open'
    await isLikeEtcd(reflector)
  })

  it('blocks no call after one that got no answer (etcd3: 5 s)', async () => {
    await put(store, 'a', '1')
    line.state = 'frozen'
    for (let i = 0; i < 4; i++) {
      const began = performance.now()
      await expect(store.get('a', { timeoutMs: 150 })).rejects.toThrow(StoreUnavailable)
      expect(performance.now() - began).toBeLessThan(400)
    }
    line.state = 'open'
    const began = performance.now()
    expect((await store.get('a'))?.value).toBe('1')
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  it('can be given up by the caller at once', async () => {
    await put(store, 'a', '1')
    line.state = 'frozen'
    const stop = new AbortController()
    const asked = store.get('a', { signal: stop.signal, timeoutMs: 30_000 })
    const written = store.commit(
      { if: [], then: [{ put: 'b', value: '1' }] },
      { signal: stop.signal, timeoutMs: 30_000 },
    )
    setTimeout(() => stop.abort(new Error('enough')), 50)
    const began = performance.now()
    await expect(asked).rejects.toThrow('enough')
    await expect(written).rejects.toThrow(Ambiguous)
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})

describe('calls side by side', () => {
  it('do not disturb each other when one is cancelled, fails or is done', async () => {
    const { revision } = await put(store, 'a', '0')
    using watch = watched(store, 'a', revision + 1)
    for (let i = 1; i <= 50; i++) {
      const stop = new AbortController()
      const cancelled = store.list('', { signal: stop.signal })
      const passing = watched(store, 'a', revision)
      const written = put(store, 'a', String(i))
      queueMicrotask(() => stop.abort(new Error('enough')))
      await cancelled.catch((error: unknown) => expect(error).toBe(stop.signal.reason))
      expect(await written).toMatchObject({ committed: true })
      passing[Symbol.dispose]()
    }
    await expect.poll(() => watch.changes.length, soon).toBe(50)
    expect(watch.ends).toEqual([])
  })
})

describe('a write whose answer is lost', () => {
  it('is Ambiguous, and was not repeated behind our back', async () => {
    await put(store, 'warm', 'up')
    line.state = 'one-way'
    const lost = store.commit(
      { if: [{ key: 'a', created: 0 }], then: [{ put: 'a', value: 'mine' }] },
      { timeoutMs: 1_000 },
    )
    await expect(lost).rejects.toThrow(Ambiguous)
    const kv = await direct.get('a')
    expect(kv?.value).toBe('mine')
    expect(kv?.modRevision).toBe(kv?.createRevision)
  })

  it('is Ambiguous too when the line broke before it could go out', async () => {
    await put(store, 'warm', 'up')
    line.state = 'frozen'
    await expect(
      store.commit({ if: [], then: [{ put: 'a', value: 'mine' }] }, { timeoutMs: 300 }),
    ).rejects.toThrow(Ambiguous)
    line.state = 'cut'
    await expect(put(store, 'a', 'mine')).rejects.toThrow(StoreUnavailable)
    expect(await direct.get('a')).toBeUndefined()
  })

  it('is settled by commitOnce: it was done', async () => {
    const lease = await store.grantLease(10_000)
    await put(store, 'warm', 'up')
    line.state = 'one-way'
    const done = commitOnce(
      store,
      { if: [{ key: 'a', created: 0 }], then: [{ put: 'a', value: 'mine' }] },
      { lease, timeoutMs: 300 },
    )
    await expect.poll(async () => (await direct.get('a'))?.value, soon).toBe('mine')
    line.state = 'cut'
    line.state = 'open'
    const kv = await direct.get('a')
    expect(await done).toEqual({ committed: true, revision: kv?.createRevision })
    expect(kv?.modRevision).toBe(kv?.createRevision)
    await lease.revoke()
    expect((await direct.list('writes/')).kvs).toEqual([])
  })

  it('is settled by commitOnce: it never arrived, and is done then, once', async () => {
    const lease = await store.grantLease(10_000)
    await put(store, 'warm', 'up')
    line.state = 'frozen'
    const done = commitOnce(
      store,
      { if: [{ key: 'a', created: 0 }], then: [{ put: 'a', value: 'mine' }] },
      { lease, timeoutMs: 300 },
    )
    setTimeout(() => {
      line.state = 'cut'
      line.state = 'open'
    }, 600)
    expect(await done).toMatchObject({ committed: true })
    const kv = await direct.get('a')
    expect(kv).toMatchObject({ value: 'mine', modRevision: kv?.createRevision })
    await lease.revoke()
  })
})

describe('much at once', () => {
  it('lists and watches more than 4 MiB (gRPC and etcd3: an error, then 0 of 80 events)', async () => {
    const { revision } = await put(direct, 'begin', '')
    const big = 'x'.repeat(100_000)
    for (let i = 0; i < 80; i++) await put(direct, `big/${i}`, big)
    const { kvs } = await store.list('big/')
    expect(kvs).toHaveLength(80)
    using watch = watched(store, 'big/', revision + 1)
    await expect.poll(() => watch.changes.length, soon).toBe(80)
    expect(watch.ends).toEqual([])
  })

  it('lists ten thousand keys in pages of one revision', async () => {
    await fill(10_000, 'x'.repeat(100))
    const { kvs } = await store.list('k/')
    expect(kvs).toHaveLength(10_000)
    expect(new Set(kvs.map(({ key }) => key)).size).toBe(10_000)
  })
})

describe('history that is gone', () => {
  it('is no loss: the copy is listed again', async () => {
    await fill(100, '0')
    const { reflector, told } = reflect(store)
    using _ = reflector
    await isLikeEtcd(reflector)
    line.state = 'cut'
    await fill(100, '1')
    await direct.commit({ if: [], then: [{ delete: 'k/000007' }] })
    const { revision } = await direct.list('none')
    await etcd.ctl('compact', String(revision))
    line.state = 'open'
    await isLikeEtcd(reflector)
    expect(told).toEqual({ puts: 199, deletes: 1 })
  })
})
