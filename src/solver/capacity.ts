// The relation of X, Y and M: how much spare room X failures need, how much there is, how many more HAVMs of a size fit, and what one
// more HWM would give. Derived in docs/solver.md: counting (T2, T3) bounds it for any VMs, and is exact for equal ones (T4).
import type { Resources } from '../model/resources.ts'
import { Budget, type Limits } from './budget.ts'
import { assignmentOf, compile } from './compile.ts'
import { refusalOf } from './place/refuse.ts'
import { solvePlacement } from './placement.ts'
import type { PlacementMap, Problem, ProblemHwm, ProblemVm } from './problem.ts'
import { type Ground, groundOf } from './resilience/ground.ts'

/** Room of one dimension on HWMs that take others' VMs in, in base units. */
export interface DimensionSpare {
  readonly dimension: string
  /** Kept free or not used now. */
  readonly there: number
  /** What X failures ask for at least: spare that is lost with the worst X, and what their HAVMs need elsewhere (T2). */
  readonly needed: number
}

/** Spare room as slots, each for one HAVM of a size, on the map there is. */
export interface SlotCount {
  /** An HAVM of the size. */
  readonly like: string
  readonly demand: Resources
  /** HAVMs of exactly this size. */
  readonly havms: number
  /** Slots free on HWMs that take others' VMs in. */
  readonly there: number
  /** Slots that X failures need (Y). */
  readonly needed: number
  /** `needed` slots are enough, too: all HAVMs have this size and no rule binds them (T4). Else more may be needed. */
  readonly isExact: boolean
}

/** And how it could grow. */
export interface Growth extends SlotCount {
  readonly more: HowMany
  /** The same with one more HWM like this one. */
  readonly withHwm: { readonly like: string; readonly more: HowMany } | undefined
}

/** How many more HAVMs fit, when all may move, so that X is still held. */
export interface HowMany {
  /** So many were placed. */
  readonly atLeast: number
  /** More than this was ruled out; absent when nothing limits it. */
  readonly atMost?: number
  readonly isExact: boolean
}

export interface Spare<Slots extends SlotCount = SlotCount> {
  readonly tolerate: number
  readonly dimensions: readonly DimensionSpare[]
  /** The commonest sizes first, at most `mostSizes`. */
  readonly slots: readonly Slots[]
}

export type Capacity = Spare<Growth>

export interface CapacityOptions extends Limits {
  /** Sizes that are counted. Default 3. */
  readonly mostSizes?: number
  /** Only the size of this VM. */
  readonly like?: string
  readonly seed?: number
}

/** More copies than this are not tried: the answer is then `atLeast` without an end. */
const MOST_COPIES = 10_000

/** Work of one attempt to place more, when no limit is given. */
const WORK_PER_ATTEMPT = 2e7

/** What is spare on this map and what X failures need of it. Throws `UnsoundProblem`, and `RangeError` when `like` names no VM. */
export function spareOf(
  problem: Problem,
  map: PlacementMap,
  options: Pick<CapacityOptions, 'mostSizes' | 'like'> = {},
): Spare {
  const compiled = compile(problem)
  const ground = groundOf(compiled, assignmentOf(compiled, map))
  const { dims } = compiled
  return {
    tolerate: problem.tolerate,
    dimensions: compiled.dimensions.map((dimension, d) => ({
      dimension,
      ...countsOf(
        ground,
        problem.tolerate,
        h => ground.spare[h * dims + d]!,
        l => ground.size[l * dims + d]!,
      ),
    })),
    slots: sizesOf(problem, options).map(size => slotsOf(problem, ground, size)),
  }
}

/** The same, with how many more HAVMs fit, now and with one more HWM. Throws as `spareOf`. */
export function capacityOf(
  problem: Problem,
  map: PlacementMap,
  options: CapacityOptions = {},
): Capacity {
  const budget = new Budget(options)
  const spare = spareOf(problem, map, options)
  const like = commonestHwm(problem)
  const slots = spare.slots.map((slot): Growth => {
    const more = howMany(problem, slot.demand, options, budget)
    return {
      ...slot,
      more,
      withHwm: like && {
        like: like.name,
        more: howMany(withOneMore(problem, like), slot.demand, options, budget),
      },
    }
  })
  return { ...spare, slots }
}

