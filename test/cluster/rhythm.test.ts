import { expect, test } from 'vitest'
import { factLimitMs } from '../../src/model/rhythm.ts'
import { sized } from '../../src/simulator/made-up.ts'
import { Observed } from './observed.ts'

test.each([3, 40, 400])(
  'in a cluster of %i that is well no fact is ever called old',
  async hwms => {
    await using seen = await Observed.begin(sized(hwms, hwms, 1))
    const oldest = () => {
      const ages = Object.values(seen.snapshot.hwms).map(
        ({ seenAt = 0 }) => seen.clock.now() - seenAt,
      )
      return Math.max(...ages)
    }
    let worst = 0
    // Over two of the lists that come once a minute.
    for (let second = 0; second < 150; second++) {
      await seen.clock.advance(1_000)
      worst = Math.max(worst, oldest())
    }
    expect(worst).toBeGreaterThan(0)
    expect(worst).toBeLessThan(factLimitMs(hwms))
  },
  30_000,
)
