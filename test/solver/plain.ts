// What anybody would write in an afternoon: first fit, eviction, the steepest move. No answer of the solver may be worse than these.
import type { Problem, ProblemGroup, ProblemVm } from '../../src/solver/problem.ts'

/** A map in the making, by names; knows what may still be put where. */
class Filling {
  readonly map = new Map<string, string>()
  readonly #problem: Problem
  readonly #free = new Map<string, Map<string, number>>()
  readonly #groupsOf = new Map<string, ProblemGroup[]>()
  readonly #labels: ReadonlyMap<string, Readonly<Record<string, string>> | undefined>

  constructor(problem: Problem) {
    this.#problem = problem
    this.#labels = new Map(problem.hwms.map(hwm => [hwm.name, hwm.labels]))
    for (const { name, capacity } of problem.hwms)
      this.#free.set(name, new Map(Object.entries(capacity)))
    for (const group of problem.groups)
      for (const member of group.members)
        this.#groupsOf.set(member, [...(this.#groupsOf.get(member) ?? []), group])
  }

  #zone(hwm: string, by: string): string {
    return by === 'hwm' ? hwm : (this.#labels.get(hwm)?.[by] ?? `hwm ${hwm}`)
  }

  free(hwm: string, dimension: string): number {
    return this.#free.get(hwm)!.get(dimension)!
  }

  fits(vm: ProblemVm, hwm: Problem['hwms'][number]): boolean {
    if (hwm.maintenance === true || vm.never?.includes(hwm.name) === true) return false
    if (vm.only !== undefined && !vm.only.includes(hwm.name)) return false
    for (const d of this.#problem.dimensions)
      if (this.free(hwm.name, d) < (vm.demand[d] ?? 0)) return false
    return (this.#groupsOf.get(vm.name) ?? []).every(({ members, spread, together }) => {
      const by = spread ?? together
      if (by === undefined) return true
      return members.every(other => {
        const at = this.map.get(other)
        if (other === vm.name || at === undefined) return true
        return (this.#zone(at, by) === this.#zone(hwm.name, by)) === (spread === undefined)
      })
    })
  }

  put(vm: ProblemVm, hwm: string): void {
    this.map.set(vm.name, hwm)
    this.#change(vm, hwm, -1)
  }

  take(vm: ProblemVm): void {
    this.#change(vm, this.map.get(vm.name)!, 1)
    this.map.delete(vm.name)
  }

  #change(vm: ProblemVm, hwm: string, sign: number): void {
    const free = this.#free.get(hwm)!
    for (const d of this.#problem.dimensions) free.set(d, free.get(d)! + sign * (vm.demand[d] ?? 0))
  }
}

/** Share of all capacity that a VM asks for, in the dimension that is shortest for it. */
function sizesOf({ dimensions, hwms, vms }: Problem): Map<string, number> {
  const there = new Map(
    dimensions.map(d => [d, hwms.reduce((sum, hwm) => sum + (hwm.capacity[d] ?? 0), 0)]),
  )
  return new Map(
    vms.map(vm => [vm.name, Math.max(...dimensions.map(d => (vm.demand[d] ?? 0) / there.get(d)!))]),
  )
}

/** First fit, large VMs first, on HWMs in the order of the problem, `closed` ones left out. */
export function firstFit(
  problem: Problem,
  closed: ReadonlySet<string> = new Set(),
): Map<string, string> | undefined {
  const filling = new Filling(problem)
  const size = sizesOf(problem)
  for (const vm of problem.vms.toSorted((a, b) => size.get(b.name)! - size.get(a.name)!)) {
    const hwm = problem.hwms.find(at => !closed.has(at.name) && filling.fits(vm, at))
    if (hwm === undefined) return undefined
    filling.put(vm, hwm.name)
  }
  return filling.map
}

/** Everybody at home who fits there, small VMs first; the others go where they first fit. Undefined: one found nothing. */
export function stayOrLeave(problem: Problem): Map<string, string> | undefined {
  const filling = new Filling(problem)
  const size = sizesOf(problem)
  const leaving: ProblemVm[] = []
  for (const vm of problem.vms.toSorted((a, b) => size.get(a.name)! - size.get(b.name)!)) {
    const home = problem.hwms.find(hwm => hwm.name === vm.home)
    if (home !== undefined && filling.fits(vm, home)) filling.put(vm, home.name)
    else leaving.push(vm)
  }
  for (const vm of leaving.toReversed()) {
    const hwm = problem.hwms.find(at => filling.fits(vm, at))
    if (hwm === undefined) return undefined
    filling.put(vm, hwm.name)
  }
  return filling.map
}

/** Sum over dimensions of the standard deviation of the share in use, over HWMs that are not in maintenance. */
export function unevenness(problem: Problem, map: ReadonlyMap<string, string>): number {
  const hwms = problem.hwms.filter(hwm => hwm.maintenance !== true)
  return problem.dimensions.reduce((total, d) => {
    const used = new Map<string, number>()
    for (const vm of problem.vms) {
      const at = map.get(vm.name)!
      used.set(at, (used.get(at) ?? 0) + (vm.demand[d] ?? 0))
    }
    const shares = hwms.map(({ name, capacity }) => (used.get(name) ?? 0) / capacity[d]!)
    const mean = shares.reduce((sum, x) => sum + x, 0) / shares.length
    return total + Math.sqrt(shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / shares.length)
  }, 0)
}

/** The steepest single move, again and again, as `hbal` goes: at most `most`. Starts at the homes, which must be valid. */
export function steepest(problem: Problem, most: number): Map<string, string> {
  const filling = new Filling(problem)
  for (const vm of problem.vms) filling.put(vm, vm.home!)
  let now = unevenness(problem, filling.map)
  for (let step = 0; step < most; step++) {
    let best: { vm: ProblemVm; to: string; worth: number } | undefined
    for (const vm of problem.vms) {
      const from = filling.map.get(vm.name)!
      filling.take(vm)
      for (const hwm of problem.hwms) {
        if (hwm.name === from || !filling.fits(vm, hwm)) continue
        filling.map.set(vm.name, hwm.name)
        const worth = unevenness(problem, filling.map)
        filling.map.delete(vm.name)
        if (worth < (best?.worth ?? now) - 1e-9) best = { vm, to: hwm.name, worth }
      }
      filling.put(vm, from)
    }
    if (best === undefined) break
    filling.take(best.vm)
    filling.put(best.vm, best.to)
    now = best.worth
  }
  return filling.map
}
