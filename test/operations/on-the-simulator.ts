// A made-up cluster with somebody who acts on it, on a clock of its own.
import { observe, type Observation } from '../../src/cluster/observe.ts'
import type { StateStore } from '../../src/etcd/store.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Operations } from '../../src/operations/operations.ts'
import { actsInSimulation } from '../../src/simulator/acts.ts'
import { actOn } from '../../src/simulator/lines.ts'
import { threeHosts, type MadeUpCluster } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'

const BEGINNING = Date.UTC(2026, 0, 1)

/** Somebody with an eye on the cluster, and a hand. */
export interface Actor extends AsyncDisposable {
  readonly observation: Observation
  readonly operations: Operations
}

export class Acted implements AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly simulation: Simulation
  /** VMs whose CPUs ever ran on two hosts at once. */
  readonly doubles = new Set<string>()
  readonly #actors: Actor[] = []

  private constructor(cluster: MadeUpCluster) {
    this.simulation = new Simulation({ cluster, clock: this.clock, seed: 1 })
    this.simulation.dump()
    for (const host of this.simulation.hosts.values())
      host.listen({
        event: () => this.#audit(),
        reachChanged: () => this.#audit(),
        powerLost: () => undefined,
        libvirtdStopped: () => undefined,
      })
  }

  static async begin(cluster: MadeUpCluster = threeHosts()): Promise<Acted> {
    return Promise.resolve(new Acted(cluster))
  }

  /** One more actor; everything is seen when it is given. */
  async actor(who: string): Promise<Actor> {
    const { simulation, clock } = this
    const { cluster, etcd } = simulation.cluster.config
    const store: StateStore = simulation.connectStore()
    const observation = observe({
      cluster,
      store,
      etcd,
      open: simulation.open,
      readOnly: false,
      clock,
      wall: () => BEGINNING + clock.now(),
      random: () => 0.5,
    })
    const identity = { who, from: 'test', version: 'test' }
    const acts = actsInSimulation(simulation, observation, identity, () => BEGINNING + clock.now())
    const actor = {
      observation,
      operations: acts.operations,
      async [Symbol.asyncDispose]() {
        await acts[Symbol.asyncDispose]()
        await observation[Symbol.asyncDispose]()
      },
    }
    this.#actors.push(actor)
    await clock.advance(2_000)
    return actor
  }

  /** Something befalls the cluster, and time goes on. */
  async happens(line: string, ms: number): Promise<void> {
    actOn(this.simulation, line)
    await this.clock.advance(ms)
  }

  /** What `work` comes to, while time goes on. */
  async during<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false }
    const over = work.finally(() => {
      state.isOver = true
    })
    over.catch(() => undefined)
    while (!state.isOver) await this.clock.advance(100)
    return over
  }

  places(): Record<string, string> {
    return Object.fromEntries(
      [...this.simulation.guests.keys()].map(name => [
        name,
        this.simulation.runsOn(name).join(' and '),
      ]),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this.#actors)
      await this.during(Promise.resolve(actor[Symbol.asyncDispose]()))
  }

  #audit(): void {
    for (const name of this.simulation.guests.keys())
      if (this.simulation.runsOn(name).length > 1) this.doubles.add(name)
  }
}

export function stepsOf(operation: Operation): string[] {
  return operation.steps.map(({ vm, state, error }) => `${vm} ${state}${error && `: ${error}`}`)
}
