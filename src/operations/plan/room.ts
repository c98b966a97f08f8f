// How much room HWMs have, while a plan fills and empties them on paper.
import { givable, shortages } from '../../model/placement.ts'
import { isOver, isSettled, targetOf } from '../../model/operation.ts'
import type { Resources } from '../../model/resources.ts'
import type { ClusterSnapshot, HwmView } from '../../model/snapshot.ts'

/** What keeps a VM from an HWM: the dimension that is short, and by how much in base units. */
export interface Shortage {
  readonly dimension: string
  readonly missing: number
}

/** Loads on paper, begun from what runs now. */
export class Room {
  readonly #usable = new Map<string, Resources>()
  readonly #used = new Map<string, Record<string, number>>()

  constructor(snapshot: Pick<ClusterSnapshot, 'hwms'> & Partial<Pick<ClusterSnapshot, 'config'>>) {
    for (const view of Object.values(snapshot.hwms)) {
      this.#usable.set(
        view.name,
        givable(view.capacity, view.config.reserve, snapshot.config?.overcommit ?? {}),
      )
      this.#used.set(view.name, { ...view.used })
    }
  }

  copy(): Room {
    const twin = new Room({ hwms: {} })
    for (const [hwm, usable] of this.#usable) twin.#usable.set(hwm, usable)
    for (const [hwm, used] of this.#used) twin.#used.set(hwm, { ...used })
    return twin
  }

  usable(hwm: string): Resources {
    return this.#usable.get(hwm) ?? {}
  }

  used(hwm: string): Resources {
    return { ...this.#used.get(hwm) }
  }

  /** The dimension that is short by the largest share of the demand; undefined when it fits. */
  shortage(hwm: string, demand: Resources): Shortage | undefined {
    const short = shortages(demand, this.usable(hwm), this.#used.get(hwm) ?? {})
    const [worst] = Object.entries(short).sort(
      ([a, x], [b, y]) => y / (demand[b] ?? 1) - x / (demand[a] ?? 1),
    )
    return worst && { dimension: worst[0], missing: worst[1] }
  }

  add(hwm: string, demand: Resources): void {
    this.#change(hwm, demand, 1)
  }

  remove(hwm: string, demand: Resources): void {
    this.#change(hwm, demand, -1)
  }

  /** The share in use of the dimension that is fullest, once `demand` is there too; 0 where nothing is limited. */
  fill(hwm: string, demand: Resources): number {
    const usable = this.usable(hwm)
    const used = this.#used.get(hwm) ?? {}
    let fullest = 0
    for (const [dimension, limit] of Object.entries(usable)) {
      if (limit > 0)
        fullest = Math.max(fullest, ((used[dimension] ?? 0) + (demand[dimension] ?? 0)) / limit)
    }
    return fullest
  }

  #change(hwm: string, demand: Resources, sign: 1 | -1): void {
    const used = this.#used.get(hwm) ?? {}
    for (const [dimension, amount] of Object.entries(demand)) {
      used[dimension] = Math.max(0, (used[dimension] ?? 0) + sign * amount)
    }
    this.#used.set(hwm, used)
  }
}

/** The room a plan may give out: less what unfinished operations will still put there. */
export function planningRoom(snapshot: ClusterSnapshot): Room {
  const room = new Room(snapshot)
  for (const operation of Object.values(snapshot.operations ?? {})) {
    if (isOver(operation)) continue
    for (const step of operation.steps) {
      const target = targetOf(step)
      const vm = snapshot.vms[step.vm]
      if (isSettled(step) || target === undefined || vm === undefined) continue
      if (!takesRoom(snapshot, step.vm, target)) room.add(target, vm.demand)
    }
  }
  return room
}

/** Whether the snapshot counts the VM among what the HWM uses. */
export function takesRoom(snapshot: ClusterSnapshot, name: string, hwm: string): boolean {
  const vm = snapshot.vms[name]
  return vm?.where === hwm && ['running', 'paused', 'migrating', 'double'].includes(vm.state)
}

/** Why an HWM takes nobody in now, whatever room it has; undefined when it does. */
export function closedTo(view: HwmView, purpose: 'fallback' | 'home'): string | undefined {
  const { config } = view
  if (view.state !== 'up') return `${view.name} is ${view.state}`
  if (config.maintenance) return `${view.name} is in maintenance`
  if (purpose === 'fallback' && !config.fallback)
    return `${view.name} takes in nobody (fallback: false)`
  return undefined
}
