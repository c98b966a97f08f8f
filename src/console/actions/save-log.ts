// The log to a file, as it is shown: with the filter, oldest first.
import { eventText } from '../event-text.ts'
import type { ConsoleStore } from '../store.ts'

/** Without a name: one that has the time in it. */
export function saveLog(store: ConsoleStore, name: string): void {
  const { save } = store.effects
  if (!save) {
    store.notify('this console writes no files', 'warn')
    return
  }
  const { lists, picture } = store.getState()
  const shown = store.lists.events(lists.log)
  if (shown.length === 0) {
    store.notify('the log shows no event: nothing was written', 'warn')
    return
  }
  const all = picture.snapshot?.events.length ?? 0
  const { filter } = lists.log
  const what =
    filter === ''
      ? `${shown.length} ${shown.length === 1 ? 'event' : 'events'}`
      : `${shown.length} of ${all} events, those of the filter ${filter}`
  const file = name === '' ? `yasco-log-${timeOf(store.wall())}.txt` : name
  save(file, `${shown.map(event => eventText(event)).join('\n')}\n`).then(
    path => store.notify(`${what} written to ${path}`),
    (error: unknown) =>
      store.notify(
        `the log was not written: ${error instanceof Error ? error.message : String(error)}`,
        'bad',
      ),
  )
}

/** `2026-11-22T211400`, UTC, as in the names of dumped screens. */
function timeOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 19).replaceAll(':', '')
}
