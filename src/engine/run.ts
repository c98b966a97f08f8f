// An engine as a process: serves the screen on its descriptor until that has left, whatever happens to the terminal meanwhile.
import { Socket } from 'node:net'
import type { EngineParts } from './engine.ts'
import { Engine } from './engine.ts'
import { SCREEN_FD } from './start.ts'

/** Resolves when the engine has ended what it did. */
export async function runEngine(parts: EngineParts): Promise<void> {
  // The pipe for last words breaks when the screen's process is gone before this one.
  process.stderr.on('error', () => undefined)
  // Its session has no terminal; a stray hang-up is not ours, and an interrupt is the screen's matter.
  process.on('SIGHUP', () => undefined)
  process.on('SIGINT', () => undefined)
  const engine = new Engine(parts)
  const ended = Promise.withResolvers<void>()
  process.on('SIGTERM', () => ended.resolve())
  engine.attach(new Socket({ fd: SCREEN_FD, readable: true, writable: true }))
  await Promise.race([engine.empty(), ended.promise])
  await engine[Symbol.asyncDispose]()
}
