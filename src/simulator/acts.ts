// Who acts on a made-up cluster: the same operations as on a real one, over made-up hosts.
import type { Observation } from '../cluster/observe.ts'
import { EventWriter } from '../etcd/events.ts'
import type { Identity } from '../operations/ledger.ts'
import type { Clock } from '../model/clock.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { admissionBy, judgeHere, type Judge } from '../operations/admission.ts'
import type { OpenDevice } from '../operations/fence-by-hand.ts'
import { Operations, type OperationsOptions } from '../operations/operations.ts'
import { prepareHere, StoredFallbackMaps, type Prepare } from '../operations/stored-maps.ts'
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

export interface SimulatedSolver {
  readonly judge?: Judge
  readonly prepare?: Prepare
}

/** `wall`: ms since 1970. `solver`: what is left out is done by this thread. Disposing gives back what it holds. */
export function actsInSimulation(
  simulation: Simulation,
  observation: Observation,
  identity: Identity,
  wall: () => number = Date.now,
  solver: SimulatedSolver = {},
): SimulatedActs {
  const { clock } = simulation
  const store = simulation.connectStore()
  const log = new EventWriter(store, identity, () => new Date(wall()))
  const opened = new AsyncDisposableStack()
  const {
    judge = judgeHere(clock),
    prepare = prepareHere(opened.use(new StoredFallbackMaps(store, clock, wall)), clock),
  } = solver
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
    prepared: (failed, signal) => prepare(observation.snapshot, failed, signal),
    admission: admissionBy(judge, { judgesOnlyToRefuse: true }),
    openDevice,
    report,
    wall,
  })
  return {
    operations,
    clock,
    snapshot: () => observation.snapshot,
    openDevice,
    judge,
    report,
    async [Symbol.asyncDispose]() {
      await operations[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}
