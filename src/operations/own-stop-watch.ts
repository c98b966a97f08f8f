// An engine that may act writes down what it saw: guests that shut themselves down, so that they stay off when their HWM dies before
// anybody acts. It waits until nothing more happens on that HWM, because a host that is shut down takes its guests down one by one, and
// of those it is known afterwards that they are to run.
import type { Clock } from '../model/clock.ts'
import type { ClusterSnapshot, Instant } from '../model/snapshot.ts'
import { ownStops } from './own-stops.ts'

/** How long an HWM has answered, and none of its guests has shut itself down, before it is believed that the guest was meant. */
export const QUIET_MS = 120_000
/** Between two looks through all VMs, and after writing that failed. */
export const LOOK_EVERY_MS = 10_000

/** VMs whose own stop is old enough to be written down, and when that will be so of others. */
export function settledStops(
  snapshot: ClusterSnapshot,
  now: Instant,
): { readonly due: readonly string[]; readonly next: Instant | undefined } {
  if (snapshot.etcd.state !== 'live') return { due: [], next: undefined }
  const stops = ownStops(snapshot)
  const newest = new Map<string, Instant>()
  for (const { where = '', since } of stops) {
    const up = snapshot.hwms[where]?.since ?? now
    newest.set(where, Math.max(newest.get(where) ?? up, since))
  }
  const dueAt = (where = '') => (newest.get(where) ?? now) + QUIET_MS
  const waiting = stops.map(({ where }) => dueAt(where)).filter(at => at > now)
  return {
    due: stops.filter(({ where }) => dueAt(where) <= now).map(({ name }) => name),
    next: waiting.length > 0 ? Math.min(...waiting) : undefined,
  }
}

export interface OwnStopWatchParts {
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  /** Never rejects: what fails is told, and tried again by a later look. */
  write(vms: readonly string[]): Promise<void>
}

export class OwnStopWatch implements Disposable {
  readonly #parts: OwnStopWatchParts
  #vms: ClusterSnapshot['vms'] | undefined
  #etcd: string | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #timer: { readonly at: Instant; readonly stop: Disposable } | undefined
  #isWriting = false
  #isOver = false

  constructor(parts: OwnStopWatchParts) {
    this.#parts = parts
  }

  /** There is another picture. */
  see({ vms, etcd }: ClusterSnapshot): void {
    if (vms === this.#vms && etcd.state === this.#etcd) return
    this.#vms = vms
    this.#etcd = etcd.state
    this.#lookAt(this.#lookedAt + LOOK_EVERY_MS)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#timer?.stop[Symbol.dispose]()
  }

  #lookAt(at: Instant): void {
    if (this.#isOver || (this.#timer && this.#timer.at <= at)) return
    this.#timer?.stop[Symbol.dispose]()
    const { clock } = this.#parts
    const wait = Math.max(0, at - clock.now())
    this.#timer = { at, stop: clock.after(wait, () => this.#look()) }
  }

  #look(): void {
    this.#timer = undefined
    // Whoever writes looks again when that is done.
    if (this.#isWriting) return
    const { clock } = this.#parts
    const now = clock.now()
    this.#lookedAt = now
    const { due, next } = settledStops(this.#parts.snapshot(), now)
    if (next !== undefined) this.#lookAt(Math.max(next, now + LOOK_EVERY_MS))
    if (due.length === 0) return
    this.#isWriting = true
    void this.#parts.write(due).then(() => {
      this.#isWriting = false
      this.#lookAt(clock.now() + LOOK_EVERY_MS)
    })
  }
}
