// All keys of the console: what each does, when it works and why it does not. The line of keys, the help and the sample key file
// are made from this table.
import {
  back,
  goToScreen,
  moveBy,
  movePage,
  moveSide,
  moveToEnd,
  otherPane,
} from './actions/move.ts'
import { toggleSolvedMove } from './actions/leave-out.ts'
import { openSelected, toggleMark, turnPage } from './actions/open.ts'
import {
  copySelected,
  dumpScreen,
  markAllShown,
  openMenu,
  startCommand,
  startFilter,
} from './actions/look.ts'
import { meantHwms, nextDimension, whatIf } from './actions/foresee.ts'
import { hasTwoPanes, tellWhatIsSeen } from './actions/move.ts'
import { ACT_KEYS, PLAN_KEYS } from './acting/act-keys.ts'
import { rowInHand, toggleLeftOut } from './acting/plan.ts'
import { isPlanning, SOLVE_KEYS, whyNotLeaveOut } from './solve-keys.ts'
import { vmInPlace } from './place-vms.ts'
import type { ConsoleState } from './state.ts'
import { activeList } from './state.ts'
import type { ConsoleStore } from './store.ts'
import { subject } from './store.ts'

export type KeyGroup = 'move' | 'screens' | 'look' | 'act' | 'plan' | 'solve' | 'console'

export interface KeyAction {
  readonly id: string
  readonly keys: readonly string[]
  readonly group: KeyGroup
  /** In the line of keys; absent: not there. */
  readonly short?: string
  /** Its short word is only for this screen. */
  readonly shortOn?: ConsoleState['screen']
  /** In the line of keys, the higher stay when there is little room. */
  readonly priority?: number
  readonly help: string
  /** What it does in a plan, when that is something else. */
  readonly inPlan?: string
  /** Why it does not work now, as the end of a sentence; undefined: it does. */
  why?(store: ConsoleStore): string | undefined
  run(store: ConsoleStore): void
}

const inAList = ({ getState }: ConsoleStore) =>
  activeList(getState()) === undefined ? 'there is no list here' : undefined
const onSomething = (store: ConsoleStore) =>
  subject(store.getState(), store.lists) ? undefined : 'nothing is selected'

const whyNotMarkVm = (store: ConsoleStore) =>
  vmInPlace(store.getState(), store.lists)
    ? 'marks are for HWMs here: Esc leaves the VM'
    : undefined

const isInPlan = ({ getState }: ConsoleStore) => getState().opened.at(-1)?.kind === 'plan'

const isOn = (state: ConsoleState, id: ConsoleState['screen']) =>
  state.screen === id && state.opened.length === 0

