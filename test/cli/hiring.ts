// The threads that a command begins, for tests that ask whether they have ended.
import { syncBuiltinESMExports } from 'node:module'
import threads, { type Worker } from 'node:worker_threads'

/** Keeps every thread that is begun, until it is disposed of. */
export class Hiring implements Disposable {
  readonly hired: Worker[] = []
  readonly #real = threads.Worker

  constructor() {
    const { hired } = this
    threads.Worker = class extends this.#real {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args)
        hired.push(this)
      }
    }
    syncBuiltinESMExports()
  }

  [Symbol.dispose](): void {
    threads.Worker = this.#real
    syncBuiltinESMExports()
  }
}
