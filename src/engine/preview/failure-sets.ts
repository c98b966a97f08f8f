// The failure sets that people look at, and what follows from the maps of single failures: where each HAVM restarts, and which spare slots
// are kept for whom.
import type { FailureSet, Kept, Preview } from '../../model/preview.ts'
import { setName } from '../../model/preview.ts'
import type { Resources } from '../../model/resources.ts'
import { shortage } from '../../operations/reasons.ts'
import type { Limits } from '../../solver/budget.ts'
import { failureUnits } from '../../solver/check/fallback.ts'
import type { PlacementMap, Problem, Resilience } from '../../solver/problem.ts'
import { allFallbacks, type EachFallback, fallbackFor } from '../../solver/resilience/index.ts'
import type { Scene } from './scene.ts'

export type ListedSets = Pick<Preview, 'ifFails' | 'kept' | 'sets' | 'setsUnlisted'>

/** For all sets together; those that are not reached are not listed. */
const SETS_S = 5
/** More sets than this are not listed: nobody reads them, and any of them can be asked for. */
const MOST_SETS = 2_000
/** Sets of several HWMs that stand out, when not all are listed. */
const MOST_STANDING_OUT = 100

export function listSets(
  { problem }: Scene,
  places: PlacementMap,
  resilience: Resilience,
  limits: (seconds: number) => Limits,
): ListedSets {
  const on = residents(problem, places)
  const units = failureUnits(problem).length
  const tolerate = Math.max(1, problem.tolerate)
  const isAll = setsUpTo(units, tolerate) <= MOST_SETS
  const sets: Record<string, FailureSet> = {}
  const list = (failed: readonly string[], found: Found) => {
    sets[setName(failed)] = { ...rowOf(on, failed, found), label: labelOf(failed) }
  }
  const labelOf = labels(problem)
  const arrivals = new Arrivals(problem)
  const ifFails: Record<string, string> = {}
  const hasDomains = problem.failureDomains !== undefined && problem.failureDomains !== 'hwm'
  const all = allFallbacks(problem, places, {
    ...limits(SETS_S),
    tolerate: isAll ? tolerate : 1,
  })
  let unitsSeen = 0
  for (const each of all) {
    const { failed, map } = each
    list(failed, each)
    unitsSeen++
    if (unitsSeen > units) continue
    arrivals.note(failed, map)
    if (!hasDomains) foresee(ifFails, on, failed, map)
  }
  if (hasDomains) {
    const { failureDomains: _, ...alone } = problem
    for (const { failed, map } of allFallbacks(alone, places, { ...limits(SETS_S), tolerate: 1 }))
      foresee(ifFails, on, failed, map)
  }
  if (!isAll) {
    const outstanding = [
      ...(resilience.counterExample ? [resilience.counterExample.failed] : []),
      ...resilience.setsWithOwnMap.slice(0, MOST_STANDING_OUT),
    ].filter(failed => failed.length > 0 && sets[setName(failed)] === undefined)
    for (const failed of outstanding) {
      const found = fallbackFor(problem, places, failed, limits(1))
      list(failed, {
        map: found.map,
        isComplete: found.answer === 'map',
        isUnknown: found.answer === 'unknown',
        ...(found.answer !== 'map' && { why: found.why }),
      })
    }
  }
  const setsUnlisted = setsUpTo(units, tolerate) - Object.keys(sets).length
  return { sets, setsUnlisted, ifFails, kept: arrivals.kept(tolerate) }
}

type Found = Pick<EachFallback, 'map' | 'isComplete' | 'isUnknown' | 'why'>

interface Residents {
  readonly ha: readonly string[]
  readonly plain: number
}

const NOBODY: Residents = { ha: [], plain: 0 }

