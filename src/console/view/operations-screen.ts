// Screen 5: what runs, waits and is done; beside it the steps of the selected operation.
import type { Operation } from '../../model/operation.ts'
import { isSettled } from '../../model/operation.ts'
import { windowTop } from '../layout.ts'
import type { Line, Span } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { selection } from '../store.ts'
import { fit, widthOf } from '../text.ts'
import { localTime } from '../times.ts'
import type { PaneView, ViewContext } from './context.ts'
import { listTitle } from './list-pane.ts'
import { bar } from './meters.ts'
import { operationLines } from './operation-detail.ts'
import { stateOf, whatOf } from './operation-words.ts'

const BAR = 8
/** In less, who began it is told beside its steps only. */
const WITH_WHO = 62

export function operationsScreen(context: ViewContext): readonly PaneView[] {
  const { state, layout } = context
  if (!layout.twoPanes) return [listOf(context, layout.columns)]
  const at = selection(state, context.lists, 'operations')
  const operation = at && state.picture.snapshot?.operations?.[at.name]
  return [listOf(context, layout.leftWidth), stepsOf(context, operation, layout.rightWidth)]
}

function listOf(context: ViewContext, width: number): PaneView {
  const { state, lists, layout, glyphs } = context
  const ids = lists.operations(state.lists.operations)
  const operations = state.picture.snapshot?.operations ?? {}
  const at = selection(state, lists, 'operations')
  const height = layout.items
  const top = windowTop(lists.tops.get('operations') ?? 0, at?.index ?? 0, ids.length, height)
  lists.tops.set('operations', top)
  const all = ids.flatMap(id => operations[id] ?? [])
  const idWidth = Math.max(2, ...all.map(each => each.id.length))
  const whatWidth = Math.min(28, Math.max(9, ...all.map(each => widthOf(whatOf(each)))))
  const rows = all.slice(top, top + height).map((operation, offset) => {
    const isSelected = top + offset === at?.index
    const { word, style } = stateOf(context, operation)
    const done = operation.steps.filter(isSettled).length
    const count = operation.steps.length
    const pieces: Span[] = [
      span(isSelected ? ' > ' : '   ', 'mark'),
      span(fit(operation.id, idWidth, 'right'), 'dim'),
      span('  '),
      span(fit(whatOf(operation), whatWidth), isSelected ? 'chosen' : 'plain'),
      span('  '),
      span(fit(word, 10), style),
      span('  '),
      ...(width >= 72 ? [...bar(count === 0 ? 1 : done / count, 0, BAR, glyphs), span(' ')] : []),
      span(fit(`${done}/${count}`, 6)),
      ...(width >= WITH_WHO ? [span(fit(operation.by, 9), 'dim'), span(' ')] : []),
      span(localTime(operation.createdAt, state.today), 'dim'),
      ...(operation.why === '' ? [] : [span(`  ${operation.why}`, 'dim')]),
    ]
    return fitLine(pieces, width, glyphs.ellipsis)
  })
  const head = line(
    MARGIN,
    span(fit('#', idWidth, 'right'), 'head'),
    span(`  ${fit('WHAT', whatWidth)}  ${fit('STATE', 10)}  `, 'head'),
    span(width >= 72 ? ' '.repeat(BAR + 1) : ''),
    span(`${fit('STEPS', 6)}${width >= WITH_WHO ? `${fit('WHO', 9)} ` : ''}WHEN`, 'head'),
  )
  const lines: Line[] = [fitLine(head, width), ...rows]
  if (ids.length === 0)
    lines.push(fitLine(line(MARGIN, span(nothing(context), 'dim')), width, glyphs.ellipsis))
  while (lines.length < height + 1) lines.push(fitLine([], width))
  const below = ids.length - top - rows.length
  return {
    width,
    title: listTitle(context, 'operations', 'Operations', ids.length),
    note: top > 0 ? line(span(`${top} more above`, 'dim')) : [],
    lines,
    foot: below > 0 ? line(span(`${below} more below`, 'dim')) : [],
    isActive: true,
  }
}

const MARGIN = '   '

function nothing({ state }: ViewContext): string {
  return state.lists.operations.filter === ''
    ? 'no operation was begun yet: E, H, M, B, X begin one'
    : 'no operation matches this filter; Esc shows all'
}

function stepsOf(context: ViewContext, operation: Operation | undefined, width: number): PaneView {
  const { layout, glyphs } = context
  const height = layout.items + 1
  const all = operation ? operationLines(context, operation, width - 1) : []
  const lines = all
    .slice(0, height)
    .map(each => fitLine([span(' '), ...each], width, glyphs.ellipsis))
  while (lines.length < height) lines.push(fitLine([], width))
  const below = all.length - height
  return {
    width,
    title: operation
      ? line(span(`Operation ${operation.id}`, 'title'))
      : line(span('Steps', 'title')),
    note: [],
    lines,
    foot: below > 0 ? line(span(`${below} more: Enter`, 'dim')) : [],
    isActive: false,
  }
}
