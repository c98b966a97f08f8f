// Complete search for an order with the fewest bounces: states are maps, steps are single moves. Batches need no states of their own,
// since what can be done at the same time can be done one after the other. Uniform cost: a move to the goal is free of bounces.
import { State } from '../packing/state.ts'
import type { Step } from './batches.ts'
import type { OrderTask } from './order.ts'

export type SearchedOrder =
  | { readonly answer: 'found'; readonly steps: Step[] }
  | { readonly answer: 'none'; readonly states: number }
  | { readonly answer: 'unknown' }

interface Node {
  readonly where: Int32Array
  readonly bounces: number
  readonly parent: number
  readonly step: Step | undefined
}

/**
 * Orders with fewer bounces than `below`. `none`: there is none (with `below` infinite: the goal cannot be reached at all).
 * `unknown` after `mostStates`.
 */
export function searchOrder(task: OrderTask, mostStates: number, below: number): SearchedOrder {
  const { compiled, items, from, to, budget } = task
  const { packing, itemOf } = items
  const key = (where: Int32Array): string => String.fromCharCode(...where.map(h => h + 1))
  // More VMs than a call can spread, and far more states than could ever be seen.
  if (from.length > 4_000) return { answer: 'unknown' }
  const nodes: Node[] = [{ where: from.slice(), bounces: 0, parent: -1, step: undefined }]
  const cheapest = new Map<string, number>([[key(from), 0]])
  // Buckets by bounces: all states with b bounces are settled before any with b + 1.
  let bucket: number[] = [0]
  const state = new State(packing)
  const goal = key(to)
  for (let bounces = 0; bucket.length > 0 && bounces < below; bounces++) {
    const next: number[] = []
    // Depth first within a bucket: moves to goals are taken as far as they go.
    while (bucket.length > 0) {
      const at = bucket.pop()!
      const node = nodes[at]!
      const id = key(node.where)
      if (cheapest.get(id)! < node.bounces) continue
      if (id === goal) return { answer: 'found', steps: pathTo(nodes, at) }
      state.replace(spread(task, node.where))
      budget.spend(packing.items * packing.bins)
      if (nodes.length > mostStates || budget.isOver) return { answer: 'unknown' }
      for (let v = 0; v < compiled.vms; v++) {
        const a = node.where[v]!
        if (a < 0 || compiled.pinned[v]) continue
        for (let b = 0; b < packing.bins; b++) {
          if (b === a || !state.hasRoom(itemOf[v]!, b) || !state.isAllowed(itemOf[v]!, b)) continue
          const cost = node.bounces + (b === to[v] ? 0 : 1)
          if (cost >= below) continue
          const where = node.where.slice()
          where[v] = b
          const reached = key(where)
          const known = cheapest.get(reached)
          if (known !== undefined && known <= cost) continue
          if (task.keepsX && !task.mayRest(where)) continue
          cheapest.set(reached, cost)
          nodes.push({ where, bounces: cost, parent: at, step: { vm: v, from: a, to: b } })
          if (cost === bounces) bucket.push(nodes.length - 1)
          else next.push(nodes.length - 1)
        }
      }
    }
    bucket = next
  }
  return { answer: 'none', states: nodes.length }
}

function spread(task: OrderTask, where: Int32Array): Int32Array {
  const of = new Int32Array(task.items.packing.items).fill(-1)
  where.forEach((h, v) => {
    of[task.items.itemOf[v]!] = h
  })
  return of
}

function pathTo(nodes: readonly Node[], at: number): Step[] {
  const steps: Step[] = []
  for (let n = at; nodes[n]!.step !== undefined; n = nodes[n]!.parent) steps.push(nodes[n]!.step!)
  return steps.reverse()
}
