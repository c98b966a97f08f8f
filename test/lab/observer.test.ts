// What the outside observer concludes from what it saw; the seeing itself is tested in the lab.
import { describe, expect, test } from 'vitest'
import type { QemuRun } from './observer.ts'
import { contradictionOf, interleavings, mostAtOnce } from './observer.ts'
import { readSerial } from './serial-log.ts'

function lines(...beats: string[]): string {
  return beats.map(beat => `${beat}\n`).join('')
}

describe('a serial log', () => {
  test('of one guest only ever grows: ticks within a boot, boots over all', () => {
    const facts = readSerial(lines('B1 T1', 'B1 T2', 'B1 T3', 'B2 T1', 'B2 T2', 'B4 T1'))
    expect(facts).toEqual({ beats: 6, last: { boots: 4, ticks: 1 }, contradictions: [], lost: 0 })
  })

  test('may hold the torn last line of a QEMU that was killed', () => {
    const log = `${lines('B1 T998', 'B1 T999')}B1 T1${lines('B2 T1', 'B2 T2')}B2 T`
    expect(readSerial(log)).toMatchObject({ last: { boots: 2, ticks: 2 }, contradictions: [] })
  })

  test.each([
    ['a tick twice', lines('B1 T5', 'B1 T6', 'B1 T6'), 3],
    ['ticks that go back', lines('B1 T5', 'B1 T6', 'B1 T2'), 3],
    ['an old boot after a new one', lines('B1 T5', 'B2 T1', 'B1 T6'), 3],
  ])('with %s was written by two guests', (_, log, line) => {
    expect(readSerial(log).contradictions[0]?.line).toBe(line)
    expect(contradictionOf('win7', log)[0]).toMatch(`win7 ran twice: line ${line} of its log`)
  })

  test('tells lost ticks from doubled ones', () => {
    expect(readSerial(lines('B1 T1', 'B1 T4'))).toMatchObject({ lost: 2, contradictions: [] })
  })
})

describe('processes seen', () => {
  function seen(pid: number, firstSeenMs: number, lastSeenMs: number, from?: number, to?: number) {
    const wrote =
      from === undefined || to === undefined
        ? undefined
        : { from, to, fromMs: firstSeenMs, toMs: lastSeenMs }
    const host = `host${pid}`
    return {
      vm: 'win7',
      host,
      pid,
      startTime: '1',
      firstSeenMs,
      lastSeenMs,
      wrote,
    } satisfies QemuRun
  }

  test('are no offence while only one of them writes', () => {
    const source = seen(1, 0, 100, 10, 500)
    const destination = seen(2, 50, 200, 507, 900)
    expect(interleavings([source, destination, seen(3, 60, 90)])).toEqual([])
    expect(mostAtOnce([source, destination, seen(3, 60, 90)])).toEqual({ win7: 3 })
  })

  test('ran twice when they wrote in turns', () => {
    expect(interleavings([seen(1, 0, 100, 10, 500), seen(2, 50, 200, 480, 900)])).toEqual([
      'win7 ran twice: pid 1 on host1 wrote bytes 10 to 500 of its log, pid 2 on host2 480 to 900',
    ])
  })

  test('are counted at once only while both are there', () => {
    expect(mostAtOnce([seen(1, 0, 100), seen(2, 101, 200)])).toEqual({ win7: 1 })
  })
})
