// Order of migrations at scale: full clusters whose VMs change places.
import { cpuClock } from './cpu-clock.ts'
import { checkOrder } from '../../../src/solver/check/order.ts'
import { homesOf } from '../../../src/solver/compile.ts'
import { orderMigrations } from '../../../src/solver/order/order.ts'
import type { Problem } from '../../../src/solver/problem.ts'
import { seeded } from '../../../src/solver/random.ts'
import { fleet } from './fleet.ts'
import { type BenchOptions, inSeconds, type MarkRow, type Part, timed, verdictOf } from './mark.ts'

const PER_HWM = 2

/** A cluster and another valid map of it: `share` of the VMs change places in cycles of two to four, as far as they have room. */
export function shuffled(
  hwms: number,
  vms: number,
  fill: number,
  share: number,
  seed: number,
): { problem: Problem; to: Map<string, string> } {
  const whole = fleet({ hwms, vms, fill, seed, homes: true })
  const problem = { ...whole, vms: whole.vms.filter(vm => vm.home !== undefined) }
  const random = seeded(seed + 5)
  const to = homesOf(problem)
  const demand = new Map(problem.vms.map(vm => [vm.name, vm.demand]))
  const capacity = problem.hwms[0]!.capacity
  const load = new Map(problem.hwms.map(hwm => [hwm.name, new Map<string, number>()]))
  const add = (name: string, hwm: string, sign: number): void => {
    const sums = load.get(hwm)!
    for (const [dimension, amount] of Object.entries(demand.get(name)!))
      sums.set(dimension, (sums.get(dimension) ?? 0) + sign * amount)
  }
  for (const [name, hwm] of to) add(name, hwm, 1)
  const isFull = (hwm: string): boolean =>
    [...load.get(hwm)!].some(([dimension, amount]) => amount > (capacity[dimension] ?? Infinity))
  const names = problem.vms.map(vm => vm.name)
  for (
    let moved = 0, tries = 0;
    moved < share * names.length && tries < 60 * names.length;
    tries++
  ) {
    const cycle = Array.from(
      { length: 2 + random.below(3) },
      () => names[random.below(names.length)]!,
    )
    const places = cycle.map(name => to.get(name)!)
    if (new Set(places).size < cycle.length) continue
    cycle.forEach((name, k) => {
      add(name, places[k]!, -1)
      add(name, places[(k + 1) % places.length]!, 1)
    })
    if (places.some(isFull)) {
      cycle.forEach((name, k) => {
        add(name, places[k]!, 1)
        add(name, places[(k + 1) % places.length]!, -1)
      })
      continue
    }
    cycle.forEach((name, k) => to.set(name, places[(k + 1) % places.length]!))
    moved += cycle.length
  }
  return { problem, to }
}

export const orderMarks: Part = {
  name: 'order',
  *run({ isFull }: BenchOptions): Generator<MarkRow> {
    const cases = [
      [100, 1_000, 0.9, 1],
      [1_000, 10_000, 0.9, 0.2],
      [1_000, 10_000, 0.9, 1],
      ...(isFull
        ? [
            [100, 1_000, 0.97, 0.5],
            [1_000, 10_000, 0.95, 0.5],
          ]
        : []),
    ] as const
    for (const [hwms, vms, fill, share] of cases) {
      const { problem, to } = shuffled(hwms, vms, fill, share, 51)
      const from = homesOf(problem)
      const movers = [...to].filter(([vm, hwm]) => from.get(vm) !== hwm).length
      const { value, seconds } = timed(() =>
        orderMigrations(problem, from, to, {
          parallelPerHwm: PER_HWM,
          seconds: 5,
          now: cpuClock,
        }),
      )
      const wrong =
        value.order === 'found' ? checkOrder(problem, from, to, value.moves, PER_HWM) : []
      yield {
        what: `order of ${movers} migrations, ${hwms} HWMs, ${problem.vms.length} VMs, ${Math.round(fill * 100)} % full`,
        mark: 'found, <= 5 s, few bounces',
        figure: `${value.order}${value.order === 'found' ? `, ${value.bounces} bounces${value.fewestProved ? ' (fewest)' : ''}` : ''}, ${inSeconds(seconds)}${wrong.length > 0 ? `; checker: ${wrong[0]}` : ''}`,
        verdict: verdictOf(value.order === 'found' && wrong.length === 0 && seconds <= 5.05),
      }
    }
  },
}
