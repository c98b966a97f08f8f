// The keys of the solver's plan: P opens it, and those that change what is asked of it while it is open.
import {
  nextObjective,
  nextTime,
  openSolve,
  solvedEnough,
  tolerateMore,
  typeBestBy,
} from './actions/solve.ts'
import { solvedRow, solvedRows } from './actions/leave-out.ts'
import { openPlan } from './acting/plan.ts'
import { whyNotAct } from './acting/reasons.ts'
import type { KeyAction } from './key-table.ts'
import type { ConsoleState } from './state.ts'
import type { ConsoleStore } from './store.ts'

export const isPlanning = (state: ConsoleState) => state.opened.at(-1)?.kind === 'solve'

/** Before the screens' own keys: who has a plan open wants to know what it can become. */
const PRIORITY = 65

export const SOLVE_KEYS: readonly KeyAction[] = [
  {
    id: 'plan',
    keys: ['P'],
    group: 'act',
    help: 'plan a new placement: the solver at work, before and after, moves in order',
    why: ({ getState }) => {
      const state = getState()
      if (isPlanning(state)) return 'it is open'
      return state.picture.snapshot?.config ? undefined : 'nothing is configured yet'
    },
    run: store => openSolve(store),
  },
  inPlan('solve-objective', 'o', {
    short: 'objective',
    help: 'what is best',
    run: nextObjective,
  }),
  inPlan('solve-mix', 'b', {
    short: 'mix',
    help: 'write what is best by: several in their order, or a mix by weight',
    run: typeBestBy,
  }),
  inPlan('solve-more', ']', {
    help: 'one failure more to survive',
    run: store => tolerateMore(store, 1),
  }),
  inPlan('solve-less', '[', {
    help: 'one failure fewer to survive',
    run: store => tolerateMore(store, -1),
  }),
  inPlan('solve-time', 'd', { short: 'time', help: 'time for the search', run: nextTime }),
  inPlan('solve-enough', 'e', {
    short: 'enough',
    help: 'ends the search with the best so far',
    why: ({ getState }) =>
      getState().solve.since === undefined ? 'nothing is searched for' : undefined,
    run: solvedEnough,
  }),
  inPlan('solve-save', 'D', {
    short: 'save as CDM',
    help: 'make it the CDM, nothing moves',
    why: store => whyNotApply(store, false),
    run: store => apply(store, false),
  }),
  inPlan('solve-move', 'N', {
    short: 'move',
    help: 'make it the CDM, and move its VMs',
    why: store => whyNotApply(store, true),
    run: store => apply(store, true),
  }),
]

export function whyNotLeaveOut(store: ConsoleStore): string | undefined {
  const { solved, since } = store.getState().solve
  if (since !== undefined) return SEARCHING
  if (solvedRows(solved).length === 0) return 'there is no move to leave out'
  if (solved?.order !== 'found') return 'there is no order of moves'
  return solvedRow(store) === undefined ? 'select a move first' : undefined
}

const SEARCHING = 'the search goes on: e ends it with the best so far'

function whyNotApply(store: ConsoleStore, moves: boolean): string | undefined {
  const { solved, since, leaving } = store.getState().solve
  if (since !== undefined) return SEARCHING
  if (solved?.whatIf) return 'it answers a what-if: nothing of it can become the CDM'
  if (leaving !== undefined) return 'what is left out is being worked out'
  if (solved?.answer !== 'map') return 'there is no map to apply'
  if (solved.order !== 'found') return 'there is no order of moves'
  if (solved.homes === 0 && (!moves || solved.moves.length === 0))
    return 'the CDM says so already: nothing to change'
  return whyNotAct(store)
}

/** Opens the plan of it, which is confirmed like all others. */
function apply(store: ConsoleStore, moves: boolean): void {
  const { solved } = store.getState().solve
  if (solved) openPlan(store, { do: 'apply-solved', solved: solved.id, moves })
}

interface InPlan extends Pick<KeyAction, 'help' | 'run'> {
  readonly short?: string
  readonly why?: (store: ConsoleStore) => string | undefined
}

/** A key of the plan that is open. */
function inPlan(id: string, key: string, { short, help, why, run }: InPlan): KeyAction {
  return {
    id,
    keys: [key],
    group: /^[A-Z]$/.test(key) ? 'act' : 'solve',
    ...(short !== undefined && { short, priority: PRIORITY }),
    help: `of the solver's plan: ${help}`,
    why: store => (isPlanning(store.getState()) ? why?.(store) : 'no plan of the solver is open'),
    run,
  }
}
