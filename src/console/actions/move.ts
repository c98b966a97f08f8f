// Moving about: within a list or a text, between panes, screens, and what is opened.
import { dropPlan, moveInPlan } from '../acting/plan.ts'
import { layoutOf } from '../layout.ts'
import { placeGrid } from '../place-grid.ts'
import { vmInPlace } from '../place-vms.ts'
import type { ConsoleStore } from '../store.ts'
import { selection, shownNames } from '../store.ts'
import type { ConsoleState, ListId, ScreenId } from '../state.ts'
import { enterOrLeaveBox, movePlace, movePlaceSide } from './move-place.ts'
import { dropSolve } from './solve.ts'
import { activeList } from '../state.ts'

/** By so many lines; in what is opened it scrolls, in a list it moves the selection. */
export function moveBy(store: ConsoleStore, lines: number): void {
  const state = store.getState()
  const last = state.opened.at(-1)
  if (hasRows(state)) {
    moveInPlan(store, lines)
    return
  }
  if (last) {
    const { scrollLimit } = store.lists
    const from = Math.min(last.top, scrollLimit)
    store.patchOpened({ top: Math.max(0, Math.min(scrollLimit, from + lines)) })
    return
  }
  if (state.screen === 'fallback' && state.focus === 'right') {
    scrollMap(store, lines)
    return
  }
  const id = activeList(state)
  if (id === undefined) return
  if (id === 'place') {
    movePlace(store, lines)
    return
  }
  const at = selection(state, store.lists, id)
  if (!at) return
  selectAt(store, id, at.index + lines)
}

function scrollMap(store: ConsoleStore, lines: number): void {
  const { fallback } = store.getState()
  const { scrollLimit } = store.lists
  const top = Math.max(0, Math.min(scrollLimit, Math.min(fallback.top, scrollLimit) + lines))
  store.setState({ fallback: { ...fallback, top } })
}

export function movePage(store: ConsoleStore, pages: number): void {
  const state = store.getState()
  const layout = layoutOf(state.size)
  const height =
    state.opened.length > 0
      ? layout.text
      : state.screen === 'place'
        ? placeGrid(state, store.lists).rowsSeen + 1
        : layout.items
  moveBy(store, pages * Math.max(1, height - 1))
}

export function moveToEnd(store: ConsoleStore, which: 'first' | 'last'): void {
  const state = store.getState()
  if (hasRows(state)) {
    if (which === 'first') store.patchOpened({ top: 0 })
    moveInPlan(store, which === 'first' ? -MANY : MANY)
    return
  }
  if (state.opened.length > 0) {
    store.patchOpened({ top: which === 'first' ? 0 : store.lists.scrollLimit })
    return
  }
  const id = activeList(state)
  if (id !== undefined) selectAt(store, id, which === 'first' ? 0 : Number.MAX_SAFE_INTEGER)
}

/** Plans are moved about in by their rows. */
function hasRows({ opened }: ConsoleState): boolean {
  const kind = opened.at(-1)?.kind
  return kind === 'plan' || kind === 'solve'
}

const MANY = 1_000_000

function selectAt(store: ConsoleStore, id: ListId, wanted: number): void {
  const names = shownNames(store.getState(), store.lists, id)
  if (names.length === 0) return
  const index = Math.max(0, Math.min(names.length - 1, wanted))
  // At its end the log follows what comes.
  const follows = id === 'log' && index === names.length - 1
  store.patchList(id, { selected: follows ? undefined : names[index], index })
  if (id === 'place') store.setState({ placeVm: undefined })
  if (id === 'hwm') {
    store.lists.tops.delete('hwm-vms')
    store.patchList('hwm-vms', { selected: undefined, index: 0 })
  }
}

/** Columns a long line is moved by at once. */
const SIDEWAYS = 16

/** Sideways in a text; between the panes of the HWM screen. */
export function moveSide(store: ConsoleStore, direction: -1 | 1): void {
  const { opened, screen } = store.getState()
  const last = opened.at(-1)
  if (last) {
    store.patchOpened({ left: Math.max(0, last.left + direction * SIDEWAYS) })
    return
  }
  if (screen === 'place') {
    movePlaceSide(store, direction)
  } else if (hasTwoPanes(screen)) store.setState({ focus: direction === 1 ? 'right' : 'left' })
}

/** Whether Tab goes between two panes there. */
export function hasTwoPanes(screen: ScreenId): boolean {
  return screen === 'hwm' || screen === 'fallback'
}

export function otherPane(store: ConsoleStore): void {
  const { focus, screen } = store.getState()
  if (screen === 'place') {
    enterOrLeaveBox(store)
    return
  }
  store.setState({ focus: focus === 'left' ? 'right' : 'left' })
}

export function goToScreen(store: ConsoleStore, screen: ScreenId): void {
  dropSolve(store)
  store.setState({
    screen,
    opened: [],
    overlay: undefined,
    ...(screen === 'fallback' && { focus: 'left' }),
  })
  tellWhatIsSeen(store)
}

/** Esc: out of what is opened, then out of a filter, then back to the left pane. Never leaves the console. */
export function back(store: ConsoleStore): void {
  const state = store.getState()
  if (state.opened.at(-1)?.kind === 'plan') {
    dropPlan(store)
    tellWhatIsSeen(store)
    return
  }
  if (state.opened.length > 0) {
    dropSolve(store)
    store.setState({ opened: state.opened.slice(0, -1) })
    tellWhatIsSeen(store)
    return
  }
  const id = activeList(state)
  if (id === undefined) return
  const settings = state.lists[id]
  if (vmInPlace(state, store.lists)) store.setState({ placeVm: undefined })
  else if (settings.filter !== '') store.patchList(id, { filter: '' })
  else if (settings.marks.size > 0) store.patchList(id, { marks: new Set() })
  else if (hasTwoPanes(state.screen) && state.focus === 'right') store.setState({ focus: 'left' })
  else if (id === 'log' && settings.selected !== undefined)
    store.patchList(id, { selected: undefined })
}

/** The engine samples often what somebody looks at, and rarely the rest. */
export function tellWhatIsSeen(store: ConsoleStore): void {
  const state = store.getState()
  const last = state.opened.at(-1)
  if (last && (last.kind === 'hwm' || last.kind === 'vm')) {
    store.effects.lookingAt(`${last.kind}-detail`, last.name)
    return
  }
  const item = state.screen === 'hwm' ? selection(state, store.lists, 'hwm')?.name : undefined
  store.effects.lookingAt(state.screen, item)
}
