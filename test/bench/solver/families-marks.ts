// The same marks on other families of clusters: a certificate either way, resilient fewest hosts, fewest moves after growth.
import { cpuClock } from './cpu-clock.ts'
import { checkPlacement } from '../../../src/solver/check/placement.ts'
import { homesOf } from '../../../src/solver/compile.ts'
import { solvePlacement } from '../../../src/solver/placement.ts'
import { judgeResilience } from '../../../src/solver/resilience/index.ts'
import { complaintsOf } from './certificates.ts'
import { FAMILIES, familyProblem, livedIn } from './families.ts'
import { type BenchOptions, inSeconds, type MarkRow, type Part, timed, verdictOf } from './mark.ts'
import { fewestHostsRow } from './fewest-hosts.ts'

function* certificateRows(family: string, isFull: boolean): Generator<MarkRow> {
  for (const [hwms, tolerate, limit] of [
    [40, 1, 1],
    [100, 2, 1],
    ...(isFull ? ([[100, 3, 30]] as const) : []),
  ] as const) {
    let settled = 0
    let cases = 0
    let slowest = 0
    const answers = { yes: 0, no: 0, unknown: 0 }
    const complaints: string[] = []
    for (const fill of [0.5, 0.6, 0.7, 0.75, 0.8, 0.84, 0.88]) {
      const problem = livedIn(familyProblem(family, { hwms, fill, seed: 71, tolerate }), 3)
      const map = homesOf(problem)
      // Homes that break a rule are not judged: a certificate is for valid maps.
      const valid = { ...problem, vms: problem.vms.filter(vm => map.has(vm.name)) }
      const names = new Set(valid.vms.map(vm => vm.name))
      const groups = valid.groups
        .map(group => ({ ...group, members: group.members.filter(name => names.has(name)) }))
        .filter(group => checkPlacement({ ...valid, groups: [group] }, map).length === 0)
      const posed = { ...valid, groups }
      const { value, seconds } = timed(() =>
        judgeResilience(posed, map, { tolerate, findLargest: false }),
      )
      cases++
      answers[value.holds]++
      slowest = Math.max(slowest, seconds)
      const wrong = complaintsOf(posed, map, value)
      if (wrong.length === 0) settled++
      else complaints.push(`${Math.round(fill * 100)} %: ${wrong[0]}`)
    }
    yield {
      what: `${family}: certificate, ${hwms} HWMs, X = ${tolerate}, 50 to 88 % full`,
      mark: `proved, <= ${limit} s`,
      figure: `${settled} of ${cases} (${answers.yes} yes, ${answers.no} no), slowest ${inSeconds(slowest)}${complaints.length > 0 ? `; ${complaints.join('; ')}` : ''}`,
      verdict: verdictOf(settled === cases && slowest <= limit),
    }
  }
}

function* fewestRows(family: string, isFull: boolean, limit: number): Generator<MarkRow> {
  for (const [hwms, tolerate] of [
    [10, 1],
    [30, 2],
    ...(isFull
      ? ([
          [60, 1],
          [100, 2],
        ] as const)
      : []),
  ] as const) {
    const problem = familyProblem(family, { hwms, fill: 0.55, seed: 72, tolerate })
    const what = `${family}: fewest hosts, ${hwms} HWMs, ${problem.vms.length} VMs, X = ${tolerate}`
    yield fewestHostsRow(what, problem, tolerate, limit, 'bound')
  }
}

function* movesRows(family: string): Generator<MarkRow> {
  for (const hwms of [20, 100]) {
    const lived = livedIn(familyProblem(family, { hwms, fill: 0.8, seed: 73, tolerate: 0 }), 4)
    // Every tenth VM grows by half in its largest dimension.
    const problem = {
      ...lived,
      vms: lived.vms.map((vm, v) => {
        if (v % 10 !== 3) return vm
        const [most] = Object.entries(vm.demand).toSorted((a, b) => b[1] - a[1])[0]!
        return { ...vm, demand: { ...vm.demand, [most]: Math.round(vm.demand[most]! * 1.5) } }
      }),
    }
    const { value, seconds } = timed(() =>
      solvePlacement(problem, {
        objectives: ['fewest-moves'],
        tolerate: 0,
        findLargest: false,
        seconds: 2,
        now: cpuClock,
      }),
    )
    const wrong = value.answer === 'map' ? checkPlacement(problem, value.map) : [value.sentence]
    yield {
      what: `${family}: fewest moves after growth, ${hwms} HWMs, ${problem.vms.length} VMs`,
      mark: '<= bound + 1, 2 s',
      figure: `${value.answer === 'map' ? `${value.moves} moves, bound ${value.bound}` : value.answer}, ${inSeconds(seconds)}${wrong.length > 0 ? `; checker: ${wrong[0]}` : ''}`,
      verdict: verdictOf(
        value.answer === 'map' && wrong.length === 0 && value.moves <= value.bound + 1,
      ),
    }
  }
}

export const families: Part = {
  name: 'families',
  *run({ isFull, seconds }: BenchOptions) {
    for (const family of Object.keys(FAMILIES)) {
      yield* certificateRows(family, isFull)
      yield* fewestRows(family, isFull, seconds)
      yield* movesRows(family)
    }
  },
}
