// What every StateStore must do, whatever is behind it: run against the twin (memory.test.ts) and real etcd (client.lab.test.ts).
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Change,
  type Outcome,
  type StateStore,
  StoreRefused,
  StoreUnavailable,
} from '../../src/etcd/store.ts'

export interface StoreFixture {
  /** A store of its own cluster name, as a program would open one. */
  open(): StateStore
  /** Forgets the history up to now. */
  compact(): Promise<void>
  /** Shortest lease the store grants. */
  readonly shortestLeaseMs: number
  close(): Promise<void>
}

/** Collects what a watch tells, and waits for it. */
export function watched(store: StateStore, prefix: string, from: number) {
  const changes: Change[] = []
  const revisions: number[] = []
  const ends: Error[] = []
  const handle = store.watch(prefix, from, {
    changes(batch, revision) {
      changes.push(...batch)
      revisions.push(revision)
    },
    end: reason => ends.push(reason),
  })
  return { changes, revisions, ends, [Symbol.dispose]: () => handle[Symbol.dispose]() }
}

export function put(store: StateStore, key: string, value: string): Promise<Outcome> {
  return store.commit({ if: [], then: [{ put: key, value }] })
}

const soon = { timeout: 5_000, interval: 5 }

export function describeStore(name: string, makeFixture: () => Promise<StoreFixture>): void {
  describe(`${name} is a StateStore`, () => {
    let fixture: StoreFixture
    let store: StateStore
    beforeAll(async () => {
      fixture = await makeFixture()
      store = fixture.open()
    })
    afterAll(async () => {
      await store[Symbol.asyncDispose]()
      await fixture.close()
    })

    it('reads back what was put, with its revisions', async () => {
      expect(await store.get('a/none')).toBeUndefined()
      const first = await put(store, 'a/1', 'ä')
      const second = await put(store, 'a/1', 'b')
      expect(second.revision).toBe(first.revision + 1)
      expect(await store.get('a/1')).toEqual({
        key: 'a/1',
        value: 'b',
        createRevision: first.revision,
        modRevision: second.revision,
      })
    })

    it('lists a prefix, sorted, and no other', async () => {
      for (const key of ['l/b', 'l/a', 'l0', 'l', 'l/a/c']) await put(store, key, key)
      const { kvs, revision } = await store.list('l/')
      expect(kvs.map(kv => kv.key)).toEqual(['l/a', 'l/a/c', 'l/b'])
      expect(revision).toBeGreaterThanOrEqual(kvs[0]?.modRevision ?? Infinity)
      const all = await store.list('')
      expect(all.kvs.map(kv => kv.key)).toContain('l0')
      expect(all.kvs.every(kv => !kv.key.startsWith('/yasco'))).toBe(true)
    })

    it('lists more than a page, at one revision, while others write', async () => {
      for (let chunk = 0; chunk < 12; chunk++) {
        const then = Array.from({ length: 100 }, (_, i) => {
          return { put: `page/${String(chunk * 100 + i).padStart(5, '0')}`, value: '0' }
        })
        await store.commit({ if: [], then })
      }
      const enough = new AbortController()
      const writer = (async () => {
        for (let i = 0; !enough.signal.aborted; i++) {
          const then = ['page/00000', 'page/01199'].map(key => ({ put: key, value: String(i) }))
          await store.commit({ if: [], then })
        }
      })()
      for (let round = 0; round < 10; round++) {
        const { kvs } = await store.list('page/')
        expect(kvs).toHaveLength(1200)
        expect(kvs[0]?.value).toBe(kvs[1199]?.value)
      }
      enough.abort()
      await writer
    })

    it('commits all or nothing, and says what it found instead', async () => {
      const first = await store.commit({
        if: [{ key: 't/1', created: 0 }],
        then: [
          { put: 't/1', value: 'x' },
          { put: 't/2', value: 'y' },
        ],
      })
      expect(first.committed).toBe(true)
      const again = await store.commit({
        if: [
          { key: 't/1', created: 0 },
          { key: 't/none', created: 0 },
        ],
        then: [{ delete: 't/2' }],
      })
      expect(again).toMatchObject({ committed: false, found: [{ key: 't/1', value: 'x' }] })
      expect((await store.get('t/2'))?.value).toBe('y')
      const byValue = await store.commit({
        if: [
          { key: 't/2', equals: 'y' },
          { key: 't/1', modified: first.revision },
          { key: 't/1', created: first.revision },
        ],
        then: [{ delete: 't/2' }],
      })
      expect(byValue.committed).toBe(true)
      expect(await store.get('t/2')).toBeUndefined()
      const gone = await store.commit({ if: [{ key: 't/2', equals: '' }], then: [] })
      expect(gone.committed).toBe(false)
    })

    it('does not count a transaction that changes nothing', async () => {
      const before = await put(store, 'n/1', 'x')
      const nothing = await store.commit({ if: [], then: [{ delete: 'n/none' }] })
      expect(nothing).toEqual({ committed: true, revision: before.revision })
    })

    it('refuses to write a key twice, or more than etcd takes', async () => {
      const twice = [
        { put: 'x', value: '1' },
        { put: 'x', value: '2' },
      ]
      await expect(store.commit({ if: [], then: twice })).rejects.toThrow(StoreRefused)
      const many = Array.from({ length: 129 }, (_, i) => ({ put: `x/${i}`, value: '' }))
      await expect(store.commit({ if: [], then: many })).rejects.toThrow(StoreRefused)
      await expect(put(store, 'x', 'x'.repeat(1_600_000))).rejects.toThrow(StoreRefused)
    })

    it('watches from a revision on: the past first, whole revisions, in order, only the prefix', async () => {
      const { revision } = await put(store, 'w/1', 'a')
      await put(store, 'v/1', 'not mine')
      using watch = watched(store, 'w/', revision)
      await store.commit({
        if: [],
        then: [{ put: 'w/2', value: 'b' }, { delete: 'w/1' }, { put: 'v/2', value: 'not mine' }],
      })
      const last = await put(store, 'w/3', 'c')
      await expect.poll(() => watch.changes.length, soon).toBe(4)
      const told = watch.changes.map(c =>
        c.type === 'put' ? `put ${c.kv.key}=${c.kv.value}` : `delete ${c.key}`,
      )
      expect(told).toEqual(['put w/1=a', 'put w/2=b', 'delete w/1', 'put w/3=c'])
      expect(watch.revisions.at(-1)).toBe(last.revision)
      expect(watch.revisions).toEqual(watch.revisions.toSorted((a, b) => a - b))
      expect(watch.ends).toEqual([])
    })

    it('is silent after a watch is disposed of', async () => {
      const watch = watched(store, 'd/', (await put(store, 'd/1', 'x')).revision + 1)
      using other = watched(store, 'd/', 1 + (await put(store, 'd/1', 'y')).revision)
      watch[Symbol.dispose]()
      const seen = watch.changes.length
      await put(store, 'd/2', 'x')
      await expect.poll(() => other.changes.length, soon).toBe(1)
      expect(watch.changes).toHaveLength(seen)
      expect(watch.ends).toEqual([])
    })

    it('ends a watch that begins before the compacted revision', async () => {
      const { revision } = await put(store, 'c/1', 'x')
      await put(store, 'c/1', 'y')
      await fixture.compact()
      using watch = watched(store, 'c/', revision)
      await expect.poll(() => watch.ends.length, soon).toBe(1)
      expect(watch.ends[0]?.message).toMatch(/compacted/)
      expect(watch.changes).toEqual([])
    })

    it('keeps a lease alive, and its keys go with it', async () => {
      const lease = await store.grantLease(fixture.shortestLeaseMs)
      expect(lease.ttlMs).toBe(fixture.shortestLeaseMs)
      await store.commit({ if: [], then: [{ put: 'lease/1', value: 'mine', lease }] })
      const granted = lease.validUntil
      await expect
        .poll(() => lease.validUntil, { timeout: 3 * lease.ttlMs, interval: 20 })
        .toBeGreaterThan(granted + lease.ttlMs)
      expect((await store.get('lease/1'))?.value).toBe('mine')
      await lease.revoke()
      expect(lease.lost.aborted).toBe(true)
      expect(await store.get('lease/1')).toBeUndefined()
    })

    it('lets a lease run out when its holder is gone', async () => {
      const holder = fixture.open()
      const lease = await holder.grantLease(fixture.shortestLeaseMs)
      await holder.commit({ if: [], then: [{ put: 'lease/2', value: 'mine', lease }] })
      await holder[Symbol.asyncDispose]()
      expect(lease.lost.aborted).toBe(true)
      const limit = 4 * fixture.shortestLeaseMs
      await expect
        .poll(() => store.get('lease/2'), { timeout: limit, interval: 50 })
        .toBeUndefined()
    })

    it('refuses a write under a lease that is gone', async () => {
      const lease = await store.grantLease(fixture.shortestLeaseMs)
      await lease.revoke()
      const late = store.commit({ if: [], then: [{ put: 'lease/3', value: 'late', lease }] })
      await expect(late).rejects.toThrow(StoreRefused)
    })

    it('says which members answer and which of them leads', async () => {
      const members = await store.members()
      expect(members.length).toBeGreaterThan(0)
      expect(members.every(m => m.reachable && m.reason === '')).toBe(true)
      expect(members.filter(m => m.leader)).toHaveLength(1)
    })

    it('does not begin what was cancelled before, and nothing after it was closed', async () => {
      const stop = new Error('not wanted any more')
      const signal = AbortSignal.abort(stop)
      await expect(store.get('a/1', { signal })).rejects.toBe(stop)
      const closed = fixture.open()
      await closed[Symbol.asyncDispose]()
      await expect(closed.get('a/1')).rejects.toThrow(StoreUnavailable)
      using watch = watched(closed, '', 1)
      await expect.poll(() => watch.ends.length, soon).toBe(1)
    })
  })
}
