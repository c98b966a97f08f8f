// The menu of HWMs: another target for a VM of a plan, or where marked VMs shall go.
import { humanPercent } from '../../model/human.ts'
import { givable } from '../../model/placement.ts'
import type { HwmView } from '../../model/snapshot.ts'
import type { ConsoleStore } from '../store.ts'
import type { ConsoleState, MenuItem, Overlay } from '../state.ts'
import { naturalKey } from '../text.ts'
import { chooseTarget, openPlan, rowInHand } from './plan.ts'
import { vmsInHand } from './reasons.ts'

export type ChooseHwm = Extract<Overlay, { kind: 'choose-hwm' }>

/** The HWMs that can be chosen, the best first; why not where one cannot. */
export function hwmChoices(store: ConsoleStore, { purpose }: ChooseHwm): readonly MenuItem[] {
  const state = store.getState()
  if (purpose === 'target') {
    const row = rowInHand(store)
    if (row?.kind !== 'move') return []
    const { targets } = row.move
    // A plan about one place only knows that one: all that are up can be asked for.
    const names = targets.length > 1 ? targets : upOnes(state).map(each => each.name)
    return names.map(name => itemOf(state, name, name === targets[0]))
  }
  const sources = new Set(vmsInHand(store).map(vm => vm.where))
  return upOnes(state)
    .filter(each => sources.size > 1 || !sources.has(each.name))
    .map(each => itemOf(state, each.name, false))
}

function upOnes(state: ConsoleState): readonly HwmView[] {
  return [...state.picture.hwms()]
    .filter(each => each.state === 'up')
    .sort((a, b) => (naturalKey(a.name) < naturalKey(b.name) ? -1 : 1))
}

function itemOf(state: ConsoleState, name: string, chosen: boolean): MenuItem {
  const hwm = state.picture.hwm(name)
  // As plans measure it: of what it gives out.
  const overcommit = state.picture.snapshot?.config?.overcommit ?? {}
  const gives = hwm ? givable(hwm.capacity, hwm.config.reserve, overcommit) : {}
  const filled = ['ram', 'cpu'].flatMap(dimension => {
    const whole = gives[dimension]
    return whole ? [`${dimension} ${humanPercent(hwm?.used[dimension] ?? 0, whole)}`] : []
  })
  const count = state.picture.vmsOn(name).size
  const vms = `${count} ${count === 1 ? 'VM' : 'VMs'}`
  const closed = hwm?.config.maintenance ? 'in maintenance' : ''
  return {
    id: name,
    label: name,
    detail: [vms, ...filled, closed].filter(Boolean).join('  '),
    chosen,
  }
}

export function choseHwm(store: ConsoleStore, { purpose }: ChooseHwm, hwm: string): void {
  store.setState({ overlay: undefined })
  if (purpose === 'target') {
    const row = rowInHand(store)
    if (row) chooseTarget(store, row.vm, hwm)
    return
  }
  const [vm, ...also] = vmsInHand(store).map(each => each.name)
  if (vm !== undefined) openPlan(store, { do: 'migrate', vm, also, to: hwm, cold: false })
}
