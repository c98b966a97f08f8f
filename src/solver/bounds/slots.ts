// A lower bound by counting in VMs of one size, all dimensions at once: an HWM of capacity C has floor(min over d of C_d / u_d) slots for VMs of size u, and
// a VM of size x takes floor(min over d of x_d / u_d) of them at least. That is superadditive as T3's floor is, and exact where VMs are equal.
import type { Packing } from '../packing/packing.ts'

export interface SlotBound {
  /** Fewest bins that have the slots; more than may be used when there are not enough. */
  readonly bins: number
  /** The size of a slot. */
  readonly unit: Float64Array
  readonly needed: number
  readonly available: number
  /** Not even all bins have enough. */
  readonly isTooMany: boolean
}

/** Distinct sizes that are tried; taken evenly from all of them, the largest first. */
const MOST_SIZES = 48

/** Slots of `unit` in so much; dimensions of which the unit has nothing do not count. */
function slotsIn(
  amounts: Float64Array,
  at: number,
  unit: Float64Array,
  dims: readonly number[],
): number {
  let least = Infinity
  for (const d of dims) least = Math.min(least, Math.floor(amounts[at + d]! / unit[d]!))
  return least
}

/** The sharpest of the sizes there are; undefined when all sizes are zero. */
export function slotBound(packing: Packing): SlotBound | undefined {
  const { items, dims, size, capacity } = packing
  let best: SlotBound | undefined
  for (const unit of unitsOf(packing)) {
    const counted = Array.from({ length: dims }, (_, d) => d).filter(d => unit[d]! > 0)
    let needed = 0
    const rows = new Set<number>()
    const fixed = new Set<number>()
    for (let i = 0; i < items; i++) {
      const slots = slotsIn(size, i * dims, unit, counted)
      if (slots === 0) continue
      needed += slots
      if (packing.fixed[i]! >= 0) fixed.add(packing.fixed[i]!)
      else rows.add(packing.rowOf[i]!)
    }
    const held: number[] = []
    for (let b = 0; b < packing.bins; b++) {
      const isOpen = fixed.has(b) || [...rows].some(r => packing.rows[r]![b] === 1)
      if (isOpen) held.push(slotsIn(capacity, b * dims, unit, counted))
    }
    held.sort((a, b) => b - a)
    let available = 0
    let bins = 0
    while (bins < held.length && available < needed) available += held[bins++]!
    const isTooMany = available < needed
    if (isTooMany) bins++
    if (best === undefined || isTooMany || bins > best.bins)
      best = { bins, unit, needed, available, isTooMany }
    if (isTooMany) break
  }
  return best
}

function unitsOf({ items, dims, size }: Packing): Float64Array[] {
  const distinct = new Map<string, Float64Array>()
  for (let i = 0; i < items; i++) {
    const own = size.slice(i * dims, (i + 1) * dims)
    if (own.some(x => x > 0)) distinct.set(own.join(), own)
  }
  const sum = (of: Float64Array): number => of.reduce((total, x) => total + x, 0)
  const all = [...distinct.values()].sort((a, b) => sum(b) - sum(a))
  if (all.length <= MOST_SIZES) return all
  return Array.from(
    { length: MOST_SIZES },
    (_, k) => all[Math.floor((k * all.length) / MOST_SIZES)]!,
  )
}
