// Screen 4: failure sets, the worst first, and what happens when the selected or the built one fails. Side by side where there is room,
// else one above the other: what is toggled and its answer are always seen together.
import type { FailureSet } from '../../model/preview.ts'
import { MOST_MAPS_KEPT, setName } from '../../model/preview.ts'
import { wantedSet } from '../wanted-set.ts'
import type { Line } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { widthOf } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { SET_COLUMNS } from './fallback-columns.ts'
import { mapLines } from './fallback-map.ts'
import { innerRule } from './inner-rule.ts'
import { listPane, listTitle } from './list-pane.ts'
import { shownColumns } from './menu.ts'

export function fallbackScreen(context: ViewContext): readonly PaneView[] {
  const { state, layout } = context
  if (layout.twoPanes) {
    const left = setsPane(context, layout.leftWidth, layout.items, state.focus === 'left')
    const { lines, note, foot } = windowOf(context, layout.rightWidth, layout.text)
    const title = titleOf(context)
    return [
      left,
      { width: layout.rightWidth, title, note, lines, foot, isActive: state.focus === 'right' },
    ]
  }
  const listed = Math.max(2, Math.min(Math.floor(layout.text * 0.4), setCount(context) + 1))
  const pane = setsPane(context, layout.columns, Math.max(1, listed - 1), state.focus === 'left')
  const rest = layout.text - pane.lines.length
  if (rest < 1) return [pane]
  const rule =
    rest > 3
      ? [
          innerRule(context, {
            width: layout.columns,
            title: titleOf(context),
            note: [],
            isActive: state.focus === 'right',
          }),
        ]
      : []
  const { lines, foot } = windowOf(context, layout.columns, rest - rule.length)
  return [{ ...pane, lines: [...pane.lines, ...rule, ...lines], foot }]
}

function setCount({ lists, state }: ViewContext): number {
  return lists.sets(state.lists.fallback).names.length
}

function setsPane(
  context: ViewContext,
  width: number,
  height: number,
  isActive: boolean,
): PaneView {
  const { state, lists } = context
  const sets = state.picture.snapshot?.preview?.sets ?? {}
  const { names } = lists.sets(state.lists.fallback)
  const columns = ['name', ...shownColumns(state, 'fallback')]
  let nameWidth = 13
  for (const name of names) nameWidth = Math.max(nameWidth, widthOf(sets[name]?.label ?? name))
  return listPane<FailureSet>(context, {
    id: 'fallback',
    width,
    height,
    title: [...listTitle(context, 'fallback', 'Fallback', names.length), ...notAll(context)],
    names,
    columns: SET_COLUMNS.filter(column => columns.includes(column.id)),
    likes: { name: Math.min(34, nameWidth) },
    isActive,
    item: name => sets[name],
    empty: nothing(context),
  })
}

function notAll({ state }: ViewContext): Line {
  const preview = state.picture.snapshot?.preview
  if (preview === undefined || preview.setsUnlisted === 0) return []
  const more = `  ${preview.setsUnlisted} more sets not listed`
  const inAll = preview.setsUnlisted + Object.keys(preview.sets).length
  const kept = inAll > MOST_MAPS_KEPT ? `; ${MOST_MAPS_KEPT} are stored` : ''
  return line(span(more, 'warn'), span(`: space builds any${kept}`, 'dim'))
}

function nothing({ state }: ViewContext): readonly Line[] {
  const preview = state.picture.snapshot?.preview
  if (state.lists.fallback.filter !== '')
    return [line(span('no failure set matches this filter; Esc shows all', 'dim'))]
  if (preview === undefined) return [line(span('this engine has no solver', 'dim'))]
  if (preview.problem !== '') return [line(span(preview.problem, 'warn'))]
  return [line(span(preview.verdict === undefined ? 'checking' : 'no HWM in this cluster', 'dim'))]
}

/** `if quark + snailin fail`. */
function titleOf({ state, lists }: ViewContext): Line {
  const failed = wantedSet(state, lists)
  if (failed.length === 0) return line(span('nothing fails', 'title'))
  const label = state.picture.snapshot?.preview?.sets[setName(failed)]?.label ?? failed.join(' + ')
  const isMarked = state.lists.fallback.marks.size > 0
  return line(
    span(`if ${label} ${label.includes(' + ') ? 'fail' : 'fails'}`, 'title'),
    span(isMarked ? '  built by marks' : '', 'mark'),
  )
}

function windowOf(
  context: ViewContext,
  width: number,
  height: number,
): Pick<PaneView, 'lines' | 'note' | 'foot'> {
  const { state, lists, glyphs } = context
  const all = mapLines(context, width - 2)
  const limit = Math.max(0, all.length - height)
  lists.scrollLimit = limit
  const top = Math.min(state.fallback.top, limit)
  const lines = all
    .slice(top, top + height)
    .map(each => fitLine([span(' '), ...each], width, glyphs.ellipsis))
  while (lines.length < height) lines.push(fitLine([], width))
  const below = all.length - top - height
  return {
    lines,
    note: top > 0 ? line(span(`${top} more above`, 'dim')) : [],
    foot: below > 0 ? line(span(`${below} more below`, 'dim')) : [],
  }
}