interface Size {
  readonly vm: ProblemVm
  readonly havms: number
}

function sizesOf(
  problem: Problem,
  { like, mostSizes = 3 }: Pick<CapacityOptions, 'mostSizes' | 'like'>,
): Size[] {
  const byDemand = new Map<string, { vm: ProblemVm; havms: number }>()
  for (const vm of problem.vms) {
    if (!vm.ha) continue
    const key = keyOf(problem, vm)
    const known = byDemand.get(key)
    if (known === undefined) byDemand.set(key, { vm, havms: 1 })
    else known.havms++
  }
  if (like === undefined)
    return [...byDemand.values()].sort((a, b) => b.havms - a.havms).slice(0, mostSizes)
  const vm = problem.vms.find(each => each.name === like)
  if (vm === undefined) throw new RangeError(`${like} is no VM of this cluster.`)
  return [{ vm, havms: byDemand.get(keyOf(problem, vm))?.havms ?? 0 }]
}

function keyOf({ dimensions }: Problem, { demand }: ProblemVm): string {
  return dimensions.map(dimension => demand[dimension] ?? 0).join()
}

/**
 * Counted in any superadditive measure: all spare of HWMs that take others in, and the worst X failure units by what is lost with them
 * and what their HAVMs need (T2, T3).
 */
function countsOf(
  { compiled, ofUnit, loads }: Ground,
  tolerate: number,
  spareOn: (hwm: number) => number,
  sizeOf: (load: number) => number,
): { there: number; needed: number } {
  let there = 0
  let all = 0
  for (let l = 0; l < loads.length; l++) all += sizeOf(l)
  const lost = compiled.units.map((hwms, u) => {
    let sum = 0
    for (const l of ofUnit[u]!) sum += sizeOf(l)
    for (const h of hwms) {
      if (!compiled.takesFallback[h]) continue
      // Of an HWM without a limit, no more than all HAVMs could be made use of.
      const spare = spareOn(h) === Infinity ? all : Math.max(0, spareOn(h))
      there += spare
      sum += spare
    }
    return sum
  })
  const needed = lost
    .sort((a, b) => b - a)
    .slice(0, tolerate)
    .reduce((sum, x) => sum + x, 0)
  return { there, needed }
}

function slotsOf(problem: Problem, ground: Ground, { vm, havms }: Size): SlotCount {
  const { compiled } = ground
  const { dims, dimensions } = compiled
  const demand = dimensions.map(dimension => vm.demand[dimension] ?? 0)
  const asked = demand.flatMap((x, d) => (x > 0 ? [d] : []))
  /** Whole slots in an amount, by one dimension. */
  const units = (amount: number, d: number): number => Math.floor(amount / demand[d]!)
  const slotsOn = (h: number): number =>
    Math.min(...asked.map(d => units(Math.max(0, ground.spare[h * dims + d]!), d)))
  const isExact = isUniform(problem, vm)
  // Other sizes are counted in the one dimension that is shortest: only there is a sum of slots a bound.
  const counts = isExact
    ? [countsOf(ground, problem.tolerate, slotsOn, () => 1)]
    : asked.map(d =>
        countsOf(
          ground,
          problem.tolerate,
          h => units(ground.spare[h * dims + d]!, d),
          l => units(ground.size[l * dims + d]!, d),
        ),
      )
  const worst = counts.reduce(
    (least, each) => (each.there - each.needed < least.there - least.needed ? each : least),
    counts[0] ?? { there: Infinity, needed: 0 },
  )
  return { like: vm.name, demand: vm.demand, havms, ...worst, isExact }
}

