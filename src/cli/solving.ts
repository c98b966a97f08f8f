// What the solver's commands share: their options, the worker that computes, Ctrl-C, and a line of progress.
import { type BestBy, readBestBy } from '../model/objectives.ts'
import type { Progress } from '../solver/problem.ts'
import { SolverPair } from '../engine/solver-pair.ts'
import { SolverFailed } from '../engine/solver-pool.ts'
import type { JobKind, Jobs } from '../engine/solving/jobs.ts'
import type { Context } from './context.ts'
import { CommandFailed, EXIT, WrongUse, type ExitStatus } from './exit.ts'

/** `--objective`. Throws `WrongUse`. */
export function objectivesOf({ options }: Context): BestBy {
  const text = options.text('objective')
  if (text === undefined) return {}
  const read = readBestBy(text)
  if (!read.ok) throw new WrongUse(`--objective ${text}: ${read.problem}`)
  return read.bestBy
}

const MOST_SECONDS = 24 * 3600

/** `--seconds`, may have decimals. Throws `WrongUse`. */
export function secondsOf({ options }: Context): number | undefined {
  const text = options.text('seconds')
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= MOST_SECONDS) return seconds
  throw new WrongUse(`--seconds ${text}: expected a number of seconds, such as 10 or 0.5`)
}

export interface Effort {
  readonly seed: number
  readonly seconds?: number
  readonly isRepeatable: boolean
}

export function effortOf(context: Context): Effort {
  const seconds = secondsOf(context)
  const seed = context.options.whole('seed', 0)
  return {
    seed: seed ?? 1,
    isRepeatable: seed !== undefined,
    ...(seconds !== undefined && { seconds }),
  }
}

/** Without `--seconds` the solver ends by itself; this is for what would take for ever. */
const ENOUGH_AFTER_MS = 60_000

/** Runs one job in a worker, a search in two. Ctrl-C and --timeout end it with the best so far. */
export async function solve<K extends JobKind>(
  context: Context,
  kind: K,
  asked: Jobs[K]['asked'],
): Promise<Jobs[K]['answer']> {
  await using pool = new SolverPair()
  using progress = new ProgressLine(context)
  const seconds = secondsOf(context)
  try {
    return await pool.run(kind, asked, {
      enough: context.signal,
      enoughAfterMs: seconds === undefined ? ENOUGH_AFTER_MS : seconds * 2000 + 1000,
      onProgress: each => progress.show(each),
    })
  } catch (error) {
    if (!(error instanceof SolverFailed)) throw error
    throw new CommandFailed(statusOf(error), error.message, { cause: error })
  }
}

function statusOf({ how, errorName }: SolverFailed): ExitStatus {
  if (how === 'silent') return EXIT.partly
  return errorName === 'UnsoundProblem' || errorName === 'RangeError' ? EXIT.wrongUse : EXIT.failed
}

/** One line on standard error that is written over, when that is a terminal. */
class ProgressLine implements Disposable {
  readonly #context: Context
  #isShown = false

  constructor(context: Context) {
    this.#context = context
  }

  show({ phase, best, bound, gap }: Progress): void {
    const { stderr } = this.#context.io
    if (!('isTTY' in stderr) || stderr.isTTY !== true || this.#context.options.has('plain')) return
    const found = best === undefined ? 'nothing yet' : `best ${rounded(best)}`
    const apart = gap === undefined ? '' : `, gap ${(gap * 100).toFixed(1)} %`
    stderr.write(
      `\r\u001b[K${phase}: ${found}, bound ${rounded(bound)}${apart}   Ctrl-C takes the best so far`,
    )
    this.#isShown = true
  }

  [Symbol.dispose](): void {
    if (this.#isShown) this.#context.io.stderr.write('\r\u001b[K')
  }
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4)
}
