// Columns that share a line's room: which of them are shown, how wide each is, and rows and titles made of them.
import type { Rank } from '../sorted-list.ts'
import type { Ages } from '../ages.ts'
import type { Glyphs } from '../glyphs.ts'
import type { Foresight } from '../foresight.ts'
import type { Line, Span, Style } from '../line.ts'
import { fitLine, lineWidth, span } from '../line.ts'
import { fit, widthOf } from '../text.ts'
import type { Picture } from '../picture.ts'

/** What cells are made from, beside their item. */
export interface CellContext {
  readonly picture: Picture
  readonly ages: Ages
  readonly glyphs: Glyphs
  readonly foresight: Foresight
  /** How the name of this row is written: it may be under the selection. */
  readonly name: Style
}

export interface Column<T> {
  readonly id: string
  readonly title: string
  readonly help: string
  /** Cells it needs at least, cells it likes to have, and cells it can use when there is plenty (0: no more). */
  readonly least: number
  readonly likes: number
  readonly most: number
  readonly align: 'left' | 'right'
  /** Which columns stay when there is no room for all: the highest. */
  readonly priority: number
  /** Sorting by this column; absent: one cannot. Numbers sort the largest first. */
  readonly rank?: (item: T, picture: Picture) => Rank
  readonly cell: (item: T, width: number, context: CellContext) => Line
}

export interface Placed<T> {
  readonly column: Column<T>
  readonly width: number
}

const GAP = 2

/** The columns that fit `width`, in their order, with their widths. */
export function placeColumns<T>(
  columns: readonly Column<T>[],
  width: number,
  likes: (column: Column<T>) => number = column => column.likes,
): readonly Placed<T>[] {
  const byPriority = [...columns].sort((a, b) => b.priority - a.priority)
  const widths = new Map<Column<T>, number>()
  let left = width
  for (const column of byPriority) {
    const gap = widths.size > 0 ? GAP : 0
    const wide = likes(column) + gap <= left ? likes(column) : Math.min(column.least, likes(column))
    if (wide + gap > left && widths.size > 0) continue
    const given = Math.max(1, Math.min(wide, left))
    widths.set(column, given)
    left -= given + gap
  }
  for (const goal of [likes, (column: Column<T>) => column.most]) {
    for (const column of byPriority) {
      const has = widths.get(column)
      if (has === undefined || left <= 0) continue
      const more = Math.min(left, Math.max(0, goal(column) - has))
      widths.set(column, has + more)
      left -= more
    }
  }
  return columns.flatMap(column => {
    const has = widths.get(column)
    return has === undefined ? [] : [{ column, width: has }]
  })
}

export function titleRow<T>(
  placed: readonly Placed<T>[],
  sort: { readonly id: string; readonly reverse: boolean } | undefined,
  glyphs: Glyphs,
): Line {
  const pieces: Span[] = []
  for (const { column, width } of placed) {
    if (pieces.length > 0) pieces.push(span(' '.repeat(GAP)))
    const isSorted = sort?.id === column.id
    const sign = isSorted ? (sort.reverse ? glyphs.ascending : glyphs.descending) : ''
    const room = widthOf(column.title) + 1 <= width ? sign : ''
    pieces.push(span(fit(column.title + room, width, column.align), 'head'))
  }
  return pieces
}

export function cellRow<T>(placed: readonly Placed<T>[], item: T, context: CellContext): Span[] {
  const pieces: Span[] = []
  for (const { column, width } of placed) {
    if (pieces.length > 0) pieces.push(span(' '.repeat(GAP)))
    const cell = column.cell(item, width, context)
    const short = width - lineWidth(cell)
    if (short === 0) pieces.push(...cell)
    else if (short > 0 && column.align === 'right') pieces.push(span(' '.repeat(short)), ...cell)
    else pieces.push(...fitLine(cell, width, context.glyphs.ellipsis))
  }
  return pieces
}

/** Cells that `placed` takes, gaps included. */
export function placedWidth<T>(placed: readonly Placed<T>[]): number {
  return placed.reduce((sum, { width }) => sum + width, 0) + GAP * Math.max(0, placed.length - 1)
}
