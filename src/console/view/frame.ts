// The whole screen as data: what components draw, and when it will have to be drawn again although nothing happens.
import type { Instant } from '../../model/snapshot.ts'
import type { Line } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { confirmLines } from './confirm-lines.ts'
import { operationDetail } from './operation-detail.ts'
import { operationsScreen } from './operations-screen.ts'
import { planScreen } from './plan-screen.ts'
import { promptCompletions } from '../prompt-keys.ts'
import type { ConsoleState } from '../state.ts'
import type { ConsoleStore } from '../store.ts'
import { windowTop } from '../layout.ts'
import { fit } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { viewContext } from './context.ts'
import { eventDetail, problemsDetail } from './event-detail.ts'
import { firstLine, secondLine } from './header.ts'
import { helpScreen } from './help.ts'
import { hwmDetail } from './hwm-detail.ts'
import { hwmScreen } from './hwm-screen.ts'
import { eventLine, lastLine } from './key-line.ts'
import { fallbackScreen } from './fallback-screen.ts'
import { placeScreen } from './place-screen.ts'
import { logScreen } from './log-screen.ts'
import { chooseHwmPane, menuPane } from './menu-pane.ts'
import { solveScreen } from './solve-screen.ts'
import { vmDetail } from './vm-detail.ts'
import { vmScreen } from './vm-screen.ts'

export interface FrameView {
  readonly columns: number
  readonly rows: number
  readonly ascii: boolean
  readonly header: readonly [Line, Line]
  /** Side by side. */
  readonly panes: readonly PaneView[]
  /** Completions, drawn over the lowest lines of the body; a question, directly below what it is about. */
  readonly popup: readonly Line[]
  /** The line of the body at which it begins. */
  readonly popupTop: number
  readonly event: Line | undefined
  readonly hasFoot: boolean
  readonly keys: Line
  /** When an age on it changes; `Infinity`: it can stand for ever. */
  readonly dueAt: Instant
}

export function composeFrame(store: ConsoleStore): FrameView {
  const state = store.getState()
  const context = viewContext(state, store.lists)
  const { layout } = context
  const panes = bodyOf(context, store, state)
  const isAsked = state.confirmation !== undefined
  const popup = isAsked ? confirmLines(context, store) : completionLines(context, store)
  const lowest = (panes[0]?.lines.length ?? 0) - popup.length
  return {
    columns: layout.columns,
    rows: layout.rows,
    ascii: context.glyphs.ascii,
    // After the body: it has settled which rows are seen.
    header: [firstLine(context), secondLine(context)],
    panes,
    popup,
    popupTop: isAsked ? Math.min(lowest, endOf(panes) + 1) : lowest,
    event: layout.hasEventLine ? eventLine(context) : undefined,
    hasFoot: layout.hasFoot,
    keys: lastLine(context, store),
    dueAt: context.ages.dueAt,
  }
}

function bodyOf(
  context: ViewContext,
  store: ConsoleStore,
  state: ConsoleState,
): readonly PaneView[] {
  const { overlay } = state
  if (overlay?.kind === 'help') return helpScreen(context, store, overlay.top)
  if (overlay?.kind === 'choose-hwm') return chooseHwmPane(context, store, overlay)
  if (overlay) return menuPane(context, overlay)
  const opened = state.opened.at(-1)
  switch (opened?.kind) {
    case 'hwm':
      return hwmDetail(context, opened)
    case 'vm':
      return vmDetail(context, opened)
    case 'event':
      return eventDetail(context, opened)
    case 'problems':
      return problemsDetail(context, opened)
    case 'operation':
      return operationDetail(context, opened)
    case 'plan':
      return planScreen(context, opened)
    case 'solve':
      return solveScreen(context, opened, store)
    case undefined:
      break
  }
  switch (state.screen) {
    case 'vm':
      return vmScreen(context)
    case 'log':
      return logScreen(context)
    case 'operations':
      return operationsScreen(context)
    case 'place':
      return placeScreen(context)
    case 'fallback':
      return fallbackScreen(context)
    case 'hwm':
      return hwmScreen(context)
  }
}

/** How many lines of the body have something on them, from above. */
function endOf(panes: readonly PaneView[]): number {
  const ends = panes.map(
    ({ lines }) => lines.findLastIndex(each => each.some(({ text }) => text.trim() !== '')) + 1,
  )
  return Math.max(0, ...ends)
}

const COMPLETIONS_SEEN = 8

function completionLines(context: ViewContext, store: ConsoleStore): readonly Line[] {
  const { state, layout } = context
  const { prompt } = state
  if (!prompt) return []
  const found = promptCompletions(store, prompt)
  const height = Math.min(COMPLETIONS_SEEN, Math.floor(layout.text / 2), found.length)
  const top = windowTop(0, Math.max(0, prompt.pick), found.length, height)
  const labels = found.slice(top, top + height)
  let width = 8
  for (const each of labels) width = Math.max(width, each.label.length)
  return labels.map((each, offset) =>
    fitLine(
      line(
        span(top + offset === prompt.pick ? ' > ' : '   ', 'mark'),
        span(fit(each.label, width), top + offset === prompt.pick ? 'chosen' : 'key'),
        '  ',
        span(each.detail, 'dim'),
      ),
      layout.columns,
      context.glyphs.ellipsis,
    ),
  )
}
