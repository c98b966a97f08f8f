// One time limit, shared out: the search may not use up what the verdict and the order need after it.
import type { Limits } from '../../solver/budget.ts'
import type { Hooks, PlanRequest } from './answer.ts'

/** Elementary steps a second that a repeatable search is given: fewer than any machine of these years makes, so that the clock does not decide. */
const STEPS_A_SECOND = 1e8

/** Every part gets this much at least, however little is left: a verdict is worth more than punctuality. */
const LEAST_SECONDS = 0.2

export class TimeShare {
  readonly #hooks: Hooks
  readonly #seconds: number | undefined
  readonly #isRepeatable: boolean
  readonly #start: number

  constructor(
    hooks: Hooks,
    { seconds, isRepeatable }: Pick<PlanRequest, 'seconds' | 'isRepeatable'>,
  ) {
    this.#hooks = hooks
    this.#seconds = seconds
    this.#isRepeatable = isRepeatable
    this.#start = hooks.now()
  }

  get spent(): number {
    return (this.#hooks.now() - this.#start) / 1000
  }

  /** Limits for a part that must end when this share of the whole time is over. */
  until(share: number): Limits {
    const now = () => this.#hooks.now()
    const stopped = () => this.#hooks.stopped()
    if (this.#seconds === undefined) return { now, stopped }
    const seconds = Math.max(LEAST_SECONDS, this.#seconds * share - this.spent)
    const work = this.#isRepeatable ? { work: this.#seconds * share * STEPS_A_SECOND } : {}
    return { now, stopped, seconds, ...work }
  }
}
