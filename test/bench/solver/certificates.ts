// Certificates: does one map survive every X failures, proved either way. Full and empty clusters, so that both answers come up.
import {
  checkFallback,
  choices,
  failureUnits,
  mapByLists,
} from '../../../src/solver/check/fallback.ts'
import { checkRefusal } from '../../../src/solver/check/refusal.ts'
import { homesOf } from '../../../src/solver/compile.ts'
import type { Problem, Resilience } from '../../../src/solver/problem.ts'
import { seeded } from '../../../src/solver/random.ts'
import { fallbackFor, judgeResilience } from '../../../src/solver/resilience/index.ts'
import { fleet } from './fleet.ts'
import { type BenchOptions, inSeconds, type MarkRow, type Part, timed, verdictOf } from './mark.ts'

/** Failure sets given to the checker, of a certificate that covers more: drawn evenly. */
const CHECKED_SETS = 60

function* sampledSets(problem: Problem, tolerate: number): Generator<string[]> {
  const units = failureUnits(problem)
  const size = Math.min(tolerate, units.length)
  if (units.length ** size < 4 * CHECKED_SETS) {
    for (const choice of choices(units, size)) yield choice.flat()
    return
  }
  const random = seeded(5)
  for (let n = 0; n < CHECKED_SETS; n++) {
    const chosen = new Set<number>()
    while (chosen.size < size) chosen.add(random.below(units.length))
    yield [...chosen].flatMap(u => units[u]!)
  }
}

/** What the independent checker says against a verdict. Of `yes`, a sample of the sets is replayed. */
export function complaintsOf(
  problem: Problem,
  map: ReadonlyMap<string, string>,
  judged: Resilience,
): string[] {
  if (judged.holds === 'unknown') return ['it is not settled']
  if (judged.holds === 'no')
    return judged.counterExample === undefined
      ? ['there is no counter-example']
      : checkRefusal(problem, map, judged.counterExample)
  for (const failed of sampledSets(problem, judged.asked)) {
    const byLists = mapByLists(problem, map, judged.lists, failed)
    const wrong = checkFallback(problem, map, failed, byLists)
    if (wrong.length === 0) continue
    if (judged.by === 'lists') return wrong
    const own = fallbackFor(problem, map, failed)
    if (own.answer !== 'map') return [`no map for ${failed.join(', ')}`]
    const complaints = checkFallback(problem, map, failed, own.map)
    if (complaints.length > 0) return complaints
  }
  return []
}

interface Case {
  readonly hwms: number
  readonly vms: number
  readonly tolerate: number
  readonly limit: number
}

const CASES: readonly Case[] = [
  { hwms: 100, vms: 1_000, tolerate: 2, limit: 1 },
  { hwms: 100, vms: 1_000, tolerate: 3, limit: 30 },
  { hwms: 450, vms: 10_000, tolerate: 2, limit: 15 },
]

export const certificates: Part = {
  name: 'certificates',
  *run({ isFull }: BenchOptions): Generator<MarkRow> {
    for (const { hwms, vms, tolerate, limit } of CASES) {
      for (const fill of isFull
        ? [0.5, 0.6, 0.7, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.97]
        : [0.6, 0.8, 0.88, 0.92]) {
        const problem = fleet({ hwms, vms, fill, seed: 3, homes: true, haShare: 0.7 })
        const map = homesOf(problem)
        const { value, seconds } = timed(() =>
          judgeResilience(problem, map, { tolerate, findLargest: false }),
        )
        const complaints = complaintsOf(problem, map, value)
        yield {
          what: `certificate, ${hwms} HWMs, ${vms} VMs, X = ${tolerate}, ${Math.round(fill * 100)} % full`,
          mark: `<= ${limit} s, proved`,
          figure: `${inSeconds(seconds)}, ${value.holds} by ${value.by}${complaints.length > 0 ? `; checker: ${complaints[0]}` : ''}`,
          verdict: verdictOf(complaints.length === 0 && seconds <= limit),
        }
      }
    }
  },
}
