// The two workers that keep the cluster, and what all who ask them share.
import { Bare } from './bare.ts'
import { SceneWorker } from './scene-worker.ts'

export class SceneWorkers implements AsyncDisposable {
  /** Strips every snapshot that is sent: with one for all, what has not changed is the same object, whoever asks. */
  readonly bare = new Bare()
  /** Gives the verdict, and judges plans against it: a change is quick where the verdict is known. */
  readonly judge: SceneWorker
  /** Never busy for long: people wait for its answers. */
  readonly answer: SceneWorker

  constructor({ judge = new SceneWorker(), answer = new SceneWorker() } = {}) {
    this.judge = judge
    this.answer = answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.judge[Symbol.asyncDispose](), this.answer[Symbol.asyncDispose]()])
  }
}
