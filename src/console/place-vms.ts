// Single VMs in the picture of the CDM: which are in a box, in the order in which they are drawn, and which of them has the keys.
import type { VmView } from '../model/snapshot.ts'
import type { Lists } from './lists.ts'
import type { ConsoleState } from './state.ts'
import { naturalKey } from './text.ts'

/** The VMs that take room there or wait for it, the largest first. */
export function vmsInBox({ picture, dimension }: ConsoleState, hwm: string): readonly VmView[] {
  const vms: VmView[] = []
  for (const name of picture.vmsOn(hwm)) {
    const vm = picture.vm(name)
    if (vm !== undefined && vm.state !== 'stopped' && vm.state !== 'absent') vms.push(vm)
  }
  const amount = (vm: VmView) => vm.demand[dimension] ?? 0
  return vms.sort(
    (a, b) => amount(b) - amount(a) || (naturalKey(a.name) < naturalKey(b.name) ? -1 : 1),
  )
}

/** The VM that has the keys: of the selected HWM, and still there. Undefined: the HWM has them. */
export function vmInPlace(state: ConsoleState, lists: Lists): VmView | undefined {
  const { placeVm, picture } = state
  if (placeVm === undefined || state.screen !== 'place') return undefined
  const vm = picture.vm(placeVm)
  const { selected } = state.lists.place
  if (vm === undefined || selected === undefined || vm.where !== selected) return undefined
  // A filter may have taken its HWM away.
  if (lists.places(state.lists.place).indexOf(selected) < 0) return undefined
  return vm.state !== 'stopped' && vm.state !== 'absent' ? vm : undefined
}
