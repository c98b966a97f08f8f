// What the independent checker found wrong.

/** The solver gave what the independent checker does not accept: a defect, and nothing that may be applied. */
export class SolverDefect extends Error {
  override readonly name = 'SolverDefect'
  readonly complaints: readonly string[]
  constructor(complaints: readonly string[]) {
    super(
      `the solver's answer is not accepted by the independent checker (${complaints[0]}): this is a mistake of yasco; nothing was changed`,
    )
    this.complaints = complaints
  }
}
