// The failure set that screen 4 is about.
import type { ConsoleState } from './state.ts'
import type { ConsoleStore } from './store.ts'
import { selection } from './store.ts'

/** The HWMs whose failure screen 4 shows: those of the marked sets together, else those of the selected set. */
export function wantedSet(state: ConsoleState, lists: ConsoleStore['lists']): readonly string[] {
  const { marks } = state.lists.fallback
  const names = marks.size > 0 ? [...marks] : [selection(state, lists, 'fallback')?.name ?? '']
  const hwms = new Set(names.flatMap(name => name.split('+')).filter(name => name !== ''))
  return [...hwms].toSorted()
}
