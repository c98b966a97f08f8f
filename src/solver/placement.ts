// The Cluster Knapsack: a valid map, X-resilient, best by the objectives - or why there is none.
import { balance, imbalance } from './balance/balance.ts'
import { resilientBound } from './bounds/resilient.ts'
import { unitBound } from './bounds/units.ts'
import { alone, type Beside } from './beside.ts'
import { Budget, type Limits } from './budget.ts'
import { type Compiled, compile, mapOf } from './compile.ts'
import { fewestMoves } from './moves/fewest-moves.ts'
import { sendHome } from './moves/homing.ts'
import { search } from './packing/exact.ts'
import { packFewest, packInto } from './packing/fewest.ts'
import { binOrder } from './packing/greedy.ts'
import { type Items, itemsOf, type Packing } from './packing/packing.ts'
import { State } from './packing/state.ts'
import type { CounterExample, Objective, Placed, Problem, Progress, Refusal } from './problem.ts'
import { type Random, seeded } from './random.ts'
import { resilientFewest, withOnly } from './resilience/fewest.ts'
import { groundOf } from './resilience/ground.ts'
import { LARGEST_WORK, resilienceOf } from './resilience/index.ts'
import { judge, type Verdict } from './resilience/judge.ts'
import { repair } from './resilience/pool.ts'
import { sentenceOf } from './sentences.ts'

export interface PlaceOptions extends Limits {
  /** The first decides, later ones break ties. Default: fewest-moves when VMs have homes, else fewest-hwms. */
  readonly objectives?: readonly Objective[]
  /** X; the problem's own when left out. */
  readonly tolerate?: number
  readonly seed?: number
  /** Weight of each dimension in `balance`; 1 when left out. */
  readonly balanceWeights?: Readonly<Record<string, number>>
  /** VMs that `balance` may move from where it starts; no limit when left out. */
  readonly mostMoves?: number
  readonly onProgress?: (progress: Progress) => void
  /** Also finds the largest X of the map. Default true. */
  readonly findLargest?: boolean
  /** Another search for the same map. */
  readonly beside?: Beside
}

/** One call's belongings. */
interface Task {
  readonly compiled: Compiled
  readonly items: Items
  readonly tolerate: number
  readonly random: Random
  readonly budget: Budget
  readonly options: PlaceOptions
  /** Bin of today per item, -1 for none; cost: VMs of each item that have a home. */
  readonly home: Int32Array
  readonly cost: Float64Array
  readonly usable: Uint8Array
}

/** An assignment of items, the HWMs that must be on for it, and what is known about the first objective. */
interface Found {
  readonly where: Int32Array
  readonly open: Int32Array
  readonly bound: number
}

type Outcome = Found | { readonly why: Refusal | CounterExample } | undefined

/** Nodes of the complete search that ends small cases without an answer. */
const MOST_NODES = 300_000

/** Solves a placement problem within the limits; without limits it stops by itself. Throws `UnsoundProblem`. */
export function solvePlacement(problem: Problem, options: PlaceOptions = {}): Placed {
  const budget = new Budget(options)
  const compiled = compile(problem)
  const items = itemsOf(compiled)
  const task = taskOf(compiled, items, options, budget)
  const impossible = (why: Refusal | CounterExample): Placed => ({
    answer: 'impossible',
    why,
    sentence: sentenceOf(why),
    seconds: budget.seconds,
  })
  const refusal = refuse(task)
  if (refusal !== undefined) return impossible(refusal)
  const [first = defaultObjective(problem), ...rest] = options.objectives ?? []
  const outcome =
    first === 'fewest-hwms'
      ? leastHwms(task)
      : first === 'balance'
        ? mostBalanced(task)
        : leastMoves(task)
  if (outcome === undefined) {
    const last = exhaust(task)
    if (last?.why !== undefined) return impossible(last.why)
    return {
      answer: 'no-answer',
      sentence: 'No map was found in the time given, and none was ruled out.',
      seconds: budget.seconds,
    }
  }
  if ('why' in outcome) return impossible(outcome.why)
  const found = { ...outcome, where: refine(task, first, rest, outcome) }
  return answerOf(task, first, found)
}

function defaultObjective(problem: Problem): Objective {
  return problem.vms.some(vm => vm.home !== undefined) ? 'fewest-moves' : 'fewest-hwms'
}

