// The curve: time, quality and memory from 10 to 1 000 HWMs (2 000 with --full), with and without X, and at which size a mark is first missed.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type BenchOptions, inSeconds, type MarkRow, type Part, verdictOf } from './mark.ts'

interface Point {
  readonly value?: number
  readonly bound?: number
  readonly sentence: string
  readonly seconds: number
  readonly certificate: number
  readonly holds: string
  readonly mebibytes: number
  readonly wrong: readonly string[]
}

const MOST_MEBIBYTES = 1024

/** Seconds for so many HWMs. Beyond the largest for which there is one, the mark of that. */
function secondsFor(hwms: number, tolerate: number): number {
  if (tolerate > 0) return 10
  return hwms <= 40 ? 0.3 : hwms <= 100 ? 1 : 10
}

/** HWMs above the bound. */
function gapFor(hwms: number, tolerate: number, bound: number): number {
  return tolerate === 0 || hwms <= 50 ? 1 : 0.03 * bound
}

export const curve: Part = {
  name: 'curve',
  *run({ seconds, isFull }: BenchOptions): Generator<MarkRow> {
    for (const tolerate of [0, 1, 2]) {
      let firstMissed: number | undefined
      const sizes = [10, 30, 100, 300, 1_000, ...(isFull ? [2_000] : [])]
      for (const hwms of sizes) {
        const child = spawnSync(
          process.execPath,
          [
            fileURLToPath(new URL('curve-child.ts', import.meta.url)),
            ...[hwms, tolerate, seconds].map(String),
          ],
          { encoding: 'utf8', timeout: 600_000 },
        )
        const what = `curve: ${hwms} HWMs, ${hwms * 10} VMs, X = ${tolerate}`
        if (child.status !== 0) {
          firstMissed ??= hwms
          yield {
            what,
            mark: '',
            figure: `failed: ${(child.stderr || String(child.error)).trim().split('\n').at(-1)}`,
            verdict: 'MISSED',
          }
          continue
        }
        const point = JSON.parse(child.stdout) as Point
        const gap =
          point.value === undefined || point.bound === undefined
            ? undefined
            : point.value - point.bound
        const limit = secondsFor(hwms, tolerate)
        const isReached =
          point.wrong.length === 0 &&
          point.mebibytes < MOST_MEBIBYTES &&
          gap !== undefined &&
          gap <= gapFor(hwms, tolerate, point.bound ?? 0) &&
          point.seconds <= limit
        if (!isReached) firstMissed ??= hwms
        yield {
          what,
          mark: `bound + ${tolerate === 0 || hwms <= 50 ? '1' : '3 %'}, ${limit} s, < 1 GiB`,
          figure: `${point.value === undefined ? point.sentence : `${point.value} hosts, bound + ${gap}`}, ${inSeconds(point.seconds)}, ${Math.round(point.mebibytes)} MiB${point.wrong.length > 0 ? `; checker: ${point.wrong[0]}` : ''}`,
          verdict: verdictOf(isReached),
          peer: `X = ${Math.max(1, tolerate)} of the homes: ${point.holds} in ${inSeconds(point.certificate)}`,
        }
      }
      yield {
        what: `curve: X = ${tolerate}, the size at which a mark is first missed`,
        mark: '',
        figure:
          firstMissed === undefined ? `none up to ${sizes.at(-1)} HWMs` : `${firstMissed} HWMs`,
        verdict: 'shown',
      }
    }
  },
}
