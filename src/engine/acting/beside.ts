// What planning asks of the solver without holding the engine up: it is asked of the workers that keep the cluster.
import type { Clock } from '../../model/clock.ts'
import { pause } from '../../model/clock.ts'
import type { Judge } from '../../operations/admission.ts'
import type { Prepare, StoredFallbackMaps } from '../../operations/stored-maps.ts'
import type { PreparedFallback } from '../../operations/plan/targets.ts'
import type { SceneWorkers } from '../preview/scene-workers.ts'
import { SolverFailed } from '../solver-pool.ts'

/** How long whoever looks at a plan waits for the judgement of a large cluster, in s. */
const JUDGE_S = 4
/** The set itself is given 200 ms; a worker that has to be told a large cluster first needs more. */
const PREPARE_MS = 3_000

/** A solver that fails gives the answer `unknown`: a plan is shown all the same. */
export function judgeBeside({ judge, bare }: SceneWorkers): Judge {
  return async (snapshot, change) => {
    try {
      const asked = { ...(change && { change }), seconds: JUDGE_S }
      return await judge.ask('after', asked, bare.of(snapshot), { enoughAfterMs: JUDGE_S * 1000 })
    } catch (error) {
      if (error instanceof SolverFailed) return { holds: 'unknown' }
      throw error
    }
  }
}

/**
 * As `prepareFallback`. A worker that does not answer in time holds no plan up: targets are then chosen by room, and the plan says why.
 * Throws the signal's reason.
 */
export function prepareBeside(
  { answer, bare }: SceneWorkers,
  maps: StoredFallbackMaps,
  clock: Clock,
  limitMs = PREPARE_MS,
): Prepare {
  return async (snapshot, failed, signal) => {
    const stored = maps.of(failed)
    const over = new AbortController()
    const late = pause(
      clock,
      limitMs,
      signal ? AbortSignal.any([signal, over.signal]) : over.signal,
    )
    const asked = answer.ask(
      'prepare',
      { failed, wall: maps.wall(), ...(stored && { stored }) },
      bare.of(snapshot),
      // The worker keeps the cluster: it is told that it is enough, not ended.
      { enough: over.signal },
    )
    try {
      return await Promise.race([
        asked,
        late.then(() => byRoom(`the solver did not answer within ${limitMs / 1000} s`)),
      ])
    } catch (error) {
      if (error instanceof SolverFailed) return byRoom(error.message)
      throw error
    } finally {
      over.abort()
      // Whichever of the two did not decide: nobody waits for it.
      late.catch(() => undefined)
      asked.catch(() => undefined)
    }
  }
}

function byRoom(why: string): PreparedFallback {
  const note = `no fallback map was prepared (${why}): targets are chosen by room`
  return { by: 'the solver', targets: new Map(), note }
}
