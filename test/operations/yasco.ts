// Runs yasco's commands as an operator of a lab would: in the operator's namespace, with the lab's cluster file.
import type { CommandResult } from '../lab/command.ts'
import type { Lab } from '../lab/index.ts'
import { until } from '../lab/processes.ts'
import { lastBeat, type Beat } from '../lab/serial-log.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

export class Yasco {
  readonly #lab: Lab

  constructor(lab: Lab) {
    this.#lab = lab
  }

  commandLine(...args: string[]): string[] {
    return ['env', `YASCO_CONFIG=${this.#lab.clusterFile}`, process.execPath, MAIN, ...args]
  }

  attempt(...args: string[]): Promise<CommandResult> {
    return this.#lab.operator.attempt(this.commandLine(...args), { timeoutMs: 110_000 })
  }

  /** Runs a command that must end with 0, and gives what it printed. */
  async run(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(...args)
    if (status !== 0)
      throw new Error(`yasco ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
    return stdout
  }

  /** What the cluster file says is put into etcd, and every VM's XML into the domain store. */
  async begin(): Promise<void> {
    await this.run('apply', '-f', this.#lab.clusterFile, '--yes')
    await this.run('dump', '--yes')
  }

  /** Where each VM is, as `status` sees it. */
  async places(): Promise<Record<string, string>> {
    const { stdout } = await this.attempt('status', '--json')
    const status: { vms: { name: string; where?: string; state: string }[] } = JSON.parse(stdout)
    return Object.fromEntries(
      status.vms.map(vm => [vm.name, `${vm.state} ${vm.where ?? ''}`.trim()]),
    )
  }

  async operation(id: string): Promise<{
    state: string
    steps: { vm: string; state: string; error: string; phase: string }[]
  }> {
    return JSON.parse(await this.run('operation', 'show', id, '--json')).operation
  }
}

/** Resolves when the guest has printed a later beat than `after`: it runs. */
export function untilBeats(lab: Lab, vm: string, after: Beat | undefined): Promise<Beat> {
  return untilBeat(
    lab,
    vm,
    beat =>
      after === undefined ||
      beat.boots > after.boots ||
      (beat.boots === after.boots && beat.ticks > after.ticks),
  )
}

/** Resolves when the guest has booted that often, and ticks. */
export function untilBoot(lab: Lab, vm: string, boots: number): Promise<Beat> {
  return untilBeat(lab, vm, beat => beat.boots >= boots && beat.ticks > 0)
}

async function untilBeat(lab: Lab, vm: string, isIt: (beat: Beat) => boolean): Promise<Beat> {
  return until(
    `${vm} to run`,
    () => {
      const beat = lastBeat(lab.serial(vm))
      return beat !== undefined && isIt(beat) ? beat : undefined
    },
    { limitMs: 90_000 },
  )
}

export function beatOf(lab: Lab, vm: string): Beat {
  const beat = lastBeat(lab.serial(vm))
  if (beat === undefined) throw new Error(`${vm} has not printed anything`)
  return beat
}
