// Opening what is selected, its pages, and asking the engine for what the snapshot does not hold.
import type { Question } from '../../engine/protocol.ts'
import { confirmPlan } from '../acting/confirm.ts'
import type { ConsoleStore } from '../store.ts'
import { selection, subject } from '../store.ts'
import type { Document, VmPage } from '../state.ts'
import { activeList, VM_PAGES } from '../state.ts'
import { tellWhatIsSeen } from './move.ts'
import { open } from './opening.ts'

/** What is older than this is asked for again when it is opened. */
const DOCUMENT_FRESH_MS = 10_000

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
    if (hasDevices && picture.snapshot?.readOnly === false)
      ask(store, powerKey(name), { ask: 'fence-status', hwm: name })
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

/** Under which what the fence devices of an HWM say is kept. */
export function powerKey(hwm: string): string {
  return `power ${hwm}`
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

function ask(store: ConsoleStore, key: string, question: Question): void {
  const before = store.getState().documents.get(key)
  if (before?.state === 'asking') return
  if (before?.state === 'here' && store.clock.now() - before.at < DOCUMENT_FRESH_MS) return
  if (before?.state !== 'here') put(store, key, { state: 'asking' })
  void store.effects.ask(question).then(answer => {
    const at = store.clock.now()
    put(
      store,
      key,
      answer.ok
        ? { state: 'here', value: answer.value, at }
        : { state: 'failed', why: answer.error, at },
    )
  })
}

/** So many texts are kept; the oldest asked for goes first. */
const DOCUMENTS_KEPT = 24

function put(store: ConsoleStore, key: string, document: Document): void {
  const documents = new Map(store.getState().documents)
  documents.delete(key)
  documents.set(key, document)
  for (const oldest of documents.keys()) {
    if (documents.size <= DOCUMENTS_KEPT) break
    documents.delete(oldest)
  }
  store.setState({ documents })
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
