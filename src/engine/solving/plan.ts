// The whole answer to "plan": a map, what it is worth, the verdict on X, fallback maps, and the migrations in order. Pure.
import { type Capacity, capacityOf } from '../../solver/capacity.ts'
import { checkPlacement } from '../../solver/check/placement.ts'
import { homesOf } from '../../solver/compile.ts'
import type { PlaceOptions } from '../../solver/place/task.ts'
import { countsThoseKeptFree, worthOf } from '../../solver/place/worth.ts'
import { defaultObjective, solvePlacement } from '../../solver/placement.ts'
import type {
  CounterExample,
  Objective,
  PlacementMap,
  Placed,
  Problem,
  Resilience,
} from '../../solver/problem.ts'
import { judgeResilience } from '../../solver/resilience/index.ts'
import {
  besideOf,
  type Hooks,
  type PlanAnswer,
  type PlanRequest,
  type ResilienceAnswer,
} from './answer.ts'
import { contradiction } from './contradictions.ts'
import { SolverDefect } from './defect.ts'
import { answerSets } from './fallbacks.ts'
import { loadsOf } from './loads.ts'
import { orderFor } from './order.ts'
import { reasonText } from '../../operations/reasons.ts'
import { TimeShare } from './time-share.ts'

type Found = Extract<Placed, { answer: 'map' }>

/** Throws `UnsoundProblem` for a problem with faults, `SolverDefect` when the checker refuses the answer. */
export function answerPlan(request: PlanRequest, hooks: Hooks): PlanAnswer {
  const time = new TimeShare(hooks, request)
  return request.keepsMap ? judged(request, time) : solved(request, hooks, time)
}

/** Today's homes, as they are. */
function judged(request: PlanRequest, time: TimeShare): PlanAnswer {
  const { problem } = request
  const map = homesOf(problem)
  const complaints = checkPlacement(problem, map).filter(
    complaint => !complaint.endsWith(' has no place.'),
  )
  const judgement = judgeResilience(problem, map, time.until(0.9))
  const overloaded = overload(problem, map)
  const resilience: Resilience = {
    ...(overloaded && { counterExample: overloaded }),
    ...judgement,
  }
  return finished(request, time, {
    answer: complaints.length > 0 || resilience.holds === 'no' ? 'impossible' : 'map',
    map,
    problem,
    hwmsOn: usedBy(map),
    objective: 'keep-map',
    value: 0,
    bound: 0,
    gap: 0,
    proved: resilience.holds !== 'unknown',
    complaints,
    resilience,
  })
}

/** What is too much somewhere before anything has failed: a counter-example with an empty failure set. */
export function overload(problem: Problem, map: PlacementMap): CounterExample | undefined {
  for (const { hwm, usable, after } of loadsOf(problem, map, map)) {
    for (const [dimension, available] of Object.entries(usable)) {
      const needed = after[dimension] ?? 0
      if (needed <= available) continue
      return {
        failed: [],
        vms: [...map].flatMap(([vm, at]) => (at === hwm ? [vm] : [])),
        dimension,
        missing: needed - available,
        proof: { kind: 'units', dimension, unit: 1, needed, available },
      }
    }
  }
  return undefined
}

function solved(request: PlanRequest, hooks: Hooks, time: TimeShare): PlanAnswer {
  const { problem, seed } = request
  const contradictory = contradiction(problem)
  const place = (tolerate: number): Placed => {
    if (contradictory !== undefined)
      return { answer: 'impossible', why: contradictory, sentence: '', seconds: 0 }
    return solvePlacement(problem, {
      ...time.until(0.75),
      tolerate,
      seed,
      ...(request.objectives !== undefined && { objectives: request.objectives }),
      ...(request.mix !== undefined && { mix: request.mix }),
      // With fewer failures it is another question.
      ...(request.beside && tolerate === problem.tolerate && { beside: besideOf(request.beside) }),
      onProgress: progress => hooks.onProgress(progress),
    } satisfies PlaceOptions)
  }
  const asked = place(problem.tolerate)
  const single = request.mix?.length === 1 ? request.mix[0]?.objective : undefined
  const objective: Objective = single ?? request.objectives?.[0] ?? defaultObjective(problem)
  if (asked.answer === 'map') return withMap(request, time, { placed: asked, objective })
  // What cannot survive X failures may survive fewer: that map, and the largest X, are worth more than a bare no.
  let lesser: Found | undefined
  if (asked.answer === 'impossible') {
    for (let x = problem.tolerate - 1; x >= 0 && lesser === undefined; x--) {
      const placed = place(x)
      if (placed.answer === 'map') lesser = placed
    }
  }
  const why =
    asked.answer === 'impossible'
      ? { sentence: reasonText(asked.why), proof: asked.why }
      : undefined
  if (lesser !== undefined) {
    const answer = withMap(request, time, { placed: lesser, objective })
    return { ...answer, answer: 'impossible', ...(why && { why }) }
  }
  return finished(request, time, {
    answer: asked.answer,
    map: new Map(),
    problem,
    hwmsOn: [],
    objective,
    value: 0,
    bound: 0,
    gap: 0,
    proved: asked.answer === 'impossible',
    complaints: [],
    resilience: {
      asked: problem.tolerate,
      holds: asked.answer === 'impossible' ? 'no' : 'unknown',
      largest: 0,
      largestIsExact: false,
      by: asked.answer === 'impossible' ? 'refutation' : 'time',
      lists: new Map(),
      setsWithOwnMap: [],
      setsChecked: 0,
      ...(why !== undefined && !('kind' in why.proof) && { counterExample: why.proof }),
    },
    ...(why && { why }),
  })
}

