// One question of fewest hosts that survive X failures, its answer judged by the checker, and how near the bound it is.
import { checkPlacement } from '../../../src/solver/check/placement.ts'
import { solvePlacement } from '../../../src/solver/placement.ts'
import type { Placed, Problem } from '../../../src/solver/problem.ts'
import { complaintsOf } from './certificates.ts'
import { cpuClock } from './cpu-clock.ts'
import { inSeconds, type MarkRow, timed, verdictOf } from './mark.ts'

/** What the checker says against a map that is said to hold X on the HWMs that are on. */
export function complaintsOfPlaced(problem: Problem, placed: Placed): string[] {
  if (placed.answer !== 'map') return [`no map: ${placed.sentence}`]
  const complaints = checkPlacement(problem, placed.map)
  if (complaints.length > 0) return complaints
  // HWMs that are off take nobody in.
  const on = new Set(placed.hwmsOn)
  const hwms = problem.hwms.map(hwm => (on.has(hwm.name) ? hwm : { ...hwm, fallback: false }))
  const used = new Set(placed.map.values())
  if ([...used].some(name => !on.has(name))) return ['a VM is on an HWM that is off']
  return placed.resilience.holds === 'yes'
    ? complaintsOf({ ...problem, hwms }, placed.map, placed.resilience)
    : [`X = ${placed.resilience.asked} does not hold`]
}

/** HWMs up to which the mark is the bound and one more. */
const FEW = 50

/** `of`: what the bound is called. `limit` in s. */
export function fewestHostsRow(
  what: string,
  problem: Problem,
  tolerate: number,
  limit: number,
  of: string,
): MarkRow {
  const { value, seconds } = timed(() =>
    solvePlacement(problem, {
      objectives: ['fewest-hwms'],
      tolerate,
      findLargest: false,
      seconds: limit,
      now: cpuClock,
    }),
  )
  const wrong = complaintsOfPlaced(problem, value)
  const isFew = problem.hwms.length <= FEW
  const isClose =
    value.answer === 'map' &&
    (isFew ? value.value <= value.bound + 1 : value.value <= 1.03 * value.bound)
  return {
    what,
    mark: `${isFew ? `<= ${of} + 1` : '<= 1.03 x bound'}, ${limit} s`,
    figure:
      value.answer === 'map'
        ? `${value.value} hosts, bound ${value.bound}, ${inSeconds(seconds)}${wrong.length > 0 ? `; checker: ${wrong[0]}` : ''}`
        : `${value.sentence} ${inSeconds(seconds)}`,
    verdict: verdictOf(isClose && wrong.length === 0 && seconds <= limit * 1.05),
  }
}
