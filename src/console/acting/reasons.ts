// Why something cannot be done now, as the end of a sentence; undefined: it can.
import { isOver, type Operation } from '../../model/operation.ts'
import type { HwmView, VmView } from '../../model/snapshot.ts'
import type { ConsoleStore } from '../store.ts'
import { selection, subject } from '../store.ts'
import { activeList } from '../state.ts'
import { wantedSet } from '../wanted-set.ts'

export function whyNotAct(store: ConsoleStore): string | undefined {
  const { picture, link } = store.getState()
  const { snapshot } = picture
  if (snapshot?.readOnly) return 'this console is read-only'
  if (link.state !== 'live' || !snapshot) return 'the engine does not answer'
  if (snapshot.etcd.state !== 'live') return 'etcd is not reached: nothing can be committed'
  return undefined
}

/** The one HWM that the keys are about; undefined when there are none or several. */
export function hwmInHand(store: ConsoleStore): HwmView | undefined {
  const hwms = hwmsInHand(store)
  return hwms.length === 1 ? hwms[0] : undefined
}

/** The HWMs that the keys are about: those that are marked, on screen 4 those of the set, else the selected or opened one. */
export function hwmsInHand(store: ConsoleStore): readonly HwmView[] {
  const state = store.getState()
  const id = activeList(state)
  const marks = id === 'hwm' || id === 'place' ? state.lists[id].marks : undefined
  const about = subject(state, store.lists)
  const names =
    id === 'fallback'
      ? wantedSet(state, store.lists)
      : marks && marks.size > 0
        ? [...marks].toSorted()
        : about?.kind === 'hwm'
          ? [about.name]
          : []
  return names.flatMap(name => state.picture.hwm(name) ?? [])
}

/** The VMs that the keys are about: those that are marked, else the selected or opened one. */
export function vmsInHand(store: ConsoleStore): readonly VmView[] {
  const state = store.getState()
  const id = activeList(state)
  const marks = id === 'vm' || id === 'hwm-vms' ? state.lists[id].marks : undefined
  const about = subject(state, store.lists)
  const names = marks && marks.size > 0 ? [...marks] : about?.kind === 'vm' ? [about.name] : []
  return names.flatMap(name => state.picture.vm(name) ?? [])
}

/** The operation that the keys are about: the one that is open, or selected among them. */
export function operationInHand(store: ConsoleStore): Operation | undefined {
  const state = store.getState()
  const last = state.opened.at(-1)
  const operations = state.picture.snapshot?.operations ?? {}
  if (last) return last.kind === 'operation' ? operations[last.id] : undefined
  if (state.screen !== 'operations') return undefined
  const at = selection(state, store.lists, 'operations')
  return at && operations[at.name]
}

export function whyNotHwm(store: ConsoleStore): string | undefined {
  const why = whyNotAct(store)
  if (why !== undefined) return why
  return whyNotOne(store) ?? (hwmInHand(store) ? undefined : 'select an HWM')
}

function whyNotOne(store: ConsoleStore): string | undefined {
  return hwmsInHand(store).length > 1 ? 'one HWM at a time: take the marks away' : undefined
}

/** Several HWMs are evacuated together when they are dead; who lives is emptied alone. */
export function whyNotEvacuate(store: ConsoleStore): string | undefined {
  const why = whyNotAct(store)
  if (why !== undefined) return why
  const hwms = hwmsInHand(store)
  const lives = hwms.find(hwm => hwm.state === 'up')
  if (hwms.length > 1 && lives)
    return `only dead HWMs are evacuated together, and ${lives.name} lives: take the marks away`
  return hwms.length > 0 ? undefined : 'select an HWM'
}

export function whyNotVms(
  store: ConsoleStore,
  suits: (vm: VmView) => boolean,
  otherwise: string,
): string | undefined {
  const why = whyNotAct(store)
  if (why !== undefined) return why
  const vms = vmsInHand(store)
  if (vms.length === 0) return 'select a VM'
  return vms.some(suits) ? undefined : otherwise
}

export function whyNotHome(store: ConsoleStore): string | undefined {
  const why = whyNotAct(store)
  if (why !== undefined) return why
  const isSet = activeList(store.getState()) === 'fallback'
  const several = isSet ? undefined : whyNotOne(store)
  if (several !== undefined) return several
  return store.getState().picture.counts.away > 0 ? undefined : 'no VM is away'
}

/** `suits`: undefined, or why this operation is none of those that the key is for. */
export function whyNotOperation(
  store: ConsoleStore,
  suits: (operation: Operation, isConducted: boolean) => string | undefined,
): string | undefined {
  const why = whyNotAct(store)
  if (why !== undefined) return why
  const operation = operationInHand(store)
  if (!operation) return 'select an operation (screen 5)'
  return suits(operation, isConducted(store, operation.id))
}

export function isConducted(store: ConsoleStore, id: string): boolean {
  return store.getState().picture.snapshot?.conductors?.[id] !== undefined
}

export function overOrNot(operation: Operation): string | undefined {
  return isOver(operation) ? `operation ${operation.id} is over` : undefined
}

export function whyNotInPlan(store: ConsoleStore): string | undefined {
  const last = store.getState().opened.at(-1)
  return last?.kind === 'plan' ? undefined : 'no plan is open'
}
