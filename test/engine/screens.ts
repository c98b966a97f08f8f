// Screens for the tests of the engine: they keep what they were shown, and can stall as a terminal does.
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import type { Engine } from '../../src/engine/engine.ts'
import type { EngineHello, EngineLink } from '../../src/engine/link.ts'
import { linkToEngine } from '../../src/engine/link.ts'
import type { Patch } from '../../src/engine/protocol.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'

export class TestScreen {
  readonly link: EngineLink
  readonly patches: Patch[] = []
  snapshot: ClusterSnapshot | undefined
  hello: EngineHello | undefined
  ended: string | undefined
  fatal: string | undefined
  readonly #stalled: (() => void)[] = []
  isStalled = false

  constructor(stream: Duplex) {
    this.link = linkToEngine(stream, 'test', {
      hello: hello => {
        this.hello = hello
      },
      snapshot: async (snapshot, patch) => {
        this.snapshot = snapshot
        this.patches.push(patch)
        if (this.isStalled) await new Promise<void>(resolve => this.#stalled.push(resolve))
      },
      fatal: message => {
        this.fatal = message
      },
      ended: reason => {
        this.ended = reason
      },
    })
  }

  /** The terminal takes frames again. */
  goOn(): void {
    this.isStalled = false
    for (const resume of this.#stalled.splice(0)) resume()
  }
}

/** A screen on a stream of its own to this engine. */
export function screenOn(engine: Engine): TestScreen {
  const [ours, theirs] = duplexPair()
  engine.attach(theirs)
  return new TestScreen(ours)
}

/** Lets everything run that is due: streams, promises. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++)
    await new Promise<void>(resolve => {
      setImmediate(resolve)
    })
}
