// From counters to rates: what a guest and a host used between two readings, rounded to what anyone shows of it.
import type { DomainStats, HostStats } from '../libvirt/hypervisor.ts'
import type { History, Instant, Usage } from '../model/snapshot.ts'
import { HISTORY_LENGTH } from '../model/snapshot.ts'

export interface Reading<T> {
  readonly at: Instant
  readonly counters: T
}

/** What a domain used between two readings; undefined when it does not run, or began anew in between. */
export function domainUsage(
  before: Reading<DomainStats>,
  after: Reading<DomainStats>,
): Usage | undefined {
  const ms = after.at - before.at
  const [from, to] = [before.counters, after.counters]
  if (ms <= 0 || from.cpuTime === undefined || to.cpuTime === undefined) return undefined
  if (to.cpuTime < from.cpuTime) return undefined
  const perSecond = (old: number, now: number) => (Math.max(0, now - old) * 1000) / ms
  return {
    at: after.at,
    cpu: percents((to.cpuTime - from.cpuTime) / ms / 1000),
    ram: figures(to.rss ?? to.balloonCurrent ?? 0, 3),
    rx: figures(perSecond(from.rx, to.rx) * 8, 2),
    tx: figures(perSecond(from.tx, to.tx) * 8, 2),
    read: figures(perSecond(from.read, to.read), 2),
    write: figures(perSecond(from.written, to.written), 2),
  }
}

/** What a host used; its network and disks are the sum of its guests', libvirt tells no more. */
export function hostUsage(
  before: Reading<HostStats>,
  after: Reading<HostStats>,
  cpus: number,
  guests: readonly Usage[],
): Usage | undefined {
  const busy = after.counters.cpuBusy - before.counters.cpuBusy
  const idle = after.counters.cpuIdle - before.counters.cpuIdle
  if (busy < 0 || idle < 0 || busy + idle === 0) return undefined
  const { memoryTotal, memoryFree } = after.counters
  const percent = memoryTotal / 100
  const sum = (of: (usage: Usage) => number) =>
    figures(
      guests.reduce((total, usage) => total + of(usage), 0),
      2,
    )
  return {
    at: after.at,
    cpu: Math.round((busy / (busy + idle)) * 100) * cpus * 10,
    ram: Math.round(Math.round((memoryTotal - memoryFree) / percent) * percent),
    rx: sum(usage => usage.rx),
    tx: sum(usage => usage.tx),
    read: sum(usage => usage.read),
    write: sum(usage => usage.write),
  }
}

/** `value` with so many significant figures: what changes below them is jitter, and not worth a patch. */
export function figures(value: number, count: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(count))
}

/** Millicores in steps of one percent of a CPU, and in two figures above one CPU. */
function percents(millicores: number): number {
  return millicores < 1000 ? Math.round(millicores / 10) * 10 : figures(millicores, 2)
}

export function isSameUsage(a: Usage | undefined, b: Usage | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.cpu === b.cpu &&
    a.ram === b.ram &&
    a.rx === b.rx &&
    a.tx === b.tx &&
    a.read === b.read &&
    a.write === b.write
  )
}

const NONE: History = []

/** The history with one more sample. A flat one stays the same object: nothing to see has changed. */
export function extend(history: History, usage: Usage | undefined): History {
  if (!usage) return history.length === 0 ? history : NONE
  const isFlat =
    history.length === HISTORY_LENGTH && history.every(sample => isSameUsage(sample, usage))
  if (isFlat) return history
  return [...history.slice(-(HISTORY_LENGTH - 1)), usage]
}
