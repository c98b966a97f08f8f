// What the benches of the engine share: the program, a screen that only listens, and patience.
import { setTimeout as sleep } from 'node:timers/promises'
import type { LinkHandlers } from '../../src/engine/link.ts'

export const BUNDLE = new URL('../../dist/yasco.mjs', import.meta.url).pathname

export const SILENT: LinkHandlers = {
  hello: () => undefined,
  snapshot: () => undefined,
  fatal: message => {
    throw new Error(message)
  },
  ended: () => undefined,
}

export async function until(condition: () => boolean, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > end)
      throw new Error(`not so within ${limitMs} ms: ${condition.toString()}`)
    await sleep(10)
  }
}