function withMap(
  request: PlanRequest,
  time: TimeShare,
  { placed, objective }: { placed: Found; objective: Objective },
): PlanAnswer {
  const complaints = checkPlacement(request.problem, placed.map)
  if (complaints.length > 0) throw new SolverDefect(complaints)
  const problem = onlyOn(request.problem, placed.hwmsOn)
  const { asked, holds, largestIsExact } = placed.resilience
  // What time did not allow for may be had in what is left of it; without a limit the solver has gone as far as it goes.
  const isSettled =
    asked === request.problem.tolerate &&
    holds !== 'unknown' &&
    (largestIsExact || request.seconds === undefined)
  const resilience = isSettled
    ? placed.resilience
    : better(placed.resilience, judgeResilience(problem, placed.map, time.until(0.85)))
  return finished(request, time, {
    answer: 'map',
    map: placed.map,
    problem,
    hwmsOn: placed.hwmsOn,
    hwmsUsed: placed.hwmsUsed,
    ...(placed.terms && { terms: placed.terms }),
    ...inOrder(request, placed),
    objective: placed.terms === undefined ? objective : 'mix',
    value: placed.value,
    bound: placed.bound,
    gap: placed.gap,
    proved: placed.proved,
    complaints: [],
    resilience,
  })
}

/** Later objectives by the same measure as the search has; the first as it was found. */
function inOrder(
  { problem, objectives = [] }: PlanRequest,
  { map, hwmsOn, value }: Found,
): Pick<PlanAnswer, 'inOrder'> {
  if (objectives.length < 2) return {}
  const countsFree = countsThoseKeptFree(problem, { objectives })
  const worth = worthOf(problem, map, { objectives }, countsFree ? hwmsOn.length : 0)
  return { inOrder: (worth.inOrder ?? []).map((aim, n) => (n === 0 ? { ...aim, value } : aim)) }
}

/** The one that knows more about the same X. */
function better(before: Resilience, again: Resilience): Resilience {
  const isKnown = before.asked === again.asked && before.holds !== 'unknown'
  if (!isKnown || again.holds !== 'unknown') return again
  return { ...before, largest: Math.max(before.largest, again.largest) }
}

interface Parts
  extends Pick<
    PlanAnswer,
    | 'answer'
    | 'map'
    | 'hwmsOn'
    | 'objective'
    | 'terms'
    | 'inOrder'
    | 'value'
    | 'bound'
    | 'gap'
    | 'proved'
    | 'complaints'
  > {
  readonly why?: PlanAnswer['why']
  readonly hwmsUsed?: number
  /** With only the HWMs that are on taking VMs in. */
  readonly problem: Problem
  readonly resilience: Resilience
}

/** Order, fallback maps and loads: the same for every map. */
function finished(request: PlanRequest, time: TimeShare, parts: Parts): PlanAnswer {
  const { problem, resilience, ...rest } = parts
  const { map } = rest
  const places = request.places ?? homesOf(request.problem)
  const { order, moves, blocked } = request.keepsMap
    ? { order: 'found' as const, moves: [], blocked: [] }
    : orderFor(request, places, map, time)
  const isBroken = rest.complaints.length > 0
  const sets = answerSets(problem, map, resilience, request.fallbacks, time)
  const capacity = request.capacity && capacityFor(request, map, time)
  return {
    ...rest,
    hwmsUsed: rest.hwmsUsed ?? usedBy(map).length,
    unplaced: request.problem.vms.flatMap(vm => (map.has(vm.name) ? [] : [vm.name])),
    resilience: resilienceAnswer(resilience, isBroken),
    lists: resilience.lists,
    fallback: sets.fallback,
    fallbackIsComplete: sets.isComplete,
    fallbackInAll: sets.inAll,
    moves,
    order,
    blocked,
    loads: loadsOf(request.problem, places, map),
    seconds: time.spent,
    ...(capacity && { capacity }),
  }
}

/** Of all HWMs, also those that the map leaves off. */
function capacityFor(
  { problem, seed, capacity }: PlanRequest,
  map: PlacementMap,
  time: TimeShare,
): Capacity {
  return capacityOf(problem, map, {
    ...time.until(2),
    seed,
    ...(typeof capacity === 'object' && capacity),
  })
}

/** A map that is broken before anything fails survives nothing. */
export function resilienceAnswer(resilience: Resilience, isBroken: boolean): ResilienceAnswer {
  const { asked, holds, largest, largestIsExact, by, setsChecked, counterExample } = resilience
  const verdict = isBroken ? 'no' : holds
  return {
    asked,
    holds: verdict === 'yes',
    verdict,
    largest: isBroken ? 0 : largest,
    largestIsExact: isBroken || largestIsExact,
    by,
    setsChecked,
    ...(counterExample && { counterExample }),
  }
}

function usedBy(map: PlacementMap): string[] {
  return [...new Set(map.values())].sort()
}

/** The others are off: they take nobody in. */
export function onlyOn(problem: Problem, hwmsOn: readonly string[]): Problem {
  const on = new Set(hwmsOn)
  if (problem.hwms.every(hwm => on.has(hwm.name))) return problem
  return {
    ...problem,
    hwms: problem.hwms.map(hwm => (on.has(hwm.name) ? hwm : { ...hwm, fallback: false })),
  }
}
