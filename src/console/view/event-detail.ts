// One event in full: nothing cut off.
import type { Line } from '../line.ts'
import { line, span } from '../line.ts'
import type { Opened } from '../state.ts'
import { wrap } from '../text.ts'
import { localTime } from '../times.ts'
import type { PaneView, ViewContext } from './context.ts'
import { documentPane, fact } from './document.ts'

export function eventDetail(
  context: ViewContext,
  opened: Extract<Opened, { kind: 'event' }>,
): readonly PaneView[] {
  const { state, layout } = context
  const event = state.picture.snapshot?.events.find(each => each.id === opened.id)
  const title = line(span('Event', 'title'))
  if (!event) {
    const gone = [line(span('this event is no longer kept', 'warn'))]
    return [documentPane(context, title, gone, 0, 0)]
  }
  const paragraph = (name: string, text: string): Line[] =>
    text === ''
      ? []
      : wrap(text, Math.max(10, layout.columns - 20)).map((each, index) =>
          fact(index === 0 ? name : '', each),
        )
  const lines = [
    fact('when', localTime(event.time, state.today), span(`  ${event.time}`, 'dim')),
    fact('who', event.who),
    ...paragraph('from', event.from),
    fact(
      'level',
      span(
        event.level,
        event.level === 'error' ? 'bad' : event.level === 'warn' ? 'warn' : 'plain',
      ),
    ),
    ...paragraph('about', event.about),
    ...paragraph('what', event.what),
    ...paragraph('why', event.why),
    fact('id', span(event.id, 'dim')),
  ]
  return [documentPane(context, title, lines, opened.top, opened.left)]
}

/** Values under keys that could not be read, and mistakes in the key file. */
export function problemsDetail(
  context: ViewContext,
  opened: Extract<Opened, { kind: 'problems' }>,
): readonly PaneView[] {
  const { state, layout } = context
  const bad = state.picture.snapshot?.badValues ?? []
  const lines: Line[] = []
  const width = Math.max(10, layout.columns - 8)
  if (bad.length > 0) {
    lines.push(line(span('VALUES IN ETCD THAT CANNOT BE READ', 'head')))
    for (const value of bad) {
      lines.push(line(span(value.key, 'warn')))
      for (const text of wrap(value.problem, width)) lines.push(line(`  ${text}`))
    }
    lines.push([])
  }
  if (state.keyProblems.length > 0) {
    lines.push(line(span('KEY FILE', 'head')))
    for (const problem of state.keyProblems) {
      for (const text of wrap(problem, width)) lines.push(line(text))
    }
  }
  if (lines.length === 0) lines.push(line(span('none', 'good')))
  return [documentPane(context, line(span('Problems', 'title')), lines, opened.top, opened.left)]
}
