// Resilience by name: the verdict on X, and fallback maps for one set or all.
import { Budget, type Limits } from '../budget.ts'
import { assignmentOf, compile, type Compiled } from '../compile.ts'
import type { CounterExample, FallbackMap, PlacementMap, Problem, Resilience } from '../problem.ts'
import { type Ground, groundOf } from './ground.ts'
import { choices, choose, counterExampleOf, judge, MOST_SETS, type Verdict } from './judge.ts'
import type { Lists } from './lists.ts'
import { namesOf } from './refute.ts'
import { type Restart, Restarter } from './restart.ts'
import { Simulation } from './simulate.ts'
import { judgeSpread } from './spread.ts'

export interface JudgeOptions extends Limits {
  /** X; the problem's own when left out. */
  readonly tolerate?: number
  /** Also finds the largest X that holds. Default true. */
  readonly findLargest?: boolean
}

/** Backup lists by name. */
export function listsByName(ground: Ground, lists: Lists | undefined): Map<string, string[]> {
  const named = new Map<string, string[]>()
  if (lists === undefined) return named
  const { vms, hwms } = ground.compiled.problem
  ground.loads.forEach((load, l) => {
    const entries: string[] = []
    for (let k = 0; k < lists.depth; k++) {
      const h = lists.entries[l * lists.depth + k]!
      if (h < 0) break
      entries.push(hwms[h]!.name)
    }
    for (const v of load.vms) named.set(vms[v]!.name, entries)
  })
  return named
}

/** Work for finding how far X could be raised: seconds. Nobody asked for more than the verdict. */
export const LARGEST_WORK = 5e7

/** The verdict, and how far X could be raised, on compiled ground; the second is left out when `spare` is over. */
export function resilienceOf(
  ground: Ground,
  asked: number,
  findLargest: boolean,
  budget: Budget,
  spare = budget.part(LARGEST_WORK),
): Resilience & { verdict: Verdict } {
  const verdict = judgeSpread(ground, asked, budget)
  const { holds } = verdict
  let largest = holds === 'yes' ? asked : 0
  let largestIsExact = false
  const units = ground.compiled.units.length
  if (ground.loads.length === 0 && ground.compiled.replicas.length === 0) {
    largest = units
    largestIsExact = true
  } else if (findLargest && !spare.isOver) {
    if (holds === 'yes') {
      let above = 'yes'
      while (above === 'yes' && largest < units) {
        above = judge(ground, largest + 1, spare).holds
        if (above === 'yes') largest++
      }
      largestIsExact = above === 'no'
    } else {
      // X - 1 holds when X does (T1), so the first that holds from above ends the search; all above it must be refuted.
      let refuted = holds === 'no'
      for (let x = asked - 1; x >= 0; x--) {
        const below = judge(ground, x, spare).holds
        if (below === 'yes') {
          largest = x
          break
        }
        refuted = refuted && below === 'no'
      }
      largestIsExact = refuted
    }
  }
  return {
    asked,
    holds,
    largest,
    largestIsExact,
    ...(verdict.counterExample === undefined ? {} : { counterExample: verdict.counterExample }),
    by: verdict.by,
    lists: listsByName(ground, verdict.lists),
    setsWithOwnMap: verdict.own.map(set => namesOf(ground, set)),
    setsChecked: verdict.setsChecked,
    verdict,
  }
}

/**
 * Whether every set of at most X failure units can be survived from `map`, the proof when it cannot, and the largest X.
 * VMs without a place are not looked at. Throws `UnsoundProblem`.
 */
export function judgeResilience(
  problem: Problem,
  map: PlacementMap,
  options: JudgeOptions = {},
): Resilience {
  const compiled = compile(problem)
  const ground = groundOf(compiled, assignmentOf(compiled, map))
  const budget = new Budget(options)
  const { verdict: _, ...resilience } = resilienceOf(
    ground,
    options.tolerate ?? problem.tolerate,
    options.findLargest ?? true,
    budget,
  )
  return resilience
}

/** An answer for one failure set: its map, or why there is none. */
export type Fallback =
  | {
      readonly answer: 'map'
      readonly failed: readonly string[]
      readonly map: PlacementMap
      readonly by: 'lists' | 'own'
    }
  | {
      readonly answer: 'impossible' | 'unknown'
      readonly failed: readonly string[]
      /** The best there is: HAVMs that do find room, those of higher priority first. */
      readonly map: PlacementMap
      readonly why: ReturnType<typeof counterExampleOf>
    }

function byName(
  compiled: Compiled,
  ground: Ground,
  places: Restart['places'],
): Map<string, string> {
  const map = new Map<string, string>()
  for (const [l, h] of places) {
    for (const v of ground.loads[l]!.vms)
      map.set(compiled.problem.vms[v]!.name, compiled.problem.hwms[h]!.name)
  }
  return map
}

export type SetOptions = Limits & { readonly lists?: ReadonlyMap<string, readonly string[]> }

