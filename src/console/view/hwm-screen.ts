// Screen 1: all HWMs, and the VMs of the selected one: beside them where there is room, else below a list that is short, else by Tab.
import type { HwmView, VmView } from '../../model/snapshot.ts'
import type { Line, Span } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { selection } from '../store.ts'
import { widthOf } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { evacuationOf, evacuationWidth } from './evacuating.ts'
import { HWM_COLUMNS_ALWAYS, inOrder } from './hwm-columns.ts'
import { innerRule } from './inner-rule.ts'
import { listPane, listTitle } from './list-pane.ts'
import { shownColumns } from './menu.ts'
import type { CellContext, Placed } from './table.ts'
import { cellRow, placedWidth } from './table.ts'
import { nothingHere } from './empty.ts'
import { longestName, placeWidths } from './longest-name.ts'
import { VM_COLUMNS } from './vm-columns.ts'

export function hwmScreen(context: ViewContext): readonly PaneView[] {
  const { state, layout } = context
  const isLeft = state.focus === 'left'
  const { columns, items } = layout
  if (layout.twoPanes) {
    return [
      hwmPane(context, layout.leftWidth, items, isLeft),
      vmsOfHwmPane(context, layout.rightWidth, items, !isLeft),
    ]
  }
  const hwms = context.lists.hwms(state.lists.hwm).names.length
  const rest = items - hwms - 2
  if (hwms === 0 || rest < VMS_BELOW_FROM)
    return [
      isLeft ? hwmPane(context, columns, items, true) : vmsOfHwmPane(context, columns, items, true),
    ]
  const upper = hwmPane(context, columns, hwms, isLeft)
  const lower = vmsOfHwmPane(context, columns, rest, !isLeft)
  return [
    {
      ...upper,
      lines: [...upper.lines, innerRule(context, lower), ...lower.lines],
      foot: lower.foot,
    },
  ]
}

/** The longest of the other words. */
const STATE_WIDTH = 8

/** Fewer rows of VMs than this below the HWMs are not worth the list's ones. */
const VMS_BELOW_FROM = 4

function hwmPane(context: ViewContext, width: number, height: number, isActive: boolean): PaneView {
  const { state, lists } = context
  const { picture } = state
  const list = lists.hwms(state.lists.hwm)
  return listPane<HwmView>(context, {
    id: 'hwm',
    width,
    height,
    title: listTitle(context, 'hwm', 'HWM', list.names.length),
    names: list.names,
    columns: inOrder(['name', ...shownColumns(state, 'hwm')]),
    likes: {
      name: Math.min(34, 2 + longestName(picture, 'hwm')),
      state: Math.max(STATE_WIDTH, evacuationWidth(picture)),
    },
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
  const evacuation = evacuationOf(cells.picture, hwm.name)
  const why = [
    ...reasonLine(hwm, cells),
    ...(evacuation ? [span(` ${cells.glyphs.dot} ${evacuation.word}`, evacuation.style)] : []),
  ]
  return room < 4 ? row : [...row, span('  '), ...fitLine(why, room)]
}

/** `12 s   ssh: connection timed out · trying again`. */
export function reasonLine(hwm: HwmView, cells: Pick<CellContext, 'ages' | 'glyphs'>): Line {
  const style = hwm.state === 'connecting' ? 'dim' : 'bad'
  const pieces: Span[] = [span(cells.ages.of(hwm.since).padEnd(6), style)]
  // That it is proved to be off is worth more than why it does not answer.
  const proof = hwm.fence?.proof
  if (proof)
    pieces.push(span(` fenced (${proof.kind})`, 'strong'), span(` ${cells.glyphs.dot}`, 'dim'))
  if (hwm.reason !== '') pieces.push(span(` ${hwm.reason}`))
  if (hwm.next !== '')
    pieces.push(span(`${hwm.reason === '' ? ' ' : ` ${cells.glyphs.dot} `}${hwm.next}`, 'dim'))
  return pieces
}

function vmsOfHwmPane(
  context: ViewContext,
  width: number,
  height: number,
  isActive: boolean,
): PaneView {
  const { state, lists, ages } = context
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
    height,
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
