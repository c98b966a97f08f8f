// How much room HWMs have, while a plan fills and empties them on paper.
import type { ClusterConfig, Hwm } from '../../model/cluster.ts'
import type { Resources } from '../../model/resources.ts'
import type { ClusterSnapshot, HwmView } from '../../model/snapshot.ts'

/** What an HWM may give out per dimension: (capacity - reserve) x overcommit. A dimension nobody knows the capacity of is left out: unlimited. */
export function usableOf(view: HwmView, config: ClusterConfig | undefined): Resources {
  const usable: Record<string, number> = {}
  for (const [dimension, capacity] of Object.entries(view.capacity)) {
    const reserve = view.config.reserve[dimension] ?? 0
    usable[dimension] = Math.max(
      0,
      Math.floor((capacity - reserve) * (config?.overcommit[dimension] ?? 1)),
    )
  }
  return usable
}

/** What keeps a VM from an HWM: the dimension that is short, and by how much in base units. */
export interface Shortage {
  readonly dimension: string
  readonly missing: number
}

/** Loads on paper, begun from what runs now. */
export class Room {
  readonly #usable = new Map<string, Resources>()
  readonly #used = new Map<string, Record<string, number>>()

  constructor(snapshot: ClusterSnapshot) {
    for (const view of Object.values(snapshot.hwms)) {
      this.#usable.set(view.name, usableOf(view, snapshot.config))
      this.#used.set(view.name, { ...view.used })
    }
  }

  usable(hwm: string): Resources {
    return this.#usable.get(hwm) ?? {}
  }

  used(hwm: string): Resources {
    return { ...this.#used.get(hwm) }
  }

  shortage(hwm: string, demand: Resources): Shortage | undefined {
    const usable = this.usable(hwm)
    const used = this.#used.get(hwm) ?? {}
    for (const [dimension, amount] of Object.entries(demand)) {
      const limit = usable[dimension]
      if (limit === undefined || amount === 0) continue
      const missing = (used[dimension] ?? 0) + amount - limit
      if (missing > 0) return { dimension, missing }
    }
    return undefined
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

/** Why an HWM takes nobody in now, whatever room it has; undefined when it does. */
export function closedTo(view: HwmView, purpose: 'fallback' | 'home'): string | undefined {
  const { config }: { config: Hwm } = view
  if (view.state !== 'up') return `${view.name} is ${view.state}`
  if (config.maintenance) return `${view.name} is in maintenance`
  if (purpose === 'fallback' && !config.fallback)
    return `${view.name} takes in nobody (fallback: false)`
  return undefined
}