export const KEY_TABLE: readonly KeyAction[] = [
  screen('1', 'hwm', 'HWM', 'all HWMs, and the VMs of the selected one', 60),
  screen('2', 'vm', 'VM', 'all VMs', 59),
  screen('3', 'place', 'Place', 'the CDM as a picture: HWMs filled with their VMs', 57),
  screen('4', 'fallback', 'Fallback', 'failure sets, and where HAVMs restart', 56),
  screen('5', 'operations', 'Ops', 'operations: what runs, waits, is done', 58),
  screen('6', 'log', 'Log', 'who, when, from where, why, what', 58),

  { id: 'up', keys: ['up', 'k'], group: 'move', help: 'up', run: store => moveBy(store, -1) },
  { id: 'down', keys: ['down', 'j'], group: 'move', help: 'down', run: store => moveBy(store, 1) },
  {
    id: 'left',
    keys: ['left', 'h'],
    group: 'move',
    help: 'left pane; long lines to the left',
    run: store => moveSide(store, -1),
  },
  {
    id: 'right',
    keys: ['right', 'l'],
    group: 'move',
    help: 'right pane; long lines to the right',
    run: store => moveSide(store, 1),
  },
  {
    id: 'page-up',
    keys: ['pgup'],
    group: 'move',
    help: 'a page up',
    run: store => movePage(store, -1),
  },
  {
    id: 'page-down',
    keys: ['pgdn'],
    group: 'move',
    help: 'a page down',
    run: store => movePage(store, 1),
  },
  {
    id: 'first',
    keys: ['g', 'home'],
    group: 'move',
    help: 'to the first',
    run: store => moveToEnd(store, 'first'),
  },
  {
    id: 'last',
    keys: ['G', 'end'],
    group: 'move',
    help: 'to the last; in the log: follow',
    run: store => moveToEnd(store, 'last'),
  },
  {
    id: 'pane',
    keys: ['tab'],
    group: 'move',
    short: 'pane',
    priority: 20,
    help: 'the other pane; on screen 3 the VMs; of a VM its next page (facts, XML)',
    why: ({ getState }) => {
      const state = getState()
      const isVm = state.opened.at(-1)?.kind === 'vm'
      return isVm || isOn(state, 'hwm') || isOn(state, 'fallback') || isOn(state, 'place')
        ? undefined
        : 'there is one pane here'
    },
    run: store => {
      if (store.getState().opened.length > 0) turnPage(store, 1)
      else {
        otherPane(store)
        tellWhatIsSeen(store)
      }
    },
  },
  {
    id: 'page-back',
    keys: ['shift-tab'],
    group: 'move',
    help: "a VM's page before",
    why: ({ getState }) =>
      getState().opened.at(-1)?.kind === 'vm' ? undefined : 'there are no pages here',
    run: store => turnPage(store, -1),
  },
  {
    id: 'open',
    keys: ['enter'],
    group: 'move',
    short: 'open',
    priority: 45,
    help: 'open what is selected',
    inPlan: 'on to the question whether to carry it out',
    why: store => {
      const state = store.getState()
      const last = state.opened.at(-1)
      if (last?.kind === 'plan')
        return state.plan?.shown && !state.plan.isAsking ? undefined : 'the plan is not made yet'
      if (last) return last.kind === 'event' ? undefined : 'it is open'
      if (state.screen === 'operations')
        return store.lists.total('operations') > 0 ? undefined : 'there is no operation'
      return onSomething(store)
    },
    run: openSelected,
  },
  {
    id: 'back',
    keys: ['esc'],
    group: 'move',
    short: 'back',
    priority: 44,
    help: 'back: closes, clears the filter, then the marks',
    why: store => {
      const state = store.getState()
      const id = activeList(state)
      const settings = id === undefined ? undefined : state.lists[id]
      const isFar =
        vmInPlace(state, store.lists) !== undefined ||
        state.opened.length > 0 ||
        (settings !== undefined && (settings.filter !== '' || settings.marks.size > 0)) ||
        (hasTwoPanes(state.screen) && state.focus === 'right') ||
        (id === 'log' && settings?.selected !== undefined)
      return isFar ? undefined : 'nothing to go back to'
    },
    run: back,
  },

  {
    id: 'filter',
    keys: ['/'],
    group: 'look',
    short: 'filter',
    priority: 40,
    help: 'filter: text, !not, state:away, hwm:quark, ram>4G',
    why: inAList,
    run: startFilter,
  },
  {
    id: 'sort',
    keys: ['s'],
    group: 'look',
    short: 'sort',
    priority: 25,
    help: 'order of the list',
    why: store => {
      const id = activeList(store.getState())
      if (id === 'operations') return 'the newest are first'
      return id === 'log' ? 'the log is in the order of time' : inAList(store)
    },
    run: store => openMenu(store, 'sort'),
  },
  {
    id: 'columns',
    keys: ['c'],
    group: 'look',
    help: 'columns of the list; of the picture: the next dimension',
    why: store => {
      const id = activeList(store.getState())
      return id === 'log' || id === 'operations' ? 'there are no columns to choose' : inAList(store)
    },
    run: store =>
      activeList(store.getState()) === 'place' ? nextDimension(store) : openMenu(store, 'columns'),
  },
  {
    id: 'mark',
    keys: ['space'],
    group: 'look',
    short: 'build a set',
    shortOn: 'fallback',
    priority: 61,
    help: 'mark or unmark, and go on to the next',
    inPlan: 'leave the VM out (of a homecoming: it stays here), or take it in',
    why: store =>
      isInPlan(store)
        ? rowInHand(store)
          ? undefined
          : 'there is no VM to leave out'
        : isPlanning(store.getState())
          ? whyNotLeaveOut(store)
          : (inAList(store) ?? onSomething(store) ?? whyNotMarkVm(store)),
    run: store => {
      if (isInPlan(store)) {
        toggleLeftOut(store)
        return
      }
      if (isPlanning(store.getState())) {
        toggleSolvedMove(store)
        return
      }
      toggleMark(store)
      if (isOn(store.getState(), 'place')) moveSide(store, 1)
      else moveBy(store, 1)
    },
  },
  {
    id: 'mark-all',
    keys: ['*'],
    group: 'look',
    help: 'mark all that are shown, or none',
    why: inAList,
    run: markAllShown,
  },
  {
    id: 'copy',
    keys: ['y'],
    group: 'look',
    help: 'copy the name, again: the line; to the clipboard at your end (OSC 52)',
    why: onSomething,
    run: copySelected,
  },
  {
    id: 'dump',
    keys: ['S'],
    group: 'look',
    help: 'write the screen as text and the facts as JSON to files',
    why: store => (store.effects.dump ? undefined : 'this console writes no files'),
    run: dumpScreen,
  },

  {
    id: 'what-if',
    keys: ['w'],
    group: 'act',
    short: 'what-if',
    priority: 35,
    help: 'what if the selected (marked) HWMs fail',
    why: store => (meantHwms(store).length > 0 ? undefined : 'no HWM is selected'),
    run: whatIf,
  },
  ...SOLVE_KEYS,
  ...ACT_KEYS,
  ...PLAN_KEYS,

  {
    id: 'command',
    keys: [':'],
    group: 'console',
    short: 'command',
    priority: 50,
    help: 'command line with completion',
    run: startCommand,
  },
  {
    id: 'help',
    keys: ['?'],
    group: 'console',
    short: 'help',
    priority: 90,
    help: 'this help',
    run: store => store.setState({ overlay: { kind: 'help', top: 0 } }),
  },
  {
    id: 'quit',
    keys: ['q'],
    group: 'console',
    short: 'quit',
    priority: 15,
    help: 'leave the console',
    run: store => store.effects.quit(),
  },
]

function screen(
  key: string,
  id: 'hwm' | 'vm' | 'place' | 'fallback' | 'operations' | 'log',
  short: string,
  help: string,
  priority: number,
): KeyAction {
  return {
    id: `screen-${id}`,
    keys: [key],
    group: 'screens',
    short,
    priority,
    help,
    run: store => goToScreen(store, id),
  }
}

const BY_ID = new Map(KEY_TABLE.map(action => [action.id, action]))

export function actionById(id: string): KeyAction | undefined {
  return BY_ID.get(id)
}
