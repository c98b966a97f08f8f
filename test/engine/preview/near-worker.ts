// A solver worker in this process, for tests that count its jobs, hold them back, or have it die.
import { performance } from 'node:perf_hooks'
import { Resident } from '../../../src/engine/preview/resident.ts'
import { type OneWorker, SceneWorker } from '../../../src/engine/preview/scene-worker.ts'
import { SolverFailed } from '../../../src/engine/solver-pool.ts'
import { carryOut } from '../../../src/engine/solving/jobs.ts'

export class NearWorker implements OneWorker {
  readonly scene = new SceneWorker(this)
  /** What was asked, in order. */
  readonly asked: string[] = []
  /** The patch that came with each. */
  readonly sent: unknown[] = []
  /** Jobs wait for it. */
  gate: Promise<void> = Promise.resolve()
  isDead = false
  #resident = new Resident()
  readonly #now: () => number

  /** `now`: ms, for the solver's time limits. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  readonly run: OneWorker['run'] = async (kind, asked) => {
    const { question, patch } = asked as { question?: { about: string }; patch?: unknown }
    this.sent.push(patch)
    this.asked.push(question?.about ?? kind)
    await this.gate
    if (this.isDead) {
      this.#resident = new Resident()
      throw new SolverFailed('crash', '', 'the solver crashed: out of memory')
    }
    try {
      return carryOut(
        kind,
        structuredClone(asked),
        { now: this.#now, stopped: () => false, onProgress: () => undefined },
        this.#resident,
      )
    } catch (error) {
      if (!(error instanceof Error)) throw error
      throw new SolverFailed('error', error.name, error.message)
    }
  };

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
