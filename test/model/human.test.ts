import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  humanAge,
  humanAmount,
  humanBitRate,
  humanByteRate,
  humanBytes,
  humanDuration,
  humanPercent,
} from '../../src/model/human.ts'

const GiB = 2 ** 30

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KiB'],
  [6 * GiB, '6 GiB'],
  [6.44 * GiB, '6.4 GiB'],
  [64 * GiB, '64 GiB'],
  [999.7 * GiB, '1 TiB'],
  [2 ** 63, '8 EiB'],
])('%d bytes read as %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text)
})

test('amounts of a dimension have its unit', () => {
  expect(humanAmount('ram', 6 * GiB)).toBe('6 GiB')
  expect(humanAmount('cpu', 1500)).toBe('1.5 cpu')
  expect(humanAmount('cpu', 16_000)).toBe('16 cpu')
  expect(humanAmount('rx', 1_200_000_000)).toBe('1.2 Gbit/s')
  expect(humanAmount('licences', 3)).toBe('3')
  expect(humanByteRate(12 * 2 ** 20)).toBe('12 MiB/s')
  expect(humanBitRate(0)).toBe('0 bit/s')
})

test('a share never reads as full before it is, nor as nothing when there is some', () => {
  expect(humanPercent(81, 100)).toBe('81%')
  expect(humanPercent(999, 1000)).toBe('99%')
  expect(humanPercent(1, 1000)).toBe('1%')
  expect(humanPercent(0, 1000)).toBe('0%')
  expect(humanPercent(29, 100)).toBe('29%')
  expect(humanPercent(3, 2)).toBe('150%')
  expect(humanPercent(3, 0)).toBe('-')
})

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [12_400, '12 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [5 * 3_600_000, '5 h'],
  [47 * 3_600_000, '47 h'],
  [4 * 86_400_000, '4 d'],
])('an age of %d ms reads as %s', (ms, text) => {
  expect(humanAge(ms)).toBe(text)
})

test.each([
  [350, '350 ms'],
  [6200, '6.2 s'],
  [80_000, '1 min 20 s'],
  [60_000, '1 min'],
  [7_500_000, '2 h 5 min'],
  [3 * 86_400_000, '3 d'],
])('a duration of %d ms reads as %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text)
})

test('no amount is wider than nine cells', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), bytes => {
      expect(humanBytes(bytes).length).toBeLessThanOrEqual(9)
    }),
  )
})
