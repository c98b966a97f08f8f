// The clock that ages are measured on: CLOCK_MONOTONIC, which never steps and is the same in every process of a machine.
// What waits takes a `Clock`, so that the simulator can let hours pass in a second.

/** Milliseconds on CLOCK_MONOTONIC. Comparable between processes of one machine, not between machines nor over a boot. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** Time as a part that is handed in: the simulator and the tests make theirs up. Durations in ms. */
export interface Clock {
  /** As `monotonicMs()`. */
  now(): number
  /** Runs `task` once, `ms` from now, unless it is disposed of before. Never keeps the process alive by itself. */
  after(ms: number, task: () => void): Disposable
}

/** The machine's own time. */
export const realClock: Clock = {
  now: monotonicMs,
  after(ms, task) {
    const timer = setTimeout(task, ms)
    timer.unref()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

/** Resolves after `ms` of `clock`; rejects with the signal's reason when it aborts first. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const abort = () => {
      timer[Symbol.dispose]()
      reject(signal?.reason)
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}
