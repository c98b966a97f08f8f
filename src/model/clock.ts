// The clock that ages are measured on: CLOCK_MONOTONIC, which never steps and is the same in every process of a machine.

/** Milliseconds on CLOCK_MONOTONIC. Comparable between processes of one machine, not between machines nor over a boot. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
