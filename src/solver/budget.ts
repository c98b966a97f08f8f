// How long the solver may go on. It is pure, so the clock comes from outside; without one, work is counted instead of time,
// and then equal seeds give equal answers on every machine.

/** When to stop. The first that is reached ends the search with the best so far. */
export interface Limits {
  /** From the start of the call, by `now`. */
  readonly seconds?: number
  /** Milliseconds of a clock that never goes back. Needed for `seconds`. */
  readonly now?: () => number
  /** Elementary steps (about 1e8 to 1e9 a second). Independent of the machine. */
  readonly work?: number
  /** Asked now and then; true ends the search. */
  readonly stopped?: () => boolean
}

/** Elementary steps between two looks at the clock. */
const LOOK_EVERY = 500_000

/** Counts work against the limits. One object per call of the solver. */
export class Budget {
  readonly #limits: Limits
  readonly #start: number
  readonly #deadline: number
  #lookAt = LOOK_EVERY
  #over = false
  /** Elementary steps done so far. */
  spent = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#start = limits.now?.() ?? 0
    this.#deadline =
      limits.seconds !== undefined && limits.now !== undefined
        ? this.#start + limits.seconds * 1000
        : Infinity
  }

  /** Adds work done, and tells whether the search must end. */
  spend(steps: number): boolean {
    this.spent += steps
    if (this.spent >= this.#lookAt) this.#look()
    return this.#over
  }

  /** A part of this budget: over after `work` steps of its own, or with the whole. What it spends, the whole has spent. */
  part(work: number): Budget {
    return new Share(this, work)
  }

  /** A part of this budget: over after this share of what is left of it now, be it time or work, or with the whole. */
  share(share: number): Budget {
    const { work, ms, now } = this.left
    return new Share(
      this,
      share * work,
      now === undefined ? {} : { seconds: (share * ms) / 1000, now },
    )
  }

  /** What is left: steps and milliseconds, Infinity where there is no limit, and the clock of the latter. */
  get left(): Left {
    const { work = Infinity, now } = this.#limits
    const isTimed = now !== undefined && this.#deadline !== Infinity
    return {
      work: Math.max(0, work - this.spent),
      ms: isTimed ? Math.max(0, this.#deadline - now()) : Infinity,
      now: isTimed ? now : undefined,
    }
  }

  /** A part of this budget: also over when this is so. */
  unless(stopped: () => boolean): Budget {
    return new Share(this, Infinity, { stopped })
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Seconds since the start, 0 without a clock. */
  get seconds(): number {
    return this.#limits.now === undefined ? 0 : (this.#limits.now() - this.#start) / 1000
  }

  #look(): void {
    this.#lookAt = this.spent + LOOK_EVERY
    if (this.spent >= (this.#limits.work ?? Infinity)) this.#over = true
    else if (this.#limits.stopped?.() === true) this.#over = true
    else if (
      this.#deadline !== Infinity &&
      this.#limits.now !== undefined &&
      this.#limits.now() >= this.#deadline
    ) {
      this.#over = true
    }
  }
}

interface Left {
  readonly work: number
  readonly ms: number
  readonly now: (() => number) | undefined
}

/** A part of a budget, see `Budget.part` and `Budget.share`. */
class Share extends Budget {
  readonly #whole: Budget
  readonly #most: number

  constructor(whole: Budget, most: number, limits: Limits = {}) {
    super(limits)
    this.#whole = whole
    this.#most = most
  }

  override spend(steps: number): boolean {
    super.spend(steps)
    this.#whole.spend(steps)
    return this.isOver
  }

  override get left(): Left {
    const own = super.left
    const { work, ms, now } = this.#whole.left
    return {
      work: Math.min(own.work, work, Math.max(0, this.#most - this.spent)),
      ms: Math.min(own.ms, ms),
      now: own.now ?? now,
    }
  }

  override get isOver(): boolean {
    return super.isOver || this.spent >= this.#most || this.#whole.isOver
  }

  override get seconds(): number {
    return this.#whole.seconds
  }
}
