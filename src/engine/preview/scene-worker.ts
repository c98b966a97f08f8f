// A solver worker with the cluster in it: each question goes with what has changed since the one before, not with 10 000 VMs.
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { diff } from '../patch.ts'
import { type RunOptions, SolverFailed, SolverPool } from '../solver-pool.ts'
import { NothingKept, type SceneQuestion, type SceneQuestions } from './resident.ts'

/** One worker, whose jobs are done in their order. */
export type OneWorker = Pick<SolverPool, 'run'> & AsyncDisposable

export class SceneWorker implements AsyncDisposable {
  readonly #pool: OneWorker
  /** What the worker has; undefined: nothing, or it is not known. */
  #sent: ClusterSnapshot | undefined

  constructor(pool: OneWorker = new SolverPool({ size: 1 })) {
    this.#pool = pool
  }

  /** Answers on `snapshot`, which must be a bare one. Throws `SolverFailed`, or the reason of `options.signal`. */
  async ask<K extends keyof SceneQuestions>(
    about: K,
    asked: SceneQuestions[K]['asked'],
    snapshot: ClusterSnapshot,
    options: RunOptions = {},
  ): Promise<SceneQuestions[K]['answer']> {
    const isWhole = this.#sent === undefined
    const patch = diff(this.#sent, snapshot)
    this.#sent = snapshot
    const question = { about, with: asked } as SceneQuestion
    try {
      return (await this.#pool.run(
        'scene',
        { patch, isWhole, question },
        options,
      )) as SceneQuestions[K]['answer']
    } catch (error) {
      if (error instanceof SolverFailed && error.errorName === NothingKept.name) {
        // The worker that had it was ended while this waited in the queue: the new one is told all.
        this.#sent = undefined
        return this.ask(about, asked, snapshot, options)
      }
      // Whatever was refused by the solver itself, the worker has the snapshot; a worker that is gone has nothing.
      if (!(error instanceof SolverFailed && error.how === 'error')) this.#sent = undefined
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }
}
