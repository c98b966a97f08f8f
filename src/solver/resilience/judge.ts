// The verdict on X failures for one map: refute by short proofs, accept by backup lists, settle the rest set by set.
import type { Budget } from '../budget.ts'
import type { CounterExample, Resilience } from '../problem.ts'
import { type Ground, hwmsOf } from './ground.ts'
import { firstEntries, type Lists } from './lists.ts'
import { namesOf, refute, refuteSet } from './refute.ts'
import { type Restart, Restarter } from './restart.ts'
import { type Peaks, Simulation } from './simulate.ts'
import { holdsWholesale } from './wholesale.ts'

/** Sets are enumerated up to this many; beyond it only short proofs speak. */
export const MOST_SETS = 2_000_000

export interface Verdict {
  readonly holds: 'yes' | 'no' | 'unknown'
  readonly counterExample?: CounterExample
  readonly failedUnits?: readonly number[]
  readonly by: Resilience['by']
  readonly lists?: Lists
  readonly peaks?: Peaks
  /** Sets that lists do not cover and that have a map of their own. */
  readonly own: readonly (readonly number[])[]
  readonly setsChecked: number
}

/** Number of ways to choose. */
export function choose(n: number, k: number): number {
  let result = 1
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i
  return Math.round(result)
}

/** Calls `each` with every choice of `size` out of `from` (one array, reused) until it answers false. */
export function everySet(
  from: readonly number[],
  size: number,
  each: (set: Int32Array) => boolean,
): boolean {
  const set = new Int32Array(size)
  const go = (at: number, start: number): boolean => {
    if (at === size) return each(set)
    for (let i = start; i <= from.length - (size - at); i++) {
      set[at] = from[i]!
      if (!go(at + 1, i + 1)) return false
    }
    return true
  }
  return go(0, 0)
}

/** The same, one after the other. */
export function* choices(from: readonly number[], size: number): Generator<readonly number[]> {
  const at = Array.from({ length: size }, (_, k) => k)
  while (size <= from.length) {
    yield at.map(k => from[k]!)
    let k = size - 1
    while (k >= 0 && at[k] === from.length - size + k) k--
    if (k < 0) return
    at[k]!++
    for (let n = k + 1; n < size; n++) at[n] = at[n - 1]! + 1
  }
}

/** The counter-example of a set that complete search refutes. */
export function counterExampleOf(
  ground: Ground,
  failed: ArrayLike<number>,
  restart: Restart,
): CounterExample {
  const short = refuteSet(ground, failed)
  if (short !== undefined) return short
  const { compiled, size, spare, weight } = ground
  const { dims } = compiled
  const left = restart.left
  const dead = new Set(hwmsOf(ground, failed))
  // Fragmentation: no dimension is short in sum. What is missing is what the first one left out lacks on the HWM nearest to
  // having room for it, after the best attempt.
  const free = spare.slice()
  for (const [l, h] of restart.places)
    for (let d = 0; d < dims; d++) free[h * dims + d]! -= size[l * dims + d]!
  let nearest: { dimension: string; missing: number; relative: number } | undefined
  const l = left[0]
  for (let h = 0; h < compiled.hwms; h++) {
    if (
      l === undefined ||
      dead.has(h) ||
      !compiled.takesFallback[h] ||
      !ground.loads[l]!.allowed[h]
    )
      continue
    let worst: typeof nearest
    for (let d = 0; d < dims; d++) {
      const missing = size[l * dims + d]! - free[h * dims + d]!
      const relative = missing * weight[d]!
      if (missing > 0 && (worst === undefined || relative > worst.relative)) {
        worst = { dimension: compiled.dimensions[d]!, missing, relative }
      }
    }
    if (worst !== undefined && (nearest === undefined || worst.relative < nearest.relative))
      nearest = worst
  }
  const grouped = Array.from(failed)
    .flatMap(u => [...ground.ofUnit[u]!])
    .filter(x => ground.loads[x]!.hasGroups)
  const named = left.length > 0 ? left : grouped
  const rule =
    nearest === undefined
      ? grouped.flatMap(x =>
          ground.loads[x]!.vms.flatMap(v =>
            compiled.groupsOf[v]!.map(g => compiled.groups[g]!.name),
          ),
        )[0]
      : undefined
  return {
    failed: namesOf(ground, failed),
    vms: named.flatMap(x => ground.loads[x]!.vms.map(v => compiled.problem.vms[v]!.name)),
    ...(nearest === undefined ? {} : { dimension: nearest.dimension, missing: nearest.missing }),
    ...(rule === undefined ? {} : { rule }),
    proof: { kind: 'search', nodes: restart.nodes },
  }
}

