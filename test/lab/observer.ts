// The outside observer: watches every QEMU of a lab from the machine, trusting nobody inside, and tells whether any VM ever
// ran twice. A second *process* is no offence (the destination of a live migration waits paused); a second one that
// executes is. Two witnesses: each QEMU's own position in the serial log that all copies of a guest append to, and the
// log itself, in which boots and ticks of one guest only ever grow.
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { LabError } from './errors.ts'
import { readSerial } from './serial-log.ts'

/** One QEMU process as seen from outside. Times on CLOCK_MONOTONIC, offsets in bytes of the guest's serial log. */
export interface QemuRun {
  readonly vm: string
  readonly host: string
  readonly pid: number
  readonly startTime: string
  readonly firstSeenMs: number
  lastSeenMs: number
  /** What its guest printed, from where to where; undefined while it has executed nothing. */
  wrote: { from: number; to: number; fromMs: number; toMs: number } | undefined
}

export interface Sighting {
  readonly looks: number
  /** The longest time between two looks: what happened within it may have gone unseen by /proc (never by the log). */
  readonly longestGapMs: number
  readonly runs: readonly QemuRun[]
}

export interface Report extends Sighting {
  /** One sentence for each time a VM was seen to run twice. Empty is what every test wants. */
  readonly doubleRuns: readonly string[]
  /** Highest number of QEMU processes, running or paused, that a VM had at once. */
  readonly mostProcesses: Readonly<Record<string, number>>
}

function nameOf(run: QemuRun): string {
  return `pid ${run.pid} on ${run.host}`
}

/** Pairs of QEMUs that wrote to the same guest's log in turns. */
export function interleavings(runs: readonly QemuRun[]): string[] {
  const writers = runs.flatMap(run => (run.wrote ? [{ run, wrote: run.wrote }] : []))
  return writers.flatMap(({ run: a, wrote: x }, index) =>
    writers
      .slice(index + 1)
      .filter(({ run: b, wrote: y }) => b.vm === a.vm && x.from <= y.to && y.from <= x.to)
      .map(
        ({ run: b, wrote: y }) =>
          `${a.vm} ran twice: ${nameOf(a)} wrote bytes ${x.from} to ${x.to} of its log, ${nameOf(b)} ${y.from} to ${y.to}`,
      ),
  )
}

/** Whether a guest's log is one no single copy of it can have written. */
export function contradictionOf(vm: string, log: string): string[] {
  const [first, ...more] = readSerial(log).contradictions
  if (!first) return []
  const { line, before, after } = first
  const others = more.length > 0 ? ` (and ${more.length} places more)` : ''
  return [
    `${vm} ran twice: line ${line} of its log says B${after.boots} T${after.ticks} after B${before.boots} T${before.ticks}${others}`,
  ]
}

/** How many processes each VM had at once, at most. */
export function mostAtOnce(runs: readonly QemuRun[]): Record<string, number> {
  const most: Record<string, number> = {}
  for (const run of runs) {
    // The count can only rise at an instant where some process appears.
    const then = run.firstSeenMs
    const alive = runs.filter(
      other => other.vm === run.vm && other.firstSeenMs <= then && then <= other.lastSeenMs,
    )
    most[run.vm] = Math.max(most[run.vm] ?? 0, alive.length)
  }
  return most
}

/** Watches from `Observer.start` until `stop`. */
export class Observer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #serial: (vm: string) => string
  readonly #vms: readonly string[]

  private constructor(child: ChildProcess, vms: readonly string[], serial: (vm: string) => string) {
    this.#child = child
    this.#vms = vms
    this.#serial = serial
  }

  /** Resolves when the first look has been taken. */
  static async start(
    labName: string,
    vms: readonly string[],
    serial: (vm: string) => string,
  ): Promise<Observer> {
    const file = new URL('observer-process.ts', import.meta.url).pathname
    const child = fork(file, [labName], { execArgv: [] })
    await once(child, 'message')
    return new Observer(child, vms, serial)
  }

  /** What has been seen so far. */
  async report(): Promise<Report> {
    if (!this.#child.connected) throw new LabError('The observer has ended: its report is lost.')
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(10_000) })
    this.#child.send('report')
    const [sighting] = (await answer) as [Sighting]
    const contradictions = this.#vms.flatMap(vm => contradictionOf(vm, this.#serial(vm)))
    return {
      ...sighting,
      doubleRuns: [...interleavings(sighting.runs), ...contradictions],
      mostProcesses: mostAtOnce(sighting.runs),
    }
  }

  /** The last report; the observer's process ends. */
  async stop(): Promise<Report> {
    const report = await this.report()
    await this[Symbol.asyncDispose]()
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}
