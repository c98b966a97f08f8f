// What a local search lowers, kept up to date change by change.

/** Follows a `State`: every change of it must be committed here too. A change may be ruled out by being worth Infinity. */
export interface Measure {
  readonly value: number
  /** The value after i has gone from bin a to b and j (-1: nobody) from b to a. */
  after(i: number, a: number, j: number, b: number): number
  /** Makes that change, in the state too. */
  commit(i: number, a: number, j: number, b: number): void
  /** The state was changed by others. */
  refresh(): void
}
