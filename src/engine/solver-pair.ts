// Two workers at one question: each searches with a seed and in a way of its own, the first proof ends both, else the better answer counts.
import { availableParallelism } from 'node:os'
import { common } from '../solver/beside.ts'
import type { Progress } from '../solver/problem.ts'
import { type RunOptions, SolverFailed, SolverPool } from './solver-pool.ts'
import type { PlanAnswer } from './solving/answer.ts'
import type { JobKind, Jobs } from './solving/jobs.ts'
import type { VbpAnswer } from './solving/vbp.ts'

type Paired = 'plan' | 'vbp'
type Answer = Jobs[Paired]['answer']
type Lane = 0 | 1

/** Added to the seed of the second. */
const OTHER_SEED = 1_000_003

/** What pairs need of the pool they use: two workers. */
export type TwoWorkers = Pick<SolverPool, 'run'> & AsyncDisposable

/**
 * Stands in for a pool. With `isRepeatable` the two do not hear of each other, the second is ended by the first's proof only, and of
 * equal answers the first's counts: then nothing depends on which of them was faster.
 */
export class SolverPair implements AsyncDisposable {
  readonly #pool: TwoWorkers
  readonly #isPair: boolean

  constructor(pool: TwoWorkers = new SolverPool({ size: 2 }), cores = availableParallelism()) {
    this.#pool = pool
    this.#isPair = cores > 1
  }

  /** Throws `SolverFailed`, or the reason of `signal`. */
  async run<K extends JobKind>(
    kind: K,
    asked: Jobs[K]['asked'],
    options: RunOptions = {},
  ): Promise<Jobs[K]['answer']> {
    if (!this.#isPair || !isSearch(kind, asked)) return await this.#pool.run(kind, asked, options)
    return await this.#both(kind as Paired, asked as Jobs[Paired]['asked'], options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }

  async #both(kind: Paired, asked: Jobs[Paired]['asked'], options: RunOptions): Promise<Answer> {
    const bytes = asked.isRepeatable ? undefined : common()
    const givenUp = [new AbortController(), new AbortController()] as const
    const tell = merged(options)
    const isCount = countsHwms(asked)
    const run = async (lane: Lane): Promise<Answer> => {
      const other = givenUp[lane === 0 ? 1 : 0]
      const decides = lane === 0 || !asked.isRepeatable
      const signals = [givenUp[lane].signal, ...(options.signal ? [options.signal] : [])]
      const onProgress = (progress: Progress): void => {
        // What is left for this one is to tell about its map: the other need not do that too, and have as much memory.
        if (decides && isCount && progress.best !== undefined && progress.best <= progress.bound)
          other.abort(DECIDED)
        tell(progress)
      }
      try {
        const answer = await this.#pool.run(
          kind,
          {
            ...asked,
            seed: asked.seed + lane * OTHER_SEED,
            beside: { lane, ...(bytes && { common: bytes }) },
          },
          { ...options, signal: AbortSignal.any(signals), onProgress },
        )
        if (isFinal(answer) && decides) other.abort(DECIDED)
        return answer
      } catch (error) {
        // What is wrong with the question is wrong for both.
        if (error instanceof SolverFailed && error.how === 'error') other.abort(error)
        throw error
      }
    }
    const [first, second] = await Promise.allSettled([run(0), run(1)])
    // The first's proof ends the second: where that had an answer already, it must not make a difference.
    if (asked.isRepeatable && first.status === 'fulfilled' && isFinal(first.value))
      return first.value
    if (first.status === 'fulfilled' && second.status === 'fulfilled')
      return better(first.value, second.value)
    if (first.status === 'fulfilled') return first.value
    if (second.status === 'fulfilled') return second.value
    throw first.reason
  }
}

const DECIDED = new Error('the other of the two has the answer')

/** Whether two can find more than one. */
function isSearch(kind: JobKind, asked: Jobs[JobKind]['asked']): boolean {
  return kind === 'vbp' || (kind === 'plan' && !(asked as Jobs['plan']['asked']).keepsMap)
}

/** What is reported on the way is the answer's value: bins, or HWMs; of moves it may still grow when X is asked for. */
function countsHwms(asked: Jobs[Paired]['asked']): boolean {
  return 'instance' in asked || asked.objectives?.[0] === 'fewest-hwms'
}

/** Nothing the other could say would be better. */
function isFinal(answer: Answer): boolean {
  return answer.answer === 'impossible' || (answer.answer === 'map' && answer.proved)
}

/** One line of progress for both: the better value, the better bound. */
function merged(options: RunOptions): (progress: Progress) => void {
  let best: number | undefined
  let bound = 0
  return progress => {
    if (progress.best !== undefined && (best === undefined || progress.best < best))
      best = progress.best
    bound = Math.max(bound, progress.bound)
    options.onProgress?.({
      phase: progress.phase,
      bound,
      ...(best !== undefined && { best, gap: gapOf(best, bound) }),
    })
  }
}

function gapOf(value: number, bound: number): number {
  return bound > 0 ? (value - bound) / bound : value
}

/** The better of two answers to one question, with what either has proved. Of equal ones the first. */
export function better<A extends Answer>(first: A, second: A): A {
  const winner = isLess(orderOf(second), orderOf(first)) ? second : first
  if (winner.answer !== 'map' || first.answer !== 'map' || second.answer !== 'map') return winner
  const bound = Math.max(first.bound, second.bound)
  const proof = [first, second].find(each => 'proof' in each && each.bound === bound)
  const value = valueOf(winner)
  return bound === winner.bound
    ? winner
    : {
        ...winner,
        ...proofOf(proof),
        bound,
        gap: value <= bound ? 0 : gapOf(value, bound),
        proved: value <= bound,
      }
}

function proofOf(answer: Answer | undefined): Pick<VbpAnswer, 'proof'> {
  return answer !== undefined && 'proof' in answer && answer.proof ? { proof: answer.proof } : {}
}

function valueOf(answer: PlanAnswer | VbpAnswer): number {
  return 'value' in answer ? answer.value : answer.hwmsUsed
}

const ANSWERS = { impossible: 0, map: 1, 'no-answer': 2 } as const
const VERDICTS = { yes: 0, unknown: 1, no: 2 } as const

/** Smaller is better, the first number that differs decides. */
function orderOf(answer: Answer): number[] {
  const verdict = 'resilience' in answer ? VERDICTS[answer.resilience.verdict] : 0
  const later = 'inOrder' in answer ? (answer.inOrder ?? []).slice(1) : []
  return [
    ANSWERS[answer.answer],
    verdict,
    valueOf(answer),
    ...later.map(({ value }) => value),
    answer.proved ? 0 : 1,
  ]
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const k = a.findIndex((value, n) => value !== b[n])
  return k >= 0 && a[k]! < b[k]!
}
