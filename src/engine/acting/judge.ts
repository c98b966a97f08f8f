// Judges what plans do to X without holding the engine up: what is small on its own thread, what is large on one beside it.
import type { Clock } from '../../model/clock.ts'
import { judgeHere, type Judge } from '../../operations/admission.ts'
import { SolverFailed, SolverPool } from '../solver-pool.ts'

/** VMs up to which a judgement takes a few milliseconds. */
const SMALL = 300
/** The most a small one may take, in s. */
const SMALL_S = 0.2
/** How long whoever looks at a plan waits for the judgement of a large cluster, in s. */
const LARGE_S = 4

export interface OwnJudge extends AsyncDisposable {
  readonly judge: Judge
}

/** A solver that fails gives the answer `unknown`: a plan is shown all the same. */
export function judgeBeside(clock: Clock): OwnJudge {
  const here = judgeHere({ now: () => clock.now(), seconds: SMALL_S })
  // The thread begins with the first large question.
  const pool = new SolverPool({ size: 1 })
  return {
    judge: async state => {
      if (state.map.size <= SMALL) return here(state)
      try {
        return await pool.run(
          'judge',
          { ...state, seconds: LARGE_S },
          { enoughAfterMs: LARGE_S * 1000 },
        )
      } catch (error) {
        if (error instanceof SolverFailed) return { holds: 'unknown', counterExample: undefined }
        throw error
      }
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}
