// How the picture of the HWMs is laid out: boxes with their VMs while each has room for one, bars when there are more, a heat map when
// there are many. The same figures for those who draw and for the keys.
import { layoutOf } from './layout.ts'
import type { Lists } from './lists.ts'
import type { ConsoleState } from './state.ts'

export interface PlaceGrid {
  readonly kind: 'boxes' | 'bars' | 'heat'
  readonly perRow: number
  /** Of one HWM, the gap to the next included. */
  readonly width: number
  /** Lines of one HWM. */
  readonly height: number
  /** Rows of HWMs that are seen at a time. */
  readonly rowsSeen: number
  /** Lines below the picture that say what the selected HWM is, the rule above them included. */
  readonly inspector: number
}

const BOX = { width: 23, height: 7 }
/** Wider or higher boxes say no more. */
const BOX_MOST = { width: 60, height: 30 }
const BAR_WIDTH = 36
const TILE_WIDTH = 3
/** Blanks left of the picture, for the mark of the selection; the name of a row of tiles. */
export const PLACE_MARGIN = 2
export const ROW_NAME = 12

export function placeGrid(state: ConsoleState, lists: Lists): PlaceGrid {
  const layout = layoutOf(state.size)
  const { names } = lists.places(state.lists.place)
  return gridOf(names.length, layout.columns, layout.text, rackSize(state, names))
}

/** How many HWMs at the beginning of the picture have the same label `rack`: a row of a heat map then holds whole racks. */
function rackSize({ picture }: ConsoleState, names: readonly string[]): number {
  const rackOf = (name: string | undefined) =>
    name === undefined ? undefined : picture.hwm(name)?.config.labels['rack']
  const first = rackOf(names[0])
  let size = 1
  if (first !== undefined) while (rackOf(names[size]) === first) size++
  return size
}

/** For so many HWMs on so many cells. */
export function gridOf(count: number, columns: number, lines: number, rack = 1): PlaceGrid {
  const inspector = lines >= 30 ? 6 : lines >= 16 ? 4 : lines >= 6 ? 2 : 1
  const room = Math.max(1, lines - inspector)
  const wide = Math.max(1, columns - PLACE_MARGIN)
  return (
    boxes(count, wide, room, inspector) ??
    bars(count, wide, room, inspector) ??
    heat(wide, room, inspector, rack)
  )
}

function boxes(
  count: number,
  wide: number,
  room: number,
  inspector: number,
): PlaceGrid | undefined {
  let best: PlaceGrid | undefined
  let bestWorth = 0
  const most = Math.min(Math.max(1, count), Math.floor(wide / BOX.width))
  for (let perRow = 1; perRow <= most; perRow++) {
    const rows = Math.ceil(count / perRow)
    const width = Math.min(BOX_MOST.width, Math.floor(wide / perRow))
    const height = Math.min(BOX_MOST.height, Math.floor(room / Math.max(1, rows)))
    if (height < BOX.height) continue
    // A name and an amount need width; how full it is needs height.
    const worth = Math.min(width / 2.5, height)
    if (worth <= bestWorth) continue
    bestWorth = worth
    best = { kind: 'boxes', perRow, width, height, rowsSeen: Math.max(1, rows), inspector }
  }
  return best
}

function bars(count: number, wide: number, room: number, inspector: number): PlaceGrid | undefined {
  const most = Math.max(1, Math.floor(wide / BAR_WIDTH))
  // As few columns as hold them all, so that the bars are long.
  const perRow = Math.max(1, Math.min(most, Math.ceil(count / room)))
  if (Math.ceil(count / perRow) > room) return undefined
  return {
    kind: 'bars',
    perRow,
    width: Math.floor(wide / perRow),
    height: 1,
    rowsSeen: room,
    inspector,
  }
}

function heat(wide: number, room: number, inspector: number, rack: number): PlaceGrid {
  const most = Math.max(1, Math.floor((wide - ROW_NAME) / TILE_WIDTH))
  const perRow = rack <= most ? most - (most % rack) : most
  return { kind: 'heat', perRow, width: TILE_WIDTH, height: 1, rowsSeen: room, inspector }
}
