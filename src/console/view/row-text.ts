// An item's line as plain text with nothing left out, for the clipboard.
import { Ages } from '../ages.ts'
import { lineText } from '../line.ts'
import type { ConsoleState } from '../state.ts'
import { HWM_COLUMNS } from './hwm-columns.ts'
import { VM_COLUMNS } from './vm-columns.ts'
import type { CellContext, Column } from './table.ts'

export function rowText(
  state: ConsoleState,
  about: { readonly kind: 'hwm' | 'vm' | 'event'; readonly name: string },
): string {
  const { picture } = state
  if (about.kind === 'event') {
    const event = picture.snapshot?.events.find(candidate => candidate.id === about.name)
    return event
      ? `${event.time} ${event.who} ${event.about} ${event.what} ${event.why}`.trim()
      : ''
  }
  const context: CellContext = {
    picture,
    ages: new Ages(state.now, picture.hwmCount),
    glyphs: state.glyphs,
    foresight: state.foresight,
    name: 'plain',
  }
  if (about.kind === 'hwm') {
    const hwm = picture.hwm(about.name)
    return hwm ? cells(HWM_COLUMNS, hwm, context).concat(hwm.reason).join('  ').trim() : ''
  }
  const vm = picture.vm(about.name)
  return vm ? cells(VM_COLUMNS, vm, context).join('  ') : ''
}

/** No name is cut off. */
const WIDEST = 260

function cells<T>(columns: readonly Column<T>[], item: T, context: CellContext): string[] {
  return columns
    .map(column => lineText(column.cell(item, Math.max(WIDEST, column.most), context)).trim())
    .filter(text => text !== '')
}
