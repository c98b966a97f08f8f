import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ages } from '../../src/console/ages.ts'
import { factLimitMs } from '../../src/model/rhythm.ts'

test('an age is said in coarse steps, and never before it is reached', () => {
  const age = (ms: number) => new Ages(ms, 3).of(0)
  expect(
    [0, 1_999, 2_000, 12_000, 19_999, 20_000, 59_999, 60_000, 3_600_000, 90_000_000].map(age),
  ).toEqual(['0 s', '0 s', '2 s', '12 s', '12 s', '20 s', '45 s', '1 min', '1 h', '1 d'])
})

test('a picture says when it changes by itself: until then its ages read the same, then not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 40 * 86_400_000 }), { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (sinces, part) => {
        const now = 40 * 86_400_000
        const first = new Ages(now, 3)
        const read = (ages: Ages) =>
          sinces.map(since => `${ages.of(since)} ${ages.isOldFact(since)}`).join()
        const shown = read(first)
        expect(first.dueAt).toBeGreaterThan(now)
        const before = now + Math.floor((first.dueAt - 1 - now) * part)
        expect(read(new Ages(before, 3))).toBe(shown)
        if (Number.isFinite(first.dueAt)) expect(read(new Ages(first.dueAt, 3))).not.toBe(shown)
      },
    ),
  )
})

test('a fact beyond its limit is owned to, one within it is not', () => {
  const ages = new Ages(100_000, 3)
  expect(ages.isOldFact(100_000 - factLimitMs(3))).toBe(false)
  expect(ages.oldest).toBeUndefined()
  expect(ages.isOldFact(100_000 - factLimitMs(3) - 1)).toBe(true)
  expect(ages.oldest).toBe(100_000 - factLimitMs(3) - 1)
  expect(ages.isOldFact(undefined)).toBe(true)
})
