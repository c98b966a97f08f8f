// Time that is made up: it stands still until it is told to pass, and then passes as fast as what waits for it can run.
import type { Clock } from '../model/clock.ts'

interface Timer {
  readonly at: number
  /** Timers of one instant run in the order they were set. */
  readonly order: number
  readonly task: () => void
  cancelled: boolean
}

export class VirtualClock implements Clock {
  #now: number
  #order = 0
  /** A binary heap, the earliest first. */
  readonly #heap: Timer[] = []

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(ms: number, task: () => void): Disposable {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, task, cancelled: false }
    this.#push(timer)
    return {
      [Symbol.dispose]: () => {
        timer.cancelled = true
      },
    }
  }

  /** Lets `ms` pass: runs every timer due by then, and between two instants everything that promises lead to. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      this.#now = next.at
      while (this.#heap[0] && this.#heap[0].at <= this.#now) {
        const timer = this.#pop()
        if (timer && !timer.cancelled) timer.task()
      }
      await settle()
    }
    this.#now = end
  }

  /** Lets time pass until `condition` holds; resolves to whether it did within `limitMs`. */
  async advanceUntil(condition: () => boolean, limitMs: number, stepMs = 50): Promise<boolean> {
    const end = this.#now + limitMs
    while (!condition()) {
      if (this.#now >= end) return false
      await this.advance(Math.min(stepMs, end - this.#now))
    }
    return true
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!earlier(timer, heap[parent])) break
      heap[at] = heap[parent] ?? timer
      at = parent
    }
    heap[at] = timer
  }

  #pop(): Timer | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!last || heap.length === 0) return first
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (earlier(heap[child + 1], heap[child])) child += 1
      const candidate = heap[child]
      if (!candidate || earlier(last, candidate)) break
      heap[at] = candidate
      at = child
    }
    heap[at] = last
    return first
  }
}

function earlier(a: Timer | undefined, b: Timer | undefined): boolean {
  if (!a || !b) return a !== undefined
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Everything that settled promises lead to has run when the event loop comes round. */
function settle(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
