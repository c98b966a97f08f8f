// A key press: to the line that is typed, to the menu or help that is open, or through the table.
import { pressInConfirmation } from './acting/confirm.ts'
import type { KeyAction } from './key-table.ts'
import { actionById } from './key-table.ts'
import { pressInOverlay } from './overlay-keys.ts'
import { pressInPrompt } from './prompt-keys.ts'
import { activeList } from './state.ts'
import type { ConsoleStore } from './store.ts'
import { selection } from './store.ts'

export function press(store: ConsoleStore, key: string): void {
  if (key === 'ctrl-l') {
    store.effects.redraw()
    // Something has to change for a picture to be made; the time does.
    store.wake()
    return
  }
  const state = store.getState()
  if (state.notice) store.setState({ notice: undefined })
  if (state.copied !== undefined && store.keyMap.actions.get(key) !== 'copy') {
    store.setState({ copied: undefined })
  }
  if (state.confirmation) pressInConfirmation(store, key)
  else if (state.prompt) pressInPrompt(store, key)
  else if (state.overlay) pressInOverlay(store, key)
  else pressPlain(store, key)
}

function pressPlain(store: ConsoleStore, key: string): void {
  const id = store.keyMap.actions.get(key)
  const action = id === undefined ? undefined : actionById(id)
  if (action && isAboutSelection(action)) pin(store)
  if (!action) {
    if (key === 'ctrl-c') store.notify('q leaves the console')
    return
  }
  const why = action.why?.(store)
  if (why === undefined) action.run(store)
  else if (action.id !== 'back' && action.id !== 'open')
    store.notify(`${key}  ${action.help}: ${why}`, 'dim')
}

function isAboutSelection({ group }: KeyAction): boolean {
  return group === 'move' || group === 'look' || group === 'act'
}

/** Until the first key about it the selection is the first of the list, which is the worst there is; from then on it stays on its item. */
function pin(store: ConsoleStore): void {
  const state = store.getState()
  const id = activeList(state)
  if (id === undefined || id === 'log' || state.lists[id].selected !== undefined) return
  const seen = store.lists.seen.get(id)
  if (seen !== undefined) store.patchList(id, { selected: seen })
  const at = selection(store.getState(), store.lists, id)
  if (at) store.patchList(id, { selected: at.name, index: at.index })
}
