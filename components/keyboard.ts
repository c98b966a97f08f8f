// The keyboard as Ink reads it, put right first: sequences that a slow line tore apart are joined, what the terminal answers to
// our own questions is taken out, and so are reports of the mouse and of the focus, which are no keys.
import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '../src/model/clock.ts'

/** What is needed of a terminal's input: process.stdin, an SSH channel, a test's. */
export interface TerminalInput {
  on(event: 'data', listener: (chunk: Buffer | string) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  off(event: 'data', listener: (chunk: Buffer | string) => void): unknown
  off(event: 'end' | 'close', listener: () => void): unknown
  setRawMode?(isRaw: boolean): unknown
  resume?(): unknown
  pause?(): unknown
  ref?(): unknown
  unref?(): unknown
}

/** A lone Esc is one when nothing follows it for so long: longer than the pieces of a sequence are apart on a line of 150 ms and 1 % loss. */
export const ESCAPE_MS = 80
/** Nobody types the beginning of a sequence by hand: longer for what is plainly one. */
const SEQUENCE_MS = 1_000

/** Esc in the form in which it cannot be the beginning of anything else (kitty's keyboard protocol, which Ink reads always). */
const ESC_KEY = '\u001b[27u'

/* eslint-disable no-control-regex -- sequences begin with ESC */
const WHOLE =
  /^\u001b(?:\[\[[A-E]|\[M[^]{3}|\[[0-?]*[ -/]*[@-~]|O[0-9;]*[A-Za-z]|[\]P_^][^\u0007\u001b]*(?:\u0007|\u001b\\))/
const BEGUN = /^\u001b(?:\[\[?|\[M[^]{0,2}|\[[0-?]*[ -/]*|O[0-9;]*|[\]P_^][^\u0007\u001b]*\u001b?)$/
const ANSWER = /^\u001b\[[03]n$/
const NO_KEY = /^\u001b(?:\[<|\[M|\[[IO]$|\[\?|[\]P_^])/
/* eslint-enable no-control-regex */

export class Keyboard extends PassThrough {
  readonly isTTY = true
  readonly #input: TerminalInput
  readonly #clock: Clock
  readonly #answered: () => void
  readonly #decoder = new StringDecoder('utf8')
  #pending = ''
  #timer: Disposable | undefined

  /** `answered` is called for every answer to the question whether all has come through (DSR). */
  constructor(input: TerminalInput, clock: Clock, answered: () => void) {
    super()
    this.#input = input
    this.#clock = clock
    this.#answered = answered
    input.on('data', this.#take)
  }

  /** Called by Ink. */
  setRawMode(isRaw: boolean): this {
    this.#input.setRawMode?.(isRaw)
    return this
  }

  /** Called by Ink: whether reading keeps the process alive. */
  ref(): this {
    this.#input.ref?.()
    this.#input.resume?.()
    return this
  }

  unref(): this {
    this.#input.unref?.()
    return this
  }

  finish(): void {
    this.#timer?.[Symbol.dispose]()
    this.#input.off('data', this.#take)
    this.#input.pause?.()
    this.#input.unref?.()
  }

  readonly #take = (chunk: Buffer | string): void => {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#pending += typeof chunk === 'string' ? chunk : this.#decoder.write(chunk)
    this.#pass()
  }

  #pass(): void {
    while (this.#pending !== '') {
      const at = this.#pending.indexOf('\u001b')
      if (at !== 0) {
        this.write(at < 0 ? this.#pending : this.#pending.slice(0, at))
        this.#pending = at < 0 ? '' : this.#pending.slice(at)
        continue
      }
      const whole = WHOLE.exec(this.#pending)?.[0]
      if (whole !== undefined) {
        this.#pending = this.#pending.slice(whole.length)
        if (ANSWER.test(whole)) this.#answered()
        else if (!NO_KEY.test(whole)) this.write(whole)
        continue
      }
      if (this.#pending === '\u001b') {
        this.#wait(ESCAPE_MS, ESC_KEY)
        return
      }
      if (BEGUN.test(this.#pending)) {
        this.#wait(SEQUENCE_MS, '')
        return
      }
      // Esc and then a key: there are no Alt keys here, and on a slow line the two come together.
      this.write(ESC_KEY)
      this.#pending = this.#pending.slice(1)
    }
  }

  /** When nothing follows, `instead` is what was meant. */
  #wait(ms: number, instead: string): void {
    this.#timer = this.#clock.after(ms, () => {
      this.#pending = ''
      if (instead !== '') this.write(instead)
    })
  }
}
