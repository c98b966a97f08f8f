import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  completeCapacity,
  completeDemand,
  givable,
  mayRun,
  shortages,
  sum,
} from '../../src/model/placement.ts'

const GiB = 2 ** 30

test('what is configured goes before what libvirt says', () => {
  expect(completeCapacity({ ram: GiB }, { memory: 8 * GiB, cpus: 4 })).toEqual({
    ram: GiB,
    cpu: 4000,
  })
  expect(completeCapacity({ ram: GiB }, undefined)).toEqual({ ram: GiB })
  expect(completeDemand({ cpu: 500 }, { cpu: 2000, ram: GiB })).toEqual({ cpu: 500, ram: GiB })
})

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
      const more = sum([gives, short])
      const known = Object.fromEntries(Object.entries(more).filter(([name]) => name in gives))
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

test('a sum does not depend on the order', () => {
  fc.assert(
    fc.property(fc.array(resources), demands => {
      expect(sum(demands.toReversed())).toEqual(sum(demands))
    }),
  )
})
