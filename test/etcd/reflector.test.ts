import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Line } from '../../src/etcd/memory-client.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import { Reflector, type ReflectorStatus } from '../../src/etcd/reflector.ts'
import type { Change, StateStore } from '../../src/etcd/store.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { put } from './contract.ts'

function setUp(line: Line = 'up') {
  const clock = new VirtualClock()
  const etcd = new MemoryEtcd({ clock })
  const writer = etcd.connect()
  const store = etcd.connect()
  store.line = line
  const told: Change[] = []
  const states: ReflectorStatus[] = []
  const reflector = new Reflector(
    store,
    '',
    { changed: changes => told.push(...changes), status: status => states.push(status) },
    { clock, random: () => 1 },
  )
  return { clock, etcd, writer, store, told, states, reflector }
}

async function isLikeTheStore(reflector: Reflector, store: StateStore): Promise<void> {
  const { kvs } = await store.list('')
  const contents = [...reflector.contents.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  expect(contents).toEqual(kvs)
}

describe('the reflector', () => {
  it('is live with all that there is, and follows', async () => {
    const { clock, writer, told, states, reflector } = setUp()
    await put(writer, 'a', '1')
    await clock.advance(0)
    expect(reflector.status).toMatchObject({ state: 'live', reason: '' })
    await put(writer, 'a', '2')
    await writer.commit({ if: [], then: [{ delete: 'a' }, { put: 'b', value: '3' }] })
    await clock.advance(0)
    expect(states.map(s => s.state)).toEqual(['live'])
    expect(told.map(c => c.type)).toEqual(['put', 'put', 'delete', 'put'])
    await isLikeTheStore(reflector, writer)
  })

  it('says never, with the reason, until the store was reached', async () => {
    const { clock, store, states, reflector } = setUp('cut')
    await clock.advance(5_000)
    expect(reflector.status).toMatchObject({ state: 'never', seenAt: undefined })
    expect(reflector.status.reason).toMatch(/connection refused/)
    store.line = 'up'
    await clock.advance(1_000)
    expect(reflector.status.state).toBe('live')
    expect(states.at(-1)?.state).toBe('live')
  })

  it('keeps what it knew, with its age, and catches up within 2 s of the return', async () => {
    const { clock, etcd, writer, told, states, reflector } = setUp()
    await put(writer, 'a', '1')
    await put(writer, 'gone', '1')
    await clock.advance(0)
    told.length = 0
    await clock.advance(10_000)
    etcd.loseQuorum(true)
    await clock.advance(60_000)
    expect(reflector.status).toMatchObject({ state: 'stale', since: 10_000, seenAt: 10_000 })
    expect(reflector.contents.get('a')?.value).toBe('1')
    etcd.loseQuorum(false)
    await writer.commit({ if: [], then: [{ delete: 'gone' }, { put: 'b', value: '2' }] })
    expect(await clock.advanceUntil(() => reflector.status.state === 'live', 2_000)).toBe(true)
    expect(states.map(s => s.state)).toEqual(['live', 'catching-up', 'stale', 'live'])
    expect(told.map(c => (c.type === 'put' ? c.kv.key : c.key)).sort()).toEqual(['b', 'gone'])
    await isLikeTheStore(reflector, writer)
  })

  it('lists again after compaction, and tells only what differs', async () => {
    const { clock, etcd, writer, store, told, reflector } = setUp()
    await put(writer, 'a', '1')
    await put(writer, 'same', '1')
    await clock.advance(0)
    told.length = 0
    store.line = 'cut'
    for (let i = 0; i < 100; i++) await put(writer, 'a', String(i))
    etcd.compact()
    store.line = 'up'
    await clock.advance(2_000)
    expect(told.map(c => c.type === 'put' && c.kv.value)).toEqual(['99'])
    await isLikeTheStore(reflector, writer)
  })

  it('notices a half-open line within 5 s', async () => {
    const { clock, writer, store, reflector } = setUp()
    await clock.advance(0)
    store.line = 'silent'
    await put(writer, 'a', '1')
    const noticed = () => reflector.status.state !== 'live'
    expect(await clock.advanceUntil(noticed, 5_000)).toBe(true)
    expect(reflector.status.reason).toMatch(/silent/)
  })

  it('does not chase a watch that ends at once with lists without a pause', async () => {
    const { clock, store, reflector } = setUp()
    let lists = 0
    const list = store.list.bind(store)
    store.list = (...args) => {
      lists++
      return list(...args)
    }
    store.watch = (_prefix, _from, handlers) => {
      queueMicrotask(() => handlers.end(new Error('not today')))
      return { [Symbol.dispose]: () => undefined }
    }
    await clock.advance(10_000)
    expect(lists).toBeGreaterThan(5)
    expect(lists).toBeLessThan(20)
    expect(reflector.status.state).toBe('catching-up')
  })

  it('says nothing after it was disposed of', async () => {
    const { clock, writer, store, told, states, reflector } = setUp()
    await clock.advance(0)
    const before = [told.length, states.length]
    reflector[Symbol.dispose]()
    await put(writer, 'a', '1')
    store.cutWatches()
    await clock.advance(10_000)
    expect([told.length, states.length]).toEqual(before)
  })

  type World = ReturnType<typeof setUp>
  interface Happening {
    readonly what: string
    readonly happen: (world: World) => unknown
  }
  const of = (what: string, happen: Happening['happen']): Happening => ({ what, happen })
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(key, fc.nat(3))
        .map(([k, n]) =>
          of(`put ${k}=${n}`, w => put(w.writer, k, String(n)).catch(() => undefined)),
        ),
    },
    {
      weight: 2,
      arbitrary: key.map(k =>
        of(`delete ${k}`, w =>
          w.writer.commit({ if: [], then: [{ delete: k }] }).catch(() => undefined),
        ),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.nat(6_000).map(ms => of(`${ms} ms pass`, w => w.clock.advance(ms))),
    },
    fc
      .constantFrom<Line[]>('up', 'cut', 'silent')
      .map(line => of(`the line is ${line}`, w => (w.store.line = line))),
    fc.constantFrom(0, 40).map(ms => of(`latency ${ms} ms`, w => (w.store.latencyMs = ms))),
    fc.constantFrom<Happening[]>(
      { what: 'watches are cut', happen: w => w.store.cutWatches() },
      { what: 'compaction', happen: w => w.etcd.compact() },
      { what: 'quorum lost', happen: w => w.etcd.loseQuorum(true) },
      { what: 'quorum back', happen: w => w.etcd.loseQuorum(false) },
    ),
  )

  it('is like the store after any sequence of faults, and what it told adds up to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async happenings => {
        const world = setUp()
        const { clock, etcd, writer, store, told, reflector } = world
        for (const { happen } of happenings) await happen(world)
        store.line = 'up'
        etcd.loseQuorum(false)
        await put(writer, 'last', 'x')
        // A call begun on a silent line may take all of its time limit before the next.
        await clock.advance(15_000)
        expect(reflector.status.state).toBe('live')
        await isLikeTheStore(reflector, writer)
        const sum = new Map<string, string>()
        for (const change of told) {
          if (change.type === 'put') sum.set(change.kv.key, change.kv.value)
          else expect(sum.delete(change.key)).toBe(true)
        }
        expect(sum).toEqual(new Map([...reflector.contents].map(([k, kv]) => [k, kv.value])))
      }),
      { numRuns: 300 },
    )
  })
})
