// Work of the solver's bench in worker threads, one a core: instances side by side, each on a core of its own.
import { Worker } from 'node:worker_threads'

/** A job is a function of a module beside this one. Argument and answer are copied between threads. */
export interface Job {
  /** File name, e.g. `vbp-job.ts`. */
  readonly module: string
  readonly call: string
  readonly argument: unknown
}

/** One thread that does one job at a time. */
class Lane {
  #worker = start()

  /** Rejects when the job throws, or takes longer than `seconds`: its thread is then ended and a new one begun. */
  async run<T>(job: Job, seconds: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const worker = this.#worker
    const onMessage = (message: { answer?: T; error?: string }): void => {
      if (message.error === undefined) resolve(message.answer as T)
      else reject(new Error(message.error))
    }
    worker.once('message', onMessage)
    worker.once('error', reject)
    const timer = setTimeout(() => {
      reject(new Error(`${job.call} took longer than ${seconds} s`))
    }, seconds * 1000)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(job)
    try {
      return await promise
    } catch (error) {
      this.#worker = start()
      await worker.terminate()
      throw error
    } finally {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('error', reject)
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

function start(): Worker {
  return new Worker(new URL('lane-worker.ts', import.meta.url))
}

/** Runs jobs on two lanes; answers in the order of the jobs, an `Error` for one that failed. */
export async function inLanes<T>(jobs: readonly Job[], seconds: number): Promise<(T | Error)[]> {
  const answers: (T | Error)[] = []
  let next = 0
  const work = async (): Promise<void> => {
    const lane = new Lane()
    try {
      while (next < jobs.length) {
        const k = next++
        answers[k] = await lane
          .run<T>(jobs[k]!, seconds)
          .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
      }
    } finally {
      await lane.close()
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, jobs.length) }, work))
  return answers
}
