// Opening what is selected, its pages, and asking the engine for what the snapshot does not hold.
import { confirmPlan } from '../acting/confirm.ts'
import type { ConsoleStore } from '../store.ts'
import { selection, subject } from '../store.ts'
import type { VmPage } from '../state.ts'
import { activeList, VM_PAGES } from '../state.ts'
import { ask, askPower } from './documents.ts'
import { tellWhatIsSeen } from './move.ts'
import { open } from './opening.ts'

export function openSelected(store: ConsoleStore): void {
  const state = store.getState()
  const last = state.opened.at(-1)
  if (last?.kind === 'event') {
    openWhatItIsAbout(store, last.id)
    return
  }
  if (last?.kind === 'plan') {
    confirmPlan(store)
    return
  }
  if (last) return
  if (state.screen === 'operations') {
    const at = selection(state, store.lists, 'operations')
    if (at) open(store, { kind: 'operation', id: at.name, top: 0, left: 0 })
    return
  }
  const about = subject(state, store.lists)
  if (!about) return
  if (about.kind === 'event') open(store, { kind: 'event', id: about.name, top: 0, left: 0 })
  else openItem(store, about.kind, about.name)
}

export function openItem(store: ConsoleStore, kind: 'hwm' | 'vm', name: string): void {
  if (kind === 'hwm') {
    open(store, { kind: 'hwm', name, top: 0, left: 0 })
    ask(store, `hwm ${name}`, { ask: 'hwm-detail', hwm: name })
    const { picture } = store.getState()
    const hasDevices = (picture.hwm(name)?.config.fence.length ?? 0) > 0
    // Whoever only looks has no fence device asked.
    if (hasDevices && picture.snapshot?.readOnly === false) askPower(store, name)
  } else open(store, { kind: 'vm', name, page: 'facts', top: 0, left: 0 })
  tellWhatIsSeen(store)
}

/** From an event to the HWM or VM it is about. */
function openWhatItIsAbout(store: ConsoleStore, id: string): void {
  const { picture } = store.getState()
  const event = picture.snapshot?.events.find(candidate => candidate.id === id)
  const [kind, name] = splitAbout(event?.about ?? '')
  if (kind === 'hwm' && picture.hwm(name)) openItem(store, 'hwm', name)
  else if (kind === 'vm' && picture.vm(name)) openItem(store, 'vm', name)
}

function splitAbout(about: string): readonly [string, string] {
  const colon = about.indexOf(':')
  return colon < 0 ? [about, ''] : [about.slice(0, colon), about.slice(colon + 1)]
}

/** The next page of an opened VM, or the one before. */
export function turnPage(store: ConsoleStore, by: 1 | -1): void {
  const last = store.getState().opened.at(-1)
  if (last?.kind !== 'vm') return
  const at = VM_PAGES.indexOf(last.page)
  const page = VM_PAGES[(at + by + VM_PAGES.length) % VM_PAGES.length]
  if (page !== undefined) showPage(store, page)
}

export function showPage(store: ConsoleStore, page: VmPage): void {
  const state = store.getState()
  const last = state.opened.at(-1)
  if (last?.kind !== 'vm') return
  store.patchOpened({ page, top: 0, left: 0 })
  const vm = state.picture.vm(last.name)
  const hwm = vm?.where ?? vm?.home ?? ''
  for (const which of documentsOf(page)) {
    ask(store, documentKey(last.name, which), { ask: 'domain-xml', vm: last.name, hwm, which })
  }
}

type Which = 'live' | 'inactive' | 'store'

/** What a page is made of. */
export function documentsOf(page: VmPage): readonly Which[] {
  switch (page) {
    case 'facts':
      return []
    case 'live':
    case 'inactive':
    case 'store':
      return [page]
    case 'cache-diff':
      return ['inactive', 'live']
    case 'store-diff':
      return ['store', 'inactive']
  }
}

export function documentKey(vm: string, which: Which): string {
  return `xml ${which} ${vm}`
}

/** Marks what is selected, or takes its mark away, and goes on to the next. */
export function toggleMark(store: ConsoleStore): void {
  const state = store.getState()
  const id = activeList(state)
  if (id === undefined) return
  const at = selection(state, store.lists, id)
  if (!at) return
  const marks = new Set(state.lists[id].marks)
  if (!marks.delete(at.name)) marks.add(at.name)
  store.patchList(id, { marks })
}
