// What a command gets: its line, where to print, and ports to the outside that a test can stand in for.
import type { EtcdAccess } from '../model/cluster.ts'
import type { StateStore } from '../etcd/store.ts'
import type { InspectableHypervisor } from '../libvirt/inspection.ts'
import type { RunOnHwm } from '../domains/store.ts'
import type { ExitStatus } from './exit.ts'
import type { Invocation } from './parse-line.ts'

/** Where to print, and whom to ask. */
export interface Io {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: NodeJS.WritableStream
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The ways out of the process. */
export interface Reach {
  store(access: EtcdAccess, cluster: string): Promise<StateStore>
  hypervisor(
    uri: string,
    options: {
      readonly readOnly: boolean
      readonly timeoutMs?: number
      readonly signal?: AbortSignal
    },
  ): Promise<InspectableHypervisor>
  /** Runs a shell script on the host of a libvirt URI: by itself when that is this machine, over SSH otherwise. */
  shell(uri: string): RunOnHwm
}

export interface Context extends Invocation {
  readonly io: Io
  readonly reach: Reach
  /** Aborts on Ctrl-C and SIGTERM, and when --timeout is over. */
  readonly signal: AbortSignal
  readonly version: string
}

/** What every file in commands/ exports as `run`. */
export type Run = (context: Context) => Promise<ExitStatus>
