// The one question before something is changed. Enter alone never says yes.
import { createInterface } from 'node:readline/promises'
import type { Plan } from '../operations/plan/plan.ts'
import type { Context, Io } from './context.ts'
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
  const answer = await ask(io, `${question} Type yes to go on: `, signal)
  if (!/^(y|yes)$/i.test(answer)) throw new Refused('not confirmed: nothing was changed')
}

/**
 * Asks for a plan as it wants to be asked for: yes, or the name of what it is about typed in full where VMs are interrupted or left
 * unplaced. `--yes` is not enough for the latter, `--confirm-name NAME` is.
 */
export async function confirmPlan(
  context: Context,
  plan: Pick<Plan, 'confirm' | 'subject' | 'sentence'>,
): Promise<void> {
  if (plan.confirm === 'yes') return confirm(context, `${plan.sentence}.`)
  const { io, options, signal } = context
  const named = options.text('confirm-name')
  if (named === plan.subject) return undefined
  if (named !== undefined)
    throw new Refused(
      `--confirm-name says '${named}', the plan is about '${plan.subject}': nothing was changed`,
    )
  if (!io.stdin.isTTY) {
    throw new Refused(
      `not confirmed: it interrupts VMs or leaves some unplaced. Give --confirm-name ${plan.subject} to do it, --dry-run only to look`,
    )
  }
  const answer = await ask(io, `${plan.sentence}. Type ${plan.subject} to go on: `, signal)
  if (answer !== plan.subject) throw new Refused('not confirmed: nothing was changed')
}

/** One line from the terminal; empty when it ends without one. The terminal's own line editing, so that Ctrl-C stays a signal. */
async function ask(io: Io, question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false })
  const ended = Promise.withResolvers<string>()
  lines.once('close', () => ended.resolve(''))
  try {
    const answer = await Promise.race([lines.question(question, { signal }), ended.promise])
    return answer.trim()
  } finally {
    lines.close()
  }
}

/** Throws `Refused` when the command line says that nothing may be changed. */
export function refuseIfReadOnly({ command, options }: Context): void {
  if (options.has('read-only'))
    throw new Refused(`${command.name} changes the cluster, and --read-only forbids that`)
}
