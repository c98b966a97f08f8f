// Plans on demand: the solver runs in a worker of its own while a screen watches, ends early with the best so far, and what it found is kept
// here, so that what becomes the CDM is what was shown.
import type { BestBy } from '../../model/objectives.ts'
import type { Preview } from '../../model/preview.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import type { Solved, SolveProgress } from '../../model/solved.ts'
import { presentPlaces, presentProblem } from '../../operations/present.ts'
import { shortText } from '../../operations/reasons.ts'
import type { Move, PlacementMap, Problem } from '../../solver/problem.ts'
import { defaultObjective } from '../../solver/placement.ts'
import { SolverPair } from '../solver-pair.ts'
import type { OneWorker } from './scene-worker.ts'
import type { PlanAnswer } from '../solving/answer.ts'

export interface SolveRequest {
  readonly bestBy: BestBy
  /** X; undefined: the cluster's own. */
  readonly tolerate: number | undefined
  readonly seconds: number
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
}

const FOUND_KEPT = 4
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
    { bestBy, tolerate, seconds: asked }: SolveRequest,
    hooks: SolveHooks,
  ): Promise<Solved> {
    const { config } = snapshot
    if (config === undefined) throw new Error('the cluster has not been read from etcd yet')
    const posed = presentProblem(snapshot, config)
    const problem = tolerate === undefined ? posed : { ...posed, tolerate }
    const seconds = Math.min(MOST_SECONDS, Math.max(0.1, asked))
    await using worker = this.#hire()
    this.#workers.add(worker)
    try {
      const answer = await worker.run(
        'plan',
        {
          problem,
          places: presentPlaces(snapshot),
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
      return this.#keep(answer, { snapshot, problem, preview, bestBy })
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
    const id = String(++this.#count)
    const solved = { id, ...tell(answer, asked) }
    const { snapshot, problem } = asked
    this.#found.set(id, {
      solved,
      map: answer.map,
      moves: answer.moves,
      problem,
      revision: snapshot.etcd.revision,
    })
    for (const oldest of this.#found.keys()) {
      if (this.#found.size <= FOUND_KEPT) break
      this.#found.delete(oldest)
    }
    return solved
  }
}

interface Asked {
  readonly snapshot: ClusterSnapshot
  readonly problem: Problem
  readonly preview: Preview | undefined
  readonly bestBy: BestBy
}

function tell(
  answer: PlanAnswer,
  { snapshot, problem, preview, bestBy }: Asked,
): Omit<Solved, 'id'> {
  const { resilience, terms } = answer
  const { asked, verdict, largest, largestIsExact, counterExample } = resilience
  return {
    answer: answer.answer,
    why: answer.why?.sentence ?? '',
    bestBy:
      (bestBy.objectives ?? bestBy.mix) ? bestBy : { objectives: [defaultObjective(problem)] },
    ...(terms && { terms }),
    value: answer.value,
    bound: answer.bound,
    proved: answer.proved,
    hwmsUsed: answer.hwmsUsed,
    seconds: answer.seconds,
    verdict: {
      tolerate: asked,
      holds: verdict,
      largest,
      largestIsExact,
      because: counterExample === undefined ? '' : shortText(counterExample),
    },
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
  { map, lists }: PlanAnswer,
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
