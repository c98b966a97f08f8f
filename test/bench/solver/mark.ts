// One line of the solver's table of marks, and what a part of the bench is.

import { cpuClock } from './cpu-clock.ts'

/** A figure beside its mark. */
export interface MarkRow {
  readonly what: string
  /** What is asked, in words; empty when the figure is shown for comparison only. */
  readonly mark: string
  readonly figure: string
  /** `not run` needs the reason as `figure`. */
  readonly verdict: 'ok' | 'MISSED' | 'shown' | 'NOT RUN'
  /** The same thing done by another program in the same call. */
  readonly peer?: string
}

export interface BenchOptions {
  /** The folder of public instances; undefined: made-up ones only. */
  readonly data: string | undefined
  /** Time for one instance where a solve goes on until its time is over. */
  readonly seconds: number
  /** All instances instead of a sample. */
  readonly isFull: boolean
  /** Of the public packing instances, all whose optimum is known and no others. */
  readonly isKnown: boolean
}

/** Rows that belong together, printed as they come. */
export interface Part {
  readonly name: string
  run(options: BenchOptions): AsyncIterable<MarkRow> | Iterable<MarkRow>
}

/** A row that could not be measured here, with the reason. */
export function notRun(what: string, mark: string, why: string): MarkRow {
  return { what, mark, figure: why, verdict: 'NOT RUN' }
}

export interface Timed<T> {
  readonly value: T
  readonly seconds: number
}

/** One call, and the processor time it took. */
export function timed<T>(work: () => T): Timed<T> {
  const start = cpuClock()
  const value = work()
  return { value, seconds: (cpuClock() - start) / 1000 }
}

/** `0.013 s`, `1.20 s`, `23 s`. */
export function inSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 0.1 ? 3 : seconds < 10 ? 2 : 0)} s`
}

/** The verdict on a condition. */
export function verdictOf(isReached: boolean): 'ok' | 'MISSED' {
  return isReached ? 'ok' : 'MISSED'
}
