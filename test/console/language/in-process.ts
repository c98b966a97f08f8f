// The real console, components and all, in this process: on a terminal without a window, before an engine that may be scripted, on a
// clock that stands still.
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import type { ConsoleOptions, Ended, RunningConsole } from '../../../components/start.tsx'
import { startConsole } from '../../../components/start.tsx'
import type { TerminalOutput } from '../../../components/painter.ts'
import type { Clock } from '../../../src/model/clock.ts'
import { NOW } from '../made-up.ts'
import type { Wire } from './terminal.ts'

/** The near end of a terminal: what a program takes for its standard output. */
export class Output extends EventEmitter implements TerminalOutput {
  columns: number
  rows: number
  /** As if so many bytes had not left yet. */
  writableLength = 0
  readonly destroyed = false
  readonly writableEnded = false
  /** Nobody reads yet: kept until somebody does. */
  #early = ''
  #take: (text: string) => void = text => {
    this.#early += text
  }

  constructor(columns: number, rows: number) {
    super()
    this.columns = columns
    this.rows = rows
  }

  onOutput(take: (text: string) => void): void {
    this.#take = take
    if (this.#early !== '') take(this.#early)
    this.#early = ''
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    if (text !== '') this.#take(text)
    done?.()
    return true
  }
}

/** What the clock on the wall says, ms since 1970. */
export function wallAt(now: number): number {
  return Date.UTC(2026, 10, 22, 21, 14) + now - NOW
}

/** Real turns of the event loop in which nothing is written: then the program is done with what it was given. */
const SILENT_TURNS = 6
/** Waits of the program that a test does not want to see: joining keys, gathering news. */
const SHORT_WAIT_MS = 100

/** Time that passes only when told to, one task at a time. */
export interface SteppedClock extends Clock {
  /** Lets the next task run if it is due within `ms`; false: there is none, or time is somebody else's business. */
  runNext(ms: number): boolean
}

export class InProcess implements Wire {
  readonly console: RunningConsole
  readonly keys: PassThrough
  readonly output: Output
  readonly #clock: SteppedClock
  #written = 0

  constructor(
    cluster: { connect(): Duplex },
    clock: SteppedClock,
    size: { readonly columns: number; readonly rows: number },
    options: ConsoleOptions,
  ) {
    this.#clock = clock
    this.output = new Output(size.columns, size.rows)
    this.keys = new PassThrough()
    this.console = startConsole({
      stream: cluster.connect(),
      reconnect: async () => cluster.connect(),
      stdin: this.keys,
      stdout: this.output,
      options: {
        clock,
        today: () => '2026-11-22',
        wall: () => wallAt(clock.now()),
        version: 'test',
        ...options,
      },
    })
  }

  get ended(): Promise<Ended> {
    return this.console.finished
  }

  onOutput(take: (text: string) => void): void {
    this.output.onOutput(text => {
      this.#written++
      take(text)
    })
  }

  input(bytes: string): void {
    this.keys.write(bytes)
  }

  resize(columns: number, rows: number): void {
    this.output.columns = columns
    this.output.rows = rows
    this.output.emit('resize')
  }

  async quiet(): Promise<void> {
    for (let silent = 0; silent < SILENT_TURNS; ) {
      const before = this.#written
      await new Promise(resolve => setImmediate(resolve))
      const didRun = this.#clock.runNext(SHORT_WAIT_MS)
      silent = didRun || this.#written !== before ? 0 : silent + 1
    }
  }

  async close(): Promise<void> {
    await this.console.stop()
  }
}
