// What stands between two parts of a pane that lie one below the other: the lower one's title, and how much it has above.
import type { Line } from '../line.ts'
import { fitLine, lineWidth, span } from '../line.ts'
import type { PaneView, ViewContext } from './context.ts'

/** ` VM on quark ──────── 3 more above ─`, as wide as the pane. */
export function innerRule(
  { glyphs }: ViewContext,
  { width, title, note, isActive }: Pick<PaneView, 'width' | 'title' | 'note' | 'isActive'>,
): Line {
  const shown = title.map(piece =>
    piece.style === 'title' && !isActive ? span(piece.text, 'plain') : piece,
  )
  const end: Line = note.length === 0 ? [] : [span(' '), ...note, span(` ${glyphs.rule}`, 'frame')]
  const room = width - 3 - lineWidth(end)
  const cut = lineWidth(shown) > room ? fitLine(shown, Math.max(0, room), glyphs.ellipsis) : shown
  const fill = Math.max(0, room - lineWidth(cut) + 1)
  return fitLine(
    [span(' '), ...cut, span(' '), span(glyphs.rule.repeat(fill), 'frame'), ...end],
    width,
  )
}
