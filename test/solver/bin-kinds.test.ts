// Column generation over bins of several kinds, beside complete search over all choices of bins.
import { expect, test } from 'vitest'
import { Budget } from '../../src/solver/budget.ts'
import { allOf, classesOf } from '../../src/solver/packing/classes.ts'
import { Relaxation } from '../../src/solver/packing/columns.ts'
import { dive } from '../../src/solver/packing/dive.ts'
import { search } from '../../src/solver/packing/exact.ts'
import { packFewest } from '../../src/solver/packing/fewest.ts'
import { type Packing, plainPacking, weightsOf } from '../../src/solver/packing/packing.ts'
import { Pricing } from '../../src/solver/packing/pricing.ts'
import { State } from '../../src/solver/packing/state.ts'
import { type Random, seeded } from '../../src/solver/random.ts'

/** Two or three kinds of bins, one or two dimensions, as many bins as may just do. */
function drawn(seed: number): Packing {
  const random = seeded(seed)
  const dims = 1 + random.below(2)
  const kinds = Array.from({ length: 2 + random.below(2) }, () =>
    Array.from({ length: dims }, () => 40 + random.below(100)),
  )
  const items = 7 + random.below(4)
  const most = kinds.reduce((a, b) => (a[0]! > b[0]! ? a : b))
  const sizes = Array.from({ length: items }, () => most.map(c => 5 + random.below(c * 0.6)))
  const capacity: number[][] = []
  const asked = sizes.reduce((sum, size) => sum + size[0]!, 0)
  for (let held = 0; held < 1.5 * asked && capacity.length < 7; ) {
    const kind = kinds[random.below(kinds.length)]!
    held += kind[0]!
    capacity.push(kind)
  }
  return withBins(plainPacking(most, Float64Array.from(sizes.flat()), items), capacity)
}

function withBins(packing: Packing, capacity: readonly (readonly number[])[]): Packing {
  const flat = Float64Array.from(capacity.flat())
  const bins = capacity.length
  return {
    ...packing,
    bins,
    capacity: flat,
    rows: [new Uint8Array(bins).fill(1)],
    weight: weightsOf(flat, bins, packing.dims),
  }
}

/** The fewest bins by complete search on every choice of them; undefined: not even all. */
function fewest(packing: Packing): number | undefined {
  const { bins, dims, capacity } = packing
  let least: number | undefined
  for (let set = 1; set < 1 << bins; set++) {
    const chosen = Array.from({ length: bins }, (_, b) => b).filter(b => (set >> b) & 1)
    if (least !== undefined && chosen.length >= least) continue
    const narrow = withBins(
      packing,
      chosen.map(b => Array.from(capacity.subarray(b * dims, (b + 1) * dims))),
    )
    const { answer } = search(narrow, 2_000_000, new Budget({}))
    expect(answer).not.toBe('unknown')
    if (answer === 'packed') least = chosen.length
  }
  return least
}

function relaxed(packing: Packing, random: Random) {
  const classes = classesOf(packing)
  const pricings = classes.kinds.map((_, k) => new Pricing(classes, k))
  const root = new Relaxation(classes, pricings, allOf(classes), random)
  root.advance(Infinity, new Budget({ work: 1e8 }))
  return { classes, pricings, root }
}

test('the relaxation is never above the fewest bins, which are found, and proved more often than not', () => {
  let proved = 0
  let cases = 0
  for (let seed = 1; seed <= 120; seed++) {
    const packing = drawn(seed)
    const exact = fewest(packing)
    if (exact === undefined) continue
    cases++
    const { root } = relaxed(packing, seeded(seed))
    expect({ seed, isSolved: root.isSolved }).toEqual({ seed, isSolved: true })
    expect(root.bound, `seed ${seed}`).toBeLessThanOrEqual(exact)
    const found = packFewest(packing, seeded(seed), new Budget({ work: 3e7 }), () => undefined)
    expect({ seed, bins: found.bins }).toEqual({ seed, bins: exact })
    const state = new State(packing)
    state.replace(found.where!)
    expect(state.isValid(), `seed ${seed}`).toBe(true)
    if (found.bound === exact) proved++
  }
  expect(cases).toBeGreaterThan(80)
  expect(proved).toBeGreaterThan(0.8 * cases)
}, 60_000)

test('a dive takes no more bins of a kind than there are, and puts no more into one than its kind has room for', () => {
  let complete = 0
  for (let seed = 1; seed <= 150; seed++) {
    const packing = drawn(seed)
    const { classes, pricings, root } = relaxed(packing, seeded(seed))
    const { columns, isComplete } = dive(
      classes,
      pricings,
      root,
      allOf(classes),
      { most: packing.bins, noise: 0.3, clear: 0.3 },
      seeded(seed),
      new Budget({ work: 1e7 }),
    )
    const taken = new Int32Array(classes.kinds.length)
    const placed = new Int32Array(classes.count)
    for (const { kind, rows, counts } of columns) {
      taken[kind]!++
      const load = new Float64Array(classes.dims)
      rows.forEach((c, k) => {
        placed[c]! += counts[k]!
        for (let d = 0; d < classes.dims; d++)
          load[d]! += classes.size[c * classes.dims + d]! * counts[k]!
      })
      load.forEach((amount, d) =>
        expect(amount, `seed ${seed}`).toBeLessThanOrEqual(classes.kinds[kind]!.capacity[d]!),
      )
    }
    classes.kinds.forEach(({ bins }, k) =>
      expect(taken[k], `seed ${seed}`).toBeLessThanOrEqual(bins.length),
    )
    placed.forEach((count, c) => expect(count).toBeLessThanOrEqual(classes.demand[c]!))
    if (isComplete) complete++
  }
  expect(complete).toBeGreaterThan(50)
}, 60_000)
