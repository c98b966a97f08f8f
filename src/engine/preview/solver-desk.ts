// Plans on demand: the solver runs in a worker of its own while a screen watches, ends early with the best so far, and what it found is kept
// here, so that what becomes the CDM is what was shown.
import type { Change } from '../../model/change.ts'
import type { BestBy } from '../../model/objectives.ts'
import type { Preview } from '../../model/preview.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import type { Solved, SolveProgress, WhatIf } from '../../model/solved.ts'
import { changedProblem } from '../../operations/changed-problem.ts'
import { presentPlaces, presentProblem } from '../../operations/present.ts'
import type { Move, PlacementMap, Problem } from '../../solver/problem.ts'
import { defaultObjective } from '../../solver/placement.ts'
import { SolverPair } from '../solver-pair.ts'
import type { OneWorker } from './scene-worker.ts'
import type { PlanAnswer } from '../solving/answer.ts'
import { judged, placesIn, soundly, verdictOf } from './what-if.ts'

export interface SolveRequest {
  readonly bestBy: BestBy
  /** X; undefined: the cluster's own. */
  readonly tolerate: number | undefined
  readonly seconds: number
  /** Not made: what would be, if. Left out: of the cluster as it is. */
  readonly changes?: readonly Change[]
}

export interface LeaveOutAsked {
  /** Id of a `Solved`. */
  readonly solved: string
  readonly vms: readonly string[]
}

export interface SolveHooks {
  /** It is given up. */
  readonly signal: AbortSignal
  /** The best so far is enough. */
  readonly enough: AbortSignal
  progress(progress: SolveProgress): void
}

/** What was found, whole, with what it rests on. */
export interface Found {
  readonly solved: Solved
  readonly map: PlacementMap
  readonly moves: readonly Move[]
  readonly problem: Problem
  /** Of the configuration and the CDM. */
  readonly revision: number
  /** What it was before moves were left out of it, and what that rests on. */
  readonly whole: Whole
}

interface Whole {
  readonly solved: Solved
  readonly answer: Pick<PlanAnswer, 'map' | 'moves' | 'hwmsOn' | 'bound'>
  readonly asked: Asked
}

const FOUND_KEPT = 8
/** For a plan without some of its moves: whoever leaves one out waits for it. */
const LEFT_OUT_S = 4
const MOST_SECONDS = 600
/** After its time the solver is told that it is enough; what it then needs to end is more than it should. */
const OVERTIME_MS = 2_000

export class SolverDesk implements AsyncDisposable {
  readonly #hire: () => OneWorker
  readonly #workers = new Set<OneWorker>()
  readonly #found = new Map<string, Found>()
  #count = 0

  /** Workers for each search: their memory goes with it, and nobody waits behind it. */
  constructor(hire: () => OneWorker = () => new SolverPair()) {
    this.#hire = hire
  }

  /** Throws `SolverFailed`, or the reason of the signal; an error when nothing is configured. */
  async solve(
    snapshot: ClusterSnapshot,
    preview: Preview | undefined,
    { bestBy, tolerate, seconds: asked, changes = [] }: SolveRequest,
    hooks: SolveHooks,
  ): Promise<Solved> {
    const { config } = snapshot
    if (config === undefined) throw new Error('the cluster has not been read from etcd yet')
    const posed = presentProblem(snapshot, config)
    const now = tolerate === undefined ? posed : { ...posed, tolerate }
    const problem = changes.length === 0 ? now : soundly(changedProblem(now, changes))
    const places = placesIn(problem, presentPlaces(snapshot))
    const seconds = Math.min(MOST_SECONDS, Math.max(0.1, asked))
    await using worker = this.#hire()
    this.#workers.add(worker)
    try {
      const whatIf =
        changes.length === 0 ? undefined : await judged(worker, { now, problem, changes }, hooks)
      const answer = await worker.run(
        'plan',
        {
          problem,
          places,
          ...bestBy,
          keepsMap: false,
          seed: 1,
          seconds,
          isRepeatable: false,
          fallbacks: 'none',
          parallelPerHwm: config.settings.migration.parallelPerHwm,
        },
        {
          signal: hooks.signal,
          enough: hooks.enough,
          enoughAfterMs: seconds * 1000 + OVERTIME_MS,
          onProgress: each => hooks.progress(each),
        },
      )
      const told = { snapshot, problem, places, preview, bestBy }
      return this.#keep(answer, whatIf ? { ...told, whatIf } : told)
    } finally {
      this.#workers.delete(worker)
    }
  }

