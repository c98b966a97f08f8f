// Planning a new placement: the solver is asked when P is pressed and whenever a wish changes, and ended by leaving.
import type { Solved } from '../../model/solved.ts'
import { type Change, changesText } from '../../model/change.ts'
import { type BestBy, bestByText } from '../../model/objectives.ts'
import { onlyOne } from '../best-by.ts'
import { dropLeaving } from './leave-out.ts'
import { SINGLES, type SolveState, TIMES } from '../solve.ts'
import type { ConsoleStore } from '../store.ts'

/** Above the time the solver is given, for what it needs to end. */
const ANSWER_MARGIN_MS = 30_000

/** The search that runs for a console. */
interface Running {
  readonly enough: AbortController
  readonly drop: AbortController
}
const running = new WeakMap<ConsoleStore, Running>()

/** P: opens the plan and sets the solver to work. `changes`: what would be, if. */
export function openSolve(store: ConsoleStore, changes: readonly Change[] = []): void {
  const { opened: all, solve: before } = store.getState()
  const opened = all.filter(each => each.kind !== 'solve')
  store.setState({ opened: [...opened, { kind: 'solve', at: -1, top: 0, left: 0 }] })
  // What was found for something else says nothing about this.
  const isOther = changesText(before.changes) !== changesText(changes)
  store.setState({ solve: { ...before, changes, ...(isOther && { solved: undefined }) } })
  solve(store, {})
}

/** With other wishes, from the beginning. */
export function solve(
  store: ConsoleStore,
  wish: Partial<Pick<SolveState, 'bestBy' | 'tolerate' | 'seconds'>>,
): void {
  running.get(store)?.drop.abort()
  dropLeaving(store)
  const search: Running = { enough: new AbortController(), drop: new AbortController() }
  running.set(store, search)
  const isCurrent = () => running.get(store) === search
  const state: SolveState = {
    ...store.getState().solve,
    ...wish,
    since: store.clock.now(),
    progress: undefined,
    problem: '',
  }
  store.setState({ solve: state })
  const { bestBy, tolerate, seconds, changes } = state
  void store.effects
    .ask(
      { ask: 'solve', bestBy, tolerate, seconds, ...(changes.length > 0 && { changes }) },
      {
        timeoutMs: seconds * 1000 + ANSWER_MARGIN_MS,
        enough: search.enough.signal,
        signal: search.drop.signal,
        progress: progress => {
          if (isCurrent()) store.setState({ solve: { ...store.getState().solve, progress } })
        },
      },
    )
    .then(answer => {
      if (!isCurrent()) return
      running.delete(store)
      const { solve: now } = store.getState()
      store.setState({
        solve: answer.ok
          ? { ...now, since: undefined, progress: undefined, solved: answer.value as Solved }
          : { ...now, since: undefined, progress: undefined, problem: answer.error },
      })
    })
}

/** The best so far is enough. */
export function solvedEnough(store: ConsoleStore): void {
  running.get(store)?.enough.abort()
}

/** Nobody looks at it any more: the solver is ended. What was found stays for the next time. */
export function dropSolve(store: ConsoleStore): void {
  running.get(store)?.drop.abort()
  running.delete(store)
  dropLeaving(store)
  const { solve: now } = store.getState()
  if (now.since !== undefined)
    store.setState({ solve: { ...now, since: undefined, progress: undefined } })
}

export function nextObjective(store: ConsoleStore): void {
  const { bestBy } = store.getState().solve
  const next = SINGLES[(SINGLES.findIndex(each => each === onlyOne(bestBy)) + 1) % SINGLES.length]
  if (next !== undefined) solve(store, { bestBy: { objectives: [next] } })
}

/** Objectives in an order, or a mix, are typed. */
export function typeBestBy(store: ConsoleStore): void {
  const text = bestByText(store.getState().solve.bestBy)
  const cursor = Array.from(text).length
  store.setState({ prompt: { kind: 'best-by', text, cursor, before: text, pick: -1 } })
}

/** What was typed is what is best from now on; nothing is searched anew for what was asked already. */
export function bestByIs(store: ConsoleStore, bestBy: BestBy): void {
  const { solve: now } = store.getState()
  const isTheSame = bestByText(now.bestBy) === bestByText(bestBy)
  if (!isTheSame) solve(store, { bestBy })
}

export function nextTime(store: ConsoleStore): void {
  const { seconds } = store.getState().solve
  solve(store, { seconds: TIMES[(TIMES.indexOf(seconds) + 1) % TIMES.length] ?? 5 })
}

/** X, one more or one less. */
export function tolerateMore(store: ConsoleStore, by: 1 | -1): void {
  const { solve: now, picture } = store.getState()
  const asked = now.tolerate ?? picture.snapshot?.config?.tolerate ?? 0
  const most = Math.max(0, picture.hwmCount - 1)
  const tolerate = Math.max(0, Math.min(most, asked + by))
  if (tolerate !== asked) solve(store, { tolerate })
}
