// A made-up cluster under observation, on made-up time: what the tests of observing and of the engine begin with.
import type { Observation } from '../../src/cluster/observe.ts'
import { observe } from '../../src/cluster/observe.ts'
import type { ClusterSnapshot, HwmView, VmView } from '../../src/model/snapshot.ts'
import { actOn } from '../../src/simulator/lines.ts'
import type { MadeUpCluster } from '../../src/simulator/made-up.ts'
import { threeHosts } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'

export class Observed implements AsyncDisposable {
  readonly clock = new VirtualClock(1_000_000)
  readonly simulation: Simulation
  readonly observation: Observation

  private constructor(cluster: MadeUpCluster, seed: number) {
    const { clock } = this
    this.simulation = new Simulation({ cluster, clock, seed })
    this.observation = observe({
      cluster: cluster.config.cluster,
      store: this.simulation.connectStore(),
      etcd: cluster.config.etcd,
      open: this.simulation.open,
      readOnly: true,
      clock,
      wall: () => clock.now(),
      random: () => 0.5,
    })
  }

  /** Begun, and everything reached. */
  static async begin(cluster: MadeUpCluster = threeHosts(), seed = 1): Promise<Observed> {
    const observed = new Observed(cluster, seed)
    await observed.clock.advance(8_000)
    return observed
  }

  get snapshot(): ClusterSnapshot {
    return this.observation.snapshot
  }

  hwm(name: string): HwmView {
    const view = this.snapshot.hwms[name]
    if (!view) throw new Error(`no HWM ${name} in the picture`)
    return view
  }

  vm(name: string): VmView {
    const view = this.snapshot.vms[name]
    if (!view) throw new Error(`no VM ${name} in the picture`)
    return view
  }

  /** Does what a line of the simulator says, and lets `ms` pass. */
  async act(line: string, ms = 0): Promise<void> {
    actOn(this.simulation, line)
    await this.clock.advance(ms)
  }

  /** Lets time pass until it is so; fails after `limitMs` of it. Returns how long it took, in ms. */
  async until(condition: () => boolean, limitMs: number): Promise<number> {
    const begin = this.clock.now()
    if (await this.clock.advanceUntil(condition, limitMs, 10)) return this.clock.now() - begin
    throw new Error(`not so within ${limitMs} ms: ${condition.toString()}`)
  }

  /** The sentences of the log. */
  log(): string[] {
    return this.snapshot.events.map(event => event.what)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.observation[Symbol.asyncDispose]()
  }
}
