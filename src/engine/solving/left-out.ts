// A plan without some of its moves: those VMs stay where they are and keep their homes. The map, its order, its loads and whether X holds
// are all worked out again; where others count on a VM's leaving, it is said who does.
import { humanAmount } from '../../model/human.ts'
import type { BestBy } from '../../model/objectives.ts'
import { named } from '../../operations/reasons.ts'
import { checkPlacement, checkRunning } from '../../solver/check/placement.ts'
import { countsThoseKeptFree, worthOf } from '../../solver/place/worth.ts'
import type { PlacementMap, Problem } from '../../solver/problem.ts'
import { judgeResilience } from '../../solver/resilience/index.ts'
import type { Hooks, PlanAnswer } from './answer.ts'
import { loadsOf } from './loads.ts'
import { orderFor } from './order.ts'
import { onlyOn, overload, resilienceAnswer } from './plan.ts'
import { TimeShare } from './time-share.ts'

export interface LeftOutRequest {
  readonly problem: Problem
  /** Where VMs are. */
  readonly places: PlacementMap
  /** What was found, as a whole: its map, the HWMs that are on for it, what it was to be best by and the bound of that. */
  readonly whole: Pick<PlanAnswer, 'map' | 'hwmsOn' | 'bound'>
  readonly bestBy: BestBy
  /** Not moved. */
  readonly vms: readonly string[]
  readonly parallelPerHwm: number
  readonly seed: number
  readonly seconds: number
}

export type LeftOutAnswer =
  | {
      readonly is: 'plan'
      readonly plan: Omit<
        PlanAnswer,
        'fallback' | 'fallbackIsComplete' | 'fallbackInAll' | 'objective'
      >
    }
  /** Why not, in one sentence. */
  | { readonly is: 'impossible'; readonly why: string }

/** `map` of the answer is the CDM to be; who is left out away from home stays away. */
export function leaveOut(request: LeftOutRequest, hooks: Hooks): LeftOutAnswer {
  const { problem, places, whole, vms, bestBy } = request
  const time = new TimeShare(hooks, { ...request, isRepeatable: false })
  const homes = new Map(problem.vms.flatMap(({ name, home }) => (home ? [[name, home]] : [])))
  const map = new Map(whole.map)
  const ends = new Map(whole.map)
  for (const vm of vms) {
    const at = places.get(vm)
    if (at === undefined) return refused(`${vm} is nowhere yet: it cannot stay there`)
    map.set(vm, homes.get(vm) ?? at)
    ends.set(vm, at)
  }
  const why = whyNot(request, map) ?? whyNot(request, ends)
  if (why !== undefined) return refused(why)
  const { order, moves, blocked } = orderFor(
    {
      ...request,
      problem: heldBack(problem, ends, vms),
      isRepeatable: false,
      keepsMap: false,
      fallbacks: 'none',
    },
    places,
    ends,
    time,
  )
  if (order !== 'found') {
    const words = order === 'impossible' ? 'there is no order' : 'no order was found in time'
    return refused(
      `without ${named(vms)} ${words} of the other moves: ${named(blocked)} cannot move`,
    )
  }
  const hwmsOn = [...new Set([...whole.hwmsOn, ...vms.flatMap(vm => ends.get(vm) ?? [])])].sort()
  const resilience = judgeResilience(onlyOn(problem, hwmsOn), ends, time.until(1))
  const hwmsUsed = new Set(ends.values()).size
  const countsFree = countsThoseKeptFree(problem, bestBy)
  const worth = worthOf(problem, map, bestBy, countsFree ? hwmsOn.length : 0)
  const proved = worth.value <= whole.bound && resilience.holds === 'yes'
  return {
    is: 'plan',
    plan: {
      answer: 'map',
      map,
      unplaced: [],
      hwmsOn,
      hwmsUsed: countsFree ? hwmsOn.length : hwmsUsed,
      ...worth,
      bound: whole.bound,
      gap: proved || whole.bound <= 0 ? 0 : (worth.value - whole.bound) / whole.bound,
      proved,
      seconds: time.spent,
      complaints: [],
      resilience: resilienceAnswer(resilience, false),
      lists: resilience.lists,
      moves,
      order,
      blocked,
      loads: loadsOf(problem, places, ends),
    },
  }
}

/** Who is left out is not moved on the way either, to make room for others. */
function heldBack(problem: Problem, ends: PlacementMap, vms: readonly string[]): Problem {
  const held = new Set(vms)
  return {
    ...problem,
    vms: problem.vms.map(vm => {
      const at = ends.get(vm.name)
      return held.has(vm.name) && at !== undefined ? { ...vm, home: at, pinned: true } : vm
    }),
  }
}

function refused(why: string): LeftOutAnswer {
  return { is: 'impossible', why }
}

/** Why this cannot be, told by who counts on whose leaving; the independent checker decides. */
function whyNot(
  { problem, places, vms, whole }: LeftOutRequest,
  map: PlacementMap,
): string | undefined {
  const checked =
    map.size === problem.vms.length ? checkPlacement(problem, map) : checkRunning(problem, map)
  const [complaint] = checked
  if (complaint === undefined) return undefined
  const over = overload(problem, map)
  const hwm = over && map.get(over.vms[0] ?? '')
  if (over?.dimension === undefined || hwm === undefined) return complaint
  const stay = vms.filter(vm => map.get(vm) === hwm)
  const come = [...whole.map].flatMap(([vm, to]) =>
    to === hwm && places.get(vm) !== hwm && !vms.includes(vm) ? [vm] : [],
  )
  const short = `${over.dimension} of ${hwm} would be short ${humanAmount(over.dimension, over.missing ?? 0)}`
  if (come.length === 0) return `${named(stay)} cannot stay on ${hwm}: ${short}`
  const them = come.length === 1 ? 'it' : 'some of them'
  return `${named(stay)} cannot stay on ${hwm}: ${short}, as ${named(come)} ${come.length === 1 ? 'comes' : 'come'} there; leave ${them} out first`
}
