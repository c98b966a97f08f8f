// How operations reach made-up hosts.
import type { Clock } from '../model/clock.ts'
import { HypervisorRefused } from '../libvirt/errors.ts'
import type { CallOptions } from '../libvirt/hypervisor.ts'
import type { Machine } from '../libvirt/machine.ts'
import type { Reach } from '../operations/reach.ts'
import { domainXml } from './domain-xml.ts'
import type { GuestSpec, SimulatedHost } from './host.ts'
import { openLine } from './hypervisor.ts'
import type { LineTimes } from './line.ts'
import { Copies, SimulatedMachine } from './machine.ts'

export interface SimulatedReachParts {
  readonly clock: Clock
  readonly hosts: ReadonlyMap<string, SimulatedHost>
  readonly guests: ReadonlyMap<string, GuestSpec>
  readonly times: LineTimes
}

export class SimulatedReach implements Reach {
  readonly #parts: SimulatedReachParts
  readonly #shared = new Map<string, Promise<Machine>>()
  readonly #copies = new Map<string, Copies>()

  constructor(parts: SimulatedReachParts) {
    this.#parts = parts
  }

  async machine(hwm: string, options: CallOptions = {}): Promise<Machine> {
    const known = await this.#shared.get(hwm)?.catch(() => undefined)
    if (known && !known.closed.aborted) return known
    const opening = this.ownMachine(hwm, options)
    this.#shared.set(hwm, opening)
    return opening
  }

  async ownMachine(hwm: string, options: CallOptions = {}): Promise<Machine> {
    const { clock, times, guests } = this.#parts
    const host = this.#host(hwm)
    const line = await openLine(host, clock, times, options)
    let copies = this.#copies.get(hwm)
    if (!copies) {
      copies = new Copies()
      this.#copies.set(hwm, copies)
    }
    return new SimulatedMachine({ host, line, clock, guests, copies })
  }

  async process(hwm: string, uuid: string, options?: CallOptions): Promise<'gone' | 'there'> {
    const machine = await this.machine(hwm, options)
    const status = await machine.domainState({ name: '', uuid }, options)
    return status === undefined || status.state === 'shutoff' ? 'gone' : 'there'
  }

  /** Made-up libvirt knows at once what is gone: a look says the same. */
  noteProcesses(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  shell(): undefined {
    return undefined
  }

  storedXml(_hwm: string, vm: string): Promise<string | undefined> {
    const guest = this.#parts.guests.get(vm)
    return Promise.resolve(guest && domainXml(guest))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#shared.values()) {
      const machine = await opening.catch(() => undefined)
      await machine?.[Symbol.asyncDispose]()
    }
    this.#shared.clear()
  }

  #host(hwm: string): SimulatedHost {
    const host = this.#parts.hosts.get(hwm)
    if (host) return host
    throw new HypervisorRefused(`there is no HWM ${hwm} in the cluster`)
  }
}