function taskOf(compiled: Compiled, items: Items, options: PlaceOptions, budget: Budget): Task {
  const home = new Int32Array(items.packing.items).fill(-1)
  const cost = new Float64Array(items.packing.items)
  items.vmsOf.forEach((members, i) => {
    // Members that are apart today: the item's home is where most of them are, and its cost counts those that would stay.
    const votes = new Map<number, number>()
    for (const v of members)
      if (compiled.home[v]! >= 0)
        votes.set(compiled.home[v]!, (votes.get(compiled.home[v]!) ?? 0) + 1)
    for (const [h, count] of votes) {
      if (count > cost[i]!) {
        cost[i] = count
        home[i] = h
      }
    }
  })
  return {
    compiled,
    items,
    tolerate: options.tolerate ?? compiled.problem.tolerate,
    random: seeded(options.seed ?? 1),
    budget,
    options,
    home,
    cost,
    usable: Uint8Array.from({ length: compiled.hwms }, (_, h) =>
      compiled.inMaintenance[h] ? 0 : 1,
    ),
  }
}

/** A short proof that no map holds the problem with this X, if there is one. Throws `UnsoundProblem`. */
export function refusalOf(problem: Problem, tolerate: number): Refusal | undefined {
  const compiled = compile(problem)
  return refuse(taskOf(compiled, itemsOf(compiled), { tolerate }, new Budget({})))
}

function hasHavms(task: Task): boolean {
  return task.tolerate > 0 && task.compiled.ha.some(flag => flag === 1)
}

/** Short proofs that there is no map at all: contradictory rules, a VM that fits nowhere, too little of a dimension. */
function refuse(task: Task): Refusal | undefined {
  const { compiled, items, tolerate } = task
  const { packing, vmsOf } = items
  const { problem } = compiled
  const names = (vms: readonly number[]): string[] => vms.map(v => problem.vms[v]!.name)
  if (items.contradiction !== undefined) {
    return { kind: 'rule', rule: items.contradiction.rule, vms: names(items.contradiction.vms) }
  }
  const empty = new State(packing)
  for (let i = 0; i < packing.items; i++) {
    let nearest: { dimension: string; missing: number; relative: number } | undefined
    let fits = false
    for (let h = 0; h < packing.bins && !fits; h++) {
      if (!empty.isAllowed(i, h)) continue
      if (empty.hasRoom(i, h)) {
        fits = true
        break
      }
      for (let d = 0; d < packing.dims; d++) {
        const missing =
          packing.size[i * packing.dims + d]! - packing.capacity[h * packing.dims + d]!
        const relative = missing * packing.weight[d]!
        if (missing > 0 && (nearest === undefined || relative < nearest.relative)) {
          nearest = { dimension: compiled.dimensions[d]!, missing, relative }
        }
      }
    }
    if (fits) continue
    const vm = names(vmsOf[i]!)[0]!
    return nearest === undefined
      ? { kind: 'nowhere', vm }
      : { kind: 'nowhere', vm, dimension: nearest.dimension, missing: nearest.missing }
  }
  const volume = unitBound(packing)
  if (volume.bins > packing.bins || (volume.dim >= 0 && volume.needed > volume.available)) {
    return {
      kind: 'units',
      dimension: compiled.dimensions[volume.dim]!,
      unit: volume.unit,
      needed: volume.needed,
      available: volume.available,
    }
  }
  if (!hasHavms(task)) return undefined
  const bound = resilientBound(compiled, tolerate)
  return bound.hwms <= bound.open ? undefined : bound.refusal
}

function report(task: Task, phase: string, best: number | undefined, bound: number): void {
  task.options.onProgress?.({
    phase,
    bound,
    ...(best === undefined ? {} : { best, gap: bound > 0 ? (best - bound) / bound : 0 }),
  })
}

function usableBins(task: Task): Int32Array {
  const needed = new Uint8Array(task.usable)
  for (const b of task.items.packing.fixed) if (b >= 0) needed[b] = 1
  return binOrder(task.items.packing).filter(b => needed[b] === 1)
}

function usedBins(where: Int32Array): Int32Array {
  return Int32Array.from(new Set(where.filter(b => b >= 0))).sort()
}

/** With a limit of time or work the search goes on until then; without one it stops by itself. */
function isLimited(task: Task): boolean {
  return task.options.seconds !== undefined || task.options.work !== undefined
}

function leastHwms(task: Task): Outcome {
  const { compiled, items, random, budget, tolerate, options } = task
  const tell = (hwms: number | undefined, bound: number, phase: string): void =>
    report(task, phase, hwms, bound)
  if (!hasHavms(task)) {
    const { where, bound } = packFewest(
      items.packing,
      random,
      budget,
      tell,
      isLimited(task) ? Infinity : 8,
      options.beside ?? alone(),
    )
    return where === undefined ? undefined : { where, open: usedBins(where), bound }
  }
  const result = resilientFewest(
    compiled,
    items,
    tolerate,
    random,
    budget,
    isLimited(task) ? Infinity : 4,
    tell,
    options.beside ?? alone(),
  )
  return result.best === undefined ? undefined : { ...result.best, bound: result.bound }
}

