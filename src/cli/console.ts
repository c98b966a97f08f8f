// `yasco`, `yasco console`: the console on a real cluster; and the console on any engine, for the demo too.
import { setTimeout as sleep } from 'node:timers/promises'
import { startEngine } from '../engine/start.ts'
import type { StartedEngine } from '../engine/start.ts'
import type { EngineSpec } from '../engine/spec.ts'
import type { Context, Run } from './context.ts'
import type { ExitStatus } from './exit.ts'
import { EXIT, WrongUse } from './exit.ts'

/** How long leaving waits for the engine, which goes on by itself if it needs longer. */
const LEAVE_MS = 1_000

export const run: Run = async context => {
  const { io, options } = context
  if (!io.stdin.isTTY || !io.stdout.isTTY)
    throw new WrongUse('the console needs a terminal; yasco status prints the same as text')
  const { findCluster } = await import('./cluster-access.ts')
  const { cluster, etcd } = await findCluster(context)
  return openConsole(context, { mode: 'real', cluster, etcd, readOnly: options.has('read-only') })
}

/** Opens the console on an engine of its own and stays until the operator leaves; starts another engine when that dies. */
export async function openConsole(context: Context, spec: EngineSpec): Promise<ExitStatus> {
  let engine: StartedEngine = startEngine({ spec })
  // The engine gets to work while React loads.
  const [{ startConsole }, { consoleOptions }] = await Promise.all([
    import('../../components/start.tsx'),
    import('./console-options.ts'),
  ])
  const shown = startConsole({
    stream: engine.stream,
    reconnect: async signal => {
      // One that lost its screen ends by itself; whether it did is not worth waiting for.
      await Promise.race([engine.ended, sleep(LEAVE_MS, undefined, { signal })])
      signal.throwIfAborted()
      engine = startEngine({ spec })
      return engine.stream
    },
    stdin: process.stdin,
    stdout: process.stdout,
    options: await consoleOptions(context),
  })
  context.signal.addEventListener('abort', () => void shown.stop(), { once: true })
  const { reason, message } = await shown.finished
  for (const sentence of message === '' ? [] : message.split('\n'))
    context.io.stderr.write(`yasco: ${sentence}\n`)
  await Promise.race([engine.ended, sleep(LEAVE_MS)])
  return reason === 'fatal' ? EXIT.failed : EXIT.done
}
