// Screen 6: who, when, from where, why, what. Newest last; at its end it follows.
import type { ClusterEvent } from '../../model/snapshot.ts'
import { windowTop } from '../layout.ts'
import type { Line, Span, Style } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { selection } from '../store.ts'
import { fit } from '../text.ts'
import { localTime } from '../times.ts'
import type { PaneView, ViewContext } from './context.ts'
import { listTitle } from './list-pane.ts'

const LEVEL: Readonly<Record<ClusterEvent['level'], Style>> = {
  info: 'dim',
  warn: 'warn',
  error: 'bad',
}

export function logScreen(context: ViewContext): readonly PaneView[] {
  const { state, lists, layout, glyphs } = context
  const settings = state.lists.log
  const events = lists.events(settings)
  const at = selection(state, lists, 'log')
  const height = layout.items
  const top = windowTop(
    lists.tops.get('log') ?? events.length,
    at?.index ?? 0,
    events.length,
    height,
  )
  lists.tops.set('log', top)
  const shown = events.slice(top, top + height)
  const times = shown.map(event => localTime(event.time, state.today))
  const timeWidth = Math.max(8, ...times.map(time => time.length))
  const whoWidth =
    layout.columns < 70
      ? 0
      : Math.min(
          16,
          widest(shown, event => who(event)),
        )
  const aboutWidth = Math.min(
    layout.columns < 100 ? 14 : 24,
    widest(shown, event => event.about),
  )

  const head = fitLine(
    [
      span('   '),
      span(fit('TIME', timeWidth), 'head'),
      span('    '),
      ...(whoWidth > 0 ? [span(fit('WHO', whoWidth), 'head'), span('  ')] : []),
      span(fit('ABOUT', aboutWidth), 'head'),
      span('  '),
      span('WHAT', 'head'),
    ],
    layout.columns,
  )
  const rows = shown.map((event, offset): Line => {
    const isSelected = top + offset === at?.index
    const pieces: Span[] = [
      span(settings.marks.has(event.id) ? glyphs.marked : ' ', 'mark'),
      span(isSelected ? '>' : ' ', 'mark'),
      span(' '),
      span(fit(times[offset] ?? '', timeWidth), isSelected ? 'chosen' : 'dim'),
      span(' '),
      span(` ${glyphs.level[event.level]} `, LEVEL[event.level]),
    ]
    if (whoWidth > 0) pieces.push(span(fit(who(event), whoWidth), 'dim'), span('  '))
    pieces.push(span(fit(event.about, aboutWidth)), span('  '))
    pieces.push(span(event.what, event.level === 'info' ? 'plain' : LEVEL[event.level]))
    if (event.why !== '') pieces.push(span(`  (${event.why})`, 'dim'))
    return fitLine(pieces, layout.columns, glyphs.ellipsis)
  })
  if (rows.length === 0) {
    const text =
      settings.filter === ''
        ? 'nothing has happened yet'
        : 'no event matches this filter; Esc shows all'
    rows.push(fitLine([span('   '), span(text, 'dim')], layout.columns))
  }
  while (rows.length < height) rows.push(fitLine([], layout.columns))
  const below = events.length - top - shown.length
  return [
    {
      width: layout.columns,
      title: listTitle(context, 'log', 'Log', events.length),
      note: top > 0 ? line(span(`${top} more above`, 'dim')) : [],
      lines: [head, ...rows.slice(0, height)],
      foot:
        below > 0
          ? line(span(`${below} more below`, 'dim'))
          : settings.selected === undefined && events.length > 0
            ? line(span('follows', 'dim'))
            : [],
      isActive: true,
    },
  ]
}

function who(event: ClusterEvent): string {
  return event.from === '' ? event.who : `${event.who}@${event.from}`
}

function widest(events: readonly ClusterEvent[], text: (event: ClusterEvent) => string): number {
  return Math.max(5, ...events.map(event => text(event).length))
}
