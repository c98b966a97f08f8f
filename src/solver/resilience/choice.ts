// Which HWMs to keep on, where they differ: one after the other, the one that adds most of what is still asked for, all dimensions
// together (greedy covering: Chvatal 1979). HWMs with much of one dimension and little of the next are mixed as the VMs ask.
import type { Packing } from '../packing/packing.ts'

/** `count` of `from`; those that items are fixed to come first. */
export function coveringChoice(packing: Packing, from: Int32Array, count: number): Int32Array {
  const { dims, items, capacity, size, fixed } = packing
  const asked = new Float64Array(dims)
  for (let i = 0; i < items; i++) for (let d = 0; d < dims; d++) asked[d]! += size[i * dims + d]!
  const isNeeded = new Uint8Array(packing.bins)
  for (const b of fixed) if (b >= 0) isNeeded[b] = 1
  const chosen: number[] = [...from].filter(b => isNeeded[b])
  const waiting = new Set([...from].filter(b => !isNeeded[b]))
  const left = asked.slice()
  const cover = (b: number): void => {
    for (let d = 0; d < dims; d++) left[d]! -= capacity[b * dims + d]!
    // All is covered: what is asked for is laid out once more, as room to spare.
    if (left.every(amount => amount <= 0)) left.set(asked)
  }
  for (const b of chosen) cover(b)
  while (chosen.length < count && waiting.size > 0) {
    let best = -1
    let most = -1
    for (const b of waiting) {
      let sum = 0
      for (let d = 0; d < dims; d++) {
        if (asked[d]! > 0)
          sum += Math.max(0, Math.min(left[d]!, capacity[b * dims + d]!)) / asked[d]!
      }
      if (sum > most) {
        most = sum
        best = b
      }
    }
    waiting.delete(best)
    chosen.push(best)
    cover(best)
  }
  return Int32Array.from(chosen.slice(0, count))
}
