// How a command ends: its exit status, and the errors that are none of the program's own making.

/**
 * `done`. `failed`. `wrongUse`: wrong use or wrong input. `refused`: unsafe, changed since, not confirmed, or proved impossible.
 * `partly`: partly done, or no answer in the time given.
 */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, refused: 3, partly: 4 } as const
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]

/** Ends a command with a status; its message is all that is said. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed'
  readonly status: ExitStatus
  constructor(status: ExitStatus, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** The command line, or a file or variable it names, is not what it must be. */
export class WrongUse extends CommandFailed {
  override readonly name = 'WrongUse'
  constructor(message: string, options?: ErrorOptions) {
    super(EXIT.wrongUse, message, options)
  }
}

/** Not done, on purpose. */
export class Refused extends CommandFailed {
  override readonly name = 'Refused'
  constructor(message: string, options?: ErrorOptions) {
    super(EXIT.refused, message, options)
  }
}
