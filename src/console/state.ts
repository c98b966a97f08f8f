// What one console has in hand: which screen, what is selected and typed, what was asked. Facts of the cluster are in `Picture`.
import type { FallbackAnswer } from '../model/fallback-answer.ts'
import type { Instant } from '../model/snapshot.ts'
import type { Foresight } from './foresight.ts'
import type { VmFallback } from './actions/vm-fallback.ts'
import type { Confirmation, PlanInHand } from './acting/in-hand.ts'
import type { Glyphs } from './glyphs.ts'
import type { Picture } from './picture.ts'
import type { SolveState } from './solve.ts'
import type { Style } from './line.ts'

export type ScreenId = 'hwm' | 'vm' | 'place' | 'fallback' | 'operations' | 'log'

/** Lists one moves about in. `hwm-vms` is the pane beside the HWMs, `place` the HWMs as a picture, `fallback` the failure sets. */
export type ListId = 'hwm' | 'vm' | 'hwm-vms' | 'place' | 'fallback' | 'log' | 'operations'

export interface ListState {
  readonly filter: string
  readonly sort: string
  readonly reverse: boolean
  /** Undefined: those that fit. */
  readonly columns: readonly string[] | undefined
  /** By name, so that it stays on its item while the list moves. Undefined: the first; in the log the newest, followed. */
  readonly selected: string | undefined
  /** Where that was last, for when it is no longer there. */
  readonly index: number
  readonly marks: ReadonlySet<string>
}

export const VM_PAGES = ['facts', 'live', 'inactive', 'store', 'cache-diff', 'store-diff'] as const
export type VmPage = (typeof VM_PAGES)[number]

/** What was opened over a screen. `top` and `left`: how far it is scrolled. */
export type Opened =
  | { readonly kind: 'hwm'; readonly name: string; readonly top: number; readonly left: number }
  | {
      readonly kind: 'vm'
      readonly name: string
      readonly page: VmPage
      readonly top: number
      readonly left: number
    }
  | { readonly kind: 'event'; readonly id: string; readonly top: number; readonly left: number }
  | { readonly kind: 'problems'; readonly top: number; readonly left: number }
  | { readonly kind: 'operation'; readonly id: string; readonly top: number; readonly left: number }
  /** `at`: which of its rows is selected. */
  | { readonly kind: 'plan'; readonly at: number; readonly top: number; readonly left: number }
  /** The plan of the solver. `at`: which of its rows is selected; -1: none yet. */
  | { readonly kind: 'solve'; readonly at: number; readonly top: number; readonly left: number }

export interface MenuItem {
  readonly id: string
  readonly label: string
  readonly detail: string
  readonly chosen: boolean
}

export type Overlay =
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'sort'; readonly list: ListId; readonly at: number }
  | { readonly kind: 'columns'; readonly list: ListId; readonly at: number }
  | {
      readonly kind: 'choose-hwm'
      readonly purpose: 'target' | 'destination'
      readonly at: number
    }

export interface Prompt {
  readonly kind: 'filter' | 'command' | 'reason' | 'best-by'
  readonly text: string
  /** In characters (code points). */
  readonly cursor: number
  /** Filter: what it was before, for Esc. */
  readonly before: string
  /** Which of the completions is chosen; -1: none. */
  readonly pick: number
}

/** One sentence in the place of the newest event, until the next key. */
export interface Notice {
  readonly text: string
  readonly style: Style
}

/** Text that an engine was asked for. */
export type Document =
  | { readonly state: 'asking' }
  | { readonly state: 'here'; readonly value: unknown; readonly at: Instant }
  | { readonly state: 'failed'; readonly why: string; readonly at: Instant }

export type LinkState =
  | { readonly state: 'starting'; readonly since: Instant }
  | { readonly state: 'live'; readonly since: Instant }
  /** The engine is gone; the picture is of `since` and before. */
  | { readonly state: 'lost'; readonly since: Instant; readonly why: string }
  /** No engine can be had. */
  | { readonly state: 'fatal'; readonly since: Instant; readonly why: string }

/** Screen 4: the failure set that is shown, and what the engine answered about it. */
export interface FallbackShown {
  /** Names of HWMs, see `setName`; empty: none yet. */
  readonly of: string
  /** The last answer: of another set while the engine is at work on this one. */
  readonly answer: FallbackAnswer | undefined
  /** Why there is no answer; empty otherwise. */
  readonly problem: string
  /** How far its map is scrolled. */
  readonly top: number
}

export interface ConsoleState {
  readonly picture: Picture
  /** Grows whenever `picture` was changed in place. */
  readonly pictureRevision: number
  readonly link: LinkState
  /** Facts are made up: said on the screen, always. */
  readonly simulated: boolean
  readonly version: string
  /** Ages are reckoned from here; it moves when an age that is shown has to change, not with every second. */
  readonly now: Instant
  /** Local date, `2026-11-22`: events of another day show theirs. */
  readonly today: string
  readonly size: { readonly columns: number; readonly rows: number }
  readonly glyphs: Glyphs
  readonly foresight: Foresight
  readonly screen: ScreenId
  readonly opened: readonly Opened[]
  /** Which pane of the HWM screen has the keys. */
  readonly focus: 'left' | 'right'
  readonly lists: Readonly<Record<ListId, ListState>>
  readonly fallback: FallbackShown
  /** Where the opened VM restarts, by failure set. */
  readonly vmFallback: VmFallback | undefined
  readonly solve: SolveState
  /** Screen 3: the VM that has the keys, see `vmInPlace`; undefined: the HWM has them. */
  readonly placeVm: string | undefined
  /** What the boxes of screen 3 are filled by. */
  readonly dimension: string
  readonly overlay: Overlay | undefined
  readonly prompt: Prompt | undefined
  readonly notice: Notice | undefined
  /** The plan that is open, or was last. */
  readonly plan: PlanInHand | undefined
  readonly confirmation: Confirmation | undefined
  /** Until when what can be taken back asks no question, `till` by the clock on the wall; undefined: unarmed. */
  readonly armed: { readonly until: Instant; readonly till: string } | undefined
  readonly documents: ReadonlyMap<string, Document>
  /** What is wrong with the key file, one sentence each. */
  readonly keyProblems: readonly string[]
  readonly commandHistory: readonly string[]
  /** What the last key copied by name, so that the same key copies its line next. */
  readonly copied: string | undefined
}

export const FIRST_LISTS: Readonly<Record<ListId, ListState>> = {
  hwm: list('state'),
  vm: list('state'),
  'hwm-vms': list('state'),
  place: list('name'),
  fallback: list('worst'),
  log: list('time'),
  operations: list('time'),
}

function list(sort: string): ListState {
  return {
    filter: '',
    sort,
    reverse: false,
    columns: undefined,
    selected: undefined,
    index: 0,
    marks: new Set(),
  }
}

/** The list that the keys go to now; undefined when something without one is open. */
export function activeList(state: ConsoleState): ListId | undefined {
  if (state.opened.length > 0) return undefined
  switch (state.screen) {
    case 'hwm':
      return state.focus === 'left' ? 'hwm' : 'hwm-vms'
    case 'vm':
      return 'vm'
    case 'log':
      return 'log'
    case 'operations':
      return 'operations'
    case 'place':
      return 'place'
    case 'fallback':
      return 'fallback'
  }
}