/** Units that hold no HAVM and take nobody in change nothing when they fail. */
export function unitsThatMatter({ compiled, ofUnit }: Ground): number[] {
  return Array.from({ length: compiled.units.length }, (_, u) => u).filter(
    u => ofUnit[u]!.length > 0 || compiled.units[u]!.some(h => compiled.takesFallback[h] === 1),
  )
}

/** Judges exactly `tolerate` failures (T1: sets of fewer follow). */
export function judge(ground: Ground, tolerate: number, budget: Budget): Verdict {
  const units = unitsThatMatter(ground)
  const isNothing = ground.loads.length === 0 && ground.compiled.replicas.length === 0
  if (isNothing || tolerate === 0)
    return { holds: 'yes', by: 'nothing-to-protect', own: [], setsChecked: 0 }
  // Plain members of a group may be where nothing else matters.
  const short = refute(ground, tolerate)
  if (short !== undefined)
    return { holds: 'no', counterExample: short, by: 'refutation', own: [], setsChecked: 1 }
  if (ground.loads.length === 0)
    return { holds: 'yes', by: 'nothing-to-protect', own: [], setsChecked: 0 }
  const size = Math.min(tolerate, units.length)
  if (choose(units.length, size) > MOST_SETS) {
    if (holdsWholesale(ground, size)) return { holds: 'yes', by: 'sets', own: [], setsChecked: 0 }
    return { holds: 'unknown', by: 'time', own: [], setsChecked: 0 }
  }

  const lists = firstEntries(ground, size, budget)
  const simulation = new Simulation(ground, lists)
  const uncovered: number[][] = []
  const patched: number[][] = []
  let setsChecked = 0
  for (let s = 1; s <= size; s++) {
    const isDone = everySet(units, s, set => {
      const answer = simulation.run(set, budget, s === size)
      if (s === size) {
        setsChecked++
        if (answer === 'no') uncovered.push([...set])
        else if (answer === 'patched') patched.push([...set])
      }
      return !budget.isOver
    })
    if (!isDone) return { holds: 'unknown', by: 'time', own: [], setsChecked }
  }
  if (uncovered.length === 0 && patched.length === 0) {
    return { holds: 'yes', by: 'lists', lists, peaks: simulation.peaks, own: [], setsChecked }
  }
  const restarter = new Restarter(ground)
  let isUnsure = false
  // The fullest sets first: a refusal is found soon.
  const need = (set: readonly number[]): number =>
    set.reduce((sum, u) => sum + ground.ofUnit[u]!.length, 0)
  uncovered.sort((a, b) => need(b) - need(a))
  const unsettled = holdsWholesale(ground, size) ? [] : uncovered
  for (const set of unsettled) {
    const restart = restarter.restart(set, budget)
    if (restart.answer === 'impossible') {
      return {
        holds: 'no',
        counterExample: counterExampleOf(ground, set, restart),
        failedUnits: set,
        by: 'refutation',
        own: [],
        setsChecked,
      }
    }
    if (restart.answer === 'unknown') isUnsure = true
    if (budget.isOver) return { holds: 'unknown', by: 'time', own: [], setsChecked }
  }
  if (isUnsure) return { holds: 'unknown', by: 'time', own: [], setsChecked }
  return {
    holds: 'yes',
    by: 'sets',
    lists,
    peaks: simulation.peaks,
    own: [...uncovered, ...patched],
    setsChecked,
  }
}
