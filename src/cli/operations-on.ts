// Who acts on a real cluster, wired: for the acting commands, and for the engine of a console that may act.
import type { Observation } from '../cluster/observe.ts'
import { EtcdDomainStore } from '../domains/in-etcd.ts'
import { EventWriter } from '../etcd/events.ts'
import type { StateStore } from '../etcd/store.ts'
import { SshConnections } from '../libvirt/ssh/connections.ts'
import { realClock } from '../model/clock.ts'
import { admissionBy, judgeHere, type Judge } from '../operations/admission.ts'
import { Operations, type OperationsOptions } from '../operations/operations.ts'
import { LibvirtReach } from '../operations/reach-libvirt.ts'
import { prepareHere, StoredFallbackMaps, type Prepare } from '../operations/stored-maps.ts'
import type { Operator } from './operator.ts'

export interface Acts extends AsyncDisposable {
  readonly operations: Operations
  report: OperationsOptions['report']
}

export interface ActsOn {
  readonly store: StateStore
  readonly observation: Observation
  readonly operator: Operator
  readonly version: string
  /** Judges what a plan does to X; left out: this thread, for as long as a command may take. */
  readonly judge?: Judge
  /** Left out: this thread, by the maps of the store. */
  readonly prepare?: Prepare
  /** See `admissionBy`. */
  readonly judgesOnlyToRefuse?: boolean
  /** The operation's own journal holds what matters; a line of the log that cannot be written stops nothing. */
  logFailed(problem: Error): void
}

/** Disposing gives back what it holds in etcd, and closes its connections to HWMs. */
export function actsOn({ store, observation, operator, version, ...rest }: ActsOn): Acts {
  const opened = new AsyncDisposableStack()
  const ssh = opened.use(new SshConnections())
  const reach = opened.use(
    new LibvirtReach({
      ssh,
      config: () => observation.snapshot.config,
      inEtcd: new EtcdDomainStore(store, ''),
    }),
  )
  const log = new EventWriter(store, operator)
  const beingWritten = new Set<Promise<void>>()
  const { judge = judgeHere(realClock) } = rest
  const prepare =
    rest.prepare ?? prepareHere(opened.use(new StoredFallbackMaps(store, realClock)), realClock)
  const report: Acts['report'] = event => {
    const writing: Promise<void> = log
      .write({ why: '', ...event })
      .catch((error: Error) => rest.logFailed(error))
      .then(() => void beingWritten.delete(writing))
    beingWritten.add(writing)
  }
  // A command that ends at once leaves its line in the log all the same.
  opened.defer(async () => void (await Promise.all(beingWritten)))
  const operations = opened.use(
    new Operations({
      store,
      reach,
      identity: { ...operator, version },
      clock: realClock,
      snapshot: () => observation.snapshot,
      prepared: (failed, signal) => prepare(observation.snapshot, failed, signal),
      admission: admissionBy(judge, rest),
      report,
    }),
  )
  return { operations, report, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
