// The one question before something is changed. Enter alone never says yes.
import { createInterface } from 'node:readline/promises'
import type { Context } from './context.ts'
import { Refused } from './exit.ts'

/**
 * Asks on the terminal, after the plan was printed; returns when the answer was yes. Throws `Refused` otherwise: on --read-only, on no
 * terminal without --yes, on any other answer.
 */
export async function confirm({ io, options, signal }: Context, question: string): Promise<void> {
  if (options.has('yes')) return
  if (!io.stdin.isTTY) {
    throw new Refused(
      'not confirmed: there is no terminal to ask on. Give --yes to do it, --dry-run only to look',
    )
  }
  const lines = createInterface({ input: io.stdin, output: io.stderr })
  try {
    const answer = await lines.question(`${question} Type yes to go on: `, { signal })
    if (!/^(y|yes)$/i.test(answer.trim())) throw new Refused('not confirmed: nothing was changed')
  } finally {
    lines.close()
  }
}

/** Throws `Refused` when the command line says that nothing may be changed. */
export function refuseIfReadOnly({ command, options }: Context): void {
  if (options.has('read-only'))
    throw new Refused(`${command.name} changes the cluster, and --read-only forbids that`)
}
