import { expect, test } from 'vitest'
import { Budget } from '../../src/solver/budget.ts'
import { checkWorth } from '../../src/solver/check/bins.ts'
import { packFewest } from '../../src/solver/packing/fewest.ts'
import { plainPacking } from '../../src/solver/packing/packing.ts'
import { seeded } from '../../src/solver/random.ts'

/** By looking at every subset. */
function dearest(capacity: number[], sizes: number[], worth: number[]): number {
  const dims = capacity.length
  let best = 0
  for (let set = 0; set < 2 ** worth.length; set++) {
    const room = capacity.slice()
    let sum = 0
    worth.forEach((w, i) => {
      if (((set >> i) & 1) === 0) return
      sum += w
      for (let d = 0; d < dims; d++) room[d]! -= sizes[i * dims + d]!
    })
    if (sum > best && room.every(free => free >= 0)) best = sum
  }
  return best
}

test('the dearest bin is found: a proof stands by it and falls by one less', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = seeded(seed)
    const dims = 1 + random.below(3)
    const items = 4 + random.below(6)
    const capacity = Array.from({ length: dims }, () => 10 + random.below(10))
    const sizes = Array.from({ length: items * dims }, () => random.below(9))
    const worth = Array.from({ length: items }, () => random.below(30))
    const most = dearest(capacity, sizes, worth)
    const all = worth.reduce((sum, w) => sum + w, 0)
    if (most < 2) continue
    expect(checkWorth(capacity, sizes, { scale: most, worth }, Math.ceil(all / most))).toBe('yes')
    expect(checkWorth(capacity, sizes, { scale: most, worth }, Math.ceil(all / most) + 1)).toBe(
      'no',
    )
    expect(checkWorth(capacity, sizes, { scale: most - 1, worth }, 1)).toBe('no')
  }
})

test('what is no proof is refused', () => {
  const sizes = [6, 6, 6]
  expect(checkWorth([10], sizes, { scale: 1, worth: [1, 1, 1] }, 3)).toBe('yes')
  expect(checkWorth([12], sizes, { scale: 1, worth: [1, 1, 1] }, 3)).toBe('no')
  expect(checkWorth([10], sizes, { scale: 1, worth: [1, 1, 1] }, 4)).toBe('no')
  expect(checkWorth([10], sizes, { scale: 1, worth: [1, 1] }, 2)).toBe('no')
  expect(checkWorth([10], sizes, { scale: 1, worth: [0.5, 1, 1] }, 2)).toBe('no')
  expect(checkWorth([10], sizes, { scale: 1, worth: [-1, 2, 2] }, 2)).toBe('no')
})

test('bounds of columns come with a proof that the checker accepts', () => {
  let proofs = 0
  for (let seed = 1; seed <= 12; seed++) {
    const random = seeded(seed)
    const items = 40
    const sizes = Float64Array.from({ length: items * 3 }, () => 150 + random.below(400))
    const capacity = [1000, 1000, 1000]
    const { bound, proof } = packFewest(
      plainPacking(capacity, sizes, items),
      seeded(seed),
      new Budget({ work: 3e8 }),
      () => undefined,
      8,
    )
    if (proof === undefined) continue
    proofs++
    expect(checkWorth(capacity, sizes, proof, bound)).toBe('yes')
    expect(checkWorth(capacity, sizes, proof, bound + 1)).toBe('no')
  }
  expect(proofs).toBeGreaterThan(4)
})