/** Judges, and repairs when X is not held. Undefined when neither succeeds. */
function madeResilient(
  task: Task,
  where: Int32Array,
  open: Int32Array,
  stays: boolean,
): Int32Array | undefined {
  if (!hasHavms(task)) return where
  const { compiled, items, tolerate, random, budget, home, cost } = task
  const price = (i: number, b: number): number =>
    stays && home[i]! >= 0 && b !== home[i] ? 1e-6 * cost[i]! : 0
  let start = where
  for (let round = 0; round < 12 && !budget.isOver; round++) {
    const repaired = repair(compiled, items, start, open, tolerate, random, budget, 10, price)
    if (repaired.verdict.holds === 'yes') return repaired.where
    if (repaired.verdict.holds === 'unknown') return undefined
    start = round % 3 === 2 ? where : repaired.where
  }
  const fewest = resilientFewest(compiled, items, tolerate, random, budget, 2, () => undefined)
  return fewest.best?.where
}

function leastMoves(task: Task): Outcome {
  const { items, random, budget, home, cost } = task
  const open = usableBins(task)
  const steps = isLimited(task) ? Infinity : 20_000 + 10 * items.packing.items
  let result = fewestMoves(items.packing, home, cost, open, random, budget, steps)
  if (result.where === undefined) {
    const where = packFewest(items.packing, random, budget, () => undefined, 6).where
    if (where === undefined) return undefined
    result = {
      where: sendHome(items.packing, where, home, cost, task.usable, false),
      moves: 0,
      bound: result.bound,
    }
  }
  report(task, 'moves', movesOf(task, result.where!), result.bound)
  const where = madeResilient(task, result.where!, open, true)
  if (where === undefined) return undefined
  return { where: wentHome(task, where), open, bound: result.bound }
}

/** Lets repaired VMs go home where X allows it. */
function wentHome(task: Task, where: Int32Array): Int32Array {
  if (!hasHavms(task)) return where
  const all = sendHome(task.items.packing, where, task.home, task.cost, task.usable, false)
  if (verdictOf(task, all).holds === 'yes') return all
  const state = new State(task.items.packing)
  state.replace(where)
  for (let i = 0; i < where.length && !task.budget.isOver; i++) {
    const h = task.home[i]!
    const a = state.where[i]!
    if (h < 0 || h === a || !task.usable[h] || !state.hasRoom(i, h) || !state.isAllowed(i, h))
      continue
    state.move(i, h)
    if (verdictOf(task, state.where).holds !== 'yes') state.move(i, a)
  }
  return state.where.slice()
}

function verdictOf(task: Task, where: Int32Array, open?: Int32Array): Verdict {
  const { compiled, items, tolerate, budget } = task
  const spread = Int32Array.from(items.itemOf, i => where[i]!)
  return judge(
    groundOf(open === undefined ? compiled : withOnly(compiled, open), spread),
    tolerate,
    budget,
  )
}

function weightsFor(task: Task): Float64Array {
  return Float64Array.from(
    task.compiled.dimensions,
    dimension => task.options.balanceWeights?.[dimension] ?? 1,
  )
}

function mostBalanced(task: Task): Outcome {
  const { items, random, budget, home, cost } = task
  const open = usableBins(task)
  const valid = new State(items.packing)
  home.forEach((h, i) => {
    if (h >= 0) valid.put(i, h)
  })
  let start: Int32Array | undefined
  if (
    valid.isValid() &&
    items.packing.fixed.every((b, i) => b >= 0 || task.usable[valid.where[i]!] === 1)
  )
    start = valid.where.slice()
  else if (home.some(h => h >= 0))
    start = fewestMoves(items.packing, home, cost, open, random, budget, 20_000).where
  start ??= packInto(items.packing, open, undefined, random, budget, 50_000)
  if (start === undefined) return undefined
  const kept = madeResilient(task, start, open, true)
  if (kept === undefined) return undefined
  const isGood = hasHavms(task)
    ? (where: Int32Array): boolean => verdictOf(task, where).holds === 'yes'
    : undefined
  const where = balance(
    items.packing,
    kept,
    {
      weights: weightsFor(task),
      open: open.filter(b => task.usable[b] === 1),
      homes: { home, cost },
      random,
      ...(task.options.mostMoves === undefined ? {} : { mostMoves: task.options.mostMoves }),
    },
    budget,
    isGood,
  )
  return { where, open, bound: 0 }
}

