// Judges a cluster after a change by what was known before it: backup lists stay as they are, and only failure sets that the change can
// have touched are run again. A set is untouched when its HAVMs and their lists are the same and no HWM on these lists lost room.
import { Budget } from '../budget.ts'
import { assignmentOf, compile, type Compiled } from '../compile.ts'
import type { PlacementMap, Problem, ProblemVm, Resilience } from '../problem.ts'
import { type Ground, groundOf } from './ground.ts'
import { type JudgeOptions, judgeResilience, listsByName } from './index.ts'
import { choose, everySet, MOST_SETS } from './judge.ts'
import type { Lists } from './lists.ts'
import { refute } from './refute.ts'
import { Simulation } from './simulate.ts'

/** A cluster that was judged. */
export interface Judged {
  readonly problem: Problem
  readonly map: PlacementMap
  readonly resilience: Resilience
}

/**
 * As `judgeResilience`, but quick when little differs from `before` and that was answered by lists: the work is in proportion to the
 * sets that are touched. Never another verdict than judging anew would give; `largest` is not looked for. Throws `UnsoundProblem`.
 */
export function judgeAgain(
  problem: Problem,
  map: PlacementMap,
  before: Judged,
  options: JudgeOptions = {},
): Resilience {
  const tolerate = options.tolerate ?? problem.tolerate
  const anew = (): Resilience => judgeResilience(problem, map, { ...options, findLargest: false })
  const { resilience } = before
  const isKnown =
    resilience.holds === 'yes' && resilience.by === 'lists' && resilience.asked === tolerate
  if (!isKnown || !isAlike(problem, before.problem)) return anew()
  const compiled = compile(problem)
  const ground = groundOf(compiled, assignmentOf(compiled, map))
  const size = Math.min(tolerate, compiled.units.length)
  if (ground.loads.length === 0 || choose(compiled.units.length, size) > MOST_SETS) return anew()
  const counterExample = refute(ground, size)
  if (counterExample !== undefined)
    return {
      ...resilience,
      holds: 'no',
      largest: 0,
      largestIsExact: false,
      counterExample,
      by: 'refutation',
      lists: new Map(),
      setsChecked: 1,
    }
  const touched = touchedUnits(ground, before, map)
  const lists = listsFor(ground, resilience.lists, size, touched)
  const setsChecked = checkTouched(ground, lists, size, touched, new Budget(options))
  if (setsChecked === undefined) return anew()
  return {
    ...resilience,
    largest: tolerate,
    largestIsExact: false,
    lists: listsByName(ground, lists),
    setsChecked,
  }
}

/** Made once for each: the next change is judged against the same. */
const grounds = new WeakMap<Judged, Ground>()

function groundBefore(before: Judged): Ground {
  const known = grounds.get(before)
  if (known !== undefined) return known
  const compiled = compile(before.problem)
  const ground = groundOf(compiled, assignmentOf(compiled, before.map))
  grounds.set(before, ground)
  return ground
}

/** Whether the rules of the game are the same: then what differs are VMs and HWMs, one by one. */
function isAlike(problem: Problem, before: Problem): boolean {
  const rules = ({ dimensions, groups, failureDomains, overcommit, hwms }: Problem): string => {
    const zones = groups.length === 0 ? [] : hwms.map(({ name, labels }) => [name, labels])
    return JSON.stringify([dimensions, groups, failureDomains, overcommit, zones])
  }
  return problem === before || rules(problem) === rules(before)
}

/** Failure units whose sets may have another answer than before. */
function touchedUnits(ground: Ground, before: Judged, map: PlacementMap): Set<number> {
  const { compiled } = ground
  const { problem, hwmIndex, vmIndex, unitOf } = compiled
  const touched = new Set<number>()
  const touch = (hwm: string | undefined): void => {
    const h = hwm === undefined ? undefined : hwmIndex.get(hwm)
    if (h !== undefined) touched.add(unitOf[h]!)
  }
  const oldVms = new Map(before.problem.vms.map(vm => [vm.name, vm]))
  const changed = new Set<string>()
  for (const vm of problem.vms) {
    const old = oldVms.get(vm.name)
    const isSame =
      old !== undefined && before.map.get(vm.name) === map.get(vm.name) && isEqual(vm, old, problem)
    if (!isSame) changed.add(vm.name)
  }
  for (const name of before.map.keys()) if (!vmIndex.has(name)) changed.add(name)
  // Of a group, whoever restarts must look where the others are.
  for (const { members } of problem.groups)
    if (members.some(name => changed.has(name))) for (const name of members) changed.add(name)
  for (const name of changed) touch(map.get(name))
  for (const hwm of worseHwms(ground, before)) touchArrivals(ground, before, hwm, touched)
  // HWMs that are new, or fail with others than before, are in sets that nobody has looked at.
  const mates = (of: Compiled, h: number): string =>
    [...of.units[of.unitOf[h]!]!].map(other => of.problem.hwms[other]!.name).join()
  const old = groundBefore(before).compiled
  problem.hwms.forEach((hwm, h) => {
    const was = old.hwmIndex.get(hwm.name)
    if (was === undefined || mates(old, was) !== mates(compiled, h)) touch(hwm.name)
  })
  return touched
}

