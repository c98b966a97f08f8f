// An event as one line of text, as `yasco events` prints it and the console writes it to a file.
import type { ClusterEvent } from '../model/snapshot.ts'
import { localDayAndTime } from './times.ts'

/** `2026-11-22 11:30:00  warn  root on quark  vm:test  what happened (why)`, in local time. `paint`: colours its level. */
export function eventText(
  event: ClusterEvent,
  paint: (level: ClusterEvent['level'], text: string) => string = (_level, text) => text,
): string {
  const who = event.from === '' ? event.who : `${event.who} on ${event.from}`
  const why = event.why === '' ? '' : ` (${event.why})`
  const level = paint(event.level, event.level.padEnd(5))
  return [localDayAndTime(event.time), level, who, event.about, `${event.what}${why}`]
    .filter(part => part !== '')
    .join('  ')
}