/** Later objectives, among maps that are equal by the first. */
function refine(
  task: Task,
  first: Objective,
  rest: readonly Objective[],
  found: Found,
): Int32Array {
  const { items, home, cost, budget } = task
  let { where } = found
  const isGood = (candidate: Int32Array): boolean =>
    !hasHavms(task) || verdictOf(task, candidate, found.open).holds === 'yes'
  const wishes = rest.length > 0 ? rest : first === 'fewest-hwms' ? (['fewest-moves'] as const) : []
  let mayMove = first !== 'fewest-moves'
  for (const objective of wishes) {
    if (objective === 'fewest-moves' && first === 'fewest-hwms') {
      const nearer = renumbered(task, where, found.open, home, cost)
      if (movesOf(task, nearer) < movesOf(task, where)) where = nearer
      mayMove = false
    } else if (objective === 'balance' && first !== 'balance') {
      // Without X, other HWMs may be on by now than at first; with it, those kept free are part of the balance.
      const open = first === 'fewest-hwms' && !hasHavms(task) ? usedBins(where) : found.open
      where = balance(
        mayMove ? items.packing : withoutMoving(task, where),
        where,
        {
          weights: weightsFor(task),
          open: open.filter(b => task.usable[b] === 1),
          homes: { home, cost },
          random: task.random,
        },
        budget,
        isGood,
      )
    }
  }
  return where
}

/** Who is at home stays there: what is balanced after moves were made few is only who moves anyway. */
function withoutMoving({ items: { packing }, home }: Task, where: Int32Array): Packing {
  return { ...packing, fixed: packing.fixed.map((b, i) => (where[i] === home[i] ? home[i]! : b)) }
}

/** The same number of HWMs, but those that spare most moves: any HWM may take another's place when no X depends on which are on. */
function renumbered(
  task: Task,
  where: Int32Array,
  open: Int32Array,
  home: Int32Array,
  cost: Float64Array,
): Int32Array {
  const { items, usable } = task
  const mayUse = new Uint8Array(items.packing.bins)
  for (const b of open) mayUse[b] = 1
  const candidate = sendHome(
    items.packing,
    where,
    home,
    cost,
    hasHavms(task) ? mayUse : usable,
    true,
  )
  if (hasHavms(task) && verdictOf(task, candidate, open).holds !== 'yes') return where
  return candidate
}

function movesOf(task: Task, where: Int32Array): number {
  const { compiled, items } = task
  let moves = 0
  for (let v = 0; v < compiled.vms; v++) {
    const h = compiled.home[v]!
    if (h >= 0 && where[items.itemOf[v]!] !== h) moves++
  }
  return moves
}

/** Small cases that no search could place: complete search, X apart. */
function exhaust(task: Task): { why: Refusal | CounterExample } | undefined {
  const { items, budget } = task
  if (items.packing.items > 400) return undefined
  const result = search(items.packing, MOST_NODES, budget)
  if (result.answer === 'impossible') return { why: { kind: 'search', nodes: result.nodes } }
  return undefined
}

function answerOf(task: Task, first: Objective, found: Found): Placed {
  const { compiled, items, budget, tolerate, options } = task
  const { where } = found
  const hwmsUsed =
    first === 'fewest-hwms' && hasHavms(task) ? found.open.length : usedBins(where).length
  const open =
    first === 'fewest-hwms' ? (hasHavms(task) ? found.open : usedBins(where)) : usableBins(task)
  const moves = movesOf(task, where)
  const value =
    first === 'fewest-hwms'
      ? hwmsUsed
      : first === 'fewest-moves'
        ? moves
        : imbalance(items.packing, where, usableBins(task), weightsFor(task))
  const spread = Int32Array.from(items.itemOf, i => where[i]!)
  const ground = groundOf(hasHavms(task) ? withOnly(compiled, open) : compiled, spread)
  // What is told about X is judged to the end, whatever the time: it takes seconds at most.
  const { verdict: _, ...resilience } = resilienceOf(
    ground,
    tolerate,
    options.findLargest ?? true,
    new Budget({}),
    budget.part(LARGEST_WORK),
  )
  const proved = first !== 'balance' && value <= found.bound
  report(task, 'done', value, found.bound)
  return {
    answer: 'map',
    map: mapOf(compiled, spread),
    hwmsOn: Array.from(open, h => compiled.problem.hwms[h]!.name),
    hwmsUsed,
    moves,
    value,
    bound: found.bound,
    gap: proved ? 0 : found.bound > 0 ? (value - found.bound) / found.bound : value,
    proved,
    resilience,
    seconds: budget.seconds,
  }
}
