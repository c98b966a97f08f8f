// The width of a name column: that of the longest name there is, reckoned only when the set of names changes.
import type { Picture } from '../picture.ts'
import { widthOf } from '../text.ts'

const known = new WeakMap<Picture, Record<'hwm' | 'vm', { count: number; width: number }>>()

/** Cells of the longest name. Names that came and went in equal number are noticed with the next that comes. */
export function longestName(picture: Picture, of: 'hwm' | 'vm'): number {
  let entry = known.get(picture)
  if (!entry) {
    entry = { hwm: { count: -1, width: 4 }, vm: { count: -1, width: 4 } }
    known.set(picture, entry)
  }
  const count = of === 'hwm' ? picture.hwmCount : picture.vmCount
  if (entry[of].count !== count) {
    let width = 4
    for (const item of of === 'hwm' ? picture.hwms() : picture.vms()) {
      width = Math.max(width, widthOf(item.name))
    }
    entry[of] = { count, width }
  }
  return entry[of].width
}

/** Columns that hold names of HWMs. */
export function placeWidths(picture: Picture): Readonly<Record<'where' | 'home', number>> {
  const width = Math.min(24, longestName(picture, 'hwm'))
  return { where: Math.max(5, width), home: Math.max(8, 'away '.length + width) }
}
