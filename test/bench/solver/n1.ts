// N-1 on a large cluster, beside Ganeti's hcheck.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { complaintsOf } from './certificates.ts'
import { homesOf } from '../../../src/solver/compile.ts'
import type { Problem } from '../../../src/solver/problem.ts'
import { judgeResilience } from '../../../src/solver/resilience/index.ts'
import { textOf } from './data.ts'
import { fleet } from './fleet.ts'
import { problemOfGaneti, readGaneti } from './ganeti.ts'
import { htools, missingHtools } from './htools.ts'
import { type BenchOptions, inSeconds, type MarkRow, type Part, timed, verdictOf } from './mark.ts'

/** The least time that hcheck gets; on 200 nodes it takes minutes. */
const PEER_SECONDS = 20

/** hcheck answers more than N-1 (its simulation is left out), so only its time is put beside ours. */
function peerOf(text: string): string {
  const why = missingHtools()
  if (why !== undefined) return `hcheck: ${why}`
  const { seconds, isDone } = htools('hcheck', ['--no-simulation'], text, PEER_SECONDS)
  return isDone ? `hcheck ${inSeconds(seconds)}` : `hcheck ended after ${PEER_SECONDS} s, not done`
}

function rowOf(what: string, problem: Problem, limit: number | undefined, peer?: string): MarkRow {
  const map = homesOf(problem)
  const { value, seconds } = timed(() =>
    judgeResilience(problem, map, { tolerate: 1, findLargest: false }),
  )
  const complaints = complaintsOf(problem, map, value)
  const isReached = complaints.length === 0 && (limit === undefined || seconds <= limit)
  return {
    what,
    mark: limit === undefined ? 'settled' : `<= ${limit} s`,
    figure: `${inSeconds(seconds)}, X = 1 ${value.holds} by ${value.by}${complaints.length > 0 ? `; checker: ${complaints[0]}` : ''}`,
    verdict: verdictOf(isReached),
    ...(peer === undefined ? {} : { peer }),
  }
}

export const n1: Part = {
  name: 'n1',
  *run({ data }: BenchOptions) {
    for (const fill of [0.6, 0.85, 0.97]) {
      const problem = fleet({ hwms: 200, vms: 4_000, fill, seed: 11, homes: true, tolerate: 1 })
      yield rowOf(`N-1, 200 HWMs, 4 000 VMs, ${Math.round(fill * 100)} % full`, problem, 0.2)
    }
    if (data === undefined) return
    const folder = join(data, 'ganeti')
    for (const name of readdirSync(folder)
      .filter(file => /^ext-.*\.gz$/.test(file))
      .sort()) {
      const text = textOf(join(folder, name))
      const problem = problemOfGaneti(readGaneti(text), 1)
      const limit = problem.hwms.length === 200 ? 0.2 : undefined
      yield rowOf(`N-1, ${name.replace('.data.gz', '')}`, problem, limit, peerOf(text))
    }
  },
}
