// Other families of clusters than the fleets: odd shapes, a dimension that dominates, many equal VMs, racks that fail as one, rules
// that bind, large VMs on small HWMs. Made from a seed; as full as asked.
import type { Problem, ProblemGroup, ProblemHwm, ProblemVm } from '../../../src/solver/problem.ts'
import { type Random, seeded } from '../../../src/solver/random.ts'

export interface FamilyShape {
  readonly hwms: number
  /** Share of total capacity asked for, in the dimension that is scarcest. */
  readonly fill: number
  readonly seed: number
  readonly tolerate: number
}

type Family = (shape: FamilyShape, random: Random) => Problem

const WIDE = ['ram', 'cpu', 'storage', 'rx', 'tx']

/** VMs until the scarcest dimension is as full as asked. */
function filled(
  hwms: readonly ProblemHwm[],
  dimensions: readonly string[],
  fill: number,
  next: (v: number) => ProblemVm,
): ProblemVm[] {
  const there = dimensions.map(d => hwms.reduce((sum, hwm) => sum + (hwm.capacity[d] ?? 0), 0))
  const used = dimensions.map(() => 0)
  const vms: ProblemVm[] = []
  for (;;) {
    const vm = next(vms.length)
    dimensions.forEach((d, k) => {
      used[k]! += vm.demand[d] ?? 0
    })
    if (used.some((amount, k) => amount > fill * there[k]!)) return vms
    vms.push(vm)
  }
}

function made(
  shape: FamilyShape,
  dimensions: readonly string[],
  hwms: readonly ProblemHwm[],
  next: (v: number) => ProblemVm,
  more: Partial<Problem> = {},
): Problem {
  return {
    dimensions,
    hwms,
    vms: filled(hwms, dimensions, shape.fill, next),
    groups: [],
    tolerate: shape.tolerate,
    ...more,
  }
}

function named(count: number, capacityOf: (h: number) => Record<string, number>): ProblemHwm[] {
  return Array.from({ length: count }, (_, h) => ({
    name: `h${h}`,
    capacity: capacityOf(h),
    labels: { rack: `r${h % Math.max(4, Math.round(count / 8))}` },
  }))
}

/** Amounts between `low` and `high` per dimension. */
function amounts(
  random: Random,
  dimensions: readonly string[],
  low: number,
  high: number,
): Record<string, number> {
  return Object.fromEntries(
    dimensions.map(d => [d, Math.max(1, Math.round(low + random.next() * (high - low)))]),
  )
}

/** Tall and flat VMs: much of one dimension, little of the others. HWMs of three kinds. */
const oddShapes: Family = (shape, random) => {
  const hwms = named(shape.hwms, h => ({
    ram: [256, 512, 384][h % 3]!,
    cpu: [192, 96, 128][h % 3]!,
    storage: [2_000, 1_000, 8_000][h % 3]!,
  }))
  const dimensions = ['ram', 'cpu', 'storage']
  return made(shape, dimensions, hwms, v => {
    const tall = random.below(3)
    return {
      name: `v${v}`,
      ha: random.next() < 0.8,
      demand: {
        ram: Math.round(tall === 0 ? 40 + random.next() * 80 : 1 + random.next() * 8),
        cpu: Math.round(tall === 1 ? 16 + random.next() * 24 : 1 + random.next() * 3),
        storage: Math.round(tall === 2 ? 300 + random.next() * 500 : 5 + random.next() * 60),
      },
    }
  })
}

/** Memory decides; the rest is there in plenty. */
const dominated: Family = (shape, random) =>
  made(
    shape,
    WIDE,
    named(shape.hwms, () => ({ ram: 1_000, cpu: 4_000, storage: 5_000, rx: 9_000, tx: 9_000 })),
    v => ({
      name: `v${v}`,
      ha: true,
      demand: {
        ...amounts(random, WIDE, 10, 60),
        ram: Math.round(40 + random.next() ** 2 * 360),
      },
    }),
  )

/** Six kinds of VMs, each many times, on equal HWMs. */
const equalVms: Family = (shape, random) => {
  const kinds = Array.from({ length: 6 }, () => amounts(random, WIDE, 20, 330))
  return made(
    shape,
    WIDE,
    named(shape.hwms, () => Object.fromEntries(WIDE.map(d => [d, 1_000]))),
    v => ({ name: `v${v}`, ha: true, demand: kinds[random.below(6)]! }),
  )
}

/** Racks of eight fail as one. */
const racks: Family = (shape, random) =>
  made(
    shape,
    ['ram', 'cpu'],
    named(shape.hwms, () => ({ ram: 1_000, cpu: 1_000 })),
    v => ({
      name: `v${v}`,
      ha: random.next() < 0.6,
      demand: amounts(random, ['ram', 'cpu'], 30, 200),
    }),
    { failureDomains: 'rack' },
  )

/** Half the VMs are bound: to some HWMs, away from some, apart from or together with others. */
const bound: Family = (shape, random) => {
  const hwms = named(shape.hwms, () => ({ ram: 1_000, cpu: 800 })).map((hwm, h) =>
    h % 9 === 4 ? { ...hwm, fallback: false } : hwm,
  )
  const any = (): string => hwms[random.below(hwms.length)]!.name
  const problem = made(shape, ['ram', 'cpu'], hwms, v => {
    const rule = random.below(6)
    return {
      name: `v${v}`,
      ha: random.next() < 0.7,
      demand: amounts(random, ['ram', 'cpu'], 20, 140),
      ...(rule === 0
        ? { only: [...new Set(Array.from({ length: Math.ceil(hwms.length / 2) }, any))] }
        : {}),
      ...(rule === 1 ? { never: [any(), any()] } : {}),
    }
  })
  const groups: ProblemGroup[] = []
  for (let v = 0; v + 4 < problem.vms.length; v += 5) {
    const members = problem.vms.slice(v, v + 2 + random.below(2)).map(vm => vm.name)
    if (random.below(2) === 0)
      groups.push({
        name: `g${v}`,
        members,
        ...(random.below(4) === 0 ? { together: 'rack' } : { spread: 'hwm' }),
      })
  }
  return { ...problem, groups }
}

