// Fewest HWMs without failures: fleets of five dimensions. Told is when the solver came to one above the bound it had at the end, in
// seconds of processor time.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { solvePlacement } from '../../../src/solver/placement.ts'
import { checkPlacement } from '../../../src/solver/check/placement.ts'
import type { Problem } from '../../../src/solver/problem.ts'
import { fewestHwms } from '../../solver/models.ts'
import { cpuClock } from './cpu-clock.ts'
import { textOf } from './data.ts'
import { fleet } from './fleet.ts'
import { type BenchOptions, inSeconds, type MarkRow, type Part, timed, verdictOf } from './mark.ts'
import { solveVbp } from './vbp-job.ts'

export const fleets: Part = { name: 'fleets', run }

/** Fewest hosts of the public fleets, by kind and number of VMs (their README). */
const REFERENCE: Readonly<Record<string, number>> = {
  fleet_60_dist: 3,
  fleet_100_dist: 5,
  fleet_400_dist: 16,
  fleet_60_flav: 3,
  fleet_100_flav: 5,
  fleet_400_flav: 18,
}

const SIZES = [
  { hwms: 40, vms: 400, seconds: 0.3 },
  { hwms: 100, vms: 1_000, seconds: 1 },
  { hwms: 1_000, vms: 10_000, seconds: 10 },
] as const

interface Reached {
  readonly hwms: number
  readonly bound: number
  /** When it came to at most one above the bound it had at the end; undefined: never. */
  readonly nearAfter: number | undefined
  readonly complaints: readonly string[]
}

/** Solves within `seconds`. */
function reach(problem: Problem, seconds: number): Reached {
  const start = cpuClock()
  const steps: { best: number; after: number }[] = []
  const placed = solvePlacement(problem, {
    objectives: ['fewest-hwms'],
    findLargest: false,
    seconds,
    now: cpuClock,
    onProgress: ({ best }) => {
      if (best !== undefined) steps.push({ best, after: (cpuClock() - start) / 1000 })
    },
  })
  if (placed.answer !== 'map')
    return { hwms: 0, bound: 0, nearAfter: undefined, complaints: [placed.answer] }
  return {
    hwms: placed.value,
    bound: placed.bound,
    nearAfter: steps.find(({ best }) => best <= placed.bound + 1)?.after,
    complaints: checkPlacement(problem, placed.map),
  }
}

function* run({ data, isFull }: BenchOptions): Generator<MarkRow> {
  for (const { hwms, vms, seconds } of SIZES) {
    for (const fill of [0.75, 0.9]) {
      const problem = fleet({ hwms, vms, fill, seed: 11 })
      const { hwms: used, bound, nearAfter, complaints } = reach(problem, seconds)
      const isReached = complaints.length === 0 && nearAfter !== undefined && nearAfter <= seconds
      yield {
        what: `fleets: ${hwms} HWMs, ${vms} VMs, ${fill * 100} % full`,
        mark: `bound or + 1 in ${seconds} s`,
        figure:
          complaints[0] ??
          `${used}, bound ${bound}${nearAfter === undefined ? '' : `, after ${inSeconds(nearAfter)}`}`,
        verdict: verdictOf(isReached),
        ...(hwms === 40 && fill === 0.75 ? { peer: peerOn(problem, isFull ? 60 : 20) } : {}),
      }
    }
  }
  const folder = data === undefined ? '' : join(data, 'fleets')
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder).filter(name => name.endsWith('.vbp'))) {
    const name = file.replace(/\.vbp$/, '')
    const solved = solveVbp({ text: textOf(join(folder, file)), seconds: 2, seed: 1 })
    const wanted = REFERENCE[name]
    yield {
      what: `fleets: ${name}`,
      mark: wanted === undefined ? '' : `${wanted} hosts in 2 s`,
      figure:
        solved.complaints[0] ??
        `${solved.bins}, bound ${solved.bound}, after ${inSeconds(solved.lastSeconds)}`,
      verdict: wanted === undefined ? 'shown' : verdictOf(solved.bins <= wanted),
    }
  }
}

/** HiGHS on the same problem, with no more HWMs than could be needed. */
function peerOn(problem: Problem, seconds: number): string {
  const { value, seconds: taken } = timed(() => fewestHwms(problem, 0, seconds).value)
  if (value === undefined || Number.isNaN(value)) return `HiGHS: no optimum in ${inSeconds(taken)}`
  return `HiGHS: ${value} in ${inSeconds(taken)}`
}
