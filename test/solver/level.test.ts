// The level to which plain VMs fill the largest HWMs, beside every way to spread them.
import { expect, test } from 'vitest'
import { isEnoughAtLevel, shareAtLevel } from '../../src/solver/bounds/level.ts'
import { seeded } from '../../src/solver/random.ts'

/** Whether some way to spread whole units of plain load leaves enough: the X largest C - P are no more than all spare room. */
function isEnoughByTrying(
  sizes: readonly number[],
  plain: number,
  ha: number,
  tolerate: number,
): boolean {
  const spare = sizes.reduce((sum, size) => sum + size, 0) - plain - ha
  const lost: number[] = []
  const go = (k: number, left: number): boolean => {
    if (k === sizes.length) {
      const worst = lost.toSorted((a, b) => b - a).slice(0, tolerate)
      return left === 0 && worst.reduce((sum, each) => sum + each, 0) <= spare
    }
    for (let here = Math.min(left, sizes[k]!); here >= 0; here--) {
      lost[k] = sizes[k]! - here
      if (go(k + 1, left - here)) return true
    }
    return false
  }
  return spare >= 0 && go(0, plain)
}

function sized(sizes: readonly number[]) {
  return sizes.toSorted((a, b) => b - a).map(size => ({ size, count: 1 }))
}

test('no way to spread plain load does where the level says that none does, and some way does where it clearly says so', () => {
  const count = { yes: 0, no: 0 }
  for (let seed = 1; seed <= 1_500; seed++) {
    const random = seeded(seed)
    const sizes = Array.from({ length: 2 + random.below(3) }, () => 1 + random.below(9))
    const plain = random.below(10)
    const ha = 1 + random.below(8)
    const tolerate = 1 + random.below(2)
    if (tolerate >= sizes.length) continue
    const says = isEnoughAtLevel(sized(sizes), plain, ha, tolerate)
    const really = isEnoughByTrying(sizes, plain, ha, tolerate)
    if (really) expect({ seed, says }).toEqual({ seed, says: true })
    // In whole units a little more may be lost than by the level: one on each that fails.
    const spare = sizes.reduce((sum, size) => sum + size, 0) - plain - ha
    const lost = spare / shareAtLevel(sized(sizes), plain, ha, tolerate)
    if (says && spare - lost >= tolerate) expect({ seed, really }).toEqual({ seed, really: true })
    count[really ? 'yes' : 'no']++
  }
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(200)
})

test('a larger HWM in place of one is never worse', () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = seeded(seed)
    const sizes = Array.from({ length: 3 + random.below(4) }, () => 1 + random.below(20))
    const plain = random.below(40)
    const ha = 1 + random.below(20)
    const tolerate = 1 + random.below(3)
    if (tolerate >= sizes.length || !isEnoughAtLevel(sized(sizes), plain, ha, tolerate)) continue
    const larger = sizes.slice()
    larger[random.below(sizes.length)]! += 1 + random.below(10)
    expect({ seed, is: isEnoughAtLevel(sized(larger), plain, ha, tolerate) }).toEqual({
      seed,
      is: true,
    })
  }
})
