// A pane with text in it, longer and wider than its room: sections of facts, XML, help.
import type { Line, Span } from '../line.ts'
import { fitLine, fromColumn, line, lineWidth, span } from '../line.ts'
import { fit } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'

const MARGIN = 3
const BETWEEN = 3
const LEFT_AT_LEAST = 66
/** A domain with its UUID. */
const RIGHT_AT_LEAST = 62

/** A window on `lines` from `top` on, moved `left` columns sideways. Tells the lists how far it can be scrolled. */
export function documentPane(
  context: ViewContext,
  title: Line,
  lines: readonly Line[],
  top: number,
  left: number,
): PaneView {
  const { layout, lists, glyphs } = context
  const height = layout.text
  const limit = Math.max(0, lines.length - height)
  lists.scrollLimit = limit
  const from = Math.min(top, limit)
  const shown = lines
    .slice(from, from + height)
    .map(each =>
      fitLine(
        each.length === 0 ? [] : [span(' '.repeat(MARGIN)), ...fromColumn(each, left)],
        layout.columns,
        glyphs.ellipsis,
      ),
    )
  while (shown.length < height) shown.push(fitLine([], layout.columns))
  const below = lines.length - from - height
  return {
    width: layout.columns,
    title,
    note: from > 0 ? line(span(`${from} more above`, 'dim')) : [],
    lines: shown,
    foot: below > 0 ? line(span(`${below} more below`, 'dim')) : [],
    isActive: true,
  }
}

export interface Section {
  readonly title: string
  readonly lines: readonly Line[]
}

/** Sections one below the other, a blank line between. Those without lines are left out. */
export function stacked(sections: readonly Section[]): Line[] {
  const lines: Line[] = []
  for (const section of sections) {
    if (section.lines.length === 0) continue
    if (lines.length > 0) lines.push([])
    if (section.title !== '') lines.push(line(span(section.title, 'head')))
    lines.push(...section.lines)
  }
  return lines
}

/** Two texts beside each other, the left one in `width` cells. */
export function sideBySide(
  left: readonly Line[],
  right: readonly Line[],
  width: number,
  ellipsis?: string,
): Line[] {
  const lines: Line[] = []
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    lines.push([
      ...fitLine(left[index] ?? [], width, ellipsis),
      span(' '.repeat(BETWEEN)),
      ...(right[index] ?? []),
    ])
  }
  return lines
}

/** As `sideBySide`: the left text has the room that it needs, as long as the right one has some too. */
export function beside(
  { layout, glyphs }: ViewContext,
  left: readonly Line[],
  right: readonly Line[],
): Line[] {
  const wanted = Math.max(LEFT_AT_LEAST, ...left.map(lineWidth))
  const room = layout.columns - MARGIN - BETWEEN - RIGHT_AT_LEAST
  return sideBySide(left, right, Math.max(LEFT_AT_LEAST, Math.min(wanted, room)), glyphs.ellipsis)
}

/** `name       what it is`. */
export function fact(name: string, ...what: readonly (Span | string)[]): Line {
  return line(span(fit(name, FACT_NAME), 'dim'), '  ', ...what)
}

const FACT_NAME = 13
