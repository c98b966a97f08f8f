// The newest events about one HWM or VM.
import type { Line, Style } from '../line.ts'
import { line, span } from '../line.ts'
import { localTime } from '../times.ts'
import type { ViewContext } from './context.ts'
import type { Section } from './document.ts'

const SHOWN = 50

/** Newest first. */
export function eventsAbout(context: ViewContext, about: string, name: string): Section {
  const { state, glyphs } = context
  const events = state.picture.snapshot?.events ?? []
  const lines: Line[] = []
  for (let index = events.length - 1; index >= 0 && lines.length < SHOWN; index--) {
    const event = events[index]
    // Sentences about others name it too: a VM that was restarted from it, an operation on it.
    if (!event || (event.about !== about && !mentions(event.what, name))) continue
    const style: Style = event.level === 'error' ? 'bad' : event.level === 'warn' ? 'warn' : 'plain'
    lines.push(
      line(
        span(localTime(event.time, state.today), 'dim'),
        span(` ${glyphs.level[event.level]} `, style === 'plain' ? 'dim' : style),
        span(event.what, style),
        span(event.why === '' ? '' : `  (${event.why})`, 'dim'),
      ),
    )
  }
  return { title: 'EVENTS', lines: lines.length > 0 ? lines : [line(span('none', 'dim'))] }
}

function mentions(text: string, name: string): boolean {
  return ` ${text} `.includes(` ${name} `)
}
