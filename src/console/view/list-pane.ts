// A pane with a table in it: a window on a list, its selection and marks, and how many there are above and below.
import { windowTop } from '../layout.ts'
import type { Line, Span, Style } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { selection } from '../store.ts'
import { FIRST_LISTS, type ListId } from '../state.ts'
import type { PaneView, ViewContext } from './context.ts'
import { cellContext } from './context.ts'
import type { CellContext, Column, Placed } from './table.ts'
import { cellRow, placeColumns, titleRow } from './table.ts'

/** Mark, selection and a blank before every row. */
export const GUTTER = 3

export interface ListPane<T> {
  readonly id: ListId
  readonly width: number
  /** Rows, the columns' titles not counted. */
  readonly height: number
  readonly title: Line
  readonly names: readonly string[]
  readonly columns: readonly Column<T>[]
  /** Widths that follow from what there is, not from what is seen, so that columns do not move while one scrolls. */
  readonly likes: Readonly<Record<string, number>>
  readonly isActive: boolean
  item(name: string): T | undefined
  /** Instead of the table's cells, when a row says something else. */
  row?(item: T, placed: readonly Placed<T>[], cells: CellContext): Span[]
  isDim?(item: T): boolean
  /** When there is nothing to show. */
  readonly empty: readonly Line[]
}

export function listPane<T>(context: ViewContext, pane: ListPane<T>): PaneView {
  const { state, lists, glyphs } = context
  const { id, width, height, names } = pane
  const settings = state.lists[id]
  const at = selection(state, lists, id)
  const inner = Math.max(1, width - GUTTER - 1)
  const placed = placeColumns(
    settings.columns ? preferred(pane.columns, settings.columns) : pane.columns,
    inner,
    column => pane.likes[column.id] ?? column.likes,
  )
  const top = windowTop(lists.tops.get(id) ?? 0, at?.index ?? 0, names.length, height)
  lists.tops.set(id, top)
  if (at) lists.seen.set(id, at.name)

  const lines: Line[] = [
    fitLine(
      [span(' '.repeat(GUTTER)), ...titleRow(placed, sortShown(id, settings), glyphs)],
      width,
    ),
  ]
  const shown = names.slice(top, top + height)
  for (const [offset, name] of shown.entries()) {
    const item = pane.item(name)
    if (item === undefined) continue
    const isSelected = top + offset === at?.index
    const nameStyle: Style = isSelected ? (pane.isActive ? 'chosen' : 'strong') : 'plain'
    const cells = cellContext(context, nameStyle)
    const isDim = context.isPast || (pane.isDim?.(item) ?? false)
    const row = pane.row?.(item, placed, cells) ?? cellRow(placed, item, cells)
    const gutter: Span[] = [
      span(settings.marks.has(name) ? glyphs.marked : ' ', 'mark'),
      span(isSelected ? '>' : ' ', pane.isActive ? 'mark' : 'strong'),
      span(' '),
    ]
    lines.push(fitLine([...gutter, ...(isDim ? dimmed(row) : row)], width, glyphs.ellipsis))
  }
  if (names.length === 0) {
    for (const text of pane.empty.slice(0, height)) {
      lines.push(fitLine([span(' '.repeat(GUTTER)), ...text], width, glyphs.ellipsis))
    }
  }
  while (lines.length < height + 1) lines.push(fitLine([], width))
  const below = names.length - top - shown.length
  return {
    width,
    title: pane.title,
    note: top > 0 ? line(span(`${top} more above`, 'dim')) : [],
    lines: lines.slice(0, height + 1),
    foot: below > 0 ? line(span(`${below} more below`, 'dim')) : [],
    isActive: pane.isActive,
  }
}

/** Columns somebody asked for stay when there is no room for all, before those that are there by themselves. */
function preferred<T>(columns: readonly Column<T>[], chosen: readonly string[]): Column<T>[] {
  return columns.map(column =>
    chosen.includes(column.id) && column.priority < CHOSEN_PRIORITY
      ? { ...column, priority: column.priority + CHOSEN_PRIORITY }
      : column,
  )
}

/** Above it are name, state and place. */
const CHOSEN_PRIORITY = 60

/** The order is shown where it is not the one the list has of itself. */
function sortShown(id: ListId, settings: { readonly sort: string; readonly reverse: boolean }) {
  return settings.sort === FIRST_LISTS[id].sort && !settings.reverse
    ? undefined
    : { id: settings.sort, reverse: settings.reverse }
}

function dimmed(row: readonly Span[]): Span[] {
  return row.map(piece =>
    piece.style === 'chosen' || piece.style === 'strong'
      ? piece
      : { text: piece.text, style: 'dim' },
  )
}

/** ` HWM  state:down  2 of 40  3 marked`. */
export function listTitle(context: ViewContext, id: ListId, name: string, shown: number): Line {
  const { state, lists } = context
  const { filter, marks } = state.lists[id]
  const pieces: Span[] = [span(name, 'title')]
  if (filter !== '') {
    pieces.push(span('  '), span(filter, 'key'), span(`  ${shown} of ${lists.total(id)}`, 'dim'))
    const problem = lists.problem(id)
    if (problem) pieces.push(span(`  ${problem}`, 'warn'))
  }
  if (marks.size > 0) pieces.push(span(`  ${marks.size} marked`, 'mark'))
  return pieces
}
