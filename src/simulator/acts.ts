// Who acts on a made-up cluster: the same operations as on a real one, over made-up hosts.
import type { Observation } from '../cluster/observe.ts'
import { EventWriter } from '../etcd/events.ts'
import type { Identity } from '../operations/ledger.ts'
import type { Clock } from '../model/clock.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { judgeHere, type Judge } from '../operations/admission.ts'
import type { OpenDevice } from '../operations/fence-by-hand.ts'
import { Operations, type OperationsOptions } from '../operations/operations.ts'
import { StoredFallbackMaps } from '../operations/stored-maps.ts'
import { simulatedDevice } from './fence-device.ts'
import type { Simulation } from './simulation.ts'

/** What an engine takes to act with. */
export interface SimulatedActs extends AsyncDisposable {
  readonly operations: Operations
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  readonly openDevice: OpenDevice
  readonly judge: Judge
  report: OperationsOptions['report']
}

/** `wall`: ms since 1970. Disposing gives back what it holds. */
export function actsInSimulation(
  simulation: Simulation,
  observation: Observation,
  identity: Identity,
  wall: () => number = Date.now,
): SimulatedActs {
  const { clock } = simulation
  const store = simulation.connectStore()
  const log = new EventWriter(store, identity, () => new Date(wall()))
  const maps = new StoredFallbackMaps(store, clock, wall)
  const report: SimulatedActs['report'] = event => {
    // A made-up etcd without its quorum takes no line of the log; its state is on the screen.
    log.write({ why: '', ...event }).catch(() => undefined)
  }
  const openDevice: OpenDevice = device => simulatedDevice(simulation, device)
  const operations = new Operations({
    store,
    reach: simulation.reach(),
    identity,
    clock,
    snapshot: () => observation.snapshot,
    prepared: failed => maps.prepared(observation.snapshot, failed),
    openDevice,
    report,
    wall,
  })
  return {
    operations,
    clock,
    snapshot: () => observation.snapshot,
    openDevice,
    judge: judgeHere(clock),
    report,
    async [Symbol.asyncDispose]() {
      await operations[Symbol.asyncDispose]()
      maps[Symbol.dispose]()
    },
  }
}
