// Fallback targets that share the load out: where there is room to choose, the HAVMs of a failed HWM restart on many HWMs rather than on
// the few that would keep the least reserve. They are up sooner, as every HWM starts a few at a time, and nobody is full afterwards.
import type { Budget } from '../budget.ts'
import type { Ground } from './ground.ts'
import { choose, everySet, judge, unitsThatMatter, type Verdict } from './judge.ts'
import { firstEntries } from './lists.ts'
import { refuteReplicas } from './refute.ts'
import { Simulation } from './simulate.ts'

/** Beyond this, running all sets for nothing would take longer than the verdict may. */
const MOST_SETS = 200_000

/** As `judge`, with lists that share out where such lists answer every set. */
export function judgeSpread(ground: Ground, tolerate: number, budget: Budget): Verdict {
  return sharedOut(ground, tolerate, budget) ?? judge(ground, tolerate, budget)
}

function sharedOut(ground: Ground, tolerate: number, budget: Budget): Verdict | undefined {
  const units = unitsThatMatter(ground)
  const size = Math.min(tolerate, units.length)
  if (size === 0 || ground.loads.length === 0) return undefined
  if (choose(units.length, size) > MOST_SETS) return undefined
  // What restarts elsewhere does not go on running: no list mends that.
  if (refuteReplicas(ground, tolerate) !== undefined) return undefined
  const lists = firstEntries(ground, size, budget, 'share out')
  const simulation = new Simulation(ground, lists)
  let setsChecked = 0
  for (let s = 1; s <= size; s++) {
    const isAnswered = everySet(units, s, set => {
      if (s === size) setsChecked++
      return simulation.run(set, budget, false) === 'lists' && !budget.isOver
    })
    if (!isAnswered) return undefined
  }
  return { holds: 'yes', by: 'lists', lists, peaks: simulation.peaks, own: [], setsChecked }
}
