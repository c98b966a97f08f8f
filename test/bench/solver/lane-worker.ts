// The thread of a lane: loads the module that is named and calls what is asked for.
import { parentPort } from 'node:worker_threads'
import type { Job } from './lanes.ts'

async function run({ module, call, argument }: Job): Promise<unknown> {
  const loaded = (await import(new URL(module, import.meta.url).href)) as Record<
    string,
    ((argument: unknown) => unknown) | undefined
  >
  const wanted = loaded[call]
  if (wanted === undefined) throw new Error(`${module} has no ${call}`)
  return await wanted(argument)
}

/** Tells the lane; a thread, not a window, so there is no origin to name. */
function tell(message: { answer: unknown } | { error: string }): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message)
}

parentPort?.on('message', (job: Job) => {
  run(job).then(
    answer => tell({ answer }),
    (error: unknown) =>
      tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
