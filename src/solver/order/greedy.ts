// One order by greedy rounds: what can move to its goal does; when nothing can, one VM that is in the way takes a detour.
import { State } from '../packing/state.ts'
import type { Random } from '../random.ts'
import type { OrderTask } from './order.ts'
import type { Step } from './steps.ts'

export interface GreedyOrder {
  readonly steps: Step[] | undefined
  /** VMs that could not get on. */
  readonly blocked: number[]
}

/** Detours in a row without a VM reaching its goal, before the attempt is given up. */
const MOST_DETOURS = 12

/** Detours of one attempt in all, per move: a VM that makes room and comes back at once would go on for ever. */
const DETOURS_PER_MOVE = 2

/** One attempt. The first takes the moves that relieve the fullest HWMs first; later ones are shuffled. */
export function greedyOrder(task: OrderTask, random: Random, round: number): GreedyOrder {
  const { items, from, to, compiled, budget } = task
  const { packing, itemOf } = items
  const { dims, size, capacity, weight } = packing
  const state = new State(packing)
  from.forEach((h, v) => {
    if (h >= 0) state.put(itemOf[v]!, h)
  })
  const now = from.slice()
  const waiting = new Set<number>()
  from.forEach((h, v) => {
    if (h >= 0 && h !== to[v]) waiting.add(v)
  })
  // Who waits for room on each HWM, so that after a departure only those are looked at again.
  const inbound: Set<number>[] = Array.from({ length: packing.bins }, () => new Set())
  for (const v of waiting) inbound[to[v]!]!.add(v)
  const steps: Step[] = []
  const canMove = (v: number, h: number): boolean => {
    const i = itemOf[v]!
    return state.hasRoom(i, h) && state.isAllowed(i, h)
  }
  const rest = (): boolean => !task.keepsX || task.mayRest(now) === true
  const move = (v: number, h: number): boolean => {
    const a = now[v]!
    state.move(itemOf[v]!, h)
    now[v] = h
    if (!rest()) {
      state.move(itemOf[v]!, a)
      now[v] = a
      return false
    }
    steps.push({ vm: v, from: a, to: h })
    return true
  }
  const measure = (v: number): number => {
    let most = 0
    for (let d = 0; d < dims; d++) most = Math.max(most, size[itemOf[v]! * dims + d]! * weight[d]!)
    return most
  }
  const key = new Float64Array(compiled.vms)
  const isShuffled = round > 0
  for (const v of waiting) {
    // A move out of an HWM that others wait for is worth more, and large VMs find room only early.
    const demand = inbound[from[v]!]!.size > 0 ? 1 : 0
    key[v] =
      (isShuffled ? random.next() * 2 : 0) +
      (round % 3 === 2 ? 0 : demand) +
      measure(v) * (round % 2 === 0 ? 1 : -1)
  }
  let queue = [...waiting].sort((a, b) => key[b]! - key[a]!)
  let detours = 0
  let detoursLeft = MOST_DETOURS + DETOURS_PER_MOVE * waiting.size
  for (;;) {
    let isMoving = true
    while (isMoving && waiting.size > 0) {
      isMoving = false
      const freed = new Set<number>()
      for (const v of queue) {
        if (!waiting.has(v) || !canMove(v, to[v]!)) continue
        const a = now[v]!
        if (!move(v, to[v]!)) continue
        waiting.delete(v)
        inbound[to[v]!]!.delete(v)
        freed.add(a)
        isMoving = true
        detours = 0
      }
      budget.spend(queue.length * dims)
      // Next round: those that wait for HWMs that were left just now.
      const again: number[] = []
      for (const h of freed) again.push(...inbound[h]!)
      queue = task.keepsX || packing.groups.length > 0 ? [...waiting] : again
      queue.sort((a, b) => key[b]! - key[a]!)
      if (budget.isOver) return { steps: undefined, blocked: [...waiting] }
    }
    if (waiting.size === 0) return { steps, blocked: [] }
    if (++detours > MOST_DETOURS || detoursLeft-- === 0)
      return { steps: undefined, blocked: [...waiting] }
    const detour = bestDetour(task, state, now, waiting, random, isShuffled)
    budget.spend(waiting.size * packing.bins * dims)
    if (detour === undefined || budget.isOver) return { steps: undefined, blocked: [...waiting] }
    const a = now[detour.vm]!
    if (!move(detour.vm, detour.to)) {
      detours++
      continue
    }
    if (detour.to !== to[detour.vm]) {
      waiting.add(detour.vm)
      inbound[to[detour.vm]!]!.add(detour.vm)
    }
    queue = [...inbound[a]!]
    if (queue.length === 0) queue = [...waiting]
    queue.sort((x, y) => key[y]! - key[x]!)
  }

  /** The detour that lets most waiting VMs on: who leaves an HWM that others wait for, to where room is least missed. */
  function bestDetour(
    { items: { packing: p } }: OrderTask,
    current: State,
    at: Int32Array,
    left: ReadonlySet<number>,
    chance: Random,
    shuffles: boolean,
  ): { vm: number; to: number } | undefined {
    let best: { vm: number; to: number } | undefined
    let bestValue = -Infinity
    const wanted = new Set<number>()
    for (const v of left) wanted.add(to[v]!)
    for (const h of wanted) {
      // Those that will leave anyway come first; residents that have no move to make would need two.
      for (let i = current.first[h]!; i >= 0; i = current.next[i]!) {
        const v = items.vmsOf[i]![0]!
        if (compiled.pinned[v]) continue
        const leaves = left.has(v)
        let gain = 0
        for (const w of inbound[h]!) if (fitsWithout(w, h, i)) gain += 1 + measure(w)
        if (gain === 0 && chance.below(4) > 0) continue
        for (let b = 0; b < p.bins; b++) {
          if (b === h || b === to[v] || compiled.inMaintenance[b] || !canMove(v, b)) continue
          // Room that others wait for is the wrong place for a guest.
          const inTheWay = inbound[b]!.size > 0 && at[v] !== b ? 0.5 : 0
          let slack = Infinity
          for (let d = 0, k = b * dims; d < dims; d++, k++) {
            slack = Math.min(
              slack,
              (capacity[k]! - current.load[k]! - size[i * dims + d]!) * weight[d]!,
            )
          }
          const value =
            gain * 2 +
            (leaves ? 1.5 : 0) -
            inTheWay -
            measure(v) * 0.5 +
            Math.min(0.3, slack) +
            (shuffles ? chance.next() : 0)
          if (value > bestValue) {
            bestValue = value
            best = { vm: v, to: b }
          }
        }
      }
    }
    return best
  }

  function fitsWithout(w: number, h: number, leaving: number): boolean {
    const i = itemOf[w]!
    for (let d = 0, k = h * dims; d < dims; d++, k++) {
      if (state.load[k]! - size[leaving * dims + d]! + size[i * dims + d]! > capacity[k]!)
        return false
    }
    return true
  }
}
