// One host of a lab: it boots, dies, loses its cable; programs run in it; its QEMU processes can be counted.
import { spawn } from 'node:child_process'
import { existsSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { DeviceFault } from './device-fault.ts'
import { writeDeviceFault } from './device-fault.ts'
import { HostIsDown, LabError } from './errors.ts'
import { hostKeyFile, makeKey } from './folder.ts'
import type { HostLayout, LabLayout } from './layout.ts'
import { etcdPort, sshPort } from './layout.ts'
import type { LinkFault } from './links.ts'
import { restoreLink, setLinkFault } from './links.ts'
import { withLock } from './lock.ts'
import { inNetns, plugIn, setLink, unplug } from './network.ts'
import { Place } from './place.ts'
import type { ProcessId } from './processes.ts'
import {
  allPids,
  argumentsOf,
  isAlive,
  killNow,
  listensOn,
  namespaceOf,
  processOf,
  until,
} from './processes.ts'

/** `storage` only where the host reaches its shared folder by `fuse`; it is paused, and continued. */
export type Service = 'libvirtd' | 'sshd' | 'etcd' | 'storage'

export interface QemuProcess extends ProcessId {
  readonly vm: string
}

/** Whether somebody accepts connections on a UNIX socket. */
function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

const script = (name: string) => new URL(name, import.meta.url).pathname

/** The VM a QEMU process was started for, by its `-name guest=...`. */
export function vmOfArguments(args: readonly string[]): string | undefined {
  if (!args[0]?.includes('qemu-system')) return undefined
  const name = args[args.indexOf('-name') + 1] ?? ''
  return /^guest=([^,]+)/.exec(name)?.[1]
}

export class LabHost extends Place {
  readonly layout: HostLayout
  readonly #lab: LabLayout

  constructor(lab: LabLayout, layout: HostLayout) {
    super(layout.name, () => {
      const { pid } = this.firstProcess()
      const target = ['-t', String(pid), '-m', '-u', '-n', '-p', '--']
      return ['nsenter', ...target, 'setpriv', '--pdeathsig', 'KILL', '--']
    })
    this.layout = layout
    this.#lab = lab
  }

  get address(): string {
    return this.layout.address
  }

  /** The process whose death is the host's; throws `HostIsDown` when it has none. */
  firstProcess(): ProcessId {
    const found = this.#readPid()
    if (!found || !isAlive(found)) throw new HostIsDown(this.name)
    return found
  }

  #readPid(): ProcessId | undefined {
    if (!existsSync(this.layout.pidFile)) return undefined
    const [pid = '', startTime = ''] = readFileSync(this.layout.pidFile, 'utf8').trim().split(' ')
    return { pid: Number(pid), startTime }
  }

  isUp(): boolean {
    const found = this.#readPid()
    return found !== undefined && isAlive(found)
  }

  /** New at every boot. */
  bootId(): string {
    return readFileSync(join(this.layout.folder, 'boot_id'), 'utf8').trim()
  }

  /** A path of the host as the machine sees it: works for /run and for sockets there, too. */
  path(inside: string): string {
    return `/proc/${this.firstProcess().pid}/root${inside}`
  }

  /** libvirtd's socket, reachable from anywhere on the machine. Changes with each boot. */
  get libvirtSocket(): string {
    return this.path('/run/libvirt/libvirt-sock')
  }

  get libvirtSocketReadOnly(): string {
    return this.path('/run/libvirt/libvirt-sock-ro')
  }

  /** The cable as the lab remembers it, over power cuts too. */
  isConnected(): boolean {
    return !existsSync(this.#cutMark)
  }

  get #cutMark(): string {
    return join(this.layout.folder, 'cut')
  }

  /** Power on. Returns when its services answer. */
  async start(): Promise<void> {
    await this.#switching(async () => {
      if (!this.isUp()) await this.#boot()
    })
    await this.untilServes('libvirtd')
    await this.untilServes('sshd')
  }

  /** Whoever switches the power: test, fence device or watchdog: one after the other. */
  #switching(work: () => Promise<void>): Promise<void> {
    return withLock(join(this.layout.folder, 'power.lock'), work)
  }

  async #boot(): Promise<void> {
    await unplug(this.#lab, this.layout)
    rmSync(this.layout.pidFile, { force: true })
    rmSync(this.layout.bootedFile, { force: true })
    await plugIn(this.#lab, this.layout, this.isConnected())
    await restoreLink(this.#lab, this.layout)
    const log = openSync(join(this.layout.folder, 'log/boot.log'), 'a')
    const apart = ['unshare', '-m', '-u', '-p', '-f', '--kill-child']
    const boot = [...apart, script('host-boot.sh'), this.layout.folder]
    const [program, ...args] = [...inNetns(this.layout.netns), ...boot]
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' })
    closeSync(log)
    child.unref()
    await until(`${this.name} to boot (see ${this.layout.folder}/log)`, () => {
      if (child.exitCode !== null)
        throw new LabError(`${this.name} ended while booting; see its log.`)
      return this.isUp() && existsSync(this.layout.bootedFile)
    })
  }

  /** Waits until a service takes connections on its port or socket. */
  async untilServes(service: Exclude<Service, 'storage'>): Promise<void> {
    if (service === 'libvirtd') {
      await until(`${this.name}'s libvirtd`, () => answers(this.libvirtSocket))
      return
    }
    const port = service === 'sshd' ? sshPort : etcdPort
    await until(`${this.name}'s ${service}`, () => listensOn(this.firstProcess().pid, port))
  }

  /** Power cut: cable first, so that nobody hears it die, then every process of it at once. */
  kill(): Promise<void> {
    return this.#switching(async () => {
      if (!this.isUp()) return
      await setLink(this.#lab, this.layout, 'down')
      await this.#killAll()
      await unplug(this.#lab, this.layout)
    })
  }

  /** Kills all processes, but leaves the cable: peers see their connections end, as in an orderly shutdown. */
  killAbruptly(): Promise<void> {
    return this.#switching(() => this.#killAll())
  }

  async #killAll(): Promise<void> {
    const found = this.#readPid()
    if (!found) return
    const inside = namespaceOf(found.pid, 'pid')
    const members = allPids()
      .filter(pid => inside !== undefined && namespaceOf(pid, 'pid') === inside)
      .flatMap(pid => processOf(pid) ?? [])
    killNow(found)
    // The kernel kills all of a PID namespace with its first process, but not all of them are gone when that one is.
    await until(`${this.name} to die`, () => !isAlive(found) && !members.some(isAlive))
    rmSync(this.layout.pidFile, { force: true })
  }

  /** Pulls the plug of its cable; remembered when it boots again. */
  async cut(): Promise<void> {
    writeFileSync(this.#cutMark, '')
    if (this.isUp()) await setLink(this.#lab, this.layout, 'down')
  }

  /** Plugs the cable in again. */
  async join(): Promise<void> {
    rmSync(this.#cutMark, { force: true })
    if (this.isUp()) await setLink(this.#lab, this.layout, 'up')
  }

  /** Makes its cable a bad one; `{}` makes it good again. Remembered when it boots again. */
  async setLink(fault: LinkFault): Promise<void> {
    await setLinkFault(this.#lab, this.layout, fault)
  }

  /** Spoils its fence device; `{}` repairs it. */
  setDevice(fault: DeviceFault): void {
    writeDeviceFault(this.layout, fault)
  }

  /** Starts, kills, stops (SIGSTOP) or continues one service. Nothing starts a killed one again by itself. */
  async service(name: Service, action: 'start' | 'kill' | 'pause' | 'continue'): Promise<void> {
    await this.run([script('host-service.sh'), this.layout.folder, action, name])
    if (action === 'start' && name !== 'storage') await this.untilServes(name)
  }

  /** Gives sshd a new key; the lab's known_hosts keeps the old one. Connections that stand go on. */
  async changeKey(): Promise<void> {
    await makeKey(hostKeyFile(this.layout), `${this.name} (changed)`)
    await this.service('sshd', 'kill')
    await until(`${this.name}'s sshd to end`, () => {
      return !listensOn(this.firstProcess().pid, sshPort)
    })
    await this.service('sshd', 'start')
  }

  /** All processes of this host, by the machine's pids, with their arguments. */
  processes(): (ProcessId & { readonly words: readonly string[] })[] {
    if (!this.isUp()) return []
    const inside = namespaceOf(this.firstProcess().pid, 'pid')
    return allPids()
      .filter(pid => inside !== undefined && namespaceOf(pid, 'pid') === inside)
      .flatMap(pid => {
        const id = processOf(pid)
        return id ? [{ ...id, words: argumentsOf(pid) }] : []
      })
  }

  /** Its QEMU processes, running or paused. */
  qemus(): QemuProcess[] {
    return this.processes().flatMap(({ words, ...id }) => {
      const vm = vmOfArguments(words)
      return vm === undefined ? [] : [{ vm, ...id }]
    })
  }

  /** `virsh` on this host, over its own socket; as many commands as given, in one process. */
  virsh(...commands: string[]): Promise<string> {
    return this.run(['virsh', '-q', '-c', 'qemu:///system', commands.join(' ; ')])
  }
}
