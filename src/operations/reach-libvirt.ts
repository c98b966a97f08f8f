// Reaches HWMs by their libvirt URIs, their processes and the domain store by a shell over the same SSH connections.
import { FolderStore } from '../domains/folder.ts'
import { runOn } from '../domains/run-over-ssh.ts'
import { localCopies } from '../domains/local-copies.ts'
import { DomainStoreSilent, RunFailed, type DomainStore, type RunOnHwm } from '../domains/store.ts'
import { HypervisorRefused } from '../libvirt/errors.ts'
import type { CallOptions } from '../libvirt/hypervisor.ts'
import type { Machine } from '../libvirt/machine.ts'
import { openMachine } from '../libvirt/open.ts'
import type { SshConnections } from '../libvirt/ssh/connections.ts'
import { sshTarget } from '../libvirt/ssh/dial.ts'
import { isSsh, parseLibvirtUri } from '../libvirt/uri.ts'
import { monotonicMs, pause, realClock } from '../model/clock.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import { Processes, type SeenProcess } from './processes.ts'
import type { NotedProcesses, Reach } from './reach.ts'

/**
 * Where libvirt is local. Prints nothing; exit 0 when a process has this uuid as a word of its command line, 1 when none has. Processes come and go while it
 * looks, which is no error. The first digit goes in brackets so that the search does not find itself. A process that has ended and
 * waits to be reaped has no command line any more.
 */
const FIND_QEMU = 'cat /proc/[0-9]*/cmdline 2>/dev/null | grep -qizxE -- "$1"'
const FOUND = 0
const LIMIT_MS = 5_000
/** Between two looks at a process that is about to end, in ms. */
const LOOK_AGAIN_MS = 2
/** For the shared folder: one that hangs is not waited for long, as there is a copy. */
const STORED_MS = 3_000

export interface LibvirtReachOptions {
  readonly ssh: SshConnections
  /** The cluster's configuration now: URIs, and where the domain store is. */
  config(): ClusterConfig | undefined
  /** Where the domain XML lies in etcd; used when the cluster says so. */
  readonly inEtcd: DomainStore
}

export class LibvirtReach implements Reach {
  readonly #options: LibvirtReachOptions
  readonly #machines = new Map<string, Promise<Machine>>()
  /** By URI: the cluster file may give an HWM another one. */
  readonly #processes = new Map<string, Processes>()

  constructor(options: LibvirtReachOptions) {
    this.#options = options
  }

  async machine(hwm: string, options: CallOptions = {}): Promise<Machine> {
    const known = this.#machines.get(hwm)
    if (known !== undefined) {
      const machine = await known
      if (!machine.closed.aborted) return machine
      this.#machines.delete(hwm)
    }
    const opening = this.ownMachine(hwm, options)
    this.#machines.set(hwm, opening)
    try {
      return await opening
    } catch (error) {
      if (this.#machines.get(hwm) === opening) this.#machines.delete(hwm)
      throw error
    }
  }

  ownMachine(hwm: string, options: CallOptions = {}): Promise<Machine> {
    return openMachine(this.#uri(hwm), { ...options, ssh: this.#options.ssh })
  }

  async process(
    hwm: string,
    uuid: string,
    options: CallOptions = {},
  ): Promise<'gone' | 'there' | 'unseen'> {
    const run = this.shell(hwm)
    if (run === undefined) return 'unseen'
    const processes = this.#processesOf(hwm)
    if (processes !== undefined) {
      const found = await processes.find(uuid, { timeoutMs: LIMIT_MS, ...options })
      return found.length > 0 ? 'there' : 'gone'
    }
    const pattern = `[${uuid.slice(0, 1)}]${uuid.slice(1)}`
    const { status, stderr } = await run(FIND_QEMU, {
      timeoutMs: LIMIT_MS,
      ...options,
      args: [pattern],
    })
    if (status > 1)
      throw new RunFailed(
        `looking for QEMU processes on ${hwm} failed: ${stderr.trim() || `status ${status}`}`,
      )
    return status === FOUND ? 'there' : 'gone'
  }

  async noteProcesses(
    hwm: string,
    uuid: string,
    options: CallOptions = {},
  ): Promise<NotedProcesses | undefined> {
    const processes = this.#processesOf(hwm)
    const noted = await processes?.find(uuid, { timeoutMs: LIMIT_MS, ...options })
    // Its QEMU is not seen by our account: then its end is not seen either.
    if (processes === undefined || noted?.some(each => each.isQemu) !== true) return undefined
    return { vanished: limits => haveVanished(processes, noted, limits) }
  }

  async storedXml(hwm: string, vm: string, options: CallOptions = {}): Promise<string | undefined> {
    const config = this.#options.config()
    if (config === undefined || config.domains === 'etcd')
      return this.#options.inEtcd.read(vm, options)
    const run = this.shell(hwm)
    if (run === undefined) {
      throw new RunFailed(
        `${hwm} is reached without a shell: its domain store cannot be read; keep domains in etcd there`,
      )
    }
    const timeoutMs = Math.min(options.timeoutMs ?? STORED_MS, STORED_MS)
    try {
      return await new FolderStore(config.domains, hwm, run).read(vm, {
        ...options,
        timeoutMs,
      })
    } catch (error) {
      if (!(error instanceof DomainStoreSilent)) throw error
      // Its hash is compared by whoever starts from it, wherever it lay.
      const copy = await localCopies(config.cluster, hwm, run).read(vm, options)
      if (copy === undefined) throw error
      return copy
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#machines.values())
    this.#machines.clear()
    for (const processes of this.#processes.values()) processes[Symbol.dispose]()
    this.#processes.clear()
    for (const each of opened)
      if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]()
  }

  #uri(hwm: string): string {
    const found = this.#options.config()?.hwms.find(each => each.name === hwm)
    if (found === undefined) throw new HypervisorRefused(`there is no HWM ${hwm} in the cluster`)
    return found.libvirt
  }

  /** A shell there: over SSH, or here; none over TCP and TLS. */
  shell(hwm: string): RunOnHwm | undefined {
    const uri = this.#uri(hwm)
    return /^[a-z]+\+(tcp|tls):/.test(uri) ? undefined : runOn(uri, this.#options.ssh)
  }

  /** Undefined where it is not reached by SSH. */
  #processesOf(hwm: string): Processes | undefined {
    const uri = this.#uri(hwm)
    const parsed = parseLibvirtUri(uri)
    if (!isSsh(parsed)) return undefined
    let processes = this.#processes.get(uri)
    if (processes === undefined) {
      processes = new Processes(hwm, sshTarget(parsed), this.#options.ssh)
      this.#processes.set(uri, processes)
    }
    return processes
  }
}

async function haveVanished(
  processes: Processes,
  noted: readonly SeenProcess[],
  { timeoutMs, ...options }: { readonly timeoutMs: number } & CallOptions,
): Promise<boolean> {
  const until = monotonicMs() + timeoutMs
  let left = noted
  while (left.length > 0) {
    const rest = until - monotonicMs()
    if (rest <= 0) return false
    const gone = await Promise.all(
      left.map(each => processes.isGone(each, { ...options, timeoutMs: rest })),
    )
    left = left.filter((_, index) => gone[index] !== true)
    if (left.length > 0) await pause(realClock, LOOK_AGAIN_MS, options.signal)
  }
  return true
}
