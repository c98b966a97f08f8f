// The lab as a value: `await using lab = await Lab.up({ name: 'mine' })`. Real hosts, libvirtds, etcds, sshds and guests
// in namespaces of this machine; README.md beside this file tells how it is made and used.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Forward } from './dialer.ts'
import { Dialer } from './dialer.ts'
import { domainsFolder, serialFolder } from './domain-xml.ts'
import { LabError, LabUnavailable, NotInLab } from './errors.ts'
import { makeFolder } from './folder.ts'
import { LabHost } from './host.ts'
import type { LabInput, LabSpec } from './hosts.ts'
import { labSpec, readLabSpec } from './hosts.ts'
import type { LabLayout } from './layout.ts'
import { labFolder, layOut, managementAddress, redfishPort } from './layout.ts'
import { partition } from './links.ts'
import { inNetns, makeNetwork, netnsIds, removeNetwork } from './network.ts'
import { Observer } from './observer.ts'
import { Place } from './place.ts'
import type { ProcessId } from './processes.ts'
import { allPids, isAlive, killNow, listensOn, namespaceOf, processOf, until } from './processes.ts'
import { requireRoot, setUp } from './setup.ts'

export interface UpOptions {
  /** Tells labs on one machine apart: small letters, digits, dashes. */
  readonly name?: string
  /** A hosts file, or what one would say. Default: hosts.yaml, the seed's three hosts. */
  readonly hosts?: string | LabInput
}

export const defaultLabName = 'lab'

export class Lab implements AsyncDisposable {
  readonly name: string
  readonly spec: LabSpec
  readonly layout: LabLayout
  readonly hosts: readonly LabHost[]
  /** Where consoles run: the operator's namespace, which reaches every host by name and address. */
  readonly operator: Place
  /** Where fence devices live: it reaches the hosts, and lies outside of them. */
  readonly management: Place

  readonly #dialer: Dialer

