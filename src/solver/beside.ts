// Two searches for the same thing at the same time, in two threads: each has a seed and a way to begin of its own, and knows what the
// other has found and proved.

export interface Beside {
  /** Which of the two this is: they begin in different ways. */
  readonly lane: 0 | 1
  /** The least that either has found; Infinity: nothing yet. */
  readonly best: number
  /** By either's proof there is nothing less. */
  readonly bound: number
  /** What was found meets what was proved: neither need go on. */
  readonly isSettled: boolean
  /** Whole numbers, such as HWMs. */
  tell(best: number | undefined, bound: number): void
}

/** Knows of no other. */
export function alone(lane: 0 | 1 = 0): Beside {
  return { lane, best: Infinity, bound: 0, isSettled: false, tell: () => undefined }
}

/** Nothing found yet. */
const NONE = 0x7fff_ffff

/** Bytes that two threads share. */
export function common(): SharedArrayBuffer {
  const bytes = new SharedArrayBuffer(8)
  new Int32Array(bytes)[0] = NONE
  return bytes
}

export function shared(lane: 0 | 1, bytes: SharedArrayBuffer): Beside {
  const both = new Int32Array(bytes)
  const better = (at: number, value: number, isBetter: (now: number) => boolean): void => {
    for (;;) {
      const now = Atomics.load(both, at)
      if (!isBetter(now) || Atomics.compareExchange(both, at, now, value) === now) return
    }
  }
  return {
    lane,
    get best() {
      const best = Atomics.load(both, 0)
      return best === NONE ? Infinity : best
    },
    get bound() {
      return Atomics.load(both, 1)
    },
    get isSettled() {
      return Atomics.load(both, 0) <= Atomics.load(both, 1)
    },
    tell(best, bound) {
      if (best !== undefined && Number.isFinite(best)) better(0, best, now => best < now)
      better(1, bound, now => bound > now)
    },
  }
}
