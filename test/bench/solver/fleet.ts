// Made-up fleets for the bench: five dimensions, sizes as clouds sell them, as full as asked. Nothing of it is tuned to the solver.
import type { Problem, ProblemVm } from '../../../src/solver/problem.ts'
import { seeded } from '../../../src/solver/random.ts'

export interface FleetShape {
  readonly hwms: number
  readonly vms: number
  /** Share of the scarcest dimension that is in use. */
  readonly fill: number
  readonly seed: number
  readonly tolerate?: number
  readonly haShare?: number
  readonly racks?: number
  /** VMs get homes: each on an HWM with room, spread as a lived-in cluster is. */
  readonly homes?: boolean
}

const GIB = 1024 ** 3
const DIMENSIONS = ['ram', 'cpu', 'storage', 'rx', 'tx'] as const

/** Sizes are drawn first, capacities then follow from the fill: equal HWMs that are `fill` full in the scarcest dimension. */
export function fleet(shape: FleetShape): Problem {
  const random = seeded(shape.seed)
  const sizes = [2, 3, 4, 6, 8].map(gib => gib * GIB)
  const raw = Array.from({ length: shape.vms }, (_, v): ProblemVm => {
    const ram = sizes[Math.min(4, Math.floor(-Math.log(1 - random.next()) * 1.2))]!
    const cpu = Math.max(1, Math.round((ram / GIB / 4) * (0.5 + random.next()))) * 1000
    return {
      name: `vm${v}`,
      ha: random.next() < (shape.haShare ?? 1),
      demand: {
        ram,
        cpu,
        storage: Math.ceil((10 + random.next() * 90) * GIB),
        rx: Math.ceil(random.next() * 200) * 1_000_000,
        tx: Math.ceil(random.next() * 200) * 1_000_000,
      },
    }
  })
  const capacity: Record<string, number> = {}
  for (const [k, dimension] of DIMENSIONS.entries()) {
    const sum = raw.reduce((total, vm) => total + (vm.demand[dimension] ?? 0), 0)
    // Dimensions are scarce to differing degrees, as in life: ram most, then cpu, then the rest.
    capacity[dimension] = Math.ceil(
      sum / shape.hwms / (shape.fill * [1, 0.97, 0.9, 0.85, 0.85][k]!),
    )
  }
  const hwms = Array.from({ length: shape.hwms }, (_, h) => ({
    name: `hwm${h}`,
    capacity,
    labels: { rack: `r${h % (shape.racks ?? shape.hwms)}` },
  }))
  const problem: Problem = {
    dimensions: DIMENSIONS,
    hwms,
    vms: raw,
    groups: [],
    tolerate: shape.tolerate ?? 0,
    ...(shape.racks === undefined ? {} : { failureDomains: 'rack' }),
  }
  return shape.homes === true ? { ...problem, vms: withHomes(problem) } : problem
}

/** Homes by worst fit over a few random HWMs, largest VMs first: valid whenever that finds room, and uneven. */
function withHomes(problem: Problem): ProblemVm[] {
  const random = seeded(7)
  const free = problem.hwms.map(hwm => DIMENSIONS.map(dimension => hwm.capacity[dimension] ?? 0))
  const home = new Map<string, string>()
  for (const vm of problem.vms.toSorted(
    (a, b) => (b.demand['ram'] ?? 0) - (a.demand['ram'] ?? 0),
  )) {
    let best = -1
    let bestRoom = -1
    for (let k = 0; k < problem.hwms.length; k++) {
      const h = k < 6 ? random.below(problem.hwms.length) : k
      if (k >= 6 && best >= 0) break
      const room = Math.min(
        ...DIMENSIONS.map((dimension, d) => {
          const left = free[h]![d]! - (vm.demand[dimension] ?? 0)
          return left < 0 ? -1 : left / (problem.hwms[h]!.capacity[dimension] ?? 1)
        }),
      )
      if (room > bestRoom) {
        bestRoom = room
        best = h
      }
    }
    if (best < 0) continue
    home.set(vm.name, problem.hwms[best]!.name)
    DIMENSIONS.forEach((dimension, d) => {
      free[best]![d]! -= vm.demand[dimension] ?? 0
    })
  }
  return problem.vms.map(vm => {
    const at = home.get(vm.name)
    return at === undefined ? vm : { ...vm, home: at }
  })
}
