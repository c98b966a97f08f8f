// The one question before something is changed. Enter alone never says yes.
import { createInterface, type Interface } from 'node:readline/promises'
import { namesToType, type Plan } from '../operations/plan/plan.ts'
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
 * unplaced; of several HWMs that are taken for dead, each of their names. `--yes` is not enough for the latter, `--confirm-name NAME` is.
 */
export async function confirmPlan(
  context: Context,
  plan: Pick<Plan, 'confirm' | 'subject' | 'sentence'> & Partial<Pick<Plan, 'mustBeOff'>>,
): Promise<void> {
  if (plan.confirm === 'yes') return confirm(context, `${plan.sentence}.`)
  const { io, options, signal } = context
  const names = namesToType(plan)
  const named = options.all('confirm-name')
  const strange = named.find(name => !names.includes(name))
  if (strange !== undefined)
    throw new Refused(
      `--confirm-name says '${strange}', the plan is about '${names.join("', '")}': nothing was changed`,
    )
  const left = names.filter(name => !named.includes(name))
  if (left.length === 0) return undefined
  if (!io.stdin.isTTY) {
    throw new Refused(
      `not confirmed: it interrupts VMs or leaves some unplaced. Give ${left.map(name => `--confirm-name ${name}`).join(' ')} to do it, --dry-run only to look`,
    )
  }
  const questions = left.map((name, index) => ({
    text: `${index === 0 ? `${plan.sentence}. ` : ''}Type ${name} to go on: `,
    wants: name,
  }))
  if (!(await answersAll(io, questions, signal)))
    throw new Refused('not confirmed: nothing was changed')
}

/** One line from the terminal; empty when it ends without one. */
async function ask(io: Io, question: string, signal: AbortSignal): Promise<string> {
  using terminal = new Terminal(io)
  return await terminal.ask(question, signal)
}

/** Asks one after another, as long as each answer is what it has to be. */
async function answersAll(
  io: Io,
  questions: readonly { readonly text: string; readonly wants: string }[],
  signal: AbortSignal,
): Promise<boolean> {
  using terminal = new Terminal(io)
  for (const { text, wants } of questions)
    if ((await terminal.ask(text, signal)) !== wants) return false
  return true
}

/** The terminal's own line editing, so that Ctrl-C stays a signal. */
class Terminal implements Disposable {
  readonly #io: Io
  readonly #lines: Interface
  readonly #ended = Promise.withResolvers<string>()
  /** Lines that came before they were asked for. */
  readonly #early: string[] = []
  #isClosed = false

  constructor(io: Io) {
    this.#io = io
    this.#lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false })
    this.#lines.on('line', text => this.#early.push(text))
    this.#lines.once('close', () => {
      this.#isClosed = true
      this.#ended.resolve('')
    })
  }

  /** One line; empty when the terminal ends without one. */
  async ask(question: string, signal: AbortSignal): Promise<string> {
    const early = this.#early.shift()
    if (early !== undefined) {
      this.#io.stderr.write(question)
      return early.trim()
    }
    if (this.#isClosed) return ''
    const answer = await Promise.race([
      this.#lines.question(question, { signal }),
      this.#ended.promise,
    ])
    return answer.trim()
  }

  [Symbol.dispose](): void {
    this.#lines.close()
  }
}

/** Throws `Refused` when the command line says that nothing may be changed. */
export function refuseIfReadOnly({ command, options }: Context): void {
  if (options.has('read-only'))
    throw new Refused(`${command.name} changes the cluster, and --read-only forbids that`)
}