  /**
   * What was found, without the moves of some VMs: worked out again on what it rested on, as it is a part of that. Throws, with a sentence
   * for people, when others count on their leaving.
   */
  async leaveOut({ solved: id, vms }: LeaveOutAsked, signal: AbortSignal): Promise<Solved> {
    const whole = this.#found.get(id)?.whole
    if (whole === undefined)
      throw new Error('what the solver found is no longer known here: P plans anew')
    const { answer, asked } = whole
    if (vms.length === 0) return this.#keepFound(whole.solved, answer, whole)
    const firsts = vms.map(vm => answer.moves.find(move => move.vm === vm))
    const leftOut = firsts.flatMap(move =>
      move ? [{ vm: move.vm, from: move.from, to: answer.map.get(move.vm) ?? move.to }] : [],
    )
    if (leftOut.length < vms.length) throw new Error('only what moves can be left out')
    const { problem, places, snapshot } = asked
    await using worker = this.#hire()
    this.#workers.add(worker)
    try {
      const without = await worker.run(
        'left-out',
        {
          problem,
          places,
          whole: answer,
          bestBy: whole.solved.bestBy,
          vms,
          parallelPerHwm: snapshot.config?.settings.migration.parallelPerHwm ?? 2,
          seed: 1,
          seconds: LEFT_OUT_S,
        },
        { signal, enoughAfterMs: LEFT_OUT_S * 1000 + OVERTIME_MS },
      )
      if (without.is === 'impossible') throw new Error(without.why)
      const { plan } = without
      const solved = { id: String(++this.#count), ...tell(plan, asked), leftOut }
      return this.#keepFound(solved, plan, whole)
    } finally {
      this.#workers.delete(worker)
    }
  }

  /** What was found before; undefined: it is no longer known. */
  found(id: string): Found | undefined {
    return this.#found.get(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers].map(worker => worker[Symbol.asyncDispose]()))
  }

  #keep(answer: PlanAnswer, asked: Asked): Solved {
    const solved = { id: String(++this.#count), ...tell(answer, asked), leftOut: [] }
    const { map, moves, hwmsOn, bound } = answer
    return this.#keepFound(solved, answer, {
      solved,
      answer: { map, moves, hwmsOn, bound },
      asked,
    })
  }

  #keepFound(
    solved: Solved,
    { map, moves }: Pick<PlanAnswer, 'map' | 'moves'>,
    whole: Whole,
  ): Solved {
    const { problem, snapshot } = whole.asked
    const found = { solved, map, moves, problem, revision: snapshot.etcd.revision, whole }
    this.#found.delete(solved.id)
    this.#found.set(solved.id, found)
    for (const oldest of this.#found.keys()) {
      if (this.#found.size <= FOUND_KEPT) break
      this.#found.delete(oldest)
    }
    return solved
  }
}

/** What is told of an answer needs no more of it. */
type Told = Omit<PlanAnswer, 'fallback' | 'fallbackIsComplete' | 'fallbackInAll' | 'objective'>

interface Asked {
  readonly snapshot: ClusterSnapshot
  readonly problem: Problem
  readonly places: PlacementMap
  readonly preview: Preview | undefined
  readonly bestBy: BestBy
  readonly whatIf?: WhatIf
}

function tell(
  answer: Told,
  { snapshot, problem, preview, bestBy, whatIf }: Asked,
): Omit<Solved, 'id' | 'leftOut'> {
  const { resilience, terms, inOrder } = answer
  return {
    answer: answer.answer,
    why: answer.why?.sentence ?? '',
    bestBy:
      (bestBy.objectives ?? bestBy.mix) ? bestBy : { objectives: [defaultObjective(problem)] },
    ...(terms && { terms }),
    ...(inOrder && { inOrder }),
    value: answer.value,
    bound: answer.bound,
    proved: answer.proved,
    hwmsUsed: answer.hwmsUsed,
    seconds: answer.seconds,
    verdict: verdictOf(resilience),
    ...(whatIf && { whatIf }),
    unplaced: answer.unplaced,
    loads: answer.loads.filter(load => load.vmsBefore + load.vmsAfter > 0),
    moves: answer.moves,
    order: answer.order,
    blocked: answer.blocked,
    homes: problem.vms.filter(({ name, home }) => {
      const to = answer.map.get(name)
      return to !== undefined && to !== home
    }).length,
    changedMaps: changedMaps(problem, answer, preview),
    notes: Object.values(snapshot.hwms).flatMap(hwm =>
      hwm.state === 'up' ? [] : [`${hwm.name} is ${hwm.state}: what it is said to hold may be old`],
    ),
  }
}

/** HWMs that hold an HAVM before or after whose place, or whose place to restart, would be another. */
function changedMaps(
  problem: Problem,
  { map, lists }: Told,
  preview: Preview | undefined,
): string[] {
  const changed = new Set<string>()
  for (const { name, ha, home } of problem.vms) {
    const to = map.get(name)
    if (!ha || to === undefined) continue
    const restarts = lists.get(name)?.[0]
    const did = preview?.ifFails[name]
    if (to === home && (did === undefined || restarts === undefined || did === restarts)) continue
    if (home !== undefined) changed.add(home)
    changed.add(to)
  }
  return [...changed].toSorted()
}
