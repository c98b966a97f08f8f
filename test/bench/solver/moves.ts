// Fewest migrations: beside HiGHS on made-up clusters whose demand has grown, and on BtrPlace's instances.
import { cpuClock } from './cpu-clock.ts'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkPlacement } from '../../../src/solver/check/placement.ts'
import { solvePlacement } from '../../../src/solver/placement.ts'
import type { Placed, Problem } from '../../../src/solver/problem.ts'
import { seeded } from '../../../src/solver/random.ts'
import { fewestMigrations } from '../../solver/models.ts'
import { problemOfBtrplace } from './btrplace.ts'
import { textOf } from './data.ts'
import { fleet } from './fleet.ts'
import {
  type BenchOptions,
  inSeconds,
  type MarkRow,
  type Part,
  type Timed,
  timed,
  verdictOf,
} from './mark.ts'

/** A lived-in cluster of which some VMs ask for more than before, so that some HWMs are overfull. */
export function grown(hwms: number, vms: number, fill: number, seed: number): Problem {
  const problem = fleet({ hwms, vms, fill, seed, homes: true })
  const random = seeded(seed + 1)
  return {
    ...problem,
    vms: problem.vms.map(vm => {
      if (random.next() > 0.08) return vm
      const demand = { ...vm.demand, ram: Math.round((vm.demand['ram'] ?? 0) * 1.5) }
      return { ...vm, demand }
    }),
  }
}

/** One HWM goes into maintenance, and the others are as full as asked once they have taken its VMs in. */
function drained(hwms: number, vms: number, fill: number, seed: number): Problem {
  const problem = fleet({ hwms, vms, fill: fill * (1 - 1 / hwms), seed, homes: true })
  return {
    ...problem,
    hwms: problem.hwms.map((hwm, h) => (h === seed % hwms ? { ...hwm, maintenance: true } : hwm)),
  }
}

/** What is compared with HiGHS, in the order of how tight it is. */
const KINDS: readonly {
  readonly name: string
  readonly fills: readonly number[]
  readonly make: (hwms: number, vms: number, fill: number, seed: number) => Problem
}[] = [
  { name: 'demand has grown', fills: [0.8, 0.85, 0.88, 0.9], make: grown },
  { name: 'grown, 91 to 95 % full', fills: [0.91, 0.92, 0.94, 0.95], make: grown },
  { name: 'one HWM drained, to 85 to 95 %', fills: [0.85, 0.9, 0.93, 0.95], make: drained },
]

export function solved(problem: Problem, limit: number): Timed<Placed> {
  return timed(() =>
    solvePlacement(problem, {
      objectives: ['fewest-moves'],
      seconds: limit,
      now: cpuClock,
    }),
  )
}

/** Exact answers for the public instances, as published with them. */
const KNOWN: Readonly<Record<string, number>> = { li3: 3, li4: 13 }

function* public_(data: string): Generator<MarkRow> {
  const folder = join(data, 'btrplace')
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder)
    .filter(name => name.endsWith('.gz'))
    .sort()) {
    const name = file.replace('.gz', '')
    const problem = problemOfBtrplace(textOf(join(folder, file)))
    const { value, seconds } = solved(problem, 2)
    const exact = KNOWN[name]
    const wrong = value.answer === 'map' ? checkPlacement(problem, value.map) : [value.sentence]
    yield {
      what: `fewest migrations, ${name}: ${problem.hwms.length} HWMs, ${problem.vms.length} VMs`,
      mark: exact === undefined ? 'proved, or shown' : `exactly ${exact}, <= 2 s`,
      figure: `${value.answer === 'map' ? `${value.moves} moves, bound ${value.bound}` : value.answer}, ${inSeconds(seconds)}${wrong.length > 0 ? `; checker: ${wrong[0]}` : ''}`,
      verdict:
        exact === undefined
          ? wrong.length === 0
            ? 'shown'
            : 'MISSED'
          : verdictOf(
              value.answer === 'map' && value.moves === exact && wrong.length === 0 && seconds <= 2,
            ),
    }
  }
}

/** Cases of one kind and size, each solved by both. */
function besideHighs(
  { name, fills, make }: (typeof KINDS)[number],
  hwms: number,
  vms: number,
  count: number,
): MarkRow {
  let equal = 0
  let settled = 0
  let slowest = 0
  let exactTime = 0
  const different: string[] = []
  for (let n = 0; n < count; n++) {
    const problem = make(hwms, vms, fills[n % fills.length]!, 31 + n)
    const exact = timed(() => fewestMigrations(problem, 20))
    exactTime = Math.max(exactTime, exact.seconds)
    if (Number.isNaN(exact.value.value)) continue
    settled++
    const { value, seconds } = solved(problem, 1)
    slowest = Math.max(slowest, seconds)
    const wrong = value.answer === 'map' ? checkPlacement(problem, value.map) : []
    const ours = value.answer === 'map' ? value.moves : undefined
    if (ours === exact.value.value && wrong.length === 0 && seconds <= 1.05) equal++
    else
      different.push(
        `case ${n}: ${ours ?? value.answer}, exact ${exact.value.value ?? 'impossible'}${wrong.length > 0 ? ` (${wrong[0]})` : ''}`,
      )
  }
  return {
    what: `fewest migrations, ${hwms}/${vms}, ${name}, ${count} cases`,
    mark: 'equal to HiGHS, <= 1 s',
    figure: `${equal} of ${settled} equal, slowest ${inSeconds(slowest)}${different.length > 0 ? `; ${different.slice(0, 3).join('; ')}` : ''}`,
    verdict: verdictOf(equal === settled),
    peer: `HiGHS: ${settled} of ${count} in 20 s each, slowest ${inSeconds(exactTime)}`,
  }
}

export const moves: Part = {
  name: 'moves',
  *run({ data, isFull }: BenchOptions) {
    for (const [hwms, vms] of [
      [5, 50],
      [10, 100],
      [20, 200],
    ] as const)
      for (const kind of KINDS) yield besideHighs(kind, hwms, vms, isFull ? 12 : 4)
    if (data !== undefined) yield* public_(data)
  },
}
