// Takes needless detours out of an order: a VM that goes a -> t -> x may often stay on a until it can go to x, or go to x at once.
import { costOf, type Step } from './steps.ts'
import { type OrderTask, stateOf } from './task.ts'

/** The same goal with no more bounces. Orders in clusters with groups, or that keep X, are left as they are. */
export function trimmed(task: OrderTask, steps: readonly Step[]): Step[] {
  let kept = [...steps]
  if (task.keepsX || task.items.packing.groups.length > 0) return kept
  for (let cost = costOf(task, kept); ; cost = costOf(task, kept)) {
    kept = pass(task, kept)
    if (costOf(task, kept) >= cost) return kept
  }
}

/** What happens on one HWM: the numbers of the steps that come or go, in order. */
type Timeline = number[]

function pass(task: OrderTask, steps: readonly Step[]): Step[] {
  const { packing } = task.items
  const timelines: Timeline[] = Array.from({ length: packing.bins }, () => [])
  const ofVm = new Map<number, number[]>()
  steps.forEach(({ vm, from, to }, s) => {
    timelines[from]!.push(s)
    timelines[to]!.push(s)
    const mine = ofVm.get(vm)
    if (mine === undefined) ofVm.set(vm, [s])
    else mine.push(s)
  })
  const result: (Step | undefined)[] = [...steps]
  const start = stateOf(task, task.from).load
  /** Whether VM v has room on h beside all others in every state between the steps `first` and `last`. */
  const hasRoom = (v: number, h: number, first: number, last: number): boolean => {
    const { dims, size, capacity } = packing
    for (let d = 0; d < dims; d++) {
      let load = start[h * dims + d]! - (task.from[v] === h ? size[v * dims + d]! : 0)
      let most = -Infinity
      for (const s of timelines[h]!) {
        if (s >= last) break
        if (s > first) most = Math.max(most, load)
        const step = result[s]
        if (step === undefined || step.vm === v) continue
        if (step.to === h) load += size[step.vm * dims + d]!
        else if (step.from === h) load -= size[step.vm * dims + d]!
      }
      most = Math.max(most, load)
      if (most + size[v * dims + d]! > capacity[h * dims + d]!) return false
    }
    return true
  }
  for (const [v, mine] of ofVm) {
    for (let n = 0; n + 1 < mine.length; n++) {
      const [first, last] = [mine[n]!, mine[n + 1]!]
      const out = result[first]!
      const on = result[last]!
      const merged: Step = { vm: v, from: out.from, to: on.to }
      if (on.to !== out.from && hasRoom(v, out.from, first, last)) {
        result[first] = undefined
        result[last] = merged
      } else if (on.to !== out.from && hasRoom(v, on.to, first, last)) {
        result[first] = merged
        result[last] = undefined
        mine[n + 1] = first
      } else if (on.to === out.from && hasRoom(v, out.from, first, last)) {
        result[first] = undefined
        result[last] = undefined
        n++
        continue
      } else continue
      // The merged step is on both HWMs' timelines already: it is the first's departure and the last's arrival.
      if (result[first] === undefined) insert(timelines[out.from]!, last)
      else insert(timelines[on.to]!, first)
    }
  }
  return result.filter(step => step !== undefined)
}

function insert(timeline: Timeline, s: number): void {
  if (timeline.includes(s)) return
  timeline.push(s)
  timeline.sort((a, b) => a - b)
}
