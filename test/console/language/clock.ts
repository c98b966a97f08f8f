// A clock that stands still until it is told to go on.
import type { SteppedClock } from './in-process.ts'

interface Task {
  readonly at: number
  readonly run: () => void
}

export class StandingClock implements SteppedClock {
  #now: number
  #tasks: Task[] = []

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Disposable {
    const task = { at: this.#now + ms, run }
    this.#tasks.push(task)
    return {
      [Symbol.dispose]: () => {
        this.#tasks = this.#tasks.filter(each => each !== task)
      },
    }
  }

  runNext(ms: number): boolean {
    let next: Task | undefined
    for (const task of this.#tasks) if (!next || task.at < next.at) next = task
    if (!next || next.at > this.#now + ms) return false
    this.#tasks = this.#tasks.filter(each => each !== next)
    this.#now = Math.max(this.#now, next.at)
    next.run()
    return true
  }

  /** Goes on by `ms`; what was due has run. */
  pass(ms: number): void {
    const until = this.#now + ms
    while (this.runNext(until - this.#now));
    this.#now = until
  }
}
