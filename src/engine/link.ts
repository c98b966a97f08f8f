// A screen's end of the stream to an engine: keeps the snapshot, acknowledges, asks questions.
import type { Duplex } from 'node:stream'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { SolveProgress } from '../model/solved.ts'
import type { Answer, Patch, Question, ToEngine, ToScreen } from './protocol.ts'
import { isToScreen, PROTOCOL_VERSION } from './protocol.ts'
import { readMessages, writeMessage } from './lines.ts'
import { applyPatch } from './patch.ts'

export interface EngineHello {
  readonly version: string
  readonly pid: number
  /** Hosts and time are made up: `simulate` questions are answered. */
  readonly simulated: boolean
}

/** What a screen hears of its engine. */
export interface LinkHandlers {
  hello(engine: EngineHello): void
  /**
   * The newest picture, and what changed in it. The engine sends nothing more before this is done: return a promise that
   * resolves when the terminal has taken the frame, and a stalled line costs one picture, not a queue of them.
   */
  snapshot(snapshot: ClusterSnapshot, patch: Patch): void | Promise<void>
  /** The engine cannot go on, for a reason that trying again will not mend. */
  fatal(message: string): void
  /** The stream is over; `reason` in a few words for people. Told once. */
  ended(reason: string): void
}

/** The limit of an answer: above the engine's own limit for asking a libvirt. */
export const ANSWER_LIMIT_MS = 20_000

export interface AskOptions {
  readonly timeoutMs?: number
  /** The best so far is enough. */
  readonly enough?: AbortSignal
  /** The answer is not waited for any more; it is one that says so. */
  readonly signal?: AbortSignal
  progress?(progress: SolveProgress): void
}

export interface EngineLink extends Disposable {
  /** Never rejects: no answer is an answer with `ok: false` that says so. */
  ask(question: Question, options?: AskOptions): Promise<Answer>
  /** Tells which screen is looked at, and which HWM or VM on it: what nobody sees is asked less often. */
  lookingAt(screen: string, item?: string): void
  /** Takes leave: the engine ends what it does and then itself, when no other screen is there. */
  bye(): void
}

/** Speaks with the engine at the other end of `stream` until either leaves. Disposing destroys the stream. */
export function linkToEngine(stream: Duplex, version: string, handlers: LinkHandlers): EngineLink {
  const pending = new Map<number, (answer: Answer) => void>()
  const watching = new Map<number, (progress: SolveProgress) => void>()
  let snapshot: ClusterSnapshot | undefined
  let questions = 0
  let over = false

  const send = (message: ToEngine) => writeMessage(stream, message)

  const end = (reason: string) => {
    if (over) return
    over = true
    stream.destroy()
    for (const settle of pending.values()) settle({ ok: false, error: reason })
    handlers.ended(reason)
  }

  const take = async (patch: Patch) => {
    snapshot = applyPatch(snapshot, patch)
    await handlers.snapshot(snapshot, patch)
    send({ type: 'ack', seq: patch.seq })
  }

  const receive = (message: ToScreen) => {
    switch (message.type) {
      case 'hello':
        if (message.protocol !== PROTOCOL_VERSION) {
          end(`the engine speaks protocol ${message.protocol}, this screen ${PROTOCOL_VERSION}`)
          return
        }
        handlers.hello({
          version: message.version,
          pid: message.pid,
          simulated: message.simulated,
        })
        return
      case 'patch':
        take(message.patch).catch((error: unknown) => end(String(error)))
        return
      case 'answer':
        pending.get(message.id)?.(message.answer)
        return
      case 'progress':
        watching.get(message.id)?.(message.progress)
        return
      case 'fatal':
        handlers.fatal(message.message)
    }
  }

  readMessages(
    stream,
    message => {
      if (isToScreen(message)) receive(message)
      else end('the engine sent something that is none of its messages')
    },
    problem => end(problem.message),
  )
  stream.on('error', error => end(`the engine is gone: ${error.message}`))
  stream.on('end', () => end('the engine ended'))
  stream.on('close', () => end('the engine ended'))
  send({ type: 'hello', protocol: PROTOCOL_VERSION, version })

  return {
    ask(question, options) {
      if (over) return Promise.resolve({ ok: false, error: 'the engine is gone' })
      questions += 1
      const id = questions
      const limit = options?.timeoutMs ?? ANSWER_LIMIT_MS
      return new Promise(resolve => {
        const settle = (answer: Answer) => {
          clearTimeout(timer)
          pending.delete(id)
          watching.delete(id)
          options?.enough?.removeEventListener('abort', suffice)
          options?.signal?.removeEventListener('abort', drop)
          resolve(answer)
        }
        const suffice = () => send({ type: 'enough', id })
        const drop = () => {
          send({ type: 'drop', id })
          settle({ ok: false, error: 'not waited for' })
        }
        options?.enough?.addEventListener('abort', suffice, { once: true })
        options?.signal?.addEventListener('abort', drop, { once: true })
        if (options?.progress) watching.set(id, progress => options.progress?.(progress))
        const timer = setTimeout(
          () => settle({ ok: false, error: `no answer within ${limit} ms` }),
          limit,
        )
        pending.set(id, settle)
        send({ type: 'question', id, question })
      })
    },
    lookingAt(screen, item) {
      send(
        item === undefined ? { type: 'looking-at', screen } : { type: 'looking-at', screen, item },
      )
    },
    bye() {
      send({ type: 'bye' })
    },
    [Symbol.dispose]() {
      over = true
      stream.destroy()
    },
  }
}