/** The map for one set of HWMs, whatever the failure domains are. `lists` are used when they answer it. */
export function fallbackFor(
  problem: Problem,
  map: PlacementMap,
  failed: readonly string[],
  options: SetOptions = {},
): Fallback {
  return fallbacksOn(problem, map)(failed, options)
}

/** `fallbackFor` for many sets of one map, which must not change meanwhile: what does not depend on the set is made once. */
export function fallbacksOn(
  problem: Problem,
  map: PlacementMap,
): (failed: readonly string[], options?: SetOptions) => Fallback {
  const { failureDomains: _, ...rest } = problem
  const compiled = compile(rest)
  const ground = groundOf(compiled, assignmentOf(compiled, map))
  return (failed, options = {}) => fallbackOn(ground, failed, options)
}

function fallbackOn(ground: Ground, failed: readonly string[], options: SetOptions): Fallback {
  const { compiled } = ground
  const budget = new Budget(options)
  const units = failed.map(name => {
    const h = compiled.hwmIndex.get(name)
    if (h === undefined) throw new RangeError(`${name} is no HWM of this cluster.`)
    return compiled.unitOf[h]!
  })
  if (options.lists !== undefined) {
    const places: [number, number][] = []
    const simulation = new Simulation(ground, listsByNumber(ground, options.lists))
    if (simulation.run(units, budget, false, places) === 'lists') {
      return { answer: 'map', failed, map: byName(compiled, ground, places), by: 'lists' }
    }
  }
  const restarter = new Restarter(ground)
  const restart = restarter.shareOut(units, budget) ?? restarter.restart(units, budget)
  const answer = byName(compiled, ground, restart.places)
  if (restart.answer === 'fits') return { answer: 'map', failed, map: answer, by: 'own' }
  return {
    answer: restart.answer,
    failed,
    map: answer,
    why: counterExampleOf(ground, units, restart),
  }
}

/** Lists by number, for a ground whose failure units may differ from those the lists were made for; with room for `least` entries each. */
function listsByNumber(
  ground: Ground,
  named: ReadonlyMap<string, readonly string[]>,
  least = 1,
): Lists {
  const { problem, hwmIndex } = ground.compiled
  let depth = least
  for (const list of named.values()) depth = Math.max(depth, list.length)
  const entries = new Int32Array(ground.loads.length * depth).fill(-1)
  ground.loads.forEach((load, l) => {
    named.get(problem.vms[load.vms[0]!]!.name)?.forEach((name, k) => {
      entries[l * depth + k] = hwmIndex.get(name) ?? -1
    })
  })
  return { entries, depth }
}

/** One of `allFallbacks`. */
export interface EachFallback extends FallbackMap {
  readonly isComplete: boolean
  /** What is short, when it is not complete. */
  readonly why?: CounterExample
  /** Neither complete nor proved impossible in the time given. */
  readonly isUnknown: boolean
}

/** `replicas` bind who goes on running, not where the others restart. */
function forRestarts(problem: Problem): Problem {
  const groups = problem.groups.map(group => ({ ...group, replicas: 0 }))
  return { ...problem, groups }
}

/**
 * The maps of all sets of 1 to X failure units, smaller sets first; of each that cannot be survived, the best there is. `lists`: those of a verdict on this
 * map; without them the map is judged first.
 */
export function* allFallbacks(
  problem: Problem,
  map: PlacementMap,
  options: SetOptions & { readonly tolerate?: number } = {},
): Generator<EachFallback> {
  const compiled = compile(forRestarts(problem))
  const ground = groundOf(compiled, assignmentOf(compiled, map))
  const budget = new Budget(options)
  const tolerate = Math.min(options.tolerate ?? problem.tolerate, compiled.units.length)
  const lists =
    options.lists === undefined
      ? judgeSpread(ground, tolerate, budget).lists
      : listsByNumber(ground, options.lists, tolerate)
  const simulation = lists === undefined ? undefined : new Simulation(ground, lists)
  const restarter = new Restarter(ground)
  const all = Array.from({ length: compiled.units.length }, (_, u) => u)
  for (let size = 1; size <= tolerate; size++) {
    if (choose(all.length, size) > MOST_SETS) return
    for (const set of choices(all, size)) {
      const places: [number, number][] = []
      if ((simulation?.run(set, budget, true, places) ?? 'no') !== 'no') {
        yield {
          failed: namesOf(ground, set),
          map: byName(compiled, ground, places),
          isComplete: true,
          isUnknown: false,
        }
      } else {
        const restart = restarter.restart(set, budget)
        yield {
          failed: namesOf(ground, set),
          map: byName(compiled, ground, restart.places),
          isComplete: restart.answer === 'fits',
          isUnknown: restart.answer === 'unknown',
          ...(restart.answer !== 'fits' && { why: counterExampleOf(ground, set, restart) }),
        }
      }
      if (budget.isOver) return
    }
  }
}
