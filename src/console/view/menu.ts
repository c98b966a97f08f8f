// The menus of order and of columns.
import type { Overlay, ConsoleState, ListId, MenuItem } from '../state.ts'
import { SET_COLUMNS, SET_COLUMNS_SHOWN } from './fallback-columns.ts'
import { HWM_COLUMNS, HWM_COLUMNS_SHOWN } from './hwm-columns.ts'
import { VM_COLUMNS, VM_COLUMNS_OF_HWM, VM_COLUMNS_SHOWN } from './vm-columns.ts'

type Menu = Extract<Overlay, { kind: 'sort' | 'columns' }>

/** Columns that a list shows: as chosen, or those it has of itself. */
export function shownColumns(state: ConsoleState, list: ListId): readonly string[] {
  const chosen = state.lists[list].columns
  if (chosen) return chosen
  if (list === 'hwm' || list === 'place') return HWM_COLUMNS_SHOWN
  if (list === 'fallback') return SET_COLUMNS_SHOWN
  const own = list === 'vm' ? VM_COLUMNS_SHOWN : VM_COLUMNS_OF_HWM
  return state.foresight.ifItsHwmFails ? [...own, 'fallback'] : own
}

function columnsOf(list: ListId): readonly MenuColumn[] {
  if (list === 'hwm' || list === 'place') return HWM_COLUMNS
  return list === 'fallback' ? SET_COLUMNS : VM_COLUMNS
}

interface MenuColumn {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly rank?: unknown
}

export function menuItems(state: ConsoleState, menu: Menu): readonly MenuItem[] {
  const { lists } = state
  const columns = columnsOf(menu.list)
  if (menu.kind === 'sort') {
    const { sort, reverse } = lists[menu.list]
    return columns
      .filter(column => column.rank !== undefined)
      .map(column => ({
        id: column.id,
        label: column.title.trim(),
        detail: column.help + (column.id === sort && !reverse ? ' (again: reversed)' : ''),
        chosen: column.id === sort,
      }))
  }
  const shown = shownColumns(state, menu.list)
  return columns
    .filter(column => column.id !== 'name')
    .map(column => ({
      id: column.id,
      label: column.title.trim(),
      detail: column.help,
      chosen: shown.includes(column.id),
    }))
}
