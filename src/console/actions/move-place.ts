// Moving about in the picture of the CDM: from HWM to HWM, and from VM to VM within one.
import { placeGrid } from '../place-grid.ts'
import { vmInPlace, vmsInBox } from '../place-vms.ts'
import type { ConsoleStore } from '../store.ts'
import { selection, shownNames } from '../store.ts'

/** Up and down: in boxes through the VMs of one and on to the box below; else by rows of HWMs, or among the VMs once one has the keys. */
export function movePlace(store: ConsoleStore, lines: number): void {
  const state = store.getState()
  const at = selection(state, store.lists, 'place')
  if (!at) return
  const { kind, perRow } = placeGrid(state, store.lists)
  const vm = vmInPlace(state, store.lists)
  const isStep = Math.abs(lines) === 1
  if (isStep && (vm || kind === 'boxes')) {
    if (stepInBox(store, at.name, lines) || (vm && kind !== 'boxes')) return
    const next = at.index + lines * perRow
    if (selectHwm(store, next) && lines < 0) enterAt(store, Number.MAX_SAFE_INTEGER)
    return
  }
  const wanted = at.index + lines * perRow
  const end = shownNames(state, store.lists, 'place').length - 1
  // Up or down beyond the edge of the picture stays in the column.
  if (perRow > 1 && (wanted < 0 || (wanted > end && isStep))) return
  selectHwm(store, Math.max(0, Math.min(end, wanted)))
}

/** Left and right: the HWM beside; where VMs lie beside each other, the VM beside. */
export function movePlaceSide(store: ConsoleStore, direction: -1 | 1): void {
  const state = store.getState()
  const at = selection(state, store.lists, 'place')
  if (!at) return
  const vm = vmInPlace(state, store.lists)
  if (!vm) {
    selectHwm(store, at.index + direction)
    return
  }
  if (placeGrid(state, store.lists).kind !== 'boxes') {
    stepInBox(store, at.name, direction)
    return
  }
  const line = vmsInBox(state, at.name).indexOf(vm)
  if (selectHwm(store, at.index + direction)) enterAt(store, line)
}

/** Into the VMs of the selected HWM, or out of them. */
export function enterOrLeaveBox(store: ConsoleStore): void {
  if (vmInPlace(store.getState(), store.lists)) store.setState({ placeVm: undefined })
  else enterAt(store, 0)
}

/** The next VM of the box, or from its first one out to the HWM; false: there is none in that direction. */
function stepInBox(store: ConsoleStore, hwm: string, by: number): boolean {
  const state = store.getState()
  const vms = vmsInBox(state, hwm)
  const vm = vmInPlace(state, store.lists)
  const from = vm ? vms.indexOf(vm) : -1
  const next = from + by
  if (next < -1 || next >= vms.length) return false
  pin(store, hwm)
  store.setState({ placeVm: vms[next]?.name })
  return true
}

/** The n-th VM of the selected HWM, or its last; none, where it has none. */
function enterAt(store: ConsoleStore, index: number): void {
  const state = store.getState()
  const at = selection(state, store.lists, 'place')
  if (!at) return
  const vms = vmsInBox(state, at.name)
  pin(store, at.name)
  store.setState({ placeVm: vms[Math.min(index, vms.length - 1)]?.name })
}

/** The HWM by its name: the first of the list may be another by the next key. */
function pin(store: ConsoleStore, hwm: string): void {
  if (store.getState().lists.place.selected !== hwm) store.patchList('place', { selected: hwm })
}

function selectHwm(store: ConsoleStore, index: number): boolean {
  const name = shownNames(store.getState(), store.lists, 'place')[index]
  if (name === undefined) return false
  store.patchList('place', { selected: name, index })
  store.setState({ placeVm: undefined })
  return true
}
