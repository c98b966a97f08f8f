import { expect, test } from 'vitest'
import { Budget } from '../../src/solver/budget.ts'
import { allOf, classesOf } from '../../src/solver/packing/classes.ts'
import { Relaxation } from '../../src/solver/packing/columns.ts'
import { dive } from '../../src/solver/packing/dive.ts'
import { search } from '../../src/solver/packing/exact.ts'
import { packFewest } from '../../src/solver/packing/fewest.ts'
import { Master } from '../../src/solver/packing/master.ts'
import { type Packing, plainPacking } from '../../src/solver/packing/packing.ts'
import { Pricing } from '../../src/solver/packing/pricing.ts'
import { State } from '../../src/solver/packing/state.ts'
import { seeded } from '../../src/solver/random.ts'

/** Items of a few kinds or all different, a few to a bin. */
function drawn(seed: number, items: number): Packing {
  const random = seeded(seed)
  const dims = 1 + random.below(3)
  const kinds = Array.from({ length: seed % 2 === 0 ? 4 : items }, () =>
    Array.from({ length: dims }, () => 5 + random.below(50)),
  )
  const sizes = Array.from({ length: items }, (_, i) =>
    seed % 2 === 0 ? kinds[random.below(kinds.length)]! : kinds[i]!,
  )
  return plainPacking(
    Array.from({ length: dims }, () => 100),
    Float64Array.from(sizes.flat()),
    items,
  )
}

/** The fewest bins, by complete search on one bin more at a time. */
function fewest(packing: Packing): number {
  for (let bins = 1; ; bins++) {
    const narrow = plainPacking(packing.capacity.slice(0, packing.dims), packing.size, bins)
    const { answer } = search(narrow, 2_000_000, new Budget({}))
    expect(answer).not.toBe('unknown')
    if (answer === 'packed') return bins
  }
}

test('the relaxation bounds from below, and with dives the fewest bins are found and proved', () => {
  let proved = 0
  for (let seed = 1; seed <= 60; seed++) {
    const packing = drawn(seed, 11)
    const classes = classesOf(packing)
    const budget = new Budget({ work: 1e8 })
    const relaxation = new Relaxation(classes, [new Pricing(classes)], allOf(classes), seeded(seed))
    relaxation.advance(Infinity, budget)
    const { bound, isSolved } = relaxation
    const exact = fewest(packing)
    expect({ seed, isSolved }).toEqual({ seed, isSolved: true })
    expect(bound).toBeLessThanOrEqual(exact)
    const found = packFewest(packing, seeded(seed), new Budget({ work: 3e7 }), () => undefined)
    expect({ seed, bins: found.bins }).toEqual({ seed, bins: exact })
    const state = new State(packing)
    state.replace(found.where!)
    expect(state.isValid()).toBe(true)
    if (found.bound === exact) proved++
  }
  expect(proved).toBeGreaterThan(55)
})

test('a dive is complete only when everything is in bins, none too full, and they are no more than allowed', () => {
  let complete = 0
  let tooMany = 0
  for (let seed = 1; seed <= 200; seed++) {
    const packing = drawn(seed, 16)
    const classes = classesOf(packing)
    const pricings = [new Pricing(classes)]
    const root = new Relaxation(classes, pricings, allOf(classes), seeded(seed))
    root.advance(Infinity, new Budget({}))
    const most = root.bound - (seed % 3)
    const options = { most, noise: 0.3, clear: 0.3 }
    const dived = dive(
      classes,
      pricings,
      root,
      allOf(classes),
      options,
      seeded(seed),
      new Budget({}),
    )
    const placed = new Int32Array(classes.count)
    for (const { rows, counts } of dived.columns) {
      const load = new Float64Array(classes.dims)
      rows.forEach((c, k) => {
        placed[c]! += counts[k]!
        for (let d = 0; d < classes.dims; d++)
          load[d]! += classes.size[c * classes.dims + d]! * counts[k]!
      })
      for (let d = 0; d < classes.dims; d++)
        expect(load[d]).toBeLessThanOrEqual(classes.kinds[0]!.capacity[d]!)
    }
    const isAll = placed.every((count, c) => count === classes.demand[c])
    expect(dived.isComplete).toBe(isAll && dived.columns.length <= most)
    if (dived.isComplete) complete++
    else if (isAll) tooMany++
  }
  expect(complete).toBeGreaterThan(20)
  expect(tooMany).toBeGreaterThan(2)
})

test('pricing finds the dearest bin, or that none is dear enough: every subset is tried', () => {
  for (let seed = 1; seed <= 80; seed++) {
    const packing = drawn(seed, 10)
    const { dims, size, capacity } = packing
    const classes = classesOf(packing)
    const random = seeded(seed + 1000)
    const prices = Float64Array.from({ length: classes.count }, () => random.next())
    let dearest = 0
    for (let mask = 0; mask < 1 << packing.items; mask++) {
      let value = 0
      const load = new Float64Array(dims)
      classes.itemsOf.forEach((members, c) => {
        for (const i of members) {
          if (!(mask & (1 << i))) continue
          value += prices[c]!
          for (let d = 0; d < dims; d++) load[d]! += size[i * dims + d]!
        }
      })
      if (value > dearest && load.every((x, d) => x <= capacity[d]!)) dearest = value
    }
    const pricing = new Pricing(classes)
    const budget = new Budget({})
    const above = pricing.price(prices, classes.demand, dearest + 1e-6, 1e6, budget)
    expect({ seed, columns: above.columns.length, isComplete: above.isComplete }).toEqual({
      seed,
      columns: 0,
      isComplete: true,
    })
    const below = pricing.price(prices, classes.demand, dearest - 1e-6, 1e6, budget)
    const [best] = below.columns
    const value = Array.from(best!.rows).reduce(
      (sum, c, k) => sum + prices[c]! * best!.counts[k]!,
      0,
    )
    expect(value).toBeCloseTo(dearest, 9)
  }
})

test('the master ends at the optimum: its prices prove it', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seeded(seed)
    const rows = 12
    const master = new Master(new Float64Array(rows).fill(1), () => 0)
    for (let c = 0; c < 60; c++) {
      const mine = Array.from({ length: rows }, (_, r) => r).filter(() => random.below(4) === 0)
      if (mine.length > 0)
        master.add({ rows: Int32Array.from(mine), counts: new Int32Array(mine.length).fill(1) })
    }
    expect(master.solve(() => false)).toBe(true)
    const cover = new Float64Array(rows)
    let sum = 0
    for (const [c, value] of master.solution()) {
      sum += value
      for (const r of master.columns[c]!.rows) cover[r]! += value
    }
    for (const covered of cover) expect(covered).toBeGreaterThan(1 - 1e-3)
    for (const c of master.columns.keys()) expect(master.reducedCost(c)).toBeGreaterThan(-1e-6)
    for (const price of master.prices) expect(price).toBeGreaterThan(-1e-6)
    expect(master.prices.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 3)
  }
})
