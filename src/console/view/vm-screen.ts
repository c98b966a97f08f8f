// Screen 2: all VMs.
import type { VmView } from '../../model/snapshot.ts'
import type { PaneView, ViewContext } from './context.ts'
import { listPane, listTitle } from './list-pane.ts'
import { shownColumns } from './menu.ts'
import { nothingHere } from './empty.ts'
import { longestName, placeWidths } from './longest-name.ts'
import { VM_COLUMNS } from './vm-columns.ts'

export function vmScreen(context: ViewContext): readonly PaneView[] {
  const { state, lists, layout, ages } = context
  const { picture } = state
  const list = lists.vms(state.lists.vm)
  const columns = ['name', ...shownColumns(state, 'vm')]
  return [
    listPane<VmView>(context, {
      id: 'vm',
      width: layout.columns,
      height: layout.items,
      title: listTitle(context, 'vm', 'VM', list.names.length),
      names: list.names,
      columns: VM_COLUMNS.filter(column => columns.includes(column.id)),
      likes: { ...placeWidths(picture), name: Math.min(40, longestName(picture, 'vm')) },
      isActive: true,
      item: name => picture.vm(name),
      isDim: vm => {
        const hwm = vm.where === undefined ? undefined : picture.hwm(vm.where)
        return vm.state === 'running' && hwm?.state === 'up' && ages.isOldFact(hwm.seenAt)
      },
      empty: nothingHere(context, 'vm'),
    }),
  ]
}
