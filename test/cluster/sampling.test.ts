// Rates from counters, and what is too small a change to be one.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DomainStats } from '../../src/libvirt/hypervisor.ts'
import type { Usage } from '../../src/model/snapshot.ts'
import { domainUsage, extend, figures, hostUsage, isSameUsage } from '../../src/cluster/sampling.ts'

const stats: DomainStats = {
  name: 'v',
  uuid: 'u',
  state: 'running',
  reason: '',
  cpuTime: 0,
  vcpus: 2,
  balloonCurrent: 2 ** 30,
  balloonMaximum: 2 ** 30,
  rss: 512 * 2 ** 20,
  rx: 0,
  tx: 0,
  read: 0,
  written: 0,
}
const usage: Usage = { at: 0, cpu: 100, ram: 1, rx: 2, tx: 3, read: 4, write: 5 }

test('one and a half CPUs for 5 s are 1500 millicores; bytes become bits on the wire', () => {
  const later = {
    ...stats,
    cpuTime: 7.5e9,
    rx: 1_000_000,
    tx: 5_000,
    read: 10_000_000,
    written: 500,
  }
  expect(domainUsage({ at: 1_000, counters: stats }, { at: 6_000, counters: later })).toEqual({
    at: 6_000,
    cpu: 1_500,
    ram: figures(512 * 2 ** 20, 3),
    rx: 1_600_000,
    tx: 8_000,
    read: 2_000_000,
    write: 100,
  })
})

test('a domain that does not run, or began anew, has no rate', () => {
  const before = { at: 0, counters: { ...stats, cpuTime: 9 } }
  for (const cpuTime of [undefined, 3])
    expect(domainUsage(before, { at: 5_000, counters: { ...stats, cpuTime } })).toBeUndefined()
  expect(domainUsage(before, { at: 0, counters: stats })).toBeUndefined()
})

test('a host: percent of its CPUs, memory in percent steps, network of its guests', () => {
  const at = (ms: number, cpuBusy: number, cpuIdle: number, memoryFree: number) => {
    return { at: ms, counters: { cpuBusy, cpuIdle, memoryTotal: 1_000, memoryFree } }
  }
  const guests = [usage, usage]
  expect(hostUsage(at(0, 0, 0, 0), at(5_000, 100, 300, 396), 16, guests)).toEqual({
    at: 5_000,
    cpu: 4_000,
    ram: 600,
    rx: 4,
    tx: 6,
    read: 8,
    write: 10,
  })
  expect(hostUsage(at(0, 9, 9, 0), at(5_000, 1, 3, 0), 16, [])).toBeUndefined()
})

test('a change below two figures is none', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e12, noNaN: true }), value => {
      expect(Math.abs(figures(value, 2) - value)).toBeLessThanOrEqual(value * 0.0501)
      expect(figures(figures(value, 2), 2)).toBe(figures(value, 2))
    }),
  )
  expect(isSameUsage(usage, { ...usage, at: 99 })).toBe(true)
  expect(isSameUsage(usage, { ...usage, rx: 1 })).toBe(false)
  expect(isSameUsage(usage, undefined)).toBe(false)
})

test('a history keeps the newest 30, and one that is flat stays the same object', () => {
  let history = extend([], usage)
  for (let at = 1; at < 40; at++) history = extend(history, { ...usage, at })
  expect(history).toHaveLength(30)
  expect(extend(history, { ...usage, at: 99 })).toBe(history)
  const moved = extend(history, { ...usage, at: 99, cpu: 200 })
  expect(moved).toHaveLength(30)
  expect(moved.at(-1)?.cpu).toBe(200)
  expect(extend(history, undefined)).toEqual([])
})
