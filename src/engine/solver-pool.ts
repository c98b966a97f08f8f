// Keeps the solver off the process that asks: at most two worker threads, jobs in a queue, each with progress, a way to end it early
// with the best so far, and a limit after which its worker is ended by force. A worker that crashes fails its job and is replaced.
import { Worker } from 'node:worker_threads'
import { realClock } from '../model/clock.ts'
import type { Progress } from '../solver/problem.ts'
import type { JobMessage, WorkerMessage } from './solver-worker.ts'
import { arrived, type JobKind, type Jobs } from './solving/jobs.ts'

/** The worker could not do its work: it crashed, ran out of memory, or did not end when it was told to. */
export class SolverFailed extends Error {
  override readonly name = 'SolverFailed'
  /** `error`: the solver threw; `crash`: the thread is gone; `silent`: it was told to end, did not, and was ended. */
  readonly how: 'error' | 'crash' | 'silent'
  /** Name of the error that the solver threw. */
  readonly errorName: string
  constructor(how: SolverFailed['how'], errorName: string, message: string) {
    super(message)
    this.how = how
    this.errorName = errorName
  }
}

export interface RunOptions {
  /** Ends the job with the best so far, which is its answer. */
  readonly enough?: AbortSignal
  /** Gives the job up: it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** The best so far is asked for after so long. Default 60 s. */
  readonly enoughAfterMs?: number
  onProgress?(progress: Progress): void
}

/** What a job is given to come to its end after it was told that it is enough. */
const GRACE_MS = 10_000
const ENOUGH_AFTER_MS = 60_000
const MOST_WORKERS = 2

interface Queued {
  readonly message: JobMessage
  readonly options: RunOptions
  resolve(answer: unknown): void
  reject(error: unknown): void
}

interface Busy extends AsyncDisposable {
  readonly worker: Worker
  job: Queued | undefined
  readonly timers: Disposable[]
}

export class SolverPool implements AsyncDisposable {
  readonly #size: number
  readonly #graceMs: number
  readonly #program: URL
  readonly #workers = new Set<Busy>()
  readonly #queue: Queued[] = []
  #nextId = 1
  #isClosed = false

  constructor(
    options: {
      /** At most so many workers at once: 1 or 2. */
      readonly size?: number
      readonly graceMs?: number
      /** Another worker's program, for tests. */
      readonly program?: URL
    } = {},
  ) {
    this.#size = Math.min(options.size ?? MOST_WORKERS, MOST_WORKERS)
    this.#graceMs = options.graceMs ?? GRACE_MS
    this.#program = options.program ?? ownProgram()
  }

  /** Throws `SolverFailed`, or the reason of `signal`. */
  run<K extends JobKind>(
    kind: K,
    asked: Jobs[K]['asked'],
    options: RunOptions = {},
  ): Promise<Jobs[K]['answer']> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    if (this.#isClosed) reject(new SolverFailed('crash', '', 'the solver was closed'))
    else if (options.signal?.aborted) reject(options.signal.reason)
    else {
      const id = this.#nextId++
      const flag = new SharedArrayBuffer(4)
      this.#queue.push({ message: { id, kind, asked, flag }, options, resolve, reject })
      this.#begin()
    }
    return promise as Promise<Jobs[K]['answer']>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const closed = new SolverFailed('crash', '', 'the solver was closed')
    for (const job of this.#queue.splice(0)) job.reject(closed)
    await Promise.all([...this.#workers].map(busy => this.#end(busy, closed)))
  }

  #begin(): void {
    for (;;) {
      const next = this.#queue[0]
      if (next === undefined) return
      const idle = [...this.#workers].find(busy => busy.job === undefined)
      if (idle === undefined && this.#workers.size >= this.#size) return
      this.#queue.shift()
      this.#start(idle ?? this.#hire(), next)
    }
  }

  #start(busy: Busy, job: Queued): void {
    const { signal, enough, enoughAfterMs = ENOUGH_AFTER_MS } = job.options
    if (signal?.aborted) {
      job.reject(signal.reason)
      return
    }
    busy.job = job
    busy.worker.ref()
    const flag = new Int32Array(job.message.flag)
    const ask = () => {
      if (Atomics.exchange(flag, 0, 1) === 1) return
      busy.timers.push(
        realClock.after(this.#graceMs, () => {
          const message = `the solver did not end within ${this.#graceMs / 1000} s of being told to: it was ended, without an answer`
          void this.#end(busy, new SolverFailed('silent', '', message))
        }),
      )
    }
    const give = () => void this.#end(busy, signal?.reason)
    busy.timers.push(realClock.after(enoughAfterMs, ask))
    if (enough?.aborted) ask()
    enough?.addEventListener('abort', ask, { once: true })
    signal?.addEventListener('abort', give, { once: true })
    busy.timers.push({
      [Symbol.dispose]: () => {
        enough?.removeEventListener('abort', ask)
        signal?.removeEventListener('abort', give)
      },
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    busy.worker.postMessage(job.message)
  }

  #hire(): Busy {
    const worker = new Worker(this.#program, { stdin: false })
    const busy: Busy = {
      worker,
      job: undefined,
      timers: [],
      [Symbol.asyncDispose]: async () => {
        await worker.terminate()
      },
    }
    worker.on('message', (message: WorkerMessage) => this.#hear(busy, message))
    worker.on('error', (error: Error) => {
      void this.#end(
        busy,
        new SolverFailed('crash', error.name, `the solver crashed: ${error.message}`),
      )
    })
    worker.on('exit', code => {
      void this.#end(busy, new SolverFailed('crash', '', `the solver's thread ended with ${code}`))
    })
    worker.unref()
    this.#workers.add(busy)
    return busy
  }

  #hear(busy: Busy, message: WorkerMessage): void {
    const { job } = busy
    if (job === undefined || job.message.id !== message.id) return
    if (message.type === 'progress') {
      job.options.onProgress?.(message.progress)
      return
    }
    this.#release(busy)
    if (message.type === 'answer')
      job.resolve(arrived(job.message.kind, message.answer as Jobs[JobKind]['answer']))
    else job.reject(new SolverFailed('error', message.name, message.message))
    this.#begin()
  }

  #release(busy: Busy): void {
    for (const timer of busy.timers.splice(0)) timer[Symbol.dispose]()
    busy.job = undefined
    busy.worker.unref()
  }

  /** Ends a worker, whatever it does; its job fails with `why`. */
  async #end(busy: Busy, why: unknown): Promise<void> {
    if (!this.#workers.delete(busy)) return
    const { job } = busy
    this.#release(busy)
    job?.reject(why)
    await busy[Symbol.asyncDispose]()
    if (!this.#isClosed) this.#begin()
  }
}

/** Beside this file: the source itself, or the bundle's own entry. */
function ownProgram(): URL {
  const name = import.meta.url.endsWith('.ts') ? './solver-worker.ts' : './solver-worker.mjs'
  return new URL(name, import.meta.url)
}
