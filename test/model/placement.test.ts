import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { givable, mayRun, shortages } from '../../src/model/placement.ts'

const GiB = 2 ** 30

test('the reserve is taken off before overcommit counts', () => {
  expect(givable({ cpu: 16_000, ram: GiB }, { cpu: 1000, ram: 2 * GiB }, { cpu: 4 })).toEqual({
    cpu: 60_000,
    ram: 0,
  })
})

test('only and never', () => {
  expect(mayRun({}, 'a')).toBe(true)
  expect(mayRun({ only: ['a'] }, 'b')).toBe(false)
  expect(mayRun({ only: ['a'], never: ['a'] }, 'a')).toBe(false)
})

const resources = fc.dictionary(fc.constantFrom('ram', 'cpu', 'gpu'), fc.nat(1000))

test('a demand fits exactly when nothing is short, and what is short is the least to add', () => {
  fc.assert(
    fc.property(resources, resources, resources, (demand, gives, used) => {
      const short = shortages(demand, gives, used)
      const more = Object.entries(gives).map(([name, amount]) => [
        name,
        amount + (short[name] ?? 0),
      ])
      const known = Object.fromEntries(more)
      expect(shortages(demand, known, used)).toEqual({})
      for (const [name, amount] of Object.entries(short)) {
        expect(amount).toBeGreaterThan(0)
        expect(
          shortages(demand, { ...known, [name]: (known[name] ?? 0) - 1 }, used),
        ).toHaveProperty(name)
      }
    }),
  )
})
