// Which queued steps may begin now: what they wait for is done, their delay is over, and the limits have room.
import type { Operation, Step } from '../model/operation.ts'
import { hwmsOf } from './goal.ts'

export interface Begin {
  /** In order: each takes its room before the next is asked. */
  readonly begin: readonly number[]
  /** Steps that will never begin, because one before them did not succeed. */
  readonly blocked: readonly { readonly step: number; readonly by: Step | undefined }[]
  /** Since when those with a delay have waited for nothing else, by step. */
  readonly freeSince: Readonly<Record<number, number>>
}

export function whatMayBegin(
  operation: Operation,
  freeSince: Readonly<Record<number, number>>,
  now: number,
): Begin {
  const { limits, steps } = operation
  const states = new Map(steps.map(each => [each.id, each.state]))
  const load = new Map<string, number>()
  let running = 0
  const take = (each: Step) => {
    running += 1
    for (const hwm of hwmsOf(each)) load.set(hwm, (load.get(hwm) ?? 0) + 1)
  }
  for (const each of steps) if (each.state === 'running') take(each)
  const begin: number[] = []
  const blocked: { step: number; by: Step | undefined }[] = []
  const since: Record<number, number> = {}
  for (const each of steps) {
    if (each.state !== 'queued') continue
    const blocker = each.after.find(id => {
      const state = states.get(id)
      return state === 'failed' || state === 'cancelled'
    })
    if (blocker !== undefined) {
      blocked.push({ step: each.id, by: steps.find(other => other.id === blocker) })
      states.set(each.id, 'failed')
      continue
    }
    if (!each.after.every(id => states.get(id) === 'done')) continue
    if (each.delayMs !== undefined && each.after.length > 0) {
      since[each.id] = freeSince[each.id] ?? now
      if (now - (since[each.id] ?? now) < each.delayMs) continue
    }
    if (running >= limits.parallel) continue
    if (hwmsOf(each).some(hwm => (load.get(hwm) ?? 0) >= limits.parallelPerHwm)) continue
    take(each)
    begin.push(each.id)
  }
  return { begin, blocked, freeSince: since }
}
