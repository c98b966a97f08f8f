// A plan in hand: asked of the engine, changed, and dropped. Nothing here carries anything out.
import type { AfterShown, PlanShown, Request } from '../../engine/acting/questions.ts'
import type { Choices, PlannedMove } from '../../engine/acting/questions.ts'
import { solvedRows } from '../actions/leave-out.ts'
import { open } from '../actions/opening.ts'
import type { ConsoleStore } from '../store.ts'
import type { PlanInHand } from './in-hand.ts'
import { whyNotAct } from './reasons.ts'

/** Opens a plan of what is wanted. `why`: the operator's reason, if one was given already. */
export function openPlan(store: ConsoleStore, request: Request, why = ''): void {
  const reason = whyNotAct(store)
  if (reason !== undefined) {
    store.notify(reason, 'warn')
    return
  }
  const { opened, plan } = store.getState()
  // One plan at a time: a new one takes the place of the old.
  store.setState({ opened: opened.filter(each => each.kind !== 'plan') })
  open(store, { kind: 'plan', at: 0, top: 0, left: 0 })
  askFor(store, {
    request,
    choices: {},
    parallel: undefined,
    why,
    asked: plan?.asked ?? 0,
    isAsking: true,
    shown: undefined,
    refused: undefined,
  })
}

/** The plan as it would be with other choices. */
export function replan(
  store: ConsoleStore,
  change: Partial<Pick<PlanInHand, 'request' | 'choices' | 'parallel' | 'refused'>>,
): void {
  const { plan } = store.getState()
  if (plan) askFor(store, { ...plan, ...change })
}

function askFor(store: ConsoleStore, plan: PlanInHand): void {
  const asked = plan.asked + 1
  const { request, choices, parallel } = plan
  store.setState({ plan: { ...plan, asked, isAsking: true } })
  void store.effects.ask({ ask: 'plan', request, choices, parallel }).then(answer => {
    const current = store.getState().plan
    if (current?.asked !== asked) return
    if (answer.ok) {
      const shown = answer.value as PlanShown
      store.setState({ plan: { ...current, isAsking: false, shown } })
      if (shown.after?.holds === 'being worked out') askAfter(store, shown.id, shown.after.tolerate)
      return
    }
    // A choice that cannot be: the plan stays as it was. Without a plan there is nothing to show.
    if (current.shown) {
      const { shown } = current
      const { request: was, choices: had, parallel: at } = shown
      store.setState({
        plan: { ...current, isAsking: false, request: was, choices: had, parallel: at },
      })
    } else dropPlan(store)
    store.notify(answer.error, 'warn')
  })
}

/** The plan can be read, and confirmed, while the verdict on X is being worked out. */
function askAfter(store: ConsoleStore, id: string, tolerate: number): void {
  void store.effects.ask({ ask: 'after-plan', plan: id }).then(answer => {
    const { plan } = store.getState()
    if (plan?.shown?.id !== id) return
    const after: AfterShown =
      answer.ok && answer.value
        ? (answer.value as AfterShown)
        : { tolerate, holds: 'unknown', because: answer.ok ? '' : answer.error }
    store.setState({ plan: { ...plan, shown: { ...plan.shown, after } } })
  })
}

export function dropPlan(store: ConsoleStore): void {
  const { opened, plan } = store.getState()
  store.setState({
    opened: opened.filter(each => each.kind !== 'plan'),
    confirmation: undefined,
    // What was asked goes on counting, so that a late answer stays one.
    plan: plan && { ...plan, shown: undefined, asked: plan.asked + 1 },
  })
}

/** What can be selected in a plan: its moves, then what was left out of it. */
export type PlanRow =
  | { readonly kind: 'move'; readonly vm: string; readonly move: PlannedMove }
  | { readonly kind: 'left-out'; readonly vm: string }

export function rowsOf(plan: PlanInHand | undefined): readonly PlanRow[] {
  const shown = plan?.shown
  if (!shown) return []
  const moves = shown.plan.moves.map(move => ({ kind: 'move', vm: move.vm, move }) as const)
  const left = shown.choices.without ?? []
  return [...moves, ...left.map(vm => ({ kind: 'left-out', vm }) as const)]
}

export function rowInHand(store: ConsoleStore): PlanRow | undefined {
  const { opened, plan } = store.getState()
  const last = opened.at(-1)
  if (last?.kind !== 'plan') return undefined
  const rows = rowsOf(plan)
  return rows[Math.min(last.at, rows.length - 1)]
}

/** In a plan that is carried out, and in the solver's. */
export function moveInPlan(store: ConsoleStore, by: number): void {
  const { opened, plan, solve } = store.getState()
  const last = opened.at(-1)
  if (last?.kind !== 'plan' && last?.kind !== 'solve') return
  const isPlan = last.kind === 'plan'
  const rows = (isPlan ? rowsOf(plan) : solvedRows(solve.solved)).length
  // Without rows, or past them, the text scrolls. Above the solver's moves stands what was asked: there none is selected.
  const at = Math.max(isPlan ? 0 : -1, Math.min(rows - 1, last.at + by))
  // Above where the selected row is in sight the text follows the rows again.
  const followed = store.lists.tops.get(last.kind) ?? 0
  const next = Math.min(store.lists.scrollLimit, Math.max(last.top, followed) + by)
  if (last.top > 0 && by < 0) store.patchOpened({ top: next > followed ? next : 0 })
  else if (rows > 0 && at !== last.at) store.patchOpened({ at, top: 0 })
  else if (by > 0) store.patchOpened({ top: next > followed ? next : 0 })
}

/** Leaves the selected VM out of the plan, or takes it in again: for a homecoming, it stays where it is. */
export function toggleLeftOut(store: ConsoleStore): void {
  const row = rowInHand(store)
  const { plan } = store.getState()
  if (!row || !plan) return
  const { without = [] } = plan.choices
  const choices: Choices = {
    ...plan.choices,
    without: row.kind === 'left-out' ? without.filter(vm => vm !== row.vm) : [...without, row.vm],
  }
  replan(store, { choices })
}

/** Another first target for a VM of the plan. */
export function chooseTarget(store: ConsoleStore, vm: string, target: string): void {
  const { plan } = store.getState()
  if (!plan) return
  replan(store, {
    choices: { ...plan.choices, targets: { ...plan.choices.targets, [vm]: target } },
  })
}

const MOST_AT_ONCE = 16

export function changeParallel(store: ConsoleStore, by: 1 | -1): void {
  const { plan } = store.getState()
  if (!plan?.shown) return
  const parallel = Math.max(1, Math.min(MOST_AT_ONCE, (plan.parallel ?? plan.shown.parallel) + by))
  if (parallel !== plan.shown.parallel) replan(store, { parallel })
}

/** Live, or by shutting down here and starting there. */
export function toggleMethod(store: ConsoleStore): void {
  const { plan } = store.getState()
  if (plan && isWithMethod(plan.request))
    replan(store, { request: { ...plan.request, cold: !plan.request.cold } })
}

export function isWithMethod(
  request: Request,
): request is Extract<Request, { readonly cold: boolean }> {
  return request.do === 'evacuate' || request.do === 'migrate'
}