function residents(problem: Problem, places: PlacementMap): ReadonlyMap<string, Residents> {
  const on = new Map<string, { ha: string[]; plain: number }>()
  for (const vm of problem.vms) {
    const hwm = places.get(vm.name)
    if (hwm === undefined) continue
    let here = on.get(hwm)
    if (here === undefined) on.set(hwm, (here = { ha: [], plain: 0 }))
    if (vm.ha) here.ha.push(vm.name)
    else here.plain++
  }
  return on
}

function rowOf(
  on: ReadonlyMap<string, Residents>,
  failed: readonly string[],
  { map, isComplete, isUnknown, why }: Found,
): Omit<FailureSet, 'label'> {
  let all = 0
  let waits = 0
  for (const hwm of failed) {
    const here = on.get(hwm) ?? NOBODY
    all += here.ha.length
    waits += here.plain
  }
  return {
    failed,
    restarts: map.size,
    left: all - map.size,
    waits,
    state: isComplete ? 'covered' : isUnknown ? 'unknown' : 'short',
    why: isComplete || why === undefined ? '' : shortage(why),
  }
}

/** HWMs that fail together by a label of theirs are named by it: `rack r1`. */
function labels(problem: Problem): (failed: readonly string[]) => string {
  const { failureDomains } = problem
  if (failureDomains === undefined || failureDomains === 'hwm') return failed => failed.join(' + ')
  const valueOf = new Map(problem.hwms.map(hwm => [hwm.name, hwm.labels?.[failureDomains]]))
  return failed => {
    const names = failed.map(hwm => {
      const value = valueOf.get(hwm)
      return value === undefined ? hwm : `${failureDomains} ${value}`
    })
    return [...new Set(names)].join(' + ')
  }
}

function foresee(
  ifFails: Record<string, string>,
  on: ReadonlyMap<string, Residents>,
  failed: readonly string[],
  map: PlacementMap,
): void {
  for (const hwm of failed)
    for (const vm of (on.get(hwm) ?? NOBODY).ha) ifFails[vm] = map.get(vm) ?? ''
}

/** What comes to each HWM, by the failure that sends it. */
class Arrivals {
  readonly #demands: ReadonlyMap<string, Resources>
  readonly #by = new Map<string, { failed: readonly string[]; amounts: Record<string, number> }[]>()

  constructor(problem: Problem) {
    this.#demands = new Map(problem.vms.map(vm => [vm.name, vm.demand]))
  }

  note(failed: readonly string[], map: PlacementMap): void {
    const sums = new Map<string, Record<string, number>>()
    for (const [vm, hwm] of map) {
      let sum = sums.get(hwm)
      if (sum === undefined) sums.set(hwm, (sum = {}))
      for (const [dimension, amount] of Object.entries(this.#demands.get(vm) ?? {}))
        sum[dimension] = (sum[dimension] ?? 0) + amount
    }
    for (const [hwm, amounts] of sums) {
      const list = this.#by.get(hwm)
      if (list === undefined) this.#by.set(hwm, [{ failed, amounts }])
      else list.push({ failed, amounts })
    }
  }

  /** Failures that cannot happen together share their slots: what the X that send most send together is kept. */
  kept(tolerate: number): Record<string, Kept> {
    const kept: Record<string, Kept> = {}
    for (const [hwm, list] of this.#by) {
      const amounts: Record<string, number> = {}
      const dimensions = new Set(list.flatMap(each => Object.keys(each.amounts)))
      for (const dimension of dimensions) {
        const most = list.map(each => each.amounts[dimension] ?? 0).sort((a, b) => b - a)
        amounts[dimension] = most.slice(0, tolerate).reduce((sum, amount) => sum + amount, 0)
      }
      kept[hwm] = { amounts, by: list.flatMap(each => each.failed).toSorted() }
    }
    return kept
  }
}

/** How many sets of 1 to `most` there are of so many units. */
function setsUpTo(units: number, most: number): number {
  let sum = 0
  let ways = 1
  for (let size = 1; size <= Math.min(most, units); size++) {
    ways = (ways * (units - size + 1)) / size
    sum += ways
  }
  return Math.round(sum)
}
