// A whole cluster that is made up: hosts, their libvirt, and etcd, on one clock. Programs reach it by the same ports as a real one.
import type { Clock } from '../model/clock.ts'
import { pause } from '../model/clock.ts'
import type { OpenHypervisor } from '../libvirt/hypervisor.ts'
import { HypervisorUnreachable } from '../libvirt/errors.ts'
import type { Reach } from '../operations/reach.ts'
import type { StateStore } from '../etcd/store.ts'
import { MemoryEtcd } from '../etcd/memory.ts'
import type { GuestSpec } from './host.ts'
import { SimulatedHost } from './host.ts'
import { openSimulated } from './hypervisor.ts'
import { copyTimeMs } from './copy-time.ts'
import { SimulatedReach } from './reach.ts'
import type { LineTimes } from './line.ts'
import type { MadeUpCluster } from './made-up.ts'
import { fillRecords, fillStore } from './fill-store.ts'

export interface SimulationOptions {
  readonly cluster: MadeUpCluster
  readonly clock: Clock
  readonly seed: number
  readonly times?: LineTimes
}

/** A LAN with SSH on it, and keep-alive as the real sessions have it. */
const TIMES: LineTimes = { latencyMs: 4, keepAliveMs: 6_000 }
const DUMPED_AT_ONCE = 50
const DUMP_PAUSE_MS = 200

export class Simulation {
  readonly clock: Clock
  readonly cluster: MadeUpCluster
  readonly etcd: MemoryEtcd
  readonly hosts: ReadonlyMap<string, SimulatedHost>
  readonly guests: ReadonlyMap<string, GuestSpec>
  readonly #byUri: ReadonlyMap<string, SimulatedHost>
  readonly #times: LineTimes
  /** What ran on a host when its power went: its boot starts that again, unless it runs elsewhere by then. */
  readonly #lost = new Map<string, string[]>()

  constructor({ cluster, clock, seed, times = TIMES }: SimulationOptions) {
    this.clock = clock
    this.cluster = cluster
    this.#times = times
    this.etcd = new MemoryEtcd({ clock, endpoints: cluster.config.etcd.endpoints })
    fillStore(this.etcd, cluster.config)
    const hosts = cluster.hosts.map(spec => new SimulatedHost(spec, clock, seed))
    this.hosts = new Map(hosts.map(host => [host.name, host]))
    this.#byUri = new Map(hosts.map(host => [host.spec.uri, host]))
    this.guests = new Map(cluster.guests.map(({ guest }) => [guest.name, guest]))
    for (const { guest, on } of cluster.guests) {
      this.hosts.get(on)?.define(guest)
      this.hosts.get(on)?.start(guest.name)
    }
  }

  /** How operations reach the made-up hosts. */
  reach(): Reach {
    const { clock, hosts, guests } = this
    return new SimulatedReach({ clock, hosts, guests, times: this.#times })
  }

  connectStore(): StateStore {
    return this.etcd.connect()
  }

  readonly open: OpenHypervisor = async (uri, options) => {
    const host = this.#byUri.get(uri)
    if (host) return openSimulated(host, this.clock, this.#times, options)
    await pause(this.clock, this.#times.latencyMs, options.signal)
    throw new HypervisorUnreachable(`no host is at ${uri}`)
  }

  /** Writes the hash of every guest's XML to etcd, as `yasco dump` does: a few at once, so that ten thousand stop nobody. */
  dump(): void {
    const left = Array.from(this.guests.values())
    const some = () => {
      const records = left.splice(0, DUMPED_AT_ONCE)
      fillRecords(this.etcd, records)
      if (left.length > 0) this.clock.after(DUMP_PAUSE_MS, some)
    }
    some()
  }

  /** The hosts a guest's CPUs run on: never more than one, unless somebody made it so. */
  runsOn(guest: string): string[] {
    return Array.from(this.hosts.values())
      .filter(host => host.stateOf(guest) === 'running')
      .map(host => host.name)
  }

  kill(host: SimulatedHost): void {
    if (!host.hasPower) return
    const ran = Array.from(this.guests.keys()).filter(name => host.stateOf(name) === 'running')
    this.#lost.set(host.name, ran)
    host.kill()
  }

  rescue(host: SimulatedHost): void {
    const booted = host.listen({
      reachChanged: () => {
        if (!host.hasPower) return
        booted[Symbol.dispose]()
        for (const name of this.#lost.get(host.name) ?? [])
          if (this.runsOn(name).length === 0) host.start(name)
      },
      event: () => undefined,
      powerLost: () => booted[Symbol.dispose](),
      libvirtdStopped: () => undefined,
    })
    host.rescue()
  }

  /** Defines it there where it is not, and starts it. It may run elsewhere too: nobody holds it back, as in life. */
  start(guest: GuestSpec, host: SimulatedHost): void {
    host.define(guest)
    host.start(guest.name)
  }

  /** Live migration: the destination's copy waits paused until the memory is there; then the source is gone. */
  async migrate(guest: GuestSpec, from: SimulatedHost, to: SimulatedHost): Promise<void> {
    to.define(guest)
    to.start(guest.name, 'incoming')
    await pause(this.clock, copyTimeMs(guest))
    if (!from.hasPower || from.stateOf(guest.name) !== 'running') {
      to.stop(guest.name, 'destroyed')
      return
    }
    from.suspend(guest.name, 'migrated')
    if (!to.hasPower) {
      from.resume(guest.name, 'unpaused')
      return
    }
    to.resume(guest.name, 'migrated')
    from.stop(guest.name, 'migrated')
    from.undefine(guest.name)
  }
}
