// The curve: time, quality and memory from 10 to 1 000 HWMs, with and without X.
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

export const curve: Part = {
  name: 'curve',
  *run({ seconds }: BenchOptions): Generator<MarkRow> {
    for (const tolerate of [0, 1, 2]) {
      for (const hwms of [10, 30, 100, 300, 1_000]) {
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
        yield {
          what,
          mark: '< 1 GiB, valid',
          figure: `${point.value === undefined ? point.sentence : `${point.value} hosts, bound + ${gap}`}, ${inSeconds(point.seconds)}, ${Math.round(point.mebibytes)} MiB${point.wrong.length > 0 ? `; checker: ${point.wrong[0]}` : ''}`,
          verdict: verdictOf(
            point.wrong.length === 0 &&
              point.mebibytes < MOST_MEBIBYTES &&
              point.value !== undefined,
          ),
          peer: `X = ${Math.max(1, tolerate)} of the homes: ${point.holds} in ${inSeconds(point.certificate)}`,
        }
      }
    }
  },
}
