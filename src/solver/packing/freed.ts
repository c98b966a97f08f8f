// A packing without its rules: needs no more bins than with them, so what bounds it bounds the other. Column generation runs on such only.
import { openBins } from '../bounds/units.ts'
import type { Packing } from './packing.ts'

/** Any item may go to any bin that one of them may use; groups and pins bind nobody. */
export function freed(packing: Packing): Packing {
  const { bins, items } = packing
  const open = new Uint8Array(bins)
  for (const b of openBins(packing)) open[b] = 1
  return {
    ...packing,
    rowOf: new Int32Array(items),
    rows: [open],
    groups: [],
    groupsOf: undefined,
    fixed: new Int32Array(items).fill(-1),
  }
}
