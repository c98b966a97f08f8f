// An engine as a process: serves the screen on its descriptor until that has left, whatever happens to the terminal meanwhile.
import { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import type { EngineParts } from './engine.ts'
import { Engine } from './engine.ts'
import { writeMessage } from './lines.ts'
import { SCREEN_FD } from './start.ts'

const KEPT_ALIVE_MS = 60_000

/**
 * Resolves when the engine has ended what it did. What `makeParts` throws is told to the screen as `fatal`, since trying
 * again would not mend it, and thrown on.
 */
export async function runEngine(makeParts: () => Promise<EngineParts>): Promise<void> {
  // The pipe for last words breaks when the screen's process is gone before this one.
  process.stderr.on('error', () => undefined)
  // Its session has no terminal; a stray hang-up is not ours, and an interrupt is the screen's matter.
  process.on('SIGHUP', () => undefined)
  process.on('SIGINT', () => undefined)
  const ended = Promise.withResolvers<void>()
  const endedAtOnce = Promise.withResolvers<void>()
  let terms = 0
  process.on('SIGTERM', () => {
    terms += 1
    ended.resolve()
    if (terms > 1) endedAtOnce.resolve()
  })
  const stream = new Socket({ fd: SCREEN_FD, readable: true, writable: true })
  const parts = await makeParts().catch(async (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    writeMessage(stream, { type: 'fatal', message })
    await finished(stream.end(), { readable: false })
    throw error
  })
  const engine = new Engine(parts)
  engine.attach(stream)
  await Promise.race([engine.empty(), ended.promise])
  // Its clock keeps no process alive, and the screen's stream may be gone: what is under way must.
  const underWay = setInterval(() => undefined, KEPT_ALIVE_MS)
  // What was begun goes on without a screen; told to end, it is parked; told twice, its leases run out.
  const parked = ended.promise.then(() => engine.park())
  await Promise.race([engine.finished(), parked, endedAtOnce.promise])
  await engine[Symbol.asyncDispose]()
  clearInterval(underWay)
}
