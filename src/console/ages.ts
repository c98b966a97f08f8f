// Ages in coarse steps. A picture that shows one also says when it will have to be shown otherwise: the console wakes up
// then and not before, so that an idle screen costs nothing.
import { factLimitMs } from '../model/rhythm.ts'
import type { Instant } from '../model/snapshot.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Steps in ms. Each is about half as much again as the one before: near enough to act on, rare enough to be quiet. */
const STEPS: readonly number[] = [
  ...[0, 2, 5, 8, 12, 20, 30, 45].map(value => value * SECOND),
  ...[1, 2, 3, 5, 10, 15, 20, 30, 45].map(value => value * MINUTE),
  ...[1, 2, 3, 5, 8, 12, 18].map(value => value * HOUR),
  ...[1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365].map(value => value * DAY),
]

/** A daemon's heartbeat, which comes every 2 s or so, is missed from here on. */
export const HEARTBEAT_LIMIT_MS = 10 * SECOND

/** Figures of use are sampled rarely for what nobody looks at; beyond this they are dimmed. */
export const USAGE_LIMIT_MS = 60 * SECOND

/** `12 s`, `3 min`, `5 h`, `2 d`; from a step. */
function stepText(ms: number): string {
  if (ms < MINUTE) return `${ms / SECOND} s`
  if (ms < HOUR) return `${ms / MINUTE} min`
  if (ms < DAY) return `${ms / HOUR} h`
  return `${ms / DAY} d`
}

/** The ages of one picture. Not for use after that picture is made. */
export class Ages {
  readonly now: Instant
  /** When the first of the ages that were shown changes. */
  dueAt = Number.POSITIVE_INFINITY
  /** The oldest fact of the cluster that is shown beyond its limit. */
  oldest: Instant | undefined

  /** The age beyond which what an HWM said is shown as old, ms. */
  readonly factLimitMs: number

  /** Of a picture of so many HWMs: the more there are, the rarer each is asked. */
  constructor(now: Instant, hwms: number) {
    this.now = now
    this.factLimitMs = factLimitMs(hwms)
  }

  /** The age of what began at `since`, rounded down to a step: never said before it is reached. */
  of(since: Instant): string {
    const age = Math.max(0, this.now - since)
    let step = 0
    let next = Number.POSITIVE_INFINITY
    for (const candidate of STEPS) {
      if (candidate > age) {
        next = candidate
        break
      }
      step = candidate
    }
    this.#wake(since + next)
    return stepText(step)
  }

  /** Whether a fact of the cluster, last true at `seenAt`, is beyond its limit; the picture then owns to it. */
  isOldFact(seenAt: Instant | undefined): boolean {
    const isOld = this.isOld(seenAt, this.factLimitMs)
    if (isOld && seenAt !== undefined) this.oldest = Math.min(this.oldest ?? seenAt, seenAt)
    return isOld
  }

  /** Whether what was last true at `seenAt` is older than `limit` ms. Never seen is older than anything. */
  isOld(seenAt: Instant | undefined, limit: number): boolean {
    if (seenAt === undefined) return true
    if (this.now - seenAt > limit) return true
    // One ms more: at the limit itself it is not old yet.
    this.#wake(seenAt + limit + 1)
    return false
  }

  /** Something that is shown will be otherwise then. */
  wakeAt(at: Instant): void {
    this.#wake(at)
  }

  #wake(at: Instant): void {
    if (at > this.now && at < this.dueAt) this.dueAt = at
  }
}
