// libvirt's numbers and open lists in this program's words.
import { expect, test } from 'vitest'
import { domainJob } from '../../../src/libvirt/job.ts'
import { domainStats, hostStats, versionText } from '../../../src/libvirt/stats.ts'
import type { TypedParameter } from '../../../src/libvirt/wire/shapes.ts'
import { eventWords, stateWords } from '../../../src/libvirt/words.ts'

const dom = { name: 'vm', uuid: '00112233-4455-6677-8899-aabbccddeeff', id: 1 }
const int = (field: string, value: number): TypedParameter => ({
  field,
  value: { kind: 'int', value },
})
const big = (field: string, value: bigint): TypedParameter => ({
  field,
  value: { kind: 'ullong', value },
})

test('statistics: sums over interfaces and disks, KiB become bytes, what is not there is undefined', () => {
  const stats = domainStats({
    dom,
    params: [
      int('state.state', 1),
      int('state.reason', 1),
      big('cpu.time', 5_000_000_000n),
      { field: 'vcpu.current', value: { kind: 'uint', value: 4 } },
      big('balloon.current', 1024n),
      big('balloon.rss', 2n),
      { field: 'net.0.name', value: { kind: 'string', value: 'vnet0' } },
      big('net.0.rx.bytes', 10n),
      big('net.1.rx.bytes', 5n),
      big('net.1.tx.bytes', 7n),
      big('net.0.rx.pkts', 1000n),
      big('block.0.rd.bytes', 100n),
      big('block.1.rd.bytes', 1n),
      big('block.1.wr.bytes', 2n),
      big('block.1.wr.reqs', 1000n),
      big('something.new', 1n),
    ],
  })
  expect(stats).toEqual({
    name: 'vm',
    uuid: dom.uuid,
    state: 'running',
    reason: 'booted',
    cpuTime: 5_000_000_000,
    vcpus: 4,
    balloonCurrent: 1024 * 1024,
    balloonMaximum: undefined,
    rss: 2048,
    rx: 15,
    tx: 7,
    read: 101,
    written: 2,
  })
})

test('statistics of the host: page cache counts as free, waiting for disks as idle', () => {
  const stats = (of: Record<string, number>): { field: string; value: bigint }[] =>
    Object.entries(of).map(([field, value]) => ({ field, value: BigInt(value) }))
  expect(
    hostStats(
      stats({ user: 3, kernel: 2, idle: 10, iowait: 1 }),
      stats({ total: 100, free: 10, buffers: 5, cached: 25 }),
    ),
  ).toEqual({ cpuBusy: 5, cpuIdle: 11, memoryTotal: 102_400, memoryFree: 40_960 })
})

test.each([
  [9_000_000n, '9.0.0'],
  [10_005_002n, '10.5.2'],
  [2n, '0.0.2'],
])('version %s is %s', (packed, text) => {
  expect(versionText(packed)).toBe(text)
})

test.each([
  [1, 2, 'running', 'migrated'],
  [3, 2, 'paused', 'migration'],
  [3, 5, 'paused', 'I/O error'],
  [5, 2, 'shutoff', 'destroyed'],
  [5, 4, 'shutoff', 'migrated'],
  [6, 1, 'crashed', 'panicked'],
  [7, 0, 'suspended', ''],
  [0, 0, 'unknown', ''],
  [1, 99, 'running', 'reason 99'],
  [42, 1, 'unknown', 'state 42'],
])('state %i, reason %i: %s %s', (number, why, state, reason) => {
  expect(stateWords(number, why)).toEqual({ state, reason })
})

test.each([
  [0, 1, 'defined', 'updated'],
  [2, 1, 'started', 'migrated'],
  [3, 2, 'suspended', 'I/O error'],
  [5, 3, 'stopped', 'migrated'],
  [5, 5, 'stopped', 'failed'],
  [8, 0, 'crashed', 'panicked'],
  [5, 77, 'stopped', 'detail 77'],
])('event %i, detail %i: %s %s', (number, what, kind, detail) => {
  expect(eventWords(number, what)).toEqual({ kind, detail })
})

test('an event of a newer kind has no words', () => {
  expect(eventWords(77, 0)).toBeUndefined()
})

test('progress of a job, with and without what newer libvirts tell', () => {
  expect(
    domainJob({
      type: 2,
      params: [
        big('time_elapsed', 500n),
        big('data_total', 1000n),
        big('data_processed', 600n),
        big('data_remaining', 400n),
        big('memory_bps', 1200n),
        big('memory_dirty_rate', 3n),
        big('memory_page_size', 4096n),
        big('memory_iteration', 2n),
        big('downtime', 30n),
      ],
    }),
  ).toEqual({
    kind: 'unbounded',
    elapsedMs: 500,
    remainingMs: undefined,
    total: 1000,
    processed: 600,
    remaining: 400,
    dirtyRate: 12_288,
    bandwidth: 1200,
    downtimeMs: 30,
    iterations: 2,
    error: '',
  })
  const failed = domainJob({
    type: 4,
    params: [{ field: 'errmsg', value: { kind: 'string', value: 'lost the network' } }],
  })
  expect(failed).toMatchObject({ kind: 'failed', total: 0, error: 'lost the network' })
})
