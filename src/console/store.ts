// The state of one console, and what its engine and its clock do to it. One store per console: SSH sessions share nothing here.
import { createStore } from 'zustand/vanilla'
import type { StoreApi } from 'zustand/vanilla'
import type { AskOptions, EngineHello } from '../engine/link.ts'
import type { Answer, Patch, Question } from '../engine/protocol.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { Clock } from '../model/clock.ts'
import { foresightOf, NO_FORESIGHT } from './foresight.ts'
import type { Glyphs } from './glyphs.ts'
import type { KeyMap } from './key-map.ts'
import { Lists } from './lists.ts'
import type { Style } from './line.ts'
import type { Verb } from './palette.ts'
import { vmInPlace } from './place-vms.ts'
import { Picture } from './picture.ts'
import { FIRST_SOLVE } from './solve.ts'
import type { ConsoleState, ListId, ListState, Opened } from './state.ts'
import { activeList, FIRST_LISTS } from './state.ts'

/** What a console can have done outside of itself. */
export interface Effects {
  /** Never rejects. */
  ask(question: Question, options?: AskOptions): Promise<Answer>
  lookingAt(screen: string, item?: string): void
  /** To the clipboard of whoever sits at the terminal. */
  copy(text: string): void
  /** Writes the whole screen again, for when something else has written on it. */
  redraw(): void
  /** Writes the screen and the facts to files; resolves with what to tell. Undefined: not possible here. */
  readonly dump: (() => Promise<string>) | undefined
  /** Writes a text to a file that is not there yet; resolves with its whole path, rejects with a sentence. Undefined: not possible here. */
  readonly save: ((file: string, text: string) => Promise<string>) | undefined
  quit(): void
}

export interface ConsoleOptions {
  readonly clock: Clock
  readonly glyphs: Glyphs
  readonly size: { readonly columns: number; readonly rows: number }
  readonly keyMap: KeyMap
  readonly verbs: readonly Verb[]
  readonly effects: Effects
  readonly version: string
  /** Local date, `2026-11-22`. */
  today(): string
  /** The clock on the wall, ms since 1970. */
  wall(): number
}

export interface ConsoleStore extends StoreApi<ConsoleState> {
  readonly clock: Clock
  readonly lists: Lists
  readonly keyMap: KeyMap
  readonly verbs: readonly Verb[]
  readonly effects: Effects
  /** See `ConsoleOptions`. */
  wall(): number
  /** What its engine says, see `KeepHandlers`. */
  hello(engine: EngineHello): void
  take(snapshot: ClusterSnapshot, patch: Patch): void
  lost(why: string): void
  fatal(why: string): void
  /** Time has come to a point where something that is shown must change. */
  wake(): void
  resize(columns: number, rows: number): void
  notify(text: string, style?: Style): void
  patchList(id: ListId, change: Partial<ListState>): void
  /** Changes the topmost of what is opened. */
  patchOpened(change: { readonly top?: number; readonly left?: number } & Partial<Opened>): void
}

