// One vector bin packing instance, by the door that `plan --vbp` uses, judged by the checker. Seconds are of processor time.
import { SolverPair } from '../../../src/engine/solver-pair.ts'
import { answerVbp } from '../../../src/engine/solving/vbp.ts'
import { checkWorth } from '../../../src/solver/check/bins.ts'
import { checkPlacement } from '../../../src/solver/check/placement.ts'
import { cpuClock } from './cpu-clock.ts'
import { readVbp, type VbpInstance } from '../../../src/solver/vbp.ts'
import type { Problem } from '../../../src/solver/problem.ts'

export interface VbpAsked {
  readonly text: string
  readonly seconds: number
  readonly seed: number
}

export interface VbpSolved {
  readonly items: number
  readonly bins: number
  readonly bound: number
  readonly seconds: number
  /** When the last improvement came. */
  readonly lastSeconds: number
  readonly complaints: readonly string[]
  /** What the checker says about the proof of the bound; `none`: it is by counting. */
  readonly proof: 'yes' | 'no' | 'unknown' | 'none'
}

export function solveVbp({ text, seconds, seed }: VbpAsked): VbpSolved {
  const instance = readVbp(text)
  const start = cpuClock()
  let lastSeconds = 0
  let best = Infinity
  const answer = answerVbp(
    { instance, seed, seconds, isRepeatable: false },
    {
      now: cpuClock,
      stopped: () => false,
      onProgress: progress => {
        if (progress.best === undefined || progress.best >= best) return
        best = progress.best
        lastSeconds = (cpuClock() - start) / 1000
      },
    },
  )
  const taken = (cpuClock() - start) / 1000
  const bins = answer.hwmsUsed
  return {
    items: instance.items,
    bins,
    bound: answer.bound,
    seconds: taken,
    lastSeconds,
    proof:
      answer.proof === undefined
        ? 'none'
        : checkWorth(instance.capacity, instance.sizes, answer.proof, answer.bound),
    complaints:
      answer.answer === 'map' ? complaintsOf(instance, answer.assignment, bins) : [answer.answer],
  }
}

/** By both cores, as the command does it; the checker must accept it, else it has no value. */
export async function solveInPair({ text, seconds, seed }: VbpAsked): Promise<{
  readonly bins: number
  readonly elapsed: number
}> {
  const instance = readVbp(text)
  const start = performance.now()
  await using pair = new SolverPair()
  const answer = await pair.run('vbp', { instance, seed, seconds, isRepeatable: false })
  const elapsed = (performance.now() - start) / 1000
  const isSound =
    answer.answer === 'map' &&
    complaintsOf(instance, answer.assignment, answer.hwmsUsed).length === 0
  return { bins: isSound ? answer.hwmsUsed : Infinity, elapsed }
}

/** The instance as a cluster of equal HWMs, its answer as a map. */
function complaintsOf(
  { capacity, sizes, items }: VbpInstance,
  assignment: readonly number[],
  bins: number,
): string[] {
  const dimensions = Array.from(capacity, (_, d) => `d${d}`)
  const amounts = (of: Float64Array, at: number): Record<string, number> =>
    Object.fromEntries(dimensions.map((dimension, d) => [dimension, of[at + d]!]))
  const problem: Problem = {
    dimensions,
    hwms: Array.from({ length: bins }, (_, b) => ({
      name: `b${b}`,
      capacity: amounts(capacity, 0),
    })),
    vms: Array.from({ length: items }, (_, i) => ({
      name: `i${i}`,
      ha: false,
      demand: amounts(sizes, i * capacity.length),
    })),
    groups: [],
    tolerate: 0,
  }
  return checkPlacement(problem, new Map(assignment.map((b, i) => [`i${i}`, `b${b}`])))
}
