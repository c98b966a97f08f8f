// The order of migrations from one map to another: every state on the way valid, a VM holding resources at both ends while it moves,
// cycles broken by detours (bounces), batches within the limits per HWM. Greedy rounds with random orders find good ones; small
// cases are searched completely, which also proves that there is none, or none with fewer bounces.
import { Budget, type Limits } from '../budget.ts'
import { assignmentOf, type Compiled, compile } from '../compile.ts'
import { type Items, itemsOf } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Move, MoveOrder, PlacementMap, Problem } from '../problem.ts'
import { seeded } from '../random.ts'
import { groundOf } from '../resilience/ground.ts'
import { judge } from '../resilience/judge.ts'
import { inBatches } from './batches.ts'
import { searchOrder } from './exhaustive.ts'
import { greedyOrder } from './greedy.ts'
import { BOUNCE, bouncesOf, costOf, pricesOf, type Step } from './steps.ts'

export interface OrderOptions extends Limits {
  /** Migrations that an HWM takes part in at a time, either end. Default 2. */
  readonly parallelPerHwm?: number
  /** X that must be held in every state between batches; 0 when left out. */
  readonly keep?: number
  readonly seed?: number
}

/** What the parts of the ordering share. */
export interface OrderTask {
  readonly compiled: Compiled
  readonly items: Items
  readonly from: Int32Array
  readonly to: Int32Array
  /** What a bounce of each VM costs (`pricesOf`). */
  readonly price: Float64Array
  /** Whether X holds there, when it is to be kept; undefined: not settled. */
  readonly mayRest: (where: Int32Array) => boolean | undefined
  readonly keepsX: boolean
  readonly budget: Budget
}

/** Greedy attempts, each in another order. */
const MOST_ROUNDS = 24

/** States of the complete search. */
const MOST_STATES = 300_000

/**
 * Orders the moves that lead from `from` to `to`. VMs that are in only one of the two maps, or wait for a place, are not moved.
 * `impossible` is proved by complete search; `unknown` when neither an order nor a proof was found within the limits.
 * Throws `UnsoundProblem`.
 */
export function orderMigrations(
  problem: Problem,
  from: PlacementMap,
  to: PlacementMap,
  options: OrderOptions = {},
): MoveOrder {
  const budget = new Budget(options)
  const compiled = compile(withoutTogether(problem))
  const items = itemsOf(compiled)
  const start = assignmentOf(compiled, from)
  const goal = assignmentOf(compiled, to)
  for (let v = 0; v < goal.length; v++) if (start[v]! < 0 || goal[v]! < 0) goal[v] = start[v]!
  const task = taskOf(compiled, items, start, goal, options.keep ?? 0, budget)
  const names = (list: Iterable<number>): string[] => Array.from(list, v => problem.vms[v]!.name)
  const impossible = (blocked: readonly number[], states: number): MoveOrder => ({
    order: 'impossible',
    blocked: names(blocked.length > 0 ? blocked : movers(task)),
    states,
  })
  const stuck = blockedFromStart(task)
  if (stuck.length > 0) return impossible(stuck, 0)
  if (task.keepsX && task.mayRest(goal) === false) return impossible([], 1)
  const random = seeded(options.seed ?? 1)
  let best: Step[] | undefined
  let cost = Infinity
  let blocked: number[] = []
  for (let round = 0; round < MOST_ROUNDS && !budget.isOver && cost >= BOUNCE; round++) {
    const tried = greedyOrder(task, random, round)
    if (tried.steps !== undefined && costOf(task, tried.steps) < cost) {
      best = tried.steps
      cost = costOf(task, best)
    }
    if (best === undefined) blocked = tried.blocked
  }
  let fewestProved = cost < BOUNCE
  if (!fewestProved) {
    const searched = searchOrder(task, MOST_STATES, cost)
    if (searched.answer === 'none' && best === undefined)
      return impossible(blocked, searched.states)
    if (searched.answer === 'found') best = searched.steps
    fewestProved = searched.answer !== 'unknown'
  }
  if (best === undefined) return { order: 'unknown', blocked: names(blocked) }
  const batches = inBatches(task, best, Math.max(1, options.parallelPerHwm ?? 2))
  const moves: Move[] = batches.map(({ step, batch }) => ({
    vm: problem.vms[step.vm]!.name,
    from: problem.hwms[step.from]!.name,
    to: problem.hwms[step.to]!.name,
    batch,
    bounce: step.to !== goal[step.vm],
  }))
  return { order: 'found', moves, bounces: bouncesOf(costOf(task, best)), fewestProved }
}

function taskOf(
  compiled: Compiled,
  items: Items,
  from: Int32Array,
  to: Int32Array,
  keep: number,
  budget: Budget,
): OrderTask {
  const mayRest = (where: Int32Array): boolean | undefined => {
    const { holds } = judge(groundOf(compiled, where), keep, budget)
    return holds === 'unknown' ? undefined : holds === 'yes'
  }
  return {
    compiled,
    items,
    from,
    to,
    price: pricesOf(compiled, items.packing.weight),
    // A start without X gives none to lose: any state will do on the way to one that has it.
    keepsX: keep > 0 && mayRest(from) !== false,
    mayRest,
    budget,
  }
}

/** Members of a `together: hwm` group move one by one, so on the way they may be apart: the rule binds the two ends only. */
function withoutTogether(problem: Problem): Problem {
  const groups = problem.groups.map(group => {
    const { together: _, ...rest } = group
    return rest
  })
  return { ...problem, groups }
}

function movers(task: OrderTask): number[] {
  const list: number[] = []
  task.from.forEach((h, v) => {
    if (h !== task.to[v]) list.push(v)
  })
  return list
}

/** Moves that no order can make: pinned, forbidden, or larger than the HWM. */
function blockedFromStart(task: OrderTask): number[] {
  const { compiled, items, to } = task
  const empty = new State(items.packing)
  return movers(task).filter(
    v =>
      compiled.pinned[v] === 1 ||
      !empty.isAllowed(items.itemOf[v]!, to[v]!) ||
      !empty.hasRoom(items.itemOf[v]!, to[v]!),
  )
}
