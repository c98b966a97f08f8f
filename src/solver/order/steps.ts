// Single migrations, and what a list of them costs: bounces first, then how heavy the VMs are that make them.
import type { Compiled } from '../compile.ts'

export interface Step {
  readonly vm: number
  readonly from: number
  readonly to: number
}

/** What one bounce counts; the rest of a price tells bounces of different VMs apart. */
export const BOUNCE = 2 ** 20

/** Prices of the lightest and heaviest VM differ by this much, so that a thousand bounces still come before any weight. */
const HEAVIEST = 1_000

/** Price of a bounce per VM: memory is what a live migration copies; without it, the largest share of any dimension. */
export function pricesOf(compiled: Compiled, weight: Float64Array): Float64Array {
  const { vms, dims, demand, problem } = compiled
  const heavy = Float64Array.from(problem.vms, vm => vm.demand['ram'] ?? 0)
  if (!heavy.some(amount => amount > 0)) {
    for (let v = 0; v < vms; v++)
      for (let d = 0; d < dims; d++)
        heavy[v] = Math.max(heavy[v]!, demand[v * dims + d]! * weight[d]!)
  }
  let most = 0
  for (const amount of heavy) most = Math.max(most, amount)
  return heavy.map(amount => BOUNCE + (most === 0 ? 0 : Math.round((HEAVIEST * amount) / most)))
}

/** Whole numbers: bounces * `BOUNCE` + the weight of who makes them. */
export function costOf(
  { to, price }: { readonly to: Int32Array; readonly price: Float64Array },
  steps: readonly Step[],
): number {
  let cost = 0
  for (const step of steps) if (step.to !== to[step.vm]) cost += price[step.vm]!
  return cost
}

export function bouncesOf(cost: number): number {
  return Math.floor(cost / BOUNCE)
}
