// Steps one after the other become batches: as many at a time as the HWMs take part in, with both ends of every move held while the
// batch runs, and nothing done before what it needs.
import { State } from '../packing/state.ts'
import type { OrderTask } from './order.ts'
import type { Step } from './steps.ts'

/**
 * Each step goes into the earliest batch that has a place for it: after the steps of its VM and after those it gets its room from.
 * Room is only counted as free once the batch of the departure has ended. With X to be kept, every batch must end in a map
 * that keeps it, else steps stay alone.
 */
export function inBatches(
  task: OrderTask,
  steps: readonly Step[],
  perHwm: number,
): { step: Step; batch: number }[] {
  const { items, from } = task
  const { packing, itemOf } = items
  const { dims, size, capacity } = packing
  const result: { step: Step; batch: number }[] = []
  // The state at the start of the current batch, plus its arrivals (departures are only taken off when it ends).
  const state = new State(packing)
  from.forEach((h, v) => {
    if (h >= 0) state.put(itemOf[v]!, h)
  })
  const where = from.slice()
  let batch = 0
  let index = 0
  const done = new Uint8Array(steps.length)
  // A window of steps that may overtake each other: a step is taken when it fits now and no earlier, untaken step has the same VM
  // or needs room at the same target.
  const window = task.keepsX || packing.groups.length > 0 ? 1 : 4_000
  let remaining = steps.length
  while (remaining > 0) {
    const busy = new Int32Array(packing.bins)
    const arriving = new Float64Array(packing.bins * dims)
    const chosen: number[] = []
    const heldVms = new Set<number>()
    const heldTargets = new Set<number>()
    while (index < steps.length && done[index]) index++
    for (let s = index; s < Math.min(steps.length, index + window); s++) {
      if (done[s]) continue
      const step = steps[s]!
      const i = itemOf[step.vm]!
      let fits = !heldVms.has(step.vm) && !heldTargets.has(step.to) && where[step.vm] === step.from
      if (fits) fits = busy[step.from]! < perHwm && busy[step.to]! < perHwm
      for (let d = 0, k = step.to * dims; fits && d < dims; d++, k++) {
        if (state.load[k]! + arriving[k]! + size[i * dims + d]! > capacity[k]!) fits = false
      }
      if (!fits) {
        heldVms.add(step.vm)
        heldTargets.add(step.to)
        // What it leaves behind is missing to others: those behind it that go there must wait, which `state` sees by itself.
        continue
      }
      heldVms.add(step.vm)
      busy[step.from]!++
      busy[step.to]!++
      for (let d = 0, k = step.to * dims; d < dims; d++, k++) arriving[k]! += size[i * dims + d]!
      chosen.push(s)
    }
    for (const s of chosen) {
      const step = steps[s]!
      done[s] = 1
      remaining--
      state.move(itemOf[step.vm]!, step.to)
      where[step.vm] = step.to
      result.push({ step, batch })
    }
    batch++
  }
  return result
}
