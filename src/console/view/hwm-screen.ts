// Screen 1: all HWMs, and beside them the VMs of the selected one.
import type { HwmView, VmView } from '../../model/snapshot.ts'
import type { Line, Span } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { selection } from '../store.ts'
import { widthOf } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { HWM_COLUMNS_ALWAYS, inOrder } from './hwm-columns.ts'
import { listPane, listTitle } from './list-pane.ts'
import { shownColumns } from './menu.ts'
import type { CellContext, Placed } from './table.ts'
import { cellRow, placedWidth } from './table.ts'
import { nothingHere } from './empty.ts'
import { longestName, placeWidths } from './longest-name.ts'
import { VM_COLUMNS } from './vm-columns.ts'

export function hwmScreen(context: ViewContext): readonly PaneView[] {
  const { state, layout } = context
  if (layout.twoPanes) {
    return [
      hwmPane(context, layout.leftWidth, state.focus === 'left'),
      vmsOfHwmPane(context, layout.rightWidth, state.focus === 'right'),
    ]
  }
  return state.focus === 'left'
    ? [hwmPane(context, layout.columns, true)]
    : [vmsOfHwmPane(context, layout.columns, true)]
}

function hwmPane(context: ViewContext, width: number, isActive: boolean): PaneView {
  const { state, lists, layout } = context
  const { picture } = state
  const list = lists.hwms(state.lists.hwm)
  return listPane<HwmView>(context, {
    id: 'hwm',
    width,
    height: layout.items,
    title: listTitle(context, 'hwm', 'HWM', list.names.length),
    names: list.names,
    columns: inOrder(['name', ...shownColumns(state, 'hwm')]),
    likes: { name: Math.min(34, 2 + longestName(picture, 'hwm')) },
    isActive,
    item: name => picture.hwm(name),
    row: (hwm, placed, cells) => hwmRow(hwm, placed, cells, width),
    empty: nothingHere(context, 'hwm'),
  })
}

/** Of an HWM that is not up, what matters is why, since when, and what comes next. */
function hwmRow(
  hwm: HwmView,
  placed: readonly Placed<HwmView>[],
  cells: CellContext,
  width: number,
): Span[] {
  if (hwm.state === 'up') return cellRow(placed, hwm, cells)
  const first = placed.filter(({ column }) => HWM_COLUMNS_ALWAYS.has(column.id))
  const row = cellRow(first, hwm, cells)
  const room = width - placedWidth(first) - 6
  return room < 4 ? row : [...row, span('  '), ...fitLine(reasonLine(hwm, cells), room)]
}

/** `12 s   ssh: connection timed out · trying again`. */
export function reasonLine(hwm: HwmView, cells: Pick<CellContext, 'ages' | 'glyphs'>): Line {
  const style = hwm.state === 'connecting' ? 'dim' : 'bad'
  const pieces: Span[] = [span(cells.ages.of(hwm.since).padEnd(6), style)]
  if (hwm.reason !== '') pieces.push(span(` ${hwm.reason}`))
  if (hwm.next !== '')
    pieces.push(span(`${hwm.reason === '' ? ' ' : ` ${cells.glyphs.dot} `}${hwm.next}`, 'dim'))
  return pieces
}

function vmsOfHwmPane(context: ViewContext, width: number, isActive: boolean): PaneView {
  const { state, lists, layout, ages } = context
  const { picture } = state
  const hwm = selection(state, lists, 'hwm')?.name
  const list = lists.vmsOf(hwm, state.lists['hwm-vms'])
  const columns = ['name', ...shownColumns(state, 'hwm-vms')]
  const names = list.names
  let nameWidth = 9
  for (const name of names) nameWidth = Math.max(nameWidth, widthOf(name))
  const view = hwm === undefined ? undefined : picture.hwm(hwm)
  return listPane<VmView>(context, {
    id: 'hwm-vms',
    width,
    height: layout.items,
    title: [
      ...listTitle(context, 'hwm-vms', hwm === undefined ? 'VM' : `VM on ${hwm}`, names.length),
      // Why it is not up does not always fit in its row.
      ...(view && view.state !== 'up' ? [span('  '), ...reasonLine(view, context)] : []),
    ],
    names,
    columns: VM_COLUMNS.filter(column => columns.includes(column.id)),
    likes: { ...placeWidths(picture), name: Math.min(32, nameWidth) },
    isActive,
    item: name => picture.vm(name),
    row: (vm, placed, cells) => {
      if (vm.where === hwm || vm.where === undefined) return cellRow(placed, vm, cells)
      // Its home is here and it runs elsewhere: where is what matters, and it stands where the home would.
      return cellRow(
        placed.map(({ column, width: wide }) => ({
          width: wide,
          column:
            column.id === 'home'
              ? {
                  ...column,
                  cell: () => line(span(`${cells.glyphs.arrow} ${vm.where ?? ''}`, 'away')),
                }
              : column,
        })),
        vm,
        cells,
      )
    },
    isDim: vm =>
      vm.where === hwm &&
      vm.state === 'running' &&
      view !== undefined &&
      view.state === 'up' &&
      ages.isOldFact(view.seenAt),
    empty: hwm === undefined ? [] : [line(span('no VM here', 'dim'))],
  })
}
