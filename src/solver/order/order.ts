// The order of migrations from one map to another: every state on the way valid, a VM holding resources at both ends while it moves,
// cycles broken by detours (bounces), batches within the limits per HWM. Greedy rounds with random orders find good ones; small
// cases are searched completely, which also proves that there is none, or none that costs less.
import { Budget, type Limits } from '../budget.ts'
import { assignmentOf, type Compiled, compile, mapOf } from '../compile.ts'
import { itemsOf } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Move, MoveOrder, PlacementMap, Problem, Resilience } from '../problem.ts'
import { type Random, seeded } from '../random.ts'
import { type Judged, judgeAgain } from '../resilience/again.ts'
import { groundOf } from '../resilience/ground.ts'
import { judgeResilience } from '../resilience/index.ts'
import { judge } from '../resilience/judge.ts'
import { inBatches } from './batches.ts'
import { type SearchedOrder, searchOrder } from './exhaustive.ts'
import { greedyOrder } from './greedy.ts'
import { fewestBounces, immobile } from './locked.ts'
import { BOUNCE, bouncesOf, costOf, pricesOf, type Step } from './steps.ts'
import { moversOf, type OrderTask } from './task.ts'
import { trimmed } from './trim.ts'

export interface OrderOptions extends Limits {
  /** Migrations that an HWM takes part in at a time, either end. Default 2. */
  readonly parallelPerHwm?: number
  /** X that must be held in every state between batches; 0 when left out. */
  readonly keep?: number
  readonly seed?: number
}

/** Greedy attempts, each in another order, and the work after which no more are begun once one succeeded. */
const MOST_ROUNDS = 24
const ENOUGH_WORK = 2e8

/** The part of a time limit after which none is begun: what is found must be put in batches too. */
const ENOUGH_TIME = 0.5

const MOST_NEIGHBOURS = 2e4

/** States of the complete search: at first, and in the end. */
const FEW_STATES = 100_000
const MOST_STATES = 400_000

/**
 * Orders the moves that lead from `from` to `to`. VMs that are in only one of the two maps stay where they are.
 * `impossible` is proved: by what no order can change, or by complete search. `unknown`: neither an order nor a proof was found within
 * the limits. Throws `UnsoundProblem`.
 */
export function orderMigrations(
  problem: Problem,
  from: PlacementMap,
  to: PlacementMap,
  options: OrderOptions = {},
): MoveOrder {
  const task = taskOf(problem, from, to, options)
  const names = (list: readonly number[]): string[] => list.map(v => problem.vms[v]!.name)
  const impossible = (blocked: readonly number[], states: number): MoveOrder => ({
    order: 'impossible',
    blocked: names(blocked),
    states,
  })
  const stuck = blockedFromStart(task)
  if (stuck.length > 0) return impossible(stuck, 0)
  if (task.keepsX && task.mayRest(task.to) === false) return impossible(moversOf(task), 1)
  const least = fewestBounces(task)
  const drawn = new Draws(task, options)
  drawn.go(1, least)
  if (drawn.best !== undefined && drawn.cost < BOUNCE) return found(task, drawn.best, true, options)

  const stays = immobile(task)
  const never = moversOf(task).filter(v => stays[v])
  if (never.length > 0) return impossible(never, 0)
  const scene = { ...task, compiled: { ...task.compiled, pinned: stays } }
  const isFinal = (searched: SearchedOrder): boolean => searched.answer !== 'unknown'
  // Small cases, and those in which hardly anything can move, are soon seen whole; the others are left to chance first.
  let searched: SearchedOrder =
    drawn.best !== undefined && isLarge(task)
      ? { answer: 'unknown' }
      : searchOrder(scene, FEW_STATES, drawn.cost)
  if (!isFinal(searched)) {
    drawn.go(MOST_ROUNDS, least)
    if (drawn.cost >= BOUNCE && !isLarge(task))
      searched = searchOrder(scene, MOST_STATES, drawn.cost)
  }
  if (searched.answer === 'found') return found(task, searched.steps, true, options)
  if (drawn.best !== undefined) {
    const isProved = isFinal(searched) || bouncesOf(drawn.cost) === least
    return found(task, drawn.best, isProved, options)
  }
  return searched.answer === 'none'
    ? impossible(drawn.blocked, searched.states)
    : { order: 'unknown', blocked: names(drawn.blocked) }
}

/** Where one state alone has thousands of neighbours, search sees only what can hardly move at all. */
function isLarge({ compiled }: OrderTask): boolean {
  return compiled.vms * compiled.hwms > MOST_NEIGHBOURS
}

/** The best of several greedy attempts. */
class Draws {
  readonly #task: OrderTask
  readonly #random: Random
  readonly #enoughSeconds: number
  #round = 0
  best: Step[] | undefined
  cost = Infinity
  /** Who could not get on in the last attempt, as long as none succeeded. */
  blocked: number[] = []

