// Resilient fewest hosts: beside HiGHS' exact model where that ends, beside the averaging bound T7 where it does not.
import { cpuClock } from './cpu-clock.ts'
import { solvePlacement } from '../../../src/solver/placement.ts'
import { randomProblem } from '../../solver/cases.ts'
import { fewestHwms } from '../../solver/models.ts'
import { complaintsOfPlaced, fewestHostsRow } from './fewest-hosts.ts'
import { fleet } from './fleet.ts'
import { type BenchOptions, inSeconds, type MarkRow, type Part, timed, verdictOf } from './mark.ts'

/** Limit of one exact model; what it does not settle is not compared. */
const EXACT_SECONDS = 20

function* smallCases(count: number): Generator<MarkRow> {
  for (const tolerate of [0, 1, 2]) {
    let equal = 0
    let settled = 0
    let slowest = 0
    let exactTime = 0
    const different: string[] = []
    for (let n = 0; n < count; n++) {
      const hwms = 4 + ((n * 3) % 5)
      const problem = randomProblem(900 + n, {
        hwms,
        vms: hwms * (2 + (n % 3)),
        tolerate,
        fill: [0.3, 0.45, 0.6][n % 3]!,
        equalHwms: n % 2 === 0,
        haShare: [1, 0.7, 0.4][n % 3]!,
      })
      const exact = timed(() => fewestHwms(problem, tolerate, EXACT_SECONDS))
      exactTime = Math.max(exactTime, exact.seconds)
      if (Number.isNaN(exact.value.value)) continue
      settled++
      const { value, seconds } = timed(() =>
        solvePlacement(problem, {
          objectives: ['fewest-hwms'],
          tolerate,
          findLargest: false,
          seconds: 2,
          now: cpuClock,
        }),
      )
      slowest = Math.max(slowest, seconds)
      const ours = value.answer === 'map' ? value.value : undefined
      const wrong = value.answer === 'map' ? complaintsOfPlaced(problem, value) : []
      if (ours === exact.value.value && wrong.length === 0) equal++
      else
        different.push(
          `case ${n} (${hwms}/${problem.vms.length}): ${ours ?? value.answer}, exact ${exact.value.value ?? 'impossible'}${wrong.length > 0 ? ` (${wrong[0]})` : ''}`,
        )
    }
    yield {
      what: `resilient fewest hosts, X = ${tolerate}, ${count} cases to 8 HWMs / 32 VMs`,
      mark: 'equal to the exact model',
      figure: `${equal} of ${settled} equal, slowest ${inSeconds(slowest)}${different.length > 0 ? `; ${different.slice(0, 3).join('; ')}` : ''}`,
      verdict: verdictOf(equal === settled),
      peer: `HiGHS exact: ${settled} of ${count} in ${EXACT_SECONDS} s each, slowest ${inSeconds(exactTime)}`,
    }
  }
}

export const resilient: Part = {
  name: 'resilient',
  *run({ isFull, seconds: given }: BenchOptions) {
    yield* smallCases(isFull ? 60 : 15)
    for (const hwms of isFull ? [10, 20, 30, 40, 50, 70, 100, 200] : [10, 30, 50, 100]) {
      for (const tolerate of [1, 2]) {
        for (const haShare of [1, 0.6]) {
          const problem = fleet({ hwms, vms: hwms * 10, fill: 0.7, seed: 21, tolerate, haShare })
          const limit = hwms === 100 && tolerate === 2 ? 10 : given
          const what = `resilient fewest hosts, ${hwms} HWMs, ${hwms * 10} VMs, X = ${tolerate}, ${haShare * 100} % HAVMs`
          yield fewestHostsRow(what, problem, tolerate, limit, 'T7')
        }
      }
    }
  },
}
