// One call of the placement solver: the problem as numbers, its options, and what all its parts ask of a map.
import type { Beside } from '../beside.ts'
import type { Budget, Limits } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import type { Items } from '../packing/packing.ts'
import { binOrder } from '../packing/greedy.ts'
import type { CounterExample, Objective, Progress, Refusal, Term } from '../problem.ts'
import { type Random, seeded } from '../random.ts'
import { withOnly } from '../resilience/fewest.ts'
import { groundOf } from '../resilience/ground.ts'
import { judge, type Verdict } from '../resilience/judge.ts'

export interface PlaceOptions extends Limits {
  /** The first decides, later ones break ties. Default: fewest-moves when VMs have homes, else fewest-hwms. */
  readonly objectives?: readonly Objective[]
  /** Instead of `objectives`: the weighted sum decides. One term alone is that objective. */
  readonly mix?: readonly Term[]
  /** X; the problem's own when left out. */
  readonly tolerate?: number
  readonly seed?: number
  /** Weight of each dimension in `balance`; 1 when left out. */
  readonly balanceWeights?: Readonly<Record<string, number>>
  /** VMs that `balance` may move from where it starts; no limit when left out. */
  readonly mostMoves?: number
  readonly onProgress?: (progress: Progress) => void
  /** Also finds the largest X of the map. Default true. */
  readonly findLargest?: boolean
  /** Another search for the same map. */
  readonly beside?: Beside
}

/** One call's belongings. */
export interface Task {
  readonly compiled: Compiled
  readonly items: Items
  readonly tolerate: number
  readonly random: Random
  readonly budget: Budget
  readonly options: PlaceOptions
  /** Bin of today per item, -1 for none; cost: VMs of each item that have a home. */
  readonly home: Int32Array
  readonly cost: Float64Array
  readonly usable: Uint8Array
}

/** An assignment of items, the HWMs that must be on for it, and what is known about the first objective. */
export interface Found {
  readonly where: Int32Array
  readonly open: Int32Array
  readonly bound: number
  /** On X, where the search came to one. What is refined later keeps it. */
  readonly verdict?: Verdict
}

export type Outcome = Found | { readonly why: Refusal | CounterExample } | undefined

export function taskOf(
  compiled: Compiled,
  items: Items,
  options: PlaceOptions,
  budget: Budget,
): Task {
  const home = new Int32Array(items.packing.items).fill(-1)
  const cost = new Float64Array(items.packing.items)
  items.vmsOf.forEach((members, i) => {
    // Members that are apart today: the item's home is where most of them are, and its cost counts those that would stay.
    const votes = new Map<number, number>()
    for (const v of members)
      if (compiled.home[v]! >= 0)
        votes.set(compiled.home[v]!, (votes.get(compiled.home[v]!) ?? 0) + 1)
    for (const [h, count] of votes) {
      if (count > cost[i]!) {
        cost[i] = count
        home[i] = h
      }
    }
  })
  return {
    compiled,
    items,
    tolerate: options.tolerate ?? compiled.problem.tolerate,
    random: seeded(options.seed ?? 1),
    budget,
    options,
    home,
    cost,
    usable: Uint8Array.from({ length: compiled.hwms }, (_, h) =>
      compiled.inMaintenance[h] ? 0 : 1,
    ),
  }
}

export function hasHavms(task: Task): boolean {
  return task.tolerate > 0 && task.compiled.ha.some(flag => flag === 1)
}

/** With a limit of time or work the search goes on until then; without one it stops by itself. */
export function isLimited(task: Task): boolean {
  return task.options.seconds !== undefined || task.options.work !== undefined
}

export function report(task: Task, phase: string, best: number | undefined, bound: number): void {
  task.options.onProgress?.({
    phase,
    bound,
    ...(best === undefined ? {} : { best, gap: bound > 0 ? (best - bound) / bound : 0 }),
  })
}

export function usableBins(task: Task): Int32Array {
  const needed = new Uint8Array(task.usable)
  for (const b of task.items.packing.fixed) if (b >= 0) needed[b] = 1
  return binOrder(task.items.packing).filter(b => needed[b] === 1)
}

export function usedBins(where: Int32Array): Int32Array {
  return Int32Array.from(new Set(where.filter(b => b >= 0))).sort()
}

export function verdictOf(task: Task, where: Int32Array, open?: Int32Array): Verdict {
  const { compiled, items, tolerate, budget } = task
  const spread = Int32Array.from(items.itemOf, i => where[i]!)
  return judge(
    groundOf(open === undefined ? compiled : withOnly(compiled, open), spread),
    tolerate,
    budget,
  )
}

export function movesOf(task: Task, where: Int32Array): number {
  const { compiled, items } = task
  let moves = 0
  for (let v = 0; v < compiled.vms; v++) {
    const h = compiled.home[v]!
    if (h >= 0 && where[items.itemOf[v]!] !== h) moves++
  }
  return moves
}

export function weightsFor(task: Task): Float64Array {
  return Float64Array.from(
    task.compiled.dimensions,
    dimension => task.options.balanceWeights?.[dimension] ?? 1,
  )
}
