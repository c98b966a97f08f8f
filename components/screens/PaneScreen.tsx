import { use } from 'react'
import { ASCII, UNICODE } from '../../src/console/glyphs.ts'
import type { Line, Span } from '../../src/console/line.ts'
import { fitLine, lineWidth, span } from '../../src/console/line.ts'
import type { FrameView } from '../../src/console/view/frame.ts'
import type { PaneView } from '../../src/console/view/context.ts'
import { PaintContext } from '../parts/paint-context.ts'
import { Row } from '../parts/Row.tsx'

/** Panes side by side between two rules, a wall between them; completions and questions lie over their lines. */
export function PaneScreen({ frame }: { readonly frame: FrameView }) {
  const paint = use(PaintContext)
  const { panes, popup, popupTop, hasFoot } = frame
  const signs = frame.ascii ? ASCII : UNICODE
  const height = panes[0]?.lines.length ?? 0
  const rows: Line[] = [join(panes, pane => upperRule(pane, signs.rule), signs.tee)]
  for (let index = 0; index < height; index++) {
    const over = popup[index - popupTop]
    rows.push(over ?? join(panes, pane => pane.lines[index] ?? [], signs.wall))
  }
  if (hasFoot)
    rows.push(join(panes, (pane, index) => lowerRule(pane, signs.rule, index === 0), signs.foot))
  return rows.map((line, index) => <Row key={index} text={paint(line)} />)
}

function join(
  panes: readonly PaneView[],
  part: (pane: PaneView, index: number) => Line,
  between: string,
): Line {
  const line: Span[] = []
  for (const [index, pane] of panes.entries()) {
    if (index > 0) line.push(span(between, 'frame'))
    line.push(...part(pane, index))
  }
  return line
}

/** ` HWM ──────── 12 more above ─`. */
function upperRule(pane: PaneView, rule: string): Line {
  const title: Line = pane.isActive
    ? pane.title
    : pane.title.map(piece => (piece.style === 'title' ? { ...piece, style: 'plain' } : piece))
  const note = noteOf(pane.note, rule)
  const room = pane.width - lineWidth(note) - 2
  const shown = lineWidth(title) > room ? fitLine(title, Math.max(0, room)) : title
  const fill = pane.width - lineWidth(shown) - 2 - lineWidth(note)
  return fitLine(
    [span(' '), ...shown, span(' '), span(rule.repeat(Math.max(0, fill)), 'frame'), ...note],
    pane.width,
  )
}

function lowerRule(pane: PaneView, rule: string, isFirst: boolean): Line {
  const note = noteOf(pane.foot, rule)
  const edge = isFirst ? ' ' : ''
  const fill = pane.width - edge.length - lineWidth(note)
  return fitLine([span(edge), span(rule.repeat(Math.max(0, fill)), 'frame'), ...note], pane.width)
}

function noteOf(note: Line, rule: string): Line {
  return note.length === 0 ? [] : [span(' '), ...note, span(' '), span(rule, 'frame')]
}
