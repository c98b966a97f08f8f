// Runs programs of the machine, each with a time limit, and says what went wrong in one sentence.
import { spawn } from 'node:child_process'
import { LabError } from './errors.ts'

export interface CommandResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default 90 s; the program gets SIGKILL when it is over. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A program did not start, ended with another status than 0, or took too long. */
export class CommandFailed extends LabError {
  readonly command: readonly string[]
  readonly result: CommandResult
  constructor(command: readonly string[], result: CommandResult, why: string) {
    const said = (result.stderr.trim() || result.stdout.trim()).slice(-2000)
    super(`'${command.join(' ')}' ${why}${said ? `: ${said}` : ''}`)
    this.command = command
    this.result = result
  }
}

/** Runs `command` to its end, whatever its status. Throws `CommandFailed` only when there is no status. */
export function attempt(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
  const [program = '', ...args] = command
  const limit = AbortSignal.timeout(options.timeoutMs ?? 90_000)
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    signal: options.signal ? AbortSignal.any([limit, options.signal]) : limit,
    killSignal: 'SIGKILL',
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  const result = (status: number) => ({
    status,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  })
  child.stdout.on('data', chunk => out.push(chunk))
  child.stderr.on('data', chunk => err.push(chunk))
  // A program that ends without reading its input is no failure of ours; its status tells.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  child.on('error', error => {
    const why = limit.aborted ? 'took too long' : `could not be run (${error.message})`
    reject(new CommandFailed(command, result(-1), why))
  })
  child.on('close', (code, killedBy) => {
    if (killedBy !== null)
      reject(new CommandFailed(command, result(-1), `was killed by ${killedBy}`))
    else resolve(result(code ?? -1))
  })
  return promise
}

/** Runs `command` and requires status 0. */
export async function run(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await attempt(command, options)
  if (result.status !== 0) {
    throw new CommandFailed(command, result, `ended with status ${result.status}`)
  }
  return result.stdout
}
