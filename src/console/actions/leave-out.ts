// Leaving moves out of the solver's plan, and taking them in again. The engine works out what that makes of it; nothing is guessed here.
import type { Solved } from '../../model/solved.ts'
import type { ConsoleStore } from '../store.ts'

/** A line of the plan that can be selected: its moves, then what was left out. A VM that makes room on its way has two. */
export interface SolvedRow {
  readonly vm: string
  readonly isLeftOut: boolean
}

export function solvedRows(solved: Solved | undefined): readonly SolvedRow[] {
  if (solved === undefined || solved.loads.length === 0) return []
  return [
    ...solved.moves.map(({ vm }) => ({ vm, isLeftOut: false })),
    ...solved.leftOut.map(({ vm }) => ({ vm, isLeftOut: true })),
  ]
}

/** Which row has the keys; undefined: none was selected yet. */
export function solvedRow(store: ConsoleStore): SolvedRow | undefined {
  const { opened, solve } = store.getState()
  const last = opened.at(-1)
  if (last?.kind !== 'solve' || last.at < 0) return undefined
  const rows = solvedRows(solve.solved)
  return rows[Math.min(last.at, rows.length - 1)]
}

const asking = new WeakMap<ConsoleStore, AbortController>()

/** Leaves the selected VM's move out, or takes it in again. */
export function toggleSolvedMove(store: ConsoleStore): void {
  const row = solvedRow(store)
  const { solved, leaving } = store.getState().solve
  if (!row || !solved) return
  // Keys that come while it is worked out go on from what was asked last.
  const before = leaving ?? solved.leftOut.map(({ vm }) => vm)
  const isOut = before.includes(row.vm)
  leaveOut(store, solved, isOut ? before.filter(vm => vm !== row.vm) : [...before, row.vm])
}

function leaveOut(store: ConsoleStore, solved: Solved, vms: readonly string[]): void {
  dropLeaving(store)
  const ask = new AbortController()
  asking.set(store, ask)
  store.setState({ solve: { ...store.getState().solve, leaving: vms } })
  void store.effects
    .ask({ ask: 'leave-out', solved: solved.id, vms }, { signal: ask.signal })
    .then(answer => {
      if (asking.get(store) !== ask) return
      asking.delete(store)
      const { solve: now } = store.getState()
      const { leaving: _, ...rest } = now
      store.setState({
        solve: answer.ok ? { ...rest, solved: answer.value as Solved } : { ...rest },
      })
      if (!answer.ok) store.notify(answer.error, 'warn')
    })
}

/** Nobody waits for it any more. */
export function dropLeaving(store: ConsoleStore): void {
  asking.get(store)?.abort()
  asking.delete(store)
  const { leaving, ...rest } = store.getState().solve
  if (leaving !== undefined) store.setState({ solve: rest })
}
