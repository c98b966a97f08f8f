import { expect, test } from 'vitest'
import { choicesOf, fewestOfKinds, kindsOf } from '../../src/solver/bounds/kinds.ts'
import { Budget } from '../../src/solver/budget.ts'
import { seeded } from '../../src/solver/random.ts'

/** All subsets of the HWMs with enough of each dimension: the fewest members. */
function fewestByTrying(capacity: Float64Array, dims: number, need: Float64Array): number {
  const hwms = capacity.length / dims
  let fewest = hwms + 1
  for (let set = 0; set < 2 ** hwms; set++) {
    const held = new Float64Array(dims)
    let count = 0
    for (let h = 0; h < hwms; h++) {
      if (((set >> h) & 1) === 0) continue
      count++
      for (let d = 0; d < dims; d++) held[d]! += capacity[h * dims + d]!
    }
    if (held.every((amount, d) => amount >= need[d]!)) fewest = Math.min(fewest, count)
  }
  return fewest
}

test('the fewest of some kinds are those of all subsets', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed)
    const dims = 1 + random.below(3)
    const kinds = Array.from({ length: 1 + random.below(3) }, () =>
      Array.from({ length: dims }, () => 1 + random.below(9)),
    )
    const hwms = 3 + random.below(6)
    const capacity = Float64Array.from(
      Array.from({ length: hwms }, () => kinds[random.below(kinds.length)]!).flat(),
    )
    const need = Float64Array.from({ length: dims }, () => random.below(6 * hwms))
    const all = Array.from({ length: hwms }, (_, h) => h)
    const expected = fewestByTrying(capacity, dims, need)
    expect(fewestOfKinds(kindsOf(capacity, dims, all), 0, () => need)).toBe(expected)
  }
})

test('choices come the most plentiful first, and no more than asked for', () => {
  const capacity = Float64Array.of(4, 1, 4, 1, 1, 4, 1, 4, 2, 2)
  const kinds = kindsOf(capacity, 2, [0, 1, 2, 3, 4])
  const choices = choicesOf(kinds, 2, Float64Array.of(3, 3), 2)!
  expect(choices.map(({ counts }) => counts)).toEqual([
    [1, 1, 0],
    [1, 0, 1],
  ])
  expect(choices[0]!.plenty).toBeCloseTo(5 / 3)
})

test('a share of a part is a share of what the whole has left', () => {
  const whole = new Budget({ work: 1000 })
  const share = whole.unless(() => false).share(0.25)
  share.spend(200)
  expect(share.isOver).toBe(false)
  share.spend(100)
  expect(share.isOver).toBe(true)
  let now = 0
  const timed = new Budget({ seconds: 1, now: () => now }).unless(() => false).share(0.5)
  now = 400
  timed.spend(1e6)
  expect(timed.isOver).toBe(false)
  now = 600
  timed.spend(1e6)
  expect(timed.isOver).toBe(true)
})
