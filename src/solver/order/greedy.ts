// One order by greedy rounds: what can move to its goal does; when nothing can, those that are in somebody's way make room for it, of
// several ways the one after which most others get on.
import type { Random } from '../random.ts'
import { Detours } from './detours.ts'
import type { Step } from './steps.ts'
import type { OrderTask } from './task.ts'
import { Walk } from './walk.ts'

export interface GreedyOrder {
  readonly steps: Step[] | undefined
  /** VMs that could not get on. */
  readonly blocked: number[]
}

/** Detours without fewer VMs than ever waiting, after which the attempt is given up: what makes room and comes back would go on for ever. */
const MOST_IN_VAIN = 200
const MOST_IN_VAIN_PER_VM = 4

/** Moves after which a trial is good enough. */
const LONG_TRIAL = 40

/** One attempt; each round has an order of its own, the first none by chance. */
export function greedyOrder(task: OrderTask, random: Random, round: number): GreedyOrder {
  const walk = new Walk(task)
  const key = priorities(task, random, round)
  const detours = new Detours(walk, random, round > 0)
  advance(walk, key, walk.hwmsWaitedFor(), Infinity)
  let fewest = walk.waiting.size
  const patience = Math.min(MOST_IN_VAIN, MOST_IN_VAIN_PER_VM * walk.waiting.size)
  for (let inVain = 0; walk.waiting.size > 0 && inVain < patience; inVain++) {
    const best = task.budget.isOver ? undefined : bestOf(walk, key, detours.proposals())
    if (best === undefined) break
    for (const { vm, to } of best) walk.move(vm, to)
    detours.remember(best, inVain)
    advance(walk, key, freedBy(walk, best.length), Infinity)
    if (walk.waiting.size >= fewest) continue
    fewest = walk.waiting.size
    inVain = -1
  }
  return walk.waiting.size === 0
    ? { steps: walk.steps, blocked: [] }
    : { steps: undefined, blocked: [...walk.waiting] }
}

/** Order of VMs that wait for the same HWM: large ones find room only early; now and then the small ones go first. */
function priorities({ items, from }: OrderTask, random: Random, round: number): Float64Array {
  const { dims, size, weight } = items.packing
  return Float64Array.from(from, (_, v) => {
    let most = 0
    for (let d = 0; d < dims; d++) most = Math.max(most, size[v * dims + d]! * weight[d]!)
    return most * (round % 2 === 0 ? 1 : -1) + (round === 0 ? 0 : random.next() * 0.3)
  })
}

/** Moves to goals on these HWMs, and on those that are left by them, until none is possible or `most` are made. Answers how many. */
function advance(walk: Walk, key: Float64Array, hwms: readonly number[], most: number): number {
  const { task, inbound, now, steps } = walk
  const { dims, groups } = task.items.packing
  const before = steps.length
  const queue = [...hwms]
  const isQueued = new Set(queue)
  // A move out of an HWM that others wait for comes first.
  const rank = (v: number): number => (inbound[now[v]!]!.size > 0 ? 10 : 0) + key[v]!
  for (let at = 0; at < queue.length; at++) {
    const h = queue[at]!
    isQueued.delete(h)
    if (task.budget.spend((inbound[h]!.size + 1) * (dims + 4))) break
    for (const v of [...inbound[h]!].sort((a, b) => rank(b) - rank(a))) {
      if (!walk.canMove(v, h)) continue
      const a = now[v]!
      if (!walk.move(v, h)) continue
      if (steps.length - before >= most) return steps.length - before
      // Where groups bind, a departure may also lift a rule elsewhere.
      for (const b of groups.length > 0 ? walk.hwmsWaitedFor() : [a]) {
        if (isQueued.has(b) || inbound[b]!.size === 0) continue
        isQueued.add(b)
        queue.push(b)
      }
    }
  }
  return steps.length - before
}

/** HWMs that the last steps left. */
function freedBy({ steps }: Walk, count: number): number[] {
  return steps.slice(steps.length - count).map(step => step.from)
}

/** Tries each, and answers the one that lets most VMs get on per detour. */
function bestOf(
  walk: Walk,
  key: Float64Array,
  proposals: readonly (readonly Step[])[],
): readonly Step[] | undefined {
  let best: readonly Step[] | undefined
  let bestValue = -Infinity
  const before = walk.steps.length
  for (const detours of proposals) {
    const isDone = detours.every(({ vm, to }) => walk.canMove(vm, to) && walk.move(vm, to))
    if (isDone) {
      const moved = advance(walk, key, freedBy(walk, detours.length), LONG_TRIAL)
      const bounces = detours.filter(({ vm, to }) => to !== walk.task.to[vm]).length
      const value = moved / (bounces + 0.1) - weightOf(walk.task, detours)
      if (value > bestValue) {
        bestValue = value
        best = detours
      }
    }
    walk.backTo(before)
  }
  return best
}

/** Below 1: decides between detours after which equally many get on. */
function weightOf({ price }: OrderTask, detours: readonly Step[]): number {
  let sum = 0
  for (const { vm } of detours) sum += price[vm]! % 2 ** 20
  return sum / detours.length / 2_000
}