/** Units whose HAVMs could, with the X - 1 that send most there, bring more to an HWM with less room than it has now. */
function touchArrivals(
  ground: Ground,
  { resilience }: Judged,
  hwm: string,
  touched: Set<number>,
): void {
  const { compiled, loads, size, spare } = ground
  const { dims, hwmIndex, units, takesFallback } = compiled
  const h = hwmIndex.get(hwm)
  const arriving = new Float64Array(units.length * dims)
  const coming = new Set<number>()
  loads.forEach((load, l) => {
    const list = resilience.lists.get(compiled.problem.vms[load.vms[0]!]!.name)
    if (!list?.includes(hwm)) return
    coming.add(load.unit)
    for (let d = 0; d < dims; d++) arriving[load.unit * dims + d]! += size[l * dims + d]!
  })
  const x = resilience.asked
  for (const u of coming) {
    let isTouched = h === undefined || takesFallback[h] === 0
    for (let d = 0; d < dims && !isTouched; d++) {
      const others = [...coming]
        .flatMap(other => (other === u ? [] : [arriving[other * dims + d]!]))
        .sort((a, b) => b - a)
        .slice(0, x - 1)
      const worst = others.reduce((sum, amount) => sum + amount, arriving[u * dims + d]!)
      isTouched = h === undefined || worst > spare[h * dims + d]!
    }
    if (isTouched) touched.add(u)
  }
}

function isEqual(vm: ProblemVm, old: ProblemVm, { dimensions }: Problem): boolean {
  return (
    vm === old ||
    (vm.ha === old.ha &&
      dimensions.every(each => (vm.demand[each] ?? 0) === (old.demand[each] ?? 0)) &&
      areSame(vm.only, old.only) &&
      areSame(vm.never, old.never))
  )
}

function areSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** HWMs that have less room than before, take nobody in any more, or are gone. */
function worseHwms(ground: Ground, before: Judged): Set<string> {
  const { compiled, spare } = ground
  const was = groundBefore(before)
  const old = was.compiled
  const worse = new Set<string>()
  for (const [name, h] of old.hwmIndex) {
    const now = compiled.hwmIndex.get(name)
    const isWorse =
      now === undefined ||
      (old.takesFallback[h] === 1 && compiled.takesFallback[now] === 0) ||
      compiled.dimensions.some((dimension, d) => {
        const k = old.dimensions.indexOf(dimension)
        return k < 0 || spare[now * compiled.dims + d]! < was.spare[h * old.dims + k]!
      })
    if (isWorse) worse.add(name)
  }
  return worse
}

/** The lists of before, without what may not be used any more, and a first entry where there is none. */
function listsFor(
  ground: Ground,
  named: Resilience['lists'],
  depth: number,
  touched: ReadonlySet<number>,
): Lists {
  const { compiled, loads, spare, size } = ground
  const { dims, hwms, problem, hwmIndex, unitOf, takesFallback } = compiled
  const entries = new Int32Array(loads.length * depth).fill(-1)
  const room = spare.slice()
  loads.forEach((load, l) => {
    const mayTake = (h: number): boolean =>
      unitOf[h] !== load.unit && takesFallback[h] === 1 && load.allowed[h] === 1
    const kept = (named.get(problem.vms[load.vms[0]!]!.name) ?? []).flatMap(name => {
      const h = hwmIndex.get(name)
      return h !== undefined && mayTake(h) ? [h] : []
    })
    if (kept.length === 0 && touched.has(load.unit)) {
      const h = roomiest(hwms, dims, room, size.subarray(l * dims, (l + 1) * dims), mayTake)
      if (h >= 0) {
        kept.push(h)
        for (let d = 0; d < dims; d++) room[h * dims + d]! -= size[l * dims + d]!
      }
    }
    kept.slice(0, depth).forEach((h, k) => {
      entries[l * depth + k] = h
    })
  })
  return { entries, depth }
}

function roomiest(
  hwms: number,
  dims: number,
  room: Float64Array,
  size: Float64Array,
  mayTake: (h: number) => boolean,
): number {
  let best = -1
  let most = -1
  for (let h = 0; h < hwms; h++) {
    if (!mayTake(h)) continue
    let share = Infinity
    for (let d = 0; d < dims; d++)
      if (size[d]! > 0) share = Math.min(share, room[h * dims + d]! / size[d]!)
    if (share > most) {
      most = share
      best = h
    }
  }
  return best
}

/** How many sets were run; undefined when lists do not answer one of them. */
function checkTouched(
  ground: Ground,
  lists: Lists,
  size: number,
  touched: ReadonlySet<number>,
  budget: Budget,
): number | undefined {
  const simulation = new Simulation(ground, lists)
  // Touched ones first: a set has at least one of them exactly when its first is one.
  const others = Array.from(ground.compiled.units.keys()).filter(u => !touched.has(u))
  const units = [...touched, ...others]
  let setsChecked = 0
  for (let s = 1; s <= size; s++) {
    let isCovered = true
    setsChecked = 0
    everySet(units, s, set => {
      // From the first set without one on, none has a touched unit.
      if (!touched.has(set[0]!)) return false
      setsChecked++
      isCovered = simulation.run(set, budget, false) === 'lists' && !budget.isOver
      return isCovered
    })
    if (!isCovered) return undefined
  }
  return setsChecked
}
