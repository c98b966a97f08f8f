// Keys while help or a menu is open.
import { choseHwm, hwmChoices } from './acting/choose.ts'
import { layoutOf } from './layout.ts'
import type { ConsoleStore } from './store.ts'
import { menuItems } from './view/menu.ts'

export function pressInOverlay(store: ConsoleStore, key: string): void {
  const { overlay, size } = store.getState()
  if (!overlay) return
  const close = () => store.setState({ overlay: undefined })
  const move = movement(store.keyMap.actions.get(key), layoutOf(size).text)
  if (key === 'esc' || key === 'q') {
    close()
    return
  }
  if (overlay.kind === 'help') {
    if (move !== undefined) {
      const { scrollLimit } = store.lists
      const top = Math.min(overlay.top, scrollLimit) + move
      store.setState({ overlay: { ...overlay, top: Math.max(0, Math.min(scrollLimit, top)) } })
    } else if (store.keyMap.actions.get(key) === 'help' || key === 'enter') close()
    return
  }
  const items =
    overlay.kind === 'choose-hwm'
      ? hwmChoices(store, overlay)
      : menuItems(store.getState(), overlay)
  if (move !== undefined) {
    const at = Math.max(0, Math.min(items.length - 1, overlay.at + move))
    store.setState({ overlay: { ...overlay, at } })
    return
  }
  if (key !== 'enter' && key !== 'space') return
  const item = items[overlay.at]
  if (!item) return
  if (overlay.kind === 'choose-hwm') {
    if (key === 'enter') choseHwm(store, overlay, item.id)
    return
  }
  if (overlay.kind === 'sort') {
    const { sort, reverse } = store.getState().lists[overlay.list]
    store.patchList(overlay.list, {
      sort: item.id,
      reverse: item.id === sort ? !reverse : false,
    })
    close()
    return
  }
  const chosen = items.filter(each => (each.id === item.id ? !each.chosen : each.chosen))
  store.patchList(overlay.list, { columns: chosen.map(each => each.id) })
  if (key === 'enter') close()
}

/** Lines that an action of the table moves by; undefined: it is none of moving. */
function movement(action: string | undefined, page: number): number | undefined {
  switch (action) {
    case 'up':
      return -1
    case 'down':
      return 1
    case 'page-up':
      return 1 - page
    case 'page-down':
      return page - 1
    case 'first':
      return -1_000_000
    case 'last':
      return 1_000_000
    default:
      return undefined
  }
}
