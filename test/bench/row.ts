// One line of the bench table: a figure with its budget beside it.

export interface Row {
  readonly what: string
  /** The limit, in `unit`; undefined: shown for comparison only. */
  readonly budget: number | undefined
  readonly figure: number
  readonly unit: string
  /** Within the budget. Without one: true. */
  readonly ok: boolean
  /** The same thing done by another program in the same run, e.g. `virsh 31 ms`. */
  readonly peer?: string
}
