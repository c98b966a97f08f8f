// A line of XML with its names and values told apart.
import type { Line, Span } from '../line.ts'
import { span } from '../line.ts'

const PIECE = /(<!--.*?(?:-->|$))|(<[/?!]?[\w:.-]*|[/?]?>)|("[^"]*"|'[^']*')|([^<>"']+|.)/g

export function xmlLine(text: string): Line {
  const pieces: Span[] = []
  for (const match of text.matchAll(PIECE)) {
    const [whole, comment, tag, value] = match
    if (comment !== undefined) pieces.push(span(whole, 'dim'))
    else if (tag !== undefined) pieces.push(span(whole, 'frame'))
    else if (value !== undefined) pieces.push(span(whole, 'strong'))
    else pieces.push(span(whole))
  }
  return pieces
}