/** Two or three VMs fill an HWM: room is there, but in pieces. */
const large: Family = (shape, random) =>
  made(
    shape,
    ['ram', 'cpu'],
    named(shape.hwms, () => ({ ram: 100, cpu: 100 })),
    v => ({
      name: `v${v}`,
      ha: random.next() < 0.5,
      demand: amounts(random, ['ram', 'cpu'], 15, 45),
    }),
  )

/** Old and new HWMs side by side, processors given out three times, a reserve; few VMs are large, most are small. */
const generations: Family = (shape, random) => {
  const hwms = named(shape.hwms, h =>
    h % 4 === 0
      ? { ram: 1_536, cpu: 128, storage: 8_000, rx: 25_000, tx: 25_000 }
      : { ram: 384, cpu: 48, storage: 4_000, rx: 10_000, tx: 10_000 },
  ).map(hwm => ({ ...hwm, reserve: { ram: 8, cpu: 2 } }))
  return made(
    shape,
    WIDE,
    hwms,
    v => {
      const size = Math.min(40, Math.exp(1.1 * (random.next() + random.next() + random.next()) - 1))
      const part = (): number => 0.5 + random.next()
      return {
        name: `v${v}`,
        ha: random.next() < 0.85,
        demand: {
          ram: Math.ceil(6 * size * part()),
          cpu: Math.ceil(1.6 * size * part()),
          storage: Math.ceil(60 * size * part()),
          rx: Math.ceil(90 * size * part()),
          tx: Math.ceil(90 * size * part()),
        },
      }
    },
    { overcommit: { cpu: 3 } },
  )
}

/** No two HWMs are alike. */
const allDifferent: Family = (shape, random) =>
  made(
    shape,
    ['ram', 'cpu'],
    named(shape.hwms, () => ({
      ram: Math.round(400 + 800 * random.next()),
      cpu: Math.round(400 + 800 * random.next()),
    })),
    v => ({
      name: `v${v}`,
      ha: random.next() < 0.7,
      demand: amounts(random, ['ram', 'cpu'], 15, 150),
    }),
  )

/** Threes of replicas, each in a rack of its own, some VMs pinned, some HWMs that take nobody in. */
const replicas: Family = (shape, random) => {
  const problem = made(
    shape,
    ['ram', 'cpu'],
    named(shape.hwms, () => ({ ram: 1_000, cpu: 1_000 })).map((hwm, h) =>
      h % 11 === 5 ? { ...hwm, fallback: false } : hwm,
    ),
    v => ({
      name: `v${v}`,
      ha: true,
      demand: amounts(random, ['ram', 'cpu'], 20, 160),
    }),
  )
  const groups = Array.from({ length: Math.floor(problem.vms.length / 3) }, (_, g) => ({
    name: `g${g}`,
    members: problem.vms.slice(3 * g, 3 * g + 3).map(vm => vm.name),
    spread: g % 2 === 0 ? 'hwm' : 'rack',
  }))
  return { ...problem, groups }
}

export const FAMILIES: Readonly<Record<string, Family>> = {
  'odd shapes': oddShapes,
  'one dimension dominates': dominated,
  'equal VMs': equalVms,
  'racks fail': racks,
  'rules bind': bound,
  'large VMs': large,
  'old and new': generations,
  'all different': allDifferent,
  replicas,
}

export function familyProblem(family: string, shape: FamilyShape): Problem {
  return FAMILIES[family]!(shape, seeded(shape.seed))
}

/** Homes by worst fit over the whole cluster, as far as capacity goes; rules are kept, groups are not looked at. */
export function livedIn(problem: Problem, seed: number): Problem {
  const random = seeded(seed)
  const free = new Map(problem.hwms.map(hwm => [hwm.name, { ...hwm.capacity }]))
  const vms = problem.vms.map((vm): ProblemVm => {
    let best: string | undefined
    let bestRoom = -1
    for (let k = 0; k < problem.hwms.length; k++) {
      const hwm = problem.hwms[k < 6 ? random.below(problem.hwms.length) : k]!
      if (k >= 6 && best !== undefined) break
      if (vm.only !== undefined && !vm.only.includes(hwm.name)) continue
      if ((vm.never ?? []).includes(hwm.name)) continue
      const left = free.get(hwm.name)!
      const room = Math.min(
        ...problem.dimensions.map(d =>
          (left[d] ?? 0) < (vm.demand[d] ?? 0)
            ? -1
            : ((left[d] ?? 0) - (vm.demand[d] ?? 0)) / (hwm.capacity[d] ?? 1),
        ),
      )
      if (room > bestRoom) {
        bestRoom = room
        best = hwm.name
      }
    }
    if (best === undefined) return vm
    const left = free.get(best)! as Record<string, number>
    for (const d of problem.dimensions) left[d] = (left[d] ?? 0) - (vm.demand[d] ?? 0)
    return { ...vm, home: best }
  })
  return { ...problem, vms }
}
