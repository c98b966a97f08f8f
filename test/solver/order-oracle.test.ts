import { describe, expect, test } from 'vitest'
import { drawPair, expectBest, type Tally } from './order-cases.ts'

// Thousands of complete searches over up to 65 536 maps each.
describe('an order has the fewest bounces of all, by the lightest VMs, or there is none: complete search agrees', () => {
  const shapes = {
    '3 HWMs, 6 VMs': { hwms: 3, vms: 6 },
    '4 HWMs, 8 VMs': { hwms: 4, vms: 8 },
    '4 HWMs, 7 VMs, rules': { hwms: 4, vms: 7, rules: true },
  }
  const seeds = { '3 HWMs, 6 VMs': 3_000, '4 HWMs, 8 VMs': 900, '4 HWMs, 7 VMs, rules': 700 }
  test.each(Object.entries(shapes))('%s', (name, shape) => {
    const tally: Tally = { cases: 0, impossible: 0, bounced: 0 }
    for (let seed = 1; seed <= seeds[name as keyof typeof shapes]; seed++) {
      const pair = drawPair(seed, { ...shape, fill: 0.6 + (seed % 8) * 0.05 })
      if (pair !== undefined) expectBest(seed, pair, tally)
    }
    expect(tally.cases).toBeGreaterThan(200)
    expect(tally.impossible).toBeGreaterThan(5)
    expect(tally.bounced).toBeGreaterThan(5)
  })
})
