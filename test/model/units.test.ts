import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedAmount, formatAmount, parseAmount, type Quantity } from '../../src/model/units.ts'

const quantities: readonly Quantity[] = [
  'bytes',
  'cores',
  'bit-rate',
  'byte-rate',
  'duration',
  'count',
]
const amount = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(5000),
  fc.nat(5000).map(n => n * 2 ** 30),
  fc.nat(5000).map(n => n * 1_000_000),
)

describe('reading', () => {
  test.each([
    ['bytes', '64GiB', 68_719_476_736],
    ['bytes', '64 GiB', 68_719_476_736],
    ['bytes', '2TiB', 2_199_023_255_552],
    ['bytes', '1.5GiB', 1_610_612_736],
    ['bytes', '2TB', 2_000_000_000_000],
    ['bytes', '0', 0],
    ['cores', '16', 16_000],
    ['cores', '1.5', 1500],
    ['cores', '16 cpu', 16_000],
    ['cores', '250m', 250],
    ['bit-rate', '1Gbit', 1_000_000_000],
    ['bit-rate', '1.2Gbit/s', 1_200_000_000],
    ['byte-rate', '1GiB', 1_073_741_824],
    ['byte-rate', '100MiB/s', 104_857_600],
    ['duration', '2s', 2000],
    ['duration', '1.5s', 1500],
    ['duration', '30d', 2_592_000_000],
    ['count', '4', 4],
  ] as const)('%s %s is %d', (quantity, text, value) => {
    expect(parseAmount(quantity, text)).toEqual({ ok: true, value })
  })

  test.each([
    ['bytes', '64', 'has no unit'],
    ['bytes', '64gib', "has the unit 'gib': did you mean 'GiB'?"],
    ['bytes', '64Gbit', "has the unit 'Gbit'"],
    ['bytes', '0.3GiB', 'is not a whole number of bytes'],
    ['bytes', '-1GiB', 'is negative'],
    ['bytes', '9PiB', 'is larger than 2^53'],
    ['bytes', 'much', 'is no amount'],
    ['bytes', '', 'is no amount'],
    ['bytes', '1e9B', 'is no amount'],
    ['cores', '0.0001', 'is not a whole number of thousandths of a CPU'],
    ['bit-rate', '1GB', "has the unit 'GB'"],
    ['duration', '2', 'has no unit'],
    ['count', '1.5', 'is not a whole number of units'],
    ['bytes', `${'9'.repeat(40)}B`, 'has too many digits'],
  ] as const)('%s %s %s', (quantity, text, problem) => {
    expect(parseAmount(quantity, text)).toEqual({ ok: false, problem })
  })

  test('any text ends in a value that is an amount, or in a problem', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...quantities),
        fc.string({ unit: 'binary' }),
        (quantity, text) => {
          const parsed = parseAmount(quantity, text)
          if (parsed.ok) expect(Number.isSafeInteger(parsed.value) && parsed.value >= 0).toBe(true)
          else expect(parsed.problem).not.toBe('')
        },
      ),
    )
  })

  test('the example in every "expected" is itself one', () => {
    for (const quantity of quantities) {
      const examples =
        expectedAmount(quantity)
          .split('such as ')[1]
          ?.split(/, | or /) ?? []
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) expect(parseAmount(quantity, example).ok).toBe(true)
    }
  })
})

describe('writing', () => {
  test.each([
    ['bytes', 68_719_476_736, '64GiB'],
    ['bytes', 1_610_612_736, '1536MiB'],
    ['bytes', 1000, '1000B'],
    ['cores', 1500, '1.5'],
    ['cores', 16_000, '16'],
    ['bit-rate', 1_200_000_000, '1200Mbit'],
    ['byte-rate', 1_073_741_824, '1GiB'],
    ['duration', 90_000, '90s'],
    ['duration', 2_592_000_000, '30d'],
    ['count', 7, '7'],
    ['bytes', 0, '0'],
  ] as const)('%s %d is %s', (quantity, value, text) => {
    expect(formatAmount(quantity, value)).toBe(text)
  })

  test('what is written is read as the same number', () => {
    fc.assert(
      fc.property(fc.constantFrom(...quantities), amount, (quantity, value) => {
        expect(parseAmount(quantity, formatAmount(quantity, value))).toEqual({ ok: true, value })
      }),
      { numRuns: 1000 },
    )
  })

  test('what is no amount is refused', () => {
    for (const value of [-1, 1.5, Number.NaN, 2 ** 60]) {
      expect(() => formatAmount('bytes', value)).toThrow(RangeError)
    }
  })
})
