import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventWriter, eventId, pruneEvents, readEvents } from '../../src/etcd/events.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import { put } from './contract.ts'

const event = { level: 'warn', about: 'hwm:quark', what: 'quark is down', why: 'silent' } as const

describe('the log in etcd', () => {
  it('gives back what was written, in the order of time', async () => {
    const store = new MemoryEtcd().connect()
    let now = Date.UTC(2026, 10, 22)
    const writer = new EventWriter(store, { who: 'ann', from: 'snailin' }, () => new Date(now))
    const first = await writer.write(event)
    const second = await writer.write({ ...event, what: 'same instant' })
    now += 1
    const third = await writer.write({ ...event, level: 'error' })
    const { kvs } = await store.list('')
    expect(readEvents(kvs.toReversed())).toEqual({ events: [first, second, third], badValues: [] })
    expect(first).toMatchObject({ who: 'ann', from: 'snailin', time: '2026-11-22T00:00:00.000Z' })
    expect(readEvents(kvs, 2).events).toEqual([second, third])
  })

  it('is there once although the answer was lost', async () => {
    const store = new MemoryEtcd().connect()
    store.repliesToLose = 2
    const written = await new EventWriter(store, { who: 'ann', from: '' }).write(event)
    expect(readEvents((await store.list('')).kvs).events).toEqual([written])
  })

  it('names what it cannot read, and goes on', async () => {
    const store = new MemoryEtcd().connect()
    await put(store, 'events/1', '{"time": 1}')
    await put(store, 'events/2', 'not JSON')
    await put(store, 'eventsy', 'not an event')
    const written = await new EventWriter(store, { who: 'ann', from: '' }).write(event)
    const { events, badValues } = readEvents((await store.list('')).kvs)
    expect(events).toEqual([written])
    expect(badValues.map(({ key }) => key)).toEqual(['events/1', 'events/2'])
  })

  it('takes a level of a newer program for info', async () => {
    const store = new MemoryEtcd().connect()
    await put(store, 'events/1', '{"time":"","who":"","what":"x","level":"fatal","new":1}')
    expect(readEvents((await store.list('')).kvs).events).toMatchObject([{ level: 'info' }])
  })

  it('forgets what is older than it is kept for, and nothing else', async () => {
    const store = new MemoryEtcd().connect()
    const start = Date.UTC(2026, 0, 1)
    let now = start
    const writer = new EventWriter(store, { who: 'ann', from: '' }, () => new Date(now))
    for (let i = 0; i < 400; i++) {
      await writer.write(event)
      now += 1_000
    }
    await put(store, 'hwms/quark', '{}')
    expect(await pruneEvents(store, 100_000, new Date(now))).toBe(300)
    expect(await pruneEvents(store, 100_000, new Date(now))).toBe(0)
    const { kvs } = await store.list('')
    const { events } = readEvents(kvs)
    expect(events).toHaveLength(100)
    expect(events[0]?.time).toBe(new Date(start + 300_000).toISOString())
    expect(kvs.some(({ key }) => key === 'hwms/quark')).toBe(true)
  })

  it('sorts ids as their times, and one writer by its count', () => {
    const instant = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
    const made = fc.tuple(instant, fc.nat(999_999))
    fc.assert(
      fc.property(made, made, ([a, m], [b, n]) => {
        const [first, second] = [eventId(a.toISOString(), m, 'w'), eventId(b.toISOString(), n, 'w')]
        const expected = a.getTime() - b.getTime() || m - n
        expect(Math.sign(expected)).toBe(first < second ? -1 : first > second ? 1 : 0)
      }),
    )
  })
})
