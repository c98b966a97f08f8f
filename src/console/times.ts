// Instants of the wall clock as people read them: local, without the date as long as it is today's.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number) => String(value).padStart(2, '0')

/** `2026-11-22`, local. */
export function localDay(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** `2026-11-22 21:13:51`, local; from ISO 8601. What is no time is shown as it is. */
export function localDayAndTime(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : `${localDay(date)} ${timeOf(date)}`
}

/** `21:13:51`, or `Nov 21 21:13:51` on another day than `today`; from ISO 8601. What is no time is shown as it is. */
export function localTime(iso: string, today: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  if (localDay(date) === today) return timeOf(date)
  return `${MONTHS[date.getMonth()] ?? ''} ${two(date.getDate())} ${timeOf(date)}`
}

function timeOf(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `21:18`, local. */
export function clockTime(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}
