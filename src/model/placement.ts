// Pure derivations that everybody needs: who may run what, what an HWM has to give, what is short.
import type { ClusterConfig, Hwm, Vm } from './cluster.ts'
import type { Dimension, Resources } from './resources.ts'

/** Where an HWM may run a VM by its `only` and `never`. */
export function allowedHwms(config: ClusterConfig, vm: Vm): readonly Hwm[] {
  // Without rules nothing is copied: of ten thousand VMs and a thousand HWMs that would be ten million names.
  if (!vm.only && !vm.never) return config.hwms
  return config.hwms.filter(({ name }) => mayRun(vm, name))
}

/** Whether an HWM may run a VM by its `only` and `never`. */
export function mayRun(vm: Pick<Vm, 'only' | 'never'>, hwm: string): boolean {
  return (vm.only?.includes(hwm) ?? true) && !(vm.never?.includes(hwm) ?? false)
}

/** When a VM starts anew among those that do: its own `order`, else the lowest of its groups; undefined: it waits for nobody. */
export function startOrder({ groups }: Pick<ClusterConfig, 'groups'>, vm: Vm): number | undefined {
  if (vm.order !== undefined) return vm.order
  const orders = groups.flatMap(({ order, members }) =>
    order !== undefined && members.includes(vm.name) ? [order] : [],
  )
  return orders.length === 0 ? undefined : Math.min(...orders)
}

/**
 * What an HWM gives to VMs: capacity less reserve, times overcommit, rounded down; never below 0.
 * A dimension of unknown capacity is absent: there is no limit to check.
 */
export function givable(capacity: Resources, reserve: Resources, overcommit: Resources): Resources {
  const gives: Record<Dimension, number> = {}
  for (const [dimension, amount] of Object.entries(capacity)) {
    const left = Math.max(0, amount - (reserve[dimension] ?? 0))
    gives[dimension] = Math.floor(left * (overcommit[dimension] ?? 1))
  }
  return gives
}

/** Where a demand does not fit beside what is used: each dimension that is short, and by how much. Empty: it fits. */
export function shortages(demand: Resources, gives: Resources, used: Resources): Resources {
  const short: Record<Dimension, number> = {}
  for (const [dimension, amount] of Object.entries(demand)) {
    const free = (gives[dimension] ?? Number.POSITIVE_INFINITY) - (used[dimension] ?? 0)
    if (amount > 0 && amount > free) short[dimension] = amount - free
  }
  return short
}
