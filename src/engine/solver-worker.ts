// A worker's own program: one job after the other, each with a flag through which it is told to end with the best so far.
import { parentPort } from 'node:worker_threads'
import { monotonicMs } from '../model/clock.ts'
import type { Progress } from '../solver/problem.ts'
import { Resident } from './preview/resident.ts'
import type { Hooks } from './solving/answer.ts'
import { carryOut, type JobKind, type Jobs } from './solving/jobs.ts'

export interface JobMessage {
  readonly id: number
  readonly kind: JobKind
  readonly asked: Jobs[JobKind]['asked']
  /** One Int32: 1 asks for the best so far. */
  readonly flag: SharedArrayBuffer
}

export type WorkerMessage =
  | { readonly id: number; readonly type: 'progress'; readonly progress: Progress }
  | { readonly id: number; readonly type: 'answer'; readonly answer: unknown }
  | {
      readonly id: number
      readonly type: 'failed'
      readonly name: string
      readonly message: string
    }

/** Not more often than people can read. */
const PROGRESS_EVERY_MS = 100

/** The cluster that questions of the kind `scene` are about. */
const resident = new Resident()

function work({ id, kind, asked, flag }: JobMessage, send: (message: WorkerMessage) => void): void {
  const stop = new Int32Array(flag)
  let saidAt = -Infinity
  try {
    const hooks: Hooks = {
      now: monotonicMs,
      stopped: () => Atomics.load(stop, 0) === 1,
      onProgress: progress => {
        const now = monotonicMs()
        // That a search is over is news whenever it comes.
        const isSettled = progress.best !== undefined && progress.best <= progress.bound
        if (now - saidAt < PROGRESS_EVERY_MS && !isSettled) return
        saidAt = now
        send({ id, type: 'progress', progress })
      },
    }
    const answer = carryOut(kind, asked, hooks, resident)
    send({ id, type: 'answer', answer })
  } catch (error) {
    const { name, message } =
      error instanceof Error ? error : { name: 'Error', message: String(error) }
    send({ id, type: 'failed', name, message })
  }
}

parentPort?.on('message', (message: JobMessage) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  work(message, answer => parentPort?.postMessage(answer))
})
