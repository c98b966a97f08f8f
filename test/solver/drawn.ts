// Clusters drawn by chance with every feature there is, larger than the oracles' and unlike any family that the solver was made on: one
// seed is one cluster. What is run on them looks for outliers, so there is nothing to tune by.
import type { Problem, ProblemGroup, ProblemHwm, ProblemVm } from '../../src/solver/problem.ts'
import { type Random, seeded } from '../../src/solver/random.ts'

export interface Drawn {
  readonly problem: Problem
  /** What was drawn, in a few words. */
  readonly what: string
}

export interface DrawnShape {
  /** Bounds of the number of HWMs; small ones are as likely as large ones. */
  readonly hwms: readonly [number, number]
  readonly mostVms: number
  /** Bounds of the fill of the scarcest dimension. */
  readonly fill: readonly [number, number]
  readonly mostTolerate: number
}

const NAMES = ['ram', 'cpu', 'storage', 'rx', 'tx']

/** Sizes of a VM per dimension, before they are scaled to the fill. */
const SIZES: Readonly<Record<string, (random: Random, dims: number) => number[]>> = {
  even: (random, dims) => each(dims, () => 0.5 + random.next()),
  wide: (random, dims) => each(dims, () => 0.05 + random.next()),
  'few are large': (random, dims) => {
    const size = random.next() ** 4 * 12 + 0.3
    return each(dims, () => size * (0.6 + 0.8 * random.next()))
  },
  tall: (random, dims) => {
    const tall = random.below(dims)
    return each(dims, d => (d === tall ? 2 + 2 * random.next() : 0.2 + 0.2 * random.next()))
  },
  opposed: (random, dims) => {
    const x = random.next()
    return each(dims, d => (d % 2 === 0 ? 0.1 + x : 1.1 - x))
  },
  halves: (random, dims) => each(dims, () => 2 ** random.below(4)),
  'one dominates': (random, dims) =>
    each(dims, d => (d === 0 ? 0.5 + 2 * random.next() : 0.1 * random.next())),
  triples: (random, dims) => each(dims, () => 0.9 + 0.2 * random.next()),
}

function each(count: number, of: (k: number) => number): number[] {
  return Array.from({ length: count }, (_, k) => of(k))
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!
}

function between(random: Random, [low, high]: readonly [number, number]): number {
  return low + random.next() * (high - low)
}

/** Equal seeds and shapes give equal clusters. */
export function drawnProblem(seed: number, shape: DrawnShape): Drawn {
  const random = seeded(seed * 7919 + 13)
  const count = Math.round(
    Math.exp(between(random, [Math.log(shape.hwms[0]), Math.log(shape.hwms[1])])),
  )
  const perHwm = Math.exp(between(random, [Math.log(1.5), Math.log(12)]))
  const vmCount = Math.max(20, Math.min(shape.mostVms, Math.round(count * perHwm)))
  const dimensions = NAMES.slice(0, 1 + random.below(5))
  const alike = pick(random, ['equal', 'kinds', 'different'])
  const sizes = pick(random, Object.keys(SIZES))
  const fill = between(random, shape.fill)
  const tolerate = random.below(shape.mostTolerate + 1)
  const hasRules = random.below(3) === 0
  const hasGroups = random.below(3) === 0
  const hasRacks = random.below(5) === 0
  const hwms = drawnHwms(random, count, dimensions, alike, hasRules)
  const drawn = each(vmCount, () => 0).map(() => SIZES[sizes]!(random, dimensions.length))
  // Many equal VMs, now and then.
  const kinds = random.below(5) === 0 ? 1 + random.below(8) : vmCount
  const raw = drawn.map((_, v) => drawn[kinds === vmCount ? v : random.below(kinds)]!)
  const scale = dimensions.map((d, k) => {
    const there = hwms.reduce(
      (sum, hwm) => sum + (hwm.maintenance === true ? 0 : hwm.capacity[d]!),
      0,
    )
    const full = k === 0 ? fill : fill * (0.5 + 0.5 * random.next())
    return (full * there) / raw.reduce((sum, size) => sum + size[k]!, 0)
  })
  const haShare = pick(random, [0.3, 0.7, 1])
  const any = (): string => pick(random, hwms).name
  const vms = raw.map((size, v): ProblemVm => {
    const rule = hasRules ? random.below(8) : 7
    return {
      name: `v${v}`,
      ha: random.next() < haShare,
      demand: Object.fromEntries(
        dimensions.map((d, k) => [d, Math.max(1, Math.floor(size[k]! * scale[k]!))]),
      ),
      ...(rule === 0 && { only: [...new Set(each(Math.ceil(count / 2), () => 0).map(any))] }),
      ...(rule === 1 && { never: [...new Set([any(), any()])] }),
    }
  })
  const groups = hasGroups ? drawnGroups(random, vms, count) : []
  const problem: Problem = {
    dimensions,
    hwms,
    vms,
    groups,
    tolerate,
    ...(hasRacks && { failureDomains: 'rack' }),
  }
  const more = [
    hasRules && 'rules',
    hasGroups && 'groups',
    hasRacks && 'racks',
    kinds < vmCount && `${kinds} kinds of VMs`,
  ]
  const what = `${count} HWMs (${alike}), ${vmCount} VMs (${sizes}), ${dimensions.length} dimensions, ${Math.round(100 * fill)} %, X = ${tolerate}${more.map(word => (word === false ? '' : `, ${word}`)).join('')}`
  return { problem, what }
}

function drawnHwms(
  random: Random,
  count: number,
  dimensions: readonly string[],
  alike: string,
  hasRules: boolean,
): ProblemHwm[] {
  const capacity = (): Record<string, number> =>
    Object.fromEntries(dimensions.map(d => [d, Math.round(1e5 * (0.4 + 1.2 * random.next()))]))
  const kinds = each(
    alike === 'equal' ? 1 : alike === 'kinds' ? 2 + random.below(2) : count,
    () => 0,
  ).map(capacity)
  const racks = Math.max(4, Math.round(count / 6))
  return each(count, h => h).map(h => ({
    name: `h${h}`,
    capacity: kinds[alike === 'different' ? h : random.below(kinds.length)]!,
    labels: { rack: `r${h % racks}` },
    ...(hasRules && random.below(10) === 0 && { fallback: false }),
    ...(hasRules && random.below(15) === 0 && { maintenance: true }),
  }))
}

/** Groups of two to five, of VMs that are in no other. */
function drawnGroups(random: Random, vms: readonly ProblemVm[], count: number): ProblemGroup[] {
  const groups: ProblemGroup[] = []
  for (let v = 0; v + 5 < vms.length; v += 5 + random.below(12)) {
    const members = vms.slice(v, v + 2 + random.below(Math.min(4, count - 2))).map(vm => vm.name)
    const isSmall = members.length === 2
    groups.push({
      name: `g${v}`,
      members,
      ...(isSmall && random.below(3) === 0
        ? { together: pick(random, ['hwm', 'rack']) }
        : { spread: members.length <= 4 && random.below(4) === 0 ? 'rack' : 'hwm' }),
    })
  }
  return groups
}
