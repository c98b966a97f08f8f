// How many commands run on one host over one connection. sshd has sessions for ten (MaxSessions), and a command that hangs in the kernel keeps
// its own for as long as it hangs. So those that may hang have a share that they cannot exceed, and what must be heard has the rest.
import { type Limits, within } from './limits.ts'

/** One more of each is kept free: for the command that goes before the first forwarding, and for one that runs all the time. */
const LIMITS = { quick: 4, 'may hang': 4 } as const

export type Kind = keyof typeof LIMITS

export class Sessions {
  readonly #free: Record<Kind, number> = { ...LIMITS }
  readonly #waiting: Record<Kind, Set<() => void>> = { quick: new Set(), 'may hang': new Set() }

  /** A session of this kind, to be given back when the host has told its end. Waits while all are taken; rejects as `within` does. */
  async take(kind: Kind, limits: Limits, timedOut: () => Error): Promise<() => void> {
    if (this.#free[kind] === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting[kind].add(resolve)
      try {
        await within(promise, limits, timedOut, () => this.#give(kind))
      } finally {
        this.#waiting[kind].delete(resolve)
      }
    } else {
      this.#free[kind] -= 1
    }
    let given = false
    return () => {
      if (given) return
      given = true
      this.#give(kind)
    }
  }

  /** To whoever waits longest, or back. */
  #give(kind: Kind): void {
    const [next] = this.#waiting[kind]
    if (next === undefined) {
      this.#free[kind] += 1
      return
    }
    this.#waiting[kind].delete(next)
    next()
  }
}
