// T7 and its kin: what X failures ask of any map at all, whatever it looks like.
import type { Compiled } from '../compile.ts'
import { unitsOf } from './units.ts'

/**
 * Averaged over all sets of X of the U failure units, the survivors' spare must hold the HAVMs of the failed:
 * (C - P)(U - X) >= H * U, with total capacity C, plain load P and HA load H, in whole units of any size.
 */
export interface ResilientBound {
  /** Fewest HWMs that could do; one more than there are when none could. */
  readonly hwms: number
  /** HWMs that any map may use. */
  readonly open: number
  readonly dim: number
  readonly unit: number
  readonly capacity: number
  readonly plain: number
  readonly ha: number
  readonly failureUnits: number
}

export function resilientBound(compiled: Compiled, tolerate: number): ResilientBound {
  const { hwms, vms, dims, capacity, demand, ha, unitOf, units } = compiled
  const open: number[] = []
  const isPinnedTo = new Uint8Array(hwms)
  for (let v = 0; v < vms; v++) if (compiled.pinned[v]) isPinnedTo[compiled.home[v]!] = 1
  for (let h = 0; h < hwms; h++) if (!compiled.inMaintenance[h] || isPinnedTo[h]) open.push(h)
  const single = units.every(members => members.length === 1)
  const openUnits = new Set(open.map(h => unitOf[h]!)).size
  const hasHa = ha.some(flag => flag === 1)
  let best: ResilientBound = {
    hwms: hasHa ? (openUnits > tolerate ? tolerate + 1 : open.length + 1) : vms > 0 ? 1 : 0,
    dim: -1,
    unit: 1,
    capacity: 0,
    plain: 0,
    ha: 0,
    failureUnits: openUnits,
    open: open.length,
  }
  for (let d = 0; d < dims; d++) {
    const sizes = Array.from({ length: vms }, (_, v) => demand[v * dims + d]!)
    for (const unit of unitsOf(sizes)) {
      let haUnits = 0
      let plainUnits = 0
      sizes.forEach((size, v) => {
        if (ha[v]) haUnits += Math.floor(size / unit)
        else plainUnits += Math.floor(size / unit)
      })
      const held = open
        .map(h => Math.floor(Math.min(capacity[h * dims + d]!, 2 ** 50) / unit))
        .sort((a, b) => b - a)
      let sum = 0
      let count = 0
      for (;;) {
        const failing = single ? count : openUnits
        const isEnough =
          hasHa && tolerate > 0
            ? openUnits <= tolerate ||
              (failing > tolerate &&
                (sum - plainUnits) * (failing - tolerate) >= haUnits * failing * (1 - 1e-12))
            : sum >= plainUnits + haUnits
        if (isEnough && sum >= plainUnits + haUnits) break
        if (count === held.length) {
          return {
            hwms: open.length + 1,
            open: open.length,
            dim: d,
            unit,
            capacity: sum,
            plain: plainUnits,
            ha: haUnits,
            failureUnits: single ? count : openUnits,
          }
        }
        sum += held[count++]!
      }
      if (count > best.hwms) {
        best = {
          hwms: count,
          open: open.length,
          dim: d,
          unit,
          capacity: sum,
          plain: plainUnits,
          ha: haUnits,
          failureUnits: single ? count : openUnits,
        }
      }
    }
  }
  return best
}