  constructor(task: OrderTask, { seed = 1, seconds = Infinity }: OrderOptions) {
    this.#task = task
    this.#enoughSeconds = ENOUGH_TIME * seconds
    this.#random = seeded(seed)
  }

  /** So many attempts, or until one has as few bounces as any can have. */
  go(rounds: number, least: number): void {
    const { budget } = this.#task
    const enough = budget.spent + ENOUGH_WORK
    for (let n = 0; n < rounds && this.cost >= (least + 1) * BOUNCE && !budget.isOver; n++) {
      const isEnough = budget.spent > enough || budget.seconds > this.#enoughSeconds
      if (this.best !== undefined && isEnough) break
      const tried = greedyOrder(this.#task, this.#random, this.#round++)
      if (tried.steps === undefined) {
        if (this.best === undefined) this.blocked = tried.blocked
        continue
      }
      const steps = trimmed(this.#task, tried.steps)
      const cost = costOf(this.#task, steps)
      if (cost >= this.cost) continue
      this.best = steps
      this.cost = cost
    }
  }
}

function found(
  task: OrderTask,
  steps: readonly Step[],
  fewestProved: boolean,
  { parallelPerHwm = 2 }: OrderOptions,
): MoveOrder {
  const { vms, hwms } = task.compiled.problem
  const moves = inBatches(task, steps, Math.max(1, parallelPerHwm)).map(
    ({ step, batch }): Move => ({
      vm: vms[step.vm]!.name,
      from: hwms[step.from]!.name,
      to: hwms[step.to]!.name,
      batch,
      bounce: step.to !== task.to[step.vm],
    }),
  )
  return { order: 'found', moves, bounces: bouncesOf(costOf(task, steps)), fewestProved }
}

function taskOf(
  problem: Problem,
  from: PlacementMap,
  to: PlacementMap,
  options: OrderOptions,
): OrderTask {
  const budget = new Budget(options)
  const whole = compile(withoutTogether(problem))
  const start = assignmentOf(whole, from)
  const goal = assignmentOf(whole, to)
  const pinned = whole.pinned.slice()
  start.forEach((h, v) => {
    if (h >= 0 && goal[v]! >= 0) return
    goal[v] = h
    pinned[v] = 1
  })
  const compiled = { ...whole, pinned }
  const items = itemsOf({ ...whole, pinned: new Uint8Array(whole.vms) })
  items.packing.fixed.forEach((_, v) => {
    if (pinned[v]) items.packing.fixed[v] = start[v]!
  })
  const keep = options.keep ?? 0
  const judgeOnce = (where: Int32Array): Resilience['holds'] =>
    judge(groundOf(whole, where), keep, budget).holds
  const judgeNext = whole.vms < MANY_VMS ? judgeOnce : following(whole, keep, options)
  const mayRest = (where: Int32Array): boolean | undefined => {
    const holds = judgeNext(where)
    return holds === 'unknown' ? undefined : holds === 'yes'
  }
  return {
    compiled,
    items,
    from: start,
    to: goal,
    price: pricesOf(compiled, items.packing.weight),
    // A start without X gives none to lose: any state will do on the way to one that has it.
    keepsX: keep > 0 && mayRest(start) !== false,
    mayRest,
    budget,
  }
}

/** VMs from which on a map is judged by what was known of the one before: below, judging anew is as quick. */
const MANY_VMS = 200

/** Judges maps one after the other, each by the last that held. */
function following(
  compiled: Compiled,
  tolerate: number,
  options: OrderOptions,
): (where: Int32Array) => Resilience['holds'] {
  const { problem } = compiled
  let last: Judged | undefined
  return where => {
    const map = mapOf(compiled, where)
    const limits = { ...options, tolerate, findLargest: false }
    const resilience =
      last === undefined
        ? judgeResilience(problem, map, limits)
        : judgeAgain(problem, map, last, limits)
    if (resilience.holds === 'yes') last = { problem, map, resilience }
    return resilience.holds
  }
}

/** Members of a `together` group move one by one, so on the way they may be apart: that rule and `replicas` bind the two ends only. */
function withoutTogether(problem: Problem): Problem {
  const groups = problem.groups.map(group => {
    const { together: _, replicas: __, ...rest } = group
    return rest
  })
  return { ...problem, groups }
}

/** Moves that no order can make: pinned, forbidden, or larger than the HWM. */
function blockedFromStart(task: OrderTask): number[] {
  const { compiled, items, to } = task
  const { packing } = items
  const empty = new State(packing)
  return moversOf(task).filter(
    v =>
      compiled.pinned[v] === 1 ||
      packing.rows[packing.rowOf[v]!]![to[v]!] === 0 ||
      !empty.hasRoom(v, to[v]!),
  )
}
