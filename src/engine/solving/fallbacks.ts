// Fallback maps for people and programs: of the sets asked for, each with its map or with what is short.
import { failureUnits, movedAgain } from '../../solver/check/fallback.ts'
import type { FallbackMap, PlacementMap, Problem, Resilience } from '../../solver/problem.ts'
import { allFallbacks, fallbackFor } from '../../solver/resilience/index.ts'
import type { SetAnswer, WantedFallbacks } from './answer.ts'
import { Backups, ListedSet } from './listed-set.ts'
import type { TimeShare } from './time-share.ts'

/** Sets beyond this many HAVMs in all are left out: nobody reads them, and each set can be asked for by itself. */
const MOST_ENTRIES = 2_000_000
const MOST_SETS = 200_000

/** Listing all sets may take twice the time asked for: that is spent on printing them, too. */
const SHARE_OF_ALL_SETS = 2

export interface SetAnswers {
  readonly fallback: readonly SetAnswer[]
  readonly isComplete: boolean
  /** How many there are, listed or not. */
  readonly inAll: number
}

export function answerSets(
  problem: Problem,
  map: PlacementMap,
  resilience: Resilience,
  wanted: WantedFallbacks,
  time: TimeShare,
  most = MOST_SETS,
): SetAnswers {
  if (wanted === 'none' || map.size === 0) return { fallback: [], isComplete: true, inAll: 0 }
  if (wanted !== 'all') {
    const fallback = wanted.map(failed => answerSet(problem, map, failed, resilience.lists, time))
    return { fallback, isComplete: true, inAll: fallback.length }
  }
  const { lists } = resilience
  const backups = new Backups(map, lists)
  const fallback: SetAnswer[] = []
  let entries = 0
  const limits = { ...time.until(SHARE_OF_ALL_SETS), ...(lists.size > 0 && { lists }) }
  for (const each of allFallbacks(problem, map, limits)) {
    if (fallback.length >= most || entries >= MOST_ENTRIES) break
    const { failed } = each
    entries += each.map.size
    if (!each.isComplete) fallback.push(answerSet(problem, map, failed, new Map(), time))
    else if (isByLists(each, lists)) fallback.push(new ListedSet(backups, failed))
    else fallback.push({ failed, map: each.map, complete: true, by: 'own', isUnknown: false })
  }
  const inAll = countSets(problem)
  return {
    fallback: withSecondMoves(problem, fallback),
    isComplete: fallback.length === inAll,
    inAll,
  }
}

/** By lists nothing moves twice; where a set needed a map of its own, it is said which VMs would, and after which failures. */
function withSecondMoves(problem: Problem, fallback: readonly SetAnswer[]): readonly SetAnswer[] {
  if (fallback.every(set => set.by === 'lists')) return fallback
  const key = (hwms: readonly string[]): string => [...hwms].sort().join(' ')
  const known = new Map(fallback.map(set => [key(set.failed), set]))
  const units = failureUnits(problem)
  return fallback.map(set => {
    const movesAgain = units.flatMap(unit => {
      if (!unit.every(hwm => set.failed.includes(hwm))) return []
      const smaller = known.get(key(set.failed.filter(hwm => !unit.includes(hwm))))
      const vms = smaller === undefined ? [] : movedAgain(smaller.map, set.map, set.failed)
      return smaller === undefined || vms.length === 0 ? [] : [{ after: smaller.failed, vms }]
    })
    if (movesAgain.length === 0) return set
    return set instanceof ListedSet ? set.with(movesAgain) : { ...set, movesAgain }
  })
}

function isByLists(
  { failed, map }: FallbackMap,
  lists: ReadonlyMap<string, readonly string[]>,
): boolean {
  for (const [vm, hwm] of map) {
    if (lists.get(vm)?.find(name => !failed.includes(name)) !== hwm) return false
  }
  return true
}

/** How many failure sets of 1 to X units there are. */
function countSets(problem: Problem): number {
  const units = failureUnits(problem).length
  let sum = 0
  let ways = 1
  for (let size = 1; size <= Math.min(problem.tolerate, units); size++) {
    ways = (ways * (units - size + 1)) / size
    sum += ways
  }
  return Math.round(sum)
}

/** One set of HWMs that fail together. Throws `RangeError` for an HWM that is not there. */
export function answerSet(
  problem: Problem,
  map: PlacementMap,
  failed: readonly string[],
  lists: ReadonlyMap<string, readonly string[]>,
  time: Pick<TimeShare, 'until'>,
): SetAnswer {
  const found = fallbackFor(problem, map, failed, {
    ...time.until(1),
    ...(lists.size > 0 && { lists }),
  })
  if (found.answer === 'map')
    return { failed, map: found.map, complete: true, by: found.by, isUnknown: false }
  return {
    failed,
    map: found.map,
    complete: false,
    by: 'own',
    why: found.why,
    isUnknown: found.answer === 'unknown',
  }
}
