// A made-up cluster that lives: the simulator's hosts and etcd, and the real engine that observes them and acts on them.
import type { Duplex } from 'node:stream'
import { duplexPair } from 'node:stream'
import { observe, type Observation } from '../../../src/cluster/observe.ts'
import { Engine } from '../../../src/engine/engine.ts'
import type { Clock } from '../../../src/model/clock.ts'
import { actsInSimulation, type SimulatedActs } from '../../../src/simulator/acts.ts'
import { actOn } from '../../../src/simulator/lines.ts'
import { threeHosts, type MadeUpCluster } from '../../../src/simulator/made-up.ts'
import { SceneWorkers } from '../../../src/engine/preview/scene-workers.ts'
import { NearWorker } from '../../engine/preview/near-worker.ts'
import { Simulation } from '../../../src/simulator/simulation.ts'

export class LiveCluster implements AsyncDisposable {
  readonly simulation: Simulation
  /** VMs whose CPUs ever ran on two hosts at once. */
  readonly doubles = new Set<string>()
  readonly #clock: Clock
  readonly #wall: () => number
  readonly #engines: {
    readonly observation: Observation
    readonly acting: SimulatedActs | undefined
  }[] = []

  readonly #foresees: boolean

  /** `wall`: ms since 1970. `foresees`: the solver is at work, in this process. `madeUp`: left out, the simulator's three hosts. */
  constructor(
    clock: Clock,
    wall: () => number,
    {
      foresees = false,
      madeUp = threeHosts(),
    }: { readonly foresees?: boolean; readonly madeUp?: MadeUpCluster } = {},
  ) {
    this.#foresees = foresees
    this.#clock = clock
    this.#wall = wall
    this.simulation = new Simulation({ cluster: madeUp, clock, seed: 1 })
    this.simulation.dump()
    for (const host of this.simulation.hosts.values())
      host.listen({
        event: () => this.#audit(),
        reachChanged: () => this.#audit(),
        powerLost: () => undefined,
        libvirtdStopped: () => undefined,
      })
  }

  /** A stream to an engine of its own, as every console has one. */
  connect({ who = 'anna', readOnly = false } = {}): Duplex {
    const { simulation } = this
    const { cluster, etcd } = simulation.cluster.config
    const observation = observe({
      cluster,
      store: simulation.connectStore(),
      etcd,
      open: simulation.open,
      readOnly,
      clock: this.#clock,
      wall: this.#wall,
      random: () => 0.5,
    })
    const identity = { who, from: 'admin1', version: 'test' }
    const acting = readOnly
      ? undefined
      : actsInSimulation(simulation, observation, identity, this.#wall)
    const engine = new Engine({
      observation,
      version: 'test',
      simulate: line => actOn(simulation, line),
      ...(acting && { acting }),
      ...(this.#foresees && {
        foresight: {
          clock: this.#clock,
          store: simulation.connectStore(),
          writes: !readOnly,
          wall: this.#wall,
          workers: new SceneWorkers({
            judge: new NearWorker().scene,
            answer: new NearWorker().scene,
          }),
          hire: () => new NearWorker(),
        },
      }),
    })
    this.#engines.push({ observation, acting })
    const [near, far] = duplexPair()
    engine.attach(far)
    return near
  }

  #audit(): void {
    for (const name of this.simulation.guests.keys())
      if (this.simulation.runsOn(name).length > 1) this.doubles.add(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its clock stands still for good: what waits for time is left to the end of the test.
    for (const { observation } of this.#engines) void observation[Symbol.asyncDispose]()
    await Promise.resolve()
  }
}