  private constructor(name: string, spec: LabSpec) {
    this.name = name
    this.spec = spec
    this.layout = layOut(name, spec)
    this.hosts = this.layout.hosts.map(host => new LabHost(this.layout, host))
    const dialing = inNetns(this.layout.operatorNetns)
    this.#dialer = new Dialer(() => {
      const file = new URL('dialer-process.ts', import.meta.url).pathname
      const [program, ...args] = [...dialing, process.execPath, file]
      return spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    })
    const dressed = ['unshare', '-m', '-u', new URL('operator.sh', import.meta.url).pathname]
    this.operator = new Place('operator', () => [
      ...inNetns(this.layout.operatorNetns),
      ...dressed,
      this.layout.folder,
    ])
    this.management = new Place('management', () => [
      ...inNetns(this.layout.managementNetns),
      ...dressed,
      this.layout.folder,
    ])
  }

  /**
   * Brings a lab up: every host's services answer, etcd has a leader, guests that are to run were started. What an earlier
   * lab of this name left is removed first. Throws `LabUnavailable` where this machine cannot carry one.
   */
  static async up(options: UpOptions = {}): Promise<Lab> {
    const { name = defaultLabName, hosts } = options
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
      throw new LabUnavailable(
        `'${name}' is no name for a lab: small letters, digits and dashes.`,
        2,
      )
    }
    const spec = typeof hosts === 'object' ? labSpec(hosts) : readLabSpec(hosts)
    setUp()
    await removeLab(name)
    const lab = new Lab(name, spec)
    try {
      await lab.#raise()
    } catch (error) {
      await removeLab(name)
      throw error
    }
    return lab
  }

  /** A lab that another process brought up. Throws `LabUnavailable` when there is none of that name. */
  static attach(name: string = defaultLabName): Lab {
    requireRoot()
    const file = join(labFolder(name), 'lab.json')
    if (!existsSync(file)) {
      throw new LabUnavailable(`No lab '${name}' is up (npm run lab -- up --name ${name}).`)
    }
    return new Lab(name, labSpec(JSON.parse(readFileSync(file, 'utf8')), file))
  }

  async #raise(): Promise<void> {
    await Promise.all([makeFolder(this.layout, this.spec), makeNetwork(this.layout)])
    await Promise.all([
      this.#startFenceDevice(),
      this.#startWatchdogs(),
      ...this.hosts.map(async host => {
        await host.start()
        await this.#startGuests(host)
      }),
    ])
    await this.untilEtcdHasLeader()
  }

  /** Starts a process beside the hosts, in the management network; it ends with the lab. Resolves when `isReady`. */
  async #startBeside(program: string, isReady: (pid: number) => boolean): Promise<void> {
    const log = openSync(this.#logOf(program), 'a')
    const file = new URL(`${program}.ts`, import.meta.url).pathname
    const enter = inNetns(this.layout.managementNetns)
    const [command, ...args] = [...enter, process.execPath, file, this.name]
    const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' })
    closeSync(log)
    child.unref()
    await until(`${program} to be ready (see ${this.#logOf(program)})`, () => {
      if (child.exitCode !== null) throw new LabError(`${program} ended; see its log.`)
      return isReady(child.pid ?? 0)
    })
  }

  #logOf(program: string): string {
    return join(this.layout.logs, `${program}.log`)
  }

  async #startFenceDevice(): Promise<void> {
    await this.#startBeside('fence-device', pid => listensOn(pid, redfishPort))
  }

  async #startWatchdogs(): Promise<void> {
    if (!this.layout.hosts.some(host => host.watchdog)) return
    await this.#startBeside('watchdog', () => {
      return readFileSync(this.#logOf('watchdog'), 'utf8').includes('ready')
    })
  }

  async #startGuests(host: LabHost): Promise<void> {
    const commands = Object.entries(this.spec.vms)
      .filter(([, guest]) => guest.home === host.name)
      .flatMap(([vm, guest]) => [
        `define /srv/${domainsFolder}/${vm}.xml`,
        ...(guest.started ? [`start ${vm}`] : []),
      ])
    if (commands.length > 0) await host.virsh(...commands)
  }

  /** Waits until a majority of etcd answers reads that need one. */
  async untilEtcdHasLeader(): Promise<void> {
    if (this.layout.etcdEndpoints.length === 0) return
    await until('etcd to have a leader', async () => {
      const asked = await this.operator.attempt(
        ['etcdctl', `--endpoints=${this.layout.etcdEndpoints.join(',')}`, 'get', '/'],
        { env: { ETCDCTL_API: '3' }, timeoutMs: 10_000 },
      )
      return asked.status === 0
    })
  }

  host(name: string): LabHost {
    const found = this.hosts.find(host => host.name === name)
    if (!found) throw new NotInLab(this.name, name)
    return found
  }

  get etcdEndpoints(): readonly string[] {
    return this.layout.etcdEndpoints
  }

  /** The cluster file to give to yasco (YASCO_CONFIG); its URIs hold in the operator's place and in every host. */
  get clusterFile(): string {
    return this.layout.clusterFile
  }

  /** What the guest has printed so far, over all its boots. */
  serial(vm: string): string {
    const file = join(this.layout.shared, serialFolder, `${vm}.log`)
    return existsSync(file) ? readFileSync(file, 'latin1') : ''
  }

  /**
   * Splits the network into groups of hosts (and `operator`, `management`) that hear only each other; who is named in none
   * stays with the others that are not named. Without groups it is whole again.
   */
  async partition(...groups: string[][]): Promise<void> {
    const up = this.hosts.filter(host => host.isUp()).map(host => host.name)
    await partition(this.layout, groups, up)
  }

  /** Watches from outside that no VM runs twice; see observer.ts. Dispose of it before the lab. */
  observe(): Promise<Observer> {
    return Observer.start(this.name, Object.keys(this.spec.vms), vm => this.serial(vm))
  }

  /** A connection from this process to a host, made in the operator's network: real in all its failures, too. */
  dial(host: string, port: number, timeoutMs?: number): Promise<Socket> {
    return this.#dialer.dial(this.#addressOf(host), port, timeoutMs)
  }

  /** A loopback port of this machine that leads to a host's, for clients that take no socket. Ends with this process. */
  forward(host: string, port: number): Promise<Forward> {
    return this.#dialer.forward(this.#addressOf(host), port)
  }

  #addressOf(host: string): string {
    if (host === 'management') return managementAddress
    return this.hosts.find(each => each.name === host)?.address ?? host
  }

  /** Ends what this process holds of the lab (connections, forwards); the lab stays up. */
  release(): void {
    this.#dialer.close()
  }

  /** Everything of this lab ends: processes, namespaces, folder. */
  async down(): Promise<void> {
    this.release()
    await removeLab(this.name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}

/** Processes that live in any network namespace of a lab: whatever was started there, by whomever. */
function processesOf(labName: string): ProcessId[] {
  const inside = netnsIds(labName)
  return allPids()
    .filter(pid => inside.has(namespaceOf(pid, 'net') ?? ''))
    .flatMap(pid => processOf(pid) ?? [])
}

/**
 * Ends whatever there is of a lab, also when its folder or its processes are half gone. A host's first process takes
 * the rest of the host with it.
 */
async function removeLab(labName: string): Promise<void> {
  const doomed = new Map<number, ProcessId>()
  await until(`all processes of lab '${labName}' to end`, () => {
    for (const found of processesOf(labName)) doomed.set(found.pid, found)
    // One that is ending leaves its namespaces before it is gone, so it is no longer listed, but still remembered.
    const alive = [...doomed.values()].filter(isAlive)
    alive.forEach(killNow)
    return alive.length === 0
  })
  await removeNetwork(labName)
  rmSync(labFolder(labName), { recursive: true, force: true })
}