/** Whether all HAVMs ask for the same, and no rule tells HWMs apart for them. */
function isUniform(problem: Problem, vm: ProblemVm): boolean {
  const key = keyOf(problem, vm)
  const havms = problem.vms.filter(each => each.ha)
  const names = new Set(havms.map(each => each.name))
  return (
    havms.every(
      each =>
        keyOf(problem, each) === key && each.only === undefined && (each.never ?? []).length === 0,
    ) && !problem.groups.some(group => group.members.some(name => names.has(name)))
  )
}

/** Of the HWMs that take VMs in, one of the kind that there is most of. */
function commonestHwm(problem: Problem): ProblemHwm | undefined {
  const kinds = new Map<string, { hwm: ProblemHwm; count: number }>()
  for (const hwm of problem.hwms) {
    if (hwm.maintenance === true || hwm.fallback === false) continue
    const key = JSON.stringify(problem.dimensions.map(each => hwm.capacity[each] ?? null))
    const known = kinds.get(key)
    if (known === undefined) kinds.set(key, { hwm, count: 1 })
    else known.count++
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count)[0]?.hwm
}

function withOneMore(problem: Problem, like: ProblemHwm): Problem {
  const taken = new Set(problem.hwms.map(hwm => hwm.name))
  let name = `${like.name}-more`
  while (taken.has(name)) name += '-more'
  const { labels: _, ...rest } = like
  return { ...problem, hwms: [...problem.hwms, { ...rest, name }] }
}

function withCopies(problem: Problem, demand: Resources, count: number): Problem {
  const copies = Array.from({ length: count }, (_, k) => ({ name: `\0${k}`, ha: true, demand }))
  return { ...problem, vms: [...problem.vms, ...copies] }
}

/** Bounded from above by counting, and from below by placing them: first as many as the bound allows, then fewer. */
function howMany(
  problem: Problem,
  demand: Resources,
  options: CapacityOptions,
  budget: Budget,
): HowMany {
  const isRefused = (count: number): boolean =>
    refusalOf(withCopies(problem, demand, count), problem.tolerate) !== undefined
  if (isRefused(1)) return { atLeast: 0, atMost: 0, isExact: true }
  let [allowed, refused] = [1, 2]
  while (refused <= MOST_COPIES && !isRefused(refused)) [allowed, refused] = [refused, refused * 2]
  const isEndless = refused > MOST_COPIES
  while (refused <= MOST_COPIES && refused - allowed > 1) {
    const middle = Math.floor((allowed + refused) / 2)
    if (isRefused(middle)) refused = middle
    else allowed = middle
  }
  let atMost = allowed
  const isPlaced = (count: number): boolean => {
    const placed = solvePlacement(withCopies(problem, demand, count), {
      ...limitsOf(options, budget),
      objectives: ['fewest-moves'],
      seed: options.seed ?? 1,
      findLargest: false,
    })
    // What is proved impossible for one number is so for all above it.
    if (placed.answer === 'impossible') atMost = Math.min(atMost, count - 1)
    return placed.answer === 'map'
  }
  // The bound is met as a rule; else from there downwards in growing steps, then between what was and was not placed.
  let [atLeast, failed] = [0, allowed + 1]
  for (let step = 1; failed > 1 && atLeast === 0; step *= 2) {
    const count = Math.max(1, Math.min(failed - 1, allowed + 1 - step))
    if (isPlaced(count)) atLeast = count
    else failed = count
  }
  while (failed - atLeast > 1 && !isOver(options, budget)) {
    const middle = Math.floor((atLeast + failed) / 2)
    if (isPlaced(middle)) atLeast = middle
    else failed = middle
  }
  return isEndless ? { atLeast, isExact: false } : { atLeast, atMost, isExact: atLeast === atMost }
}

function isOver({ seconds }: CapacityOptions, budget: Budget): boolean {
  return budget.spend(1_000) || (seconds !== undefined && budget.seconds >= seconds)
}

function limitsOf({ now, stopped, seconds }: CapacityOptions, budget: Budget): Limits {
  return {
    ...(now && { now }),
    ...(stopped && { stopped }),
    ...(seconds !== undefined && { seconds: Math.max(0.05, (seconds - budget.seconds) / 4) }),
    work: WORK_PER_ATTEMPT,
  }
}
