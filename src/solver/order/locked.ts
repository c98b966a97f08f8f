// What can be said about an order without searching for one: VMs that can never move, and how many bounces there must be at least.
import { type OrderTask, stateOf } from './task.ts'

/**
 * VMs that can never leave their HWM, whatever else moves. All room of HWMs that take VMs in is never more than at the start: what one
 * gains another loses. So a VM that asks for more than all of it together, or than an HWM has beside those that never move, cannot go there.
 */
export function immobile(task: OrderTask): Uint8Array {
  const { compiled, items, from } = task
  const { packing } = items
  const { bins, dims, size, capacity } = packing
  const start = stateOf(task, from)
  const all = new Float64Array(dims)
  for (let b = 0; b < bins; b++) {
    if (compiled.inMaintenance[b]) continue
    for (let d = 0; d < dims; d++)
      all[d]! += Math.max(0, capacity[b * dims + d]! - start.load[b * dims + d]!)
  }
  const stays = Uint8Array.from(from, (h, v) => (h < 0 || compiled.pinned[v] ? 1 : 0))
  // Room beside those that stay, per HWM.
  const room = capacity.slice()
  const settle = (v: number): void => {
    const h = from[v]!
    if (h >= 0) for (let d = 0; d < dims; d++) room[h * dims + d]! -= size[v * dims + d]!
  }
  stays.forEach((flag, v) => {
    if (flag) settle(v)
  })
  const canGo = (v: number, b: number): boolean => {
    if (b === from[v] || !packing.rows[packing.rowOf[v]!]![b]) return false
    for (let d = 0; d < dims; d++)
      if (size[v * dims + d]! > Math.min(all[d]!, room[b * dims + d]!)) return false
    return true
  }
  for (let isNew = true; isNew; ) {
    isNew = false
    for (let v = 0; v < stays.length; v++) {
      if (stays[v]) continue
      let goes = false
      for (let b = 0; b < bins && !goes; b++) goes = canGo(v, b)
      if (goes) continue
      stays[v] = 1
      settle(v)
      isNew = true
    }
    if (task.budget.spend(stays.length * bins)) break
  }
  return stays
}

/**
 * At least so many bounces any order has. Without bounces a VM gets to its goal only if all that may leave that HWM before make room
 * enough. Those that do not even then (a fixed point that leaves all arrivals aside) wait for each other: in every set of HWMs that
 * they do not lead out of, the first to arrive needs somebody to leave one of these HWMs for another place than its goal.
 */
export function fewestBounces(task: OrderTask): number {
  const { items, from, to } = task
  const { bins, dims, size, capacity } = items.packing
  const load = stateOf(task, from).load
  const waiting: Set<number>[] = Array.from({ length: bins }, () => new Set())
  from.forEach((h, v) => {
    if (h >= 0 && h !== to[v]) waiting[to[v]!]!.add(v)
  })
  const queue = Array.from({ length: bins }, (_, b) => b)
  for (let at = 0; at < queue.length; at++) {
    const h = queue[at]!
    for (const v of waiting[h]!) {
      let fits = true
      for (let d = 0; d < dims && fits; d++)
        fits = load[h * dims + d]! + size[v * dims + d]! <= capacity[h * dims + d]!
      if (!fits) continue
      waiting[h]!.delete(v)
      const a = from[v]!
      for (let d = 0; d < dims; d++) load[a * dims + d]! -= size[v * dims + d]!
      queue.push(a)
    }
  }
  const next: Set<number>[] = Array.from({ length: bins }, () => new Set())
  let locked = 0
  for (const [h, vms] of waiting.entries()) {
    locked += vms.size
    for (const v of vms) next[from[v]!]!.add(h)
  }
  return locked === 0 ? 0 : closedSets(next)
}

/** Strongly connected components with an edge inside and none that leads out (Tarjan 1972, without recursion). */
function closedSets(next: readonly ReadonlySet<number>[]): number {
  const index = new Int32Array(next.length).fill(-1)
  const low = new Int32Array(next.length)
  const component = new Int32Array(next.length).fill(-1)
  const stack: number[] = []
  let seen = 0
  let components = 0
  for (let root = 0; root < next.length; root++) {
    if (index[root]! >= 0) continue
    const path: { readonly node: number; readonly edges: Iterator<number> }[] = []
    const enter = (node: number): void => {
      index[node] = low[node] = seen++
      stack.push(node)
      path.push({ node, edges: next[node]!.values() })
    }
    enter(root)
    while (path.length > 0) {
      const { node, edges } = path.at(-1)!
      const edge = edges.next()
      if (edge.done !== true) {
        const to = edge.value
        if (index[to]! < 0) enter(to)
        else if (component[to]! < 0) low[node] = Math.min(low[node]!, index[to]!)
        continue
      }
      path.pop()
      const above = path.at(-1)
      if (above !== undefined) low[above.node] = Math.min(low[above.node]!, low[node]!)
      if (low[node] !== index[node]) continue
      for (let member = -1; member !== node; ) {
        member = stack.pop()!
        component[member] = components
      }
      components++
    }
  }
  const isClosed = new Uint8Array(components).fill(1)
  const hasEdge = new Uint8Array(components)
  next.forEach((targets, node) => {
    for (const to of targets) {
      if (component[to] === component[node]) hasEdge[component[node]!] = 1
      else isClosed[component[node]!] = 0
    }
  })
  let closed = 0
  for (let c = 0; c < components; c++) if (isClosed[c] && hasEdge[c]) closed++
  return closed
}
