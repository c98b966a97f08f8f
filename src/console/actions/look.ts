// Looking: marks, the filter's line, menus of order and columns, copying, the dump.
import type { ConsoleStore } from '../store.ts'
import { selection, shownNames, subject } from '../store.ts'
import type { ListId } from '../state.ts'
import { activeList } from '../state.ts'
import { rowText } from '../view/row-text.ts'

export function markAllShown(store: ConsoleStore): void {
  const state = store.getState()
  const id = activeList(state)
  if (id === undefined) return
  const names = shownNames(state, store.lists, id)
  const marks = state.lists[id].marks
  const all = names.every(name => marks.has(name))
  store.patchList(id, { marks: all ? new Set() : new Set(names) })
}

export function startFilter(store: ConsoleStore): void {
  const state = store.getState()
  const id = activeList(state)
  if (id === undefined) return
  const text = state.lists[id].filter
  const given = text === '' || text.endsWith(' ') ? text : `${text} `
  store.setState({
    prompt: {
      kind: 'filter',
      text: given,
      cursor: Array.from(given).length,
      before: text,
      pick: -1,
    },
  })
}

export function startCommand(store: ConsoleStore): void {
  store.setState({ prompt: { kind: 'command', text: '', cursor: 0, before: '', pick: -1 } })
}

export function openMenu(store: ConsoleStore, kind: 'sort' | 'columns'): void {
  const list = activeList(store.getState())
  if (list !== undefined) store.setState({ overlay: { kind, list, at: 0 } })
}

/** The name of what the keys are about; pressed again, its whole line. */
export function copySelected(store: ConsoleStore): void {
  const state = store.getState()
  const about = subject(state, store.lists)
  if (!about) return
  const isSecond = state.copied === about.name
  const text = isSecond || about.kind === 'event' ? rowText(state, about) : about.name
  store.effects.copy(text)
  store.setState({ copied: about.name })
  store.notify(
    text === about.name ? `copied '${text}'; once more copies its line` : 'copied the whole line',
  )
}

export function dumpScreen(store: ConsoleStore): void {
  const { dump } = store.effects
  if (!dump) {
    store.notify('this console writes no files', 'warn')
    return
  }
  store.notify('writing the screen to a file')
  dump().then(
    told => store.notify(told),
    (error: unknown) =>
      store.notify(
        `the screen could not be written: ${error instanceof Error ? error.message : String(error)}`,
        'bad',
      ),
  )
}

/** Selects an item by name, on its screen. */
export function goToItem(
  store: ConsoleStore,
  list: Extract<ListId, 'hwm' | 'vm'>,
  name: string,
): void {
  store.setState({ screen: list, opened: [], focus: 'left' })
  const state = store.getState()
  if (!shownNames(state, store.lists, list).includes(name)) store.patchList(list, { filter: '' })
  store.patchList(list, { selected: name })
  const at = selection(store.getState(), store.lists, list)
  if (at) store.patchList(list, { index: at.index })
}
