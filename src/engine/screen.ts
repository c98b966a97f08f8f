// One screen of an engine: sends it the newest picture when it is ready for one, and never keeps a second.
import type { Duplex } from 'node:stream'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { SolveProgress } from '../model/solved.ts'
import { readMessages, writeMessage } from './lines.ts'
import { diff } from './patch.ts'
import type { Answer, Question, ToEngine, ToScreen } from './protocol.ts'
import { isToEngine, PROTOCOL_VERSION } from './protocol.ts'

export interface ScreenHandlers {
  answer(question: Question, asker: Asker): Promise<Answer>
  lookingAt(item: string | undefined): void
  /** It said goodbye, or its stream is over. Told once. */
  left(): void
}

/** Who waits for an answer. */
export interface Asker {
  /** Nobody waits for it any more. */
  readonly signal: AbortSignal
  /** The best so far is enough. */
  readonly enough: AbortSignal
  progress(progress: SolveProgress): void
}

/** A screen asks one question after the other; more than this at once is none of ours. */
const QUESTIONS_AT_ONCE = 32

export class Screen {
  readonly #stream: Duplex
  readonly #handlers: ScreenHandlers
  readonly #gone = new AbortController()
  #newest: ClusterSnapshot | undefined
  /** The picture that the screen has, or will have when it acknowledges. */
  #sent: ClusterSnapshot | undefined
  #isReady = false
  readonly #asked = new Map<
    number,
    { readonly enough: AbortController; readonly drop: AbortController }
  >()

  constructor(
    stream: Duplex,
    hello: ToScreen & { readonly type: 'hello' },
    handlers: ScreenHandlers,
  ) {
    this.#stream = stream
    this.#handlers = handlers
    this.#send(hello)
    readMessages(
      stream,
      message => {
        if (isToEngine(message)) this.#receive(message)
        else this.#leave()
      },
      () => this.#leave(),
    )
    stream.on('error', () => this.#leave())
    stream.on('end', () => this.#leave())
    stream.on('close', () => this.#leave())
  }

  /** Shows this picture, as soon as the screen has taken the one before. */
  show(snapshot: ClusterSnapshot): void {
    this.#newest = snapshot
    this.#sendPatch()
  }

  fatal(message: string): void {
    this.#send({ type: 'fatal', message })
  }

  #sendPatch(): void {
    if (!this.#isReady || !this.#newest || this.#newest === this.#sent) return
    const patch = diff(this.#sent, this.#newest)
    this.#sent = this.#newest
    if (!patch) return
    this.#isReady = false
    this.#send({ type: 'patch', patch })
  }

  #receive(message: ToEngine): void {
    switch (message.type) {
      case 'hello':
        if (message.protocol === PROTOCOL_VERSION) {
          this.#isReady = true
          this.#sendPatch()
        } else {
          const problem = `this engine speaks protocol ${PROTOCOL_VERSION}, the screen ${message.protocol}`
          this.fatal(`${problem}: leave, and start yasco again`)
          this.#leave()
        }
        return
      case 'ack':
        this.#isReady = true
        this.#sendPatch()
        return
      case 'question':
        void this.#answer(message.id, message.question)
        return
      case 'enough':
        this.#asked.get(message.id)?.enough.abort()
        return
      case 'drop':
        this.#asked.get(message.id)?.drop.abort(new Error('nobody waits for it any more'))
        return
      case 'looking-at':
        this.#handlers.lookingAt(message.item)
        return
      case 'bye':
        this.#leave()
    }
  }

  async #answer(id: number, question: Question): Promise<void> {
    if (this.#asked.size >= QUESTIONS_AT_ONCE) {
      const error = 'too many questions at once'
      this.#send({ type: 'answer', id, answer: { ok: false, error } })
      return
    }
    const { enough, drop } = { enough: new AbortController(), drop: new AbortController() }
    this.#asked.set(id, { enough, drop })
    const answer = await this.#handlers.answer(question, {
      signal: AbortSignal.any([this.#gone.signal, drop.signal]),
      enough: enough.signal,
      progress: progress => this.#send({ type: 'progress', id, progress }),
    })
    this.#asked.delete(id)
    this.#send({ type: 'answer', id, answer })
  }

  #send(message: ToScreen): void {
    writeMessage(this.#stream, message)
  }

  #leave(): void {
    if (this.#gone.signal.aborted) return
    this.#gone.abort(new Error('the screen left'))
    this.#newest = undefined
    this.#sent = undefined
    // What was sent last, a farewell for one, still goes out.
    this.#stream.end()
    this.#handlers.left()
  }
}
