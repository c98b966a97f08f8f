// Small random clusters for property tests: seeds in, problems out, with every kind of rule that the solver knows.
import type { Problem, ProblemGroup, ProblemVm } from '../../src/solver/problem.ts'
import { type Random, seeded } from '../../src/solver/random.ts'

export interface Shape {
  readonly hwms: number
  readonly vms: number
  readonly tolerate: number
  /** Share of total capacity that is asked for, about. */
  readonly fill: number
  readonly rules?: boolean
  readonly racks?: boolean
  readonly equalHwms?: boolean
  /** VMs have homes, valid or not. */
  readonly homes?: boolean
  readonly haShare?: number
  /** Also pins, reserves, overcommit, dimensions without a limit, spread per rack with all VMs, and HWMs without labels. */
  readonly all?: boolean
}

function randomGroups(random: Random, names: readonly string[]): ProblemGroup[] {
  const groups: ProblemGroup[] = []
  for (let g = random.below(3); g > 0; g--) {
    const members = names.filter(() => random.below(names.length) < 3)
    const label = random.below(3) === 0 ? 'rack' : 'hwm'
    if (members.length > 1)
      groups.push({
        name: `group${g}`,
        members,
        [random.below(3) === 0 ? 'together' : 'spread']: label,
      })
  }
  return groups
}

/** A cluster of the shape; equal seeds give equal clusters. */
export function randomProblem(seed: number, shape: Shape): Problem {
  const drawn = drawnProblem(seed, shape)
  return shape.all === true ? withEverything(seeded(seed + 7), drawn) : drawn
}

function withEverything(random: Random, problem: Problem): Problem {
  const [first = 'ram', ...others] = problem.dimensions
  const hwms = problem.hwms.map(hwm => {
    const { labels, ...rest } = hwm
    const unlimited = others.filter(() => random.below(4) === 0)
    const capacity = Object.fromEntries(
      Object.entries(hwm.capacity).filter(([dimension]) => !unlimited.includes(dimension)),
    )
    return {
      ...rest,
      capacity,
      ...(random.below(5) === 0 ? {} : { labels: labels ?? {} }),
      ...(random.below(3) === 0 ? { reserve: { [first]: random.below(12) } } : {}),
    }
  })
  const vms = problem.vms.map(vm => {
    const mayStay = vm.home !== undefined && vm.only === undefined && vm.never === undefined
    return mayStay && random.below(6) === 0 ? { ...vm, pinned: true } : vm
  })
  const overcommit = random.below(2) === 0 ? { [first]: 1 + random.below(3) / 4 } : {}
  return { ...problem, hwms, vms, overcommit }
}

function drawnProblem(seed: number, shape: Shape): Problem {
  const random = seeded(seed)
  const dimensions = ['ram', 'cpu', 'disk'].slice(0, 1 + random.below(3))
  const amount = (mean: number): number => 1 + Math.floor(random.next() * 2 * mean)
  const hwms = Array.from({ length: shape.hwms }, (_, h) => ({
    name: `h${h}`,
    capacity: Object.fromEntries(
      dimensions.map(dimension => [
        dimension,
        shape.equalHwms === true ? 100 : 60 + random.below(80),
      ]),
    ),
    labels: { rack: `r${Math.floor(h / 2)}` },
    ...(shape.rules === true && random.below(8) === 0 ? { fallback: false } : {}),
    ...(shape.rules === true && random.below(12) === 0 ? { maintenance: true } : {}),
  }))
  const mean = (shape.hwms * 100 * shape.fill) / shape.vms
  const anyHwm = (): string => `h${random.below(shape.hwms)}`
  const vms = Array.from({ length: shape.vms }, (_, v): ProblemVm => {
    const rule = shape.rules === true ? random.below(8) : 7
    return {
      name: `v${v}`,
      ha: random.next() < (shape.haShare ?? 0.7),
      demand: Object.fromEntries(
        dimensions.map(dimension => [dimension, Math.floor(amount(mean) / 2 + mean / 2)]),
      ),
      ...(shape.homes === true ? { home: anyHwm() } : {}),
      ...(rule === 0 ? { only: [...new Set([anyHwm(), anyHwm(), anyHwm()])] } : {}),
      ...(rule === 1 ? { never: [anyHwm()] } : {}),
    }
  })
  return {
    dimensions,
    hwms,
    vms,
    groups:
      shape.rules === true
        ? randomGroups(
            random,
            vms.map(vm => vm.name),
          )
        : [],
    tolerate: shape.tolerate,
    ...(shape.racks === true ? { failureDomains: 'rack' } : {}),
  }
}

/** Some assignment that the checker may or may not like: first fit at random, VMs that fit nowhere left out. */
export function randomMap(
  problem: Problem,
  seed: number,
  isGood: (map: ReadonlyMap<string, string>) => boolean,
): Map<string, string> {
  const random = seeded(seed)
  const map = new Map<string, string>()
  for (const vm of problem.vms) {
    const start = random.below(problem.hwms.length)
    for (let k = 0; k < problem.hwms.length; k++) {
      map.set(vm.name, problem.hwms[(start + k) % problem.hwms.length]!.name)
      if (isGood(map)) break
      map.delete(vm.name)
    }
  }
  return map
}
