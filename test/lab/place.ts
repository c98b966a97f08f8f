// A place in the lab where programs can be run: inside a host, or in the operator's namespace.
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import type { CommandOptions, CommandResult } from './command.ts'
import { attempt, run } from './command.ts'

export class Place {
  readonly name: string
  readonly #enter: () => readonly string[]

  /** `enter` gives the command line that runs what follows it in this place. */
  constructor(name: string, enter: () => readonly string[]) {
    this.name = name
    this.#enter = enter
  }

  /** The whole command line that runs `command` here; for those who spawn by themselves (a pty, say). */
  commandLine(...command: string[]): string[] {
    return [...this.#enter(), ...command]
  }

  /** Runs `command` to its end and gives what it printed; throws `CommandFailed` on any status but 0. */
  run(command: readonly string[], options?: CommandOptions): Promise<string> {
    return run(this.commandLine(...command), options)
  }

  /** As `run`, but the status is the caller's business. */
  attempt(command: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return attempt(this.commandLine(...command), options)
  }

  /** Runs a line of shell. */
  shell(script: string, options?: CommandOptions): Promise<string> {
    return this.run(['sh', '-c', script], options)
  }

  /** Starts `command` and returns at once. In a host it dies with the host, and with the process that started it. */
  spawn(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program = '', ...args] = this.commandLine(...command)
    return spawn(program, args, options)
  }

  /** Runs a TypeScript or JavaScript file with this process's own Node. */
  node(file: string, args: readonly string[] = [], options?: SpawnOptions): ChildProcess {
    return this.spawn([process.execPath, file, ...args], options)
  }
}
