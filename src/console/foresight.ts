// What a solver says of the future: whether X holds, and where each HAVM would restart. Nothing of it is computed here; a
// console without a solver says that it does not know.

export interface Verdict {
  /** X: failures the cluster is to tolerate. */
  readonly tolerate: number
  readonly holds: boolean
  /** The counter-example in a few words (`snailin: ram short 6 GiB`), or what the verdict rests on. */
  readonly because: string
}

export interface Foresight {
  readonly verdict?: Verdict
  /** Where a VM restarts when the HWM it runs on fails, or `waits`, or `no room`. Absent: not computed. */
  ifItsHwmFails?(vm: string): string | undefined
  /** Amount of a dimension that an HWM keeps free for the fallback of others. */
  keptFree?(hwm: string, dimension: string): number | undefined
}

export const NO_FORESIGHT: Foresight = {}
