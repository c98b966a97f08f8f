// What the parts of the ordering share: two maps, what a bounce of each VM costs, and what must hold on the way.
import type { Budget } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import type { Items } from '../packing/packing.ts'
import { State } from '../packing/state.ts'

export interface OrderTask {
  /** Groups are spread groups only, and VMs that no order may move are pinned. */
  readonly compiled: Compiled
  /** One item per VM, of the same number. */
  readonly items: Items
  /** HWM of each VM, -1 for those without a place. */
  readonly from: Int32Array
  readonly to: Int32Array
  /** What a bounce of each VM costs (`pricesOf`). */
  readonly price: Float64Array
  /** Whether X holds there, when it is to be kept; undefined: not settled. */
  readonly mayRest: (where: Int32Array) => boolean | undefined
  readonly keepsX: boolean
  readonly budget: Budget
}

/** VMs that are to move. */
export function moversOf({ from, to }: Pick<OrderTask, 'from' | 'to'>): number[] {
  const list: number[] = []
  from.forEach((h, v) => {
    if (h !== to[v]) list.push(v)
  })
  return list
}

/** The map `where` as a working state. */
export function stateOf({ items: { packing } }: OrderTask, where: Int32Array): State {
  const state = new State(packing)
  where.forEach((h, v) => {
    if (h >= 0) state.put(v, h)
  })
  return state
}