export function createConsoleStore(options: ConsoleOptions): ConsoleStore {
  const { clock } = options
  const picture = new Picture()
  const lists = new Lists(picture)
  const api = createStore<ConsoleState>(() => ({
    picture,
    pictureRevision: 0,
    link: { state: 'starting', since: clock.now() },
    simulated: false,
    version: options.version,
    now: clock.now(),
    today: options.today(),
    size: options.size,
    glyphs: options.glyphs,
    foresight: NO_FORESIGHT,
    screen: 'hwm',
    opened: [],
    focus: 'left',
    lists: FIRST_LISTS,
    fallback: { of: '', answer: undefined, problem: '', top: 0 },
    vmFallback: undefined,
    solve: FIRST_SOLVE,
    placeVm: undefined,
    dimension: 'ram',
    overlay: undefined,
    prompt: undefined,
    notice: firstNotice(options.keyMap),
    plan: undefined,
    confirmation: undefined,
    armed: undefined,
    documents: new Map(),
    keyProblems: options.keyMap.problems,
    commandHistory: [],
    copied: undefined,
  }))
  const { setState, getState } = api

  return {
    ...api,
    clock,
    lists,
    keyMap: options.keyMap,
    verbs: options.verbs,
    effects: options.effects,
    wall: () => options.wall(),
    hello(engine) {
      picture.startAfresh()
      setState({ simulated: engine.simulated })
    },
    take(snapshot, patch) {
      lists.follow(picture.take(snapshot, patch))
      const { link, pictureRevision, foresight } = getState()
      const { preview } = snapshot
      const now = clock.now()
      setState({
        pictureRevision: pictureRevision + 1,
        ...(foresight.preview === preview ? {} : { foresight: foresightOf(preview) }),
        now,
        today: options.today(),
        ...(link.state === 'live' ? {} : { link: { state: 'live', since: now } as const }),
      })
    },
    lost(why) {
      const { link } = getState()
      // The picture is as old as the first failure, however often a new engine dies.
      const since = link.state === 'lost' ? link.since : clock.now()
      setState({ link: { state: 'lost', since, why }, now: clock.now() })
    },
    fatal(why) {
      setState({ link: { state: 'fatal', since: clock.now(), why }, now: clock.now() })
    },
    wake() {
      setState({ now: clock.now(), today: options.today() })
    },
    resize(columns, rows) {
      setState({ size: { columns, rows } })
    },
    notify(text, style = 'plain') {
      setState({ notice: { text, style } })
    },
    patchList(id, change) {
      const state = getState()
      setState({ lists: { ...state.lists, [id]: { ...state.lists[id], ...change } } })
    },
    patchOpened(change) {
      const { opened } = getState()
      const last = opened.at(-1)
      if (!last) return
      setState({ opened: [...opened.slice(0, -1), { ...last, ...change } as Opened] })
    },
  }
}

function firstNotice(keyMap: KeyMap): ConsoleState['notice'] {
  const [first] = keyMap.problems
  if (first === undefined) return undefined
  const more = keyMap.problems.length - 1
  return { text: more > 0 ? `${first} (and ${more} more: :problems)` : first, style: 'warn' }
}

/** Name and place of what is selected in a list; undefined when the list is empty. */
export interface Selection {
  readonly name: string
  readonly index: number
}

/**
 * What is selected: the item by name wherever it is now; when it is gone, what has come to its place.
 * The log without a selection follows its newest event.
 */
export function selection(state: ConsoleState, lists: Lists, id: ListId): Selection | undefined {
  const settings = state.lists[id]
  const hwm = id === 'hwm-vms' ? selection(state, lists, 'hwm')?.name : undefined
  const names = lists.names(id, settings, hwm)
  if (names.length === 0) return undefined
  let index = -1
  if (settings.selected === undefined) index = id === 'log' ? names.length - 1 : 0
  else {
    index = lists.indexOf(id, settings, hwm, settings.selected)
    if (index < 0) index = Math.min(settings.index, names.length - 1)
  }
  const name = names[index]
  return name === undefined ? undefined : { name, index }
}

/** The names of a list as it is shown now. */
export function shownNames(state: ConsoleState, lists: Lists, id: ListId): readonly string[] {
  const hwm = id === 'hwm-vms' ? selection(state, lists, 'hwm')?.name : undefined
  return lists.names(id, state.lists[id], hwm)
}

/** What the keys are about now: what is opened, or what is selected. */
export function subject(
  state: ConsoleState,
  lists: Lists,
): { readonly kind: 'hwm' | 'vm' | 'event'; readonly name: string } | undefined {
  const last = state.opened.at(-1)
  if (last) {
    if (
      last.kind === 'problems' ||
      last.kind === 'plan' ||
      last.kind === 'operation' ||
      last.kind === 'solve'
    )
      return undefined
    return last.kind === 'event'
      ? { kind: 'event', name: last.id }
      : { kind: last.kind, name: last.name }
  }
  const id = activeList(state)
  if (id === undefined || id === 'operations') return undefined
  const selected = selection(state, lists, id)
  if (!selected) return undefined
  switch (id) {
    case 'hwm':
      return { kind: 'hwm', name: selected.name }
    case 'place': {
      const vm = vmInPlace(state, lists)
      return vm ? { kind: 'vm', name: vm.name } : { kind: 'hwm', name: selected.name }
    }
    case 'fallback':
      // A set of several is no single thing that could be opened or copied.
      return selected.name.includes('+') ? undefined : { kind: 'hwm', name: selected.name }
    case 'log':
      return { kind: 'event', name: selected.name }
    case 'vm':
    case 'hwm-vms':
      return { kind: 'vm', name: selected.name }
  }
}
