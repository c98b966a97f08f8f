// Balance: beside Ganeti's hbal, with hinfo as the judge of both.
import { cpuClock } from './cpu-clock.ts'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkPlacement } from '../../../src/solver/check/placement.ts'
import { solvePlacement } from '../../../src/solver/placement.ts'
import { textOf } from './data.ts'
import { fleet } from './fleet.ts'
import { problemOfGaneti, readGaneti, SCORE_WEIGHTS, writeGaneti } from './ganeti.ts'
import { htools, judgedByHinfo, missingHtools } from './htools.ts'
import {
  type BenchOptions,
  inSeconds,
  type MarkRow,
  notRun,
  type Part,
  timed,
  verdictOf,
} from './mark.ts'

/** hbal takes minutes for one move on 200 nodes: it gets this long for each limit of moves, and stops where it is. */
const PEER_SECONDS = { sample: 60, full: 400 }

interface HbalRun {
  readonly score: number
  readonly moves: number
  readonly seconds: number
  readonly isDone: boolean
}

/** hbal's end, or how far it came in its time: it prints a line for each move with the score after it. */
function hbal(text: string, limit: number): HbalRun {
  const { output, seconds, isDone } = htools('hbal', [], text, limit)
  const steps = [...output.matchAll(/^\s*\d+\. \S+ .* (\d+\.\d+) a=/gm)]
  // Ended before its first move it prints nothing: it stands where it began.
  const last = steps.at(-1)?.[1] ?? judgedByHinfo(text).score
  return { score: Number(last), moves: steps.length, seconds, isDone }
}

function rowOf(name: string, text: string, limit: number, peerSeconds: number): MarkRow {
  const cluster = readGaneti(text)
  const problem = problemOfGaneti(cluster, 1)
  const peer = hbal(text, peerSeconds)
  // With no more moves than hbal made; where it came nowhere, with as many as we like.
  const most = peer.moves > 0 ? peer.moves : undefined
  const { value, seconds } = timed(() =>
    solvePlacement(problem, {
      objectives: ['balance'],
      balanceWeights: SCORE_WEIGHTS,
      findLargest: false,
      // What is told after the search takes time too.
      seconds: 0.85 * limit,
      now: cpuClock,
      ...(most === undefined ? {} : { mostMoves: most }),
    }),
  )
  const what = `balance, ${name}: ${problem.hwms.length} HWMs, ${cluster.instances.length} VMs`
  const mark = `hinfo's score <= hbal's, ${limit} s`
  if (value.answer !== 'map') return { what, mark, figure: value.sentence, verdict: 'MISSED' }
  const wrong = checkPlacement(problem, value.map)
  const ours = judgedByHinfo(writeGaneti(cluster, value.map))
  const before = judgedByHinfo(text)
  const isBetter = ours.score <= peer.score && value.moves <= (most ?? Infinity)
  return {
    what,
    mark,
    figure: `score ${before.score.toFixed(3)} to ${ours.score.toFixed(4)} in ${value.moves} moves, ${inSeconds(seconds)}${ours.isHappy ? '' : ', not N+1'}${wrong.length > 0 ? `; checker: ${wrong[0]}` : ''}`,
    verdict: verdictOf(
      isBetter && wrong.length === 0 && seconds <= limit && (ours.isHappy || !before.isHappy),
    ),
    peer: `hbal: ${peer.score.toFixed(4)} in ${peer.moves} moves, ${inSeconds(peer.seconds)}${peer.isDone ? '' : ' (its time ended)'}`,
  }
}

export const balanceMarks: Part = {
  name: 'balance',
  *run({ data, isFull }: BenchOptions) {
    const why = missingHtools()
    if (why !== undefined) {
      yield notRun('balance', "hinfo's score <= hbal's", why)
      return
    }
    const folder = data === undefined ? undefined : join(data, 'ganeti')
    if (folder !== undefined && existsSync(folder)) {
      for (const file of readdirSync(folder)
        .filter(name => /^ext-.*\.gz$/.test(name))
        .sort()) {
        const text = textOf(join(folder, file))
        const limit = readGaneti(text).nodes.length <= 40 ? 1 : 10
        yield rowOf(
          file.replace('.data.gz', ''),
          text,
          limit,
          isFull ? PEER_SECONDS.full : PEER_SECONDS.sample,
        )
      }
    }
    for (const [hwms, vms] of [
      [10, 100],
      [20, 240],
    ] as const) {
      const text = madeUp(hwms, vms)
      yield rowOf(`made up ${hwms}/${vms}`, text, 1, PEER_SECONDS.sample)
    }
  },
}

/** A made-up cluster in Ganeti's format: the fleet's VMs and homes, memory and CPUs only. */
function madeUp(hwms: number, vms: number): string {
  const MIB = 1024 ** 2
  const problem = fleet({ hwms, vms, fill: 0.7, seed: 41, homes: true, tolerate: 1 })
  const memory = Math.floor((problem.hwms[0]!.capacity['ram'] ?? 0) / MIB)
  const cpus = Math.floor((problem.hwms[0]!.capacity['cpu'] ?? 0) / 1000 / 4)
  const used = new Map<string, number>()
  const instances = problem.vms
    .filter(vm => vm.home !== undefined)
    .map(vm => {
      const ram = Math.ceil((vm.demand['ram'] ?? 0) / MIB)
      used.set(vm.home!, (used.get(vm.home!) ?? 0) + ram)
      return `${vm.name}|${ram}|10240|${Math.max(1, Math.round((vm.demand['cpu'] ?? 0) / 1000))}|running|Y|${vm.home}||ext||1`
    })
  const nodes = problem.hwms.map(
    hwm =>
      `${hwm.name}|${memory + 1024}|1024|${memory - (used.get(hwm.name) ?? 0)}|8000000|8000000|${cpus}|N|uuid-1|1`,
  )
  return ['group1|uuid-1|preferred||', nodes.join('\n'), instances.join('\n'), '\n'].join('\n\n')
}
