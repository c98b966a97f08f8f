// A line of the screen as data: pieces of text, each with what it means. Components decide how a meaning looks.
import { clean, cut, shorten, widthOf } from './text.ts'

/**
 * What a piece of text means, never how it looks.
 * `good` `warn` `bad`: how things stand. `away`: of a VM that is not at home. `dim`: old, or secondary. `frame`: rules and borders.
 * `head`: column titles. `title`: of a pane. `key`: a key one can press. `strong`: what the eye should find first.
 * `heat1` to `heat5`: how full, from a quarter to full.
 * `chosen`: the name under the selection of the pane that has the keys. `mark`: the selection's mark.
 */
export type Style =
  | 'plain'
  | 'dim'
  | 'head'
  | 'title'
  | 'frame'
  | 'good'
  | 'warn'
  | 'bad'
  | 'away'
  | 'key'
  | 'strong'
  | 'chosen'
  | 'mark'
  | 'bar'
  | 'heat1'
  | 'heat2'
  | 'heat3'
  | 'heat4'
  | 'heat5'
  | 'added'
  | 'removed'

export interface Span {
  readonly text: string
  readonly style: Style
}

export type Line = readonly Span[]

/** One piece. Control characters are taken out here, so that no view can forget it. */
export function span(text: string, style: Style = 'plain'): Span {
  return { text: clean(text), style }
}

export function line(...pieces: readonly (Span | string)[]): Line {
  return pieces.map(piece => (typeof piece === 'string' ? span(piece) : piece))
}

export function lineWidth(pieces: Line): number {
  let width = 0
  for (const piece of pieces) width += widthOf(piece.text)
  return width
}

/** The line as plain text. */
export function lineText(pieces: Line): string {
  return pieces.map(piece => piece.text).join('')
}

/** `pieces` in exactly `width` cells: cut with an ellipsis, or filled with blanks. */
export function fitLine(pieces: Line, width: number, ellipsis = '…'): Line {
  const fitted: Span[] = []
  let left = width
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index]
    if (piece === undefined || piece.text === '') continue
    const wide = widthOf(piece.text)
    if (wide > left || (wide === left && lineWidth(pieces.slice(index + 1)) > 0)) {
      const text =
        wide > left ? shorten(piece.text, left, ellipsis) : cut(piece.text, left - 1) + ellipsis
      if (left > 0) fitted.push({ text, style: piece.style })
      left -= left > 0 ? widthOf(text) : 0
      if (left > 0) fitted.push({ text: ' '.repeat(left), style: 'plain' })
      return fitted
    }
    fitted.push(piece)
    left -= wide
  }
  if (left > 0) fitted.push({ text: ' '.repeat(left), style: 'plain' })
  return fitted
}

/** The part of a line from column `from` on: a long line moved sideways. */
export function fromColumn(pieces: Line, from: number): Line {
  if (from <= 0) return pieces
  const rest: Span[] = []
  let skip = from
  for (const piece of pieces) {
    const wide = widthOf(piece.text)
    if (skip >= wide) skip -= wide
    else {
      const head = cut(piece.text, skip)
      rest.push({ text: piece.text.slice(head.length), style: piece.style })
      skip = 0
    }
  }
  return rest
}

/** All pieces in one style, e.g. dimmed because they are old. */
export function restyle(pieces: Line, style: Style): Line {
  return pieces.map(piece => ({ text: piece.text, style }))
}

/** A piece of a line that is left out when there is no room; the lowest priority goes first. */
export interface Segment {
  readonly line: Line
  readonly priority: number
}

/** As many segments as fit `width`, in their order, `gap` blanks between them. The one of highest priority always stays. */
export function fitSegments(segments: readonly Segment[], width: number, gap: number): Line {
  const kept = segments.filter(segment => segment.line.length > 0)
  const total = () =>
    kept.reduce((sum, segment) => sum + lineWidth(segment.line), 0) + gap * (kept.length - 1)
  while (kept.length > 1 && total() > width) {
    let lowest = 0
    for (let index = 1; index < kept.length; index++) {
      if ((kept[index]?.priority ?? 0) <= (kept[lowest]?.priority ?? 0)) lowest = index
    }
    kept.splice(lowest, 1)
  }
  const joined: Span[] = []
  for (const segment of kept) {
    if (joined.length > 0) joined.push({ text: ' '.repeat(gap), style: 'plain' })
    joined.push(...segment.line)
  }
  return joined
}
