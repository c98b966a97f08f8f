// A lease as its holder sees it: renewed every third of its time, and lost by the holder's own monotonic clock. The twin and
// the real client share it; only `LeaseCalls` differs.
import type { Clock } from '../model/clock.ts'
import type { CallOptions, Lease } from './store.ts'

/** The two questions a lease asks the store. */
export interface LeaseCalls {
  /** Resolves to false when the store says that the lease is gone; rejects when it said nothing. */
  renew(options: CallOptions): Promise<boolean>
  revoke(options?: CallOptions): Promise<void>
}

/** A renewal that failed is tried again after this, well before the next one would be due. */
const RETRY_MS = 250

/**
 * `sentAt` is when the grant was *sent*: etcd counts from when it received that, which is later, so `validUntil` is never
 * later than the end etcd has in mind. Its expiry detects; it is no proof for anybody else.
 */
export class RenewedLease implements Lease {
  readonly id: string
  readonly ttlMs: number
  readonly lost: AbortSignal
  readonly #clock: Clock
  readonly #calls: LeaseCalls
  readonly #loss = new AbortController()
  #validUntil: number
  #renewal: Disposable
  #deadline: Disposable

  constructor(clock: Clock, calls: LeaseCalls, id: string, ttlMs: number, sentAt: number) {
    this.id = id
    this.ttlMs = ttlMs
    this.lost = this.#loss.signal
    this.#clock = clock
    this.#calls = calls
    this.#validUntil = sentAt + ttlMs
    this.#deadline = this.#watchDeadline()
    this.#renewal = clock.after(ttlMs / 3, () => void this.#renew())
  }

  get validUntil(): number {
    return this.#validUntil
  }

  async revoke(options?: CallOptions): Promise<void> {
    this.abandon('revoked')
    await this.#calls.revoke(options)
  }

  /** Renews no more; it runs out at etcd by itself, as when its holder dies. */
  abandon(reason: string): void {
    this.#renewal[Symbol.dispose]()
    this.#deadline[Symbol.dispose]()
    if (!this.lost.aborted) this.#loss.abort(new LeaseLost(this.id, reason))
  }

  async #renew(): Promise<void> {
    const sentAt = this.#clock.now()
    let wait = this.ttlMs / 3
    try {
      const alive = await this.#calls.renew({ timeoutMs: this.ttlMs / 3, signal: this.lost })
      if (!alive) this.abandon('etcd says that it is gone')
      // An answer that came back after the end does not revive what others were told is lost.
      else if (!this.lost.aborted) {
        this.#validUntil = sentAt + this.ttlMs
        this.#deadline[Symbol.dispose]()
        this.#deadline = this.#watchDeadline()
      }
    } catch {
      wait = RETRY_MS // Not renewed: tried again until the deadline says that it is too late.
    }
    if (!this.lost.aborted) this.#renewal = this.#clock.after(wait, () => void this.#renew())
  }

  #watchDeadline(): Disposable {
    const left = Math.max(0, this.#validUntil - this.#clock.now())
    return this.#clock.after(left, () => this.abandon('not renewed in time'))
  }
}

/** The reason of `Lease.lost`. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
  readonly lease: string
  readonly reason: string
  constructor(lease: string, reason: string) {
    super(`lease ${lease} is lost: ${reason}`)
    this.lease = lease
    this.reason = reason
  }
}
