// Keeps an engine for one screen: starts it, and starts another when it dies, so that the console itself never ends with it.
import type { Answer, Patch, Question } from './protocol.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { EngineHello, EngineLink } from './link.ts'
import { linkToEngine } from './link.ts'
import type { StartedEngine, StartOptions } from './start.ts'
import { startEngine } from './start.ts'

/** What a screen hears over all engines it ever has. */
export interface KeepHandlers {
  hello(engine: EngineHello): void
  /** As `LinkHandlers.snapshot`. After a restart the first picture may be emptier than the last: its facts are being learned anew. */
  snapshot(snapshot: ClusterSnapshot, patch: Patch): void | Promise<void>
  /** The engine died. The last picture stays; another engine is started in `retryMs`. `detail`: what it said last, may be empty. */
  lost(reason: string, retryMs: number, detail: string): void
  /** No engine can be had, for a reason that trying again will not mend: one sentence. */
  fatal(message: string): void
}

export interface KeptEngine extends AsyncDisposable {
  ask(question: Question, options?: { readonly timeoutMs?: number }): Promise<Answer>
  lookingAt(screen: string, item?: string): void
  /** Process id of the engine there is now. */
  readonly pid: number | undefined
}

const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 10_000
/** An engine that lived this long was well: the next retry begins with the shortest wait again. */
const WELL_AFTER_MS = 30_000
/** How long leaving waits for the engine's own end; it goes on by itself after that. */
const LEAVE_LIMIT_MS = 2_000

export function keepEngine(
  options: StartOptions & { readonly version: string; readonly start?: typeof startEngine },
  handlers: KeepHandlers,
): KeptEngine {
  const start = options.start ?? startEngine
  let engine: StartedEngine | undefined
  let link: EngineLink | undefined
  let looking: { screen: string; item: string | undefined } | undefined
  let retryMs = FIRST_RETRY_MS
  let retry: NodeJS.Timeout | undefined
  let leaving = false

  const begin = () => {
    const startedAt = performance.now()
    const started = start(options)
    engine = started
    link = linkToEngine(started.stream, options.version, {
      hello: hello => handlers.hello(hello),
      snapshot: (snapshot, patch) => handlers.snapshot(snapshot, patch),
      fatal: message => {
        leaving = true
        handlers.fatal(message)
      },
      ended: () => {
        link = undefined
        started.ended.then(
          end => died(end.how, end.lastWords, startedAt),
          (error: unknown) => died(String(error), '', startedAt),
        )
      },
    })
    if (looking) link.lookingAt(looking.screen, looking.item)
  }

  const died = (how: string, detail: string, startedAt: number) => {
    if (leaving) return
    if (performance.now() - startedAt > WELL_AFTER_MS) retryMs = FIRST_RETRY_MS
    handlers.lost(`the engine ${how}`, retryMs, detail)
    retry = setTimeout(begin, retryMs)
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
  }

  begin()

  return {
    ask(question, limits) {
      return link
        ? link.ask(question, limits)
        : Promise.resolve({ ok: false, error: 'the engine is being started again' })
    },
    lookingAt(screen, item) {
      looking = { screen, item }
      link?.lookingAt(screen, item)
    },
    get pid() {
      return engine?.pid
    },
    async [Symbol.asyncDispose]() {
      leaving = true
      clearTimeout(retry)
      link?.bye()
      if (!engine) return
      const limit = Promise.withResolvers<void>()
      const timer = setTimeout(limit.resolve, LEAVE_LIMIT_MS)
      await Promise.race([engine.ended, limit.promise])
      clearTimeout(timer)
      link?.[Symbol.dispose]()
    },
  }
}
