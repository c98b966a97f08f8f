// A text some lines of which can be selected: plans. The selected line stays in sight; past the last one the text scrolls.
import { windowTop } from '../layout.ts'
import type { Line } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import type { PaneView, ViewContext } from './context.ts'

/** A line of the text; `row`: it can be selected, as the n-th. One that is made only when it is seen costs nothing while it is not. */
export interface RowLine {
  readonly line: Line | (() => Line)
  readonly row?: number
}

export interface RowsText {
  /** What its place in the text is kept under. */
  readonly id: string
  readonly title: Line
  /** Beside the title while it is not scrolled. */
  readonly note: Line
  readonly lines: readonly RowLine[]
  readonly rows: number
  /** Row that is selected. */
  readonly at: number
  readonly top: number
}

export function rowsPane(context: ViewContext, text: RowsText): PaneView {
  const { layout, lists, glyphs } = context
  const { lines, rows, id } = text
  const height = layout.text
  lists.scrollLimit = Math.max(0, lines.length - height)
  const selected = Math.min(text.at, rows - 1)
  const at = lines.findIndex(each => each.row !== undefined && each.row === selected)
  const before = lists.tops.get(id) ?? 0
  const top =
    text.top > 0
      ? Math.min(text.top, lists.scrollLimit)
      : selected <= 0
        ? 0
        : windowTop(before, Math.max(0, at), lines.length, height)
  // Where the rows were followed to is kept: scrolling goes on from there, and comes back to it.
  if (text.top === 0) lists.tops.set(id, top)
  const window = lines.slice(top, top + height)
  const below = lines.length - top - window.length
  const drawn = window.map(each =>
    fitLine(
      typeof each.line === 'function' ? each.line() : each.line,
      layout.columns,
      glyphs.ellipsis,
    ),
  )
  while (drawn.length < height) drawn.push(fitLine([], layout.columns))
  return {
    width: layout.columns,
    title: text.title,
    note: top > 0 ? line(span(`${top} more above`, 'dim')) : text.note,
    lines: drawn,
    foot: below > 0 ? line(span(`${below} more below`, 'dim')) : [],
    isActive: true,
  }
}
