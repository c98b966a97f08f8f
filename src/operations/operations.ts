// What a console or a command can do to a cluster: plan, commit what was confirmed, conduct it to its end, take up what another left.
import type { StateStore } from '../etcd/store.ts'
import type { FenceDevicePort } from '../fencing/device.ts'
import type { Clock } from '../model/clock.ts'
import type { FenceDevice } from '../model/cluster.ts'
import { isOver, type Operation } from '../model/operation.ts'
import type { ClusterEvent, ClusterSnapshot } from '../model/snapshot.ts'
import { commitMap, type MapCommit } from './commit-map.ts'
import { Conductor } from './conductor.ts'
import type { ConfigChanges } from './config-changes.ts'
import { LedgerRefused } from './ledger-values.ts'
import { Ledger, type Identity } from './ledger.ts'
import { forgetOld } from './old-operations.ts'
import { differences } from './plan/common.ts'
import { draft } from './plan/draft.ts'
import { planApplyMap, type NewMap } from './plan/apply-map.ts'
import { operationOf } from './plan/operation-of.ts'
import { NoPlan, type Choices, type Plan } from './plan/plan.ts'
import { devicesOf, recordHostUuids } from './host-uuids.ts'
import { recordOwnStops } from './own-stops.ts'
import { OffProofs } from './prove-off.ts'
import { letIn } from './release.ts'
import type { PreparedFallback } from './plan/targets.ts'
import type { Reach } from './reach.ts'
import { NotCommitted, type Asked, type Confirmation, type Wanted } from './wanted.ts'
import { readStanding, type Standing, withStanding } from './standing.ts'

export {
  NotCommitted,
  type Asked,
  type Confirmation,
  type OffProof,
  type Wanted,
} from './wanted.ts'

export interface OperationsOptions {
  readonly store: StateStore
  readonly reach: Reach
  readonly identity: Identity
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  report(event: Pick<ClusterEvent, 'level' | 'about' | 'what'> & { readonly why?: string }): void
  /** A map that was worked out beforehand for this failure set, when there is one. Throws the signal's reason. */
  prepared?(failed: readonly string[], signal?: AbortSignal): Promise<PreparedFallback | undefined>
  /** The clock on the wall, ms since 1970; left out: the machine's. */
  wall?(): number
  /** Left out: the real ones. */
  readonly openDevice?: (config: FenceDevice) => FenceDevicePort
  /** What a plan would break of X, as a sentence; undefined: nothing. Told in the plan's notes, or the plan is refused: as the cluster is set. */
  admission?(snapshot: ClusterSnapshot, plan: Plan): Promise<string | undefined>
}

const LEASE_MS = 10_000
const COMMIT_MS = 10_000
const OPERATION_LIMIT = 700_000

export class Operations implements AsyncDisposable {
  readonly #options: OperationsOptions
  readonly #conducted = new Map<string, Conductor>()
  readonly #offProofs: OffProofs
  #ledger: Promise<Ledger> | undefined

  constructor(options: OperationsOptions) {
    this.#options = options
    this.#offProofs = new OffProofs({
      ...options,
      today: () => this.#today(),
      devicesOf: hwm => this.fenceDevices(hwm),
    })
  }

  /**
   * Throws `NoPlan` with the reason when it cannot be planned at all, or would break X and the cluster is set to refuse that; the reason of
   * `signal`, when nobody waits for the plan any more. Changes nothing.
   */
  async plan(wanted: Wanted, choices: Choices = {}, signal?: AbortSignal): Promise<Plan> {
    const drafted = await draft(wanted, choices, {
      ...(await this.#seen()),
      reach: this.#options.reach,
      prepared: async failed => this.#options.prepared?.(failed, signal),
      probe: hwm => void this.#offProofs.probe(hwm),
    })
    return this.#admitted(drafted)
  }

  /** As `plan`: a map that the solver found becomes the CDM, and its VMs move there. */
  async planMap(map: NewMap): Promise<Plan> {
    const { snapshot } = await this.#seen()
    const { config } = snapshot
    if (config === undefined) throw new NoPlan(`${snapshot.cluster} is not configured yet`)
    return this.#admitted(planApplyMap(snapshot, config, map))
  }

  /**
   * A map becomes the CDM and nothing moves; resolves with what was done, in one sentence. Throws `MapRefused` when the independent checker
   * does not accept it, or the cluster has changed since it was made.
   */
  async saveMap(
    made: Pick<MapCommit, 'problem' | 'map' | 'revision'>,
    why: string,
  ): Promise<string> {
    const { store, identity } = this.#options
    const when = new Date().toISOString()
    await commitMap(store, { ...made, by: identity.who, why, when }, { timeoutMs: COMMIT_MS })
    const changed = made.problem.vms.filter(({ name, home }) => {
      const to = made.map.get(name)
      return to !== undefined && to !== home
    }).length
    const what = `a plan became the CDM: ${changed === 1 ? '1 home' : `${changed} homes`} changed`
    this.#options.report({ level: 'info', about: 'cluster', what, why })
    return what
  }

  async #admitted(plan: Plan): Promise<Plan> {
    const snapshot = this.#options.snapshot()
    const breaks = await this.#options.admission?.(snapshot, plan)
    if (breaks === undefined) return plan
    if (snapshot.config?.settings.admission === 'refuse') throw new NoPlan(breaks)
    return { ...plan, notes: [...plan.notes, breaks] }
  }

  /** What is seen, with what etcd says of permits and operations. Throws `NoPlan` while etcd is away. */
  async #seen(): Promise<{ readonly snapshot: ClusterSnapshot; readonly standing: Standing }> {
    const { state, reason } = this.#options.snapshot().etcd
    if (state !== 'live')
      throw new NoPlan(
        `etcd is not reached (${reason}): what is known may be old, and nothing can be committed`,
      )
    const standing = await readStanding(this.#options.store)
    return { snapshot: withStanding(this.#options.snapshot(), standing), standing }
  }

  /**
   * Commits a plan that was shown and confirmed, after proof where it needs one. Throws `NotCommitted` when the cluster changed since,
   * the proof was not had, or another operation has one of the VMs. Nothing runs before `conduct`.
   */
  async commit(plan: Plan, confirmation: Confirmation): Promise<Operation> {
    const { store } = this.#options
    const [ledger, standing] = await Promise.all([this.#open(), readStanding(store)])
    const lines = differences(plan.basis, withStanding(this.#options.snapshot(), standing))
    if (lines.length > 0)
      throw new NotCommitted('the cluster has changed since the plan was made', lines)
    const off = await this.#offProofs.examine(plan.mustBeOff, confirmation, ledger)
    const closed = await Promise.all(firstTargets(plan).map(hwm => this.release(hwm)))
    const why = closed.find(each => each !== undefined)
    if (why !== undefined) throw new NotCommitted(why)
    const { identity } = this.#options
    const without = new Set(confirmation.without)
    const moves = plan.moves.filter(move => !without.has(move.vm))
    const { parallelPerHwm } = this.#options.snapshot().config?.settings.migration ?? {
      parallelPerHwm: 2,
    }
    const operation = operationOf(
      { ...plan, moves },
      {
        id: nextId(standing.operations),
        by: identity.who,
        from: identity.from,
        why: confirmation.why,
        createdAt: this.#today(),
        limits: { parallelPerHwm, ...confirmation.limits },
      },
    )
    refuseIfTooLarge(operation)
    const proved: string[] = []
    try {
      // Before anything is switched off: what the transaction would refuse anyway.
      await ledger.refuseIfHeld(operation)
      proved.push(...(await this.#offProofs.prove(off, confirmation.why, ledger)))
      await ledger.commit(operation, changesOf(plan, operation))
    } catch (error) {
      if (error instanceof LedgerRefused) throw new NotCommitted(error.message, proved)
      throw error
    }
    this.#options.report({
      level: 'info',
      about: `operation:${operation.id}`,
      what: `operation ${operation.id}: ${plan.sentence}`,
      why: confirmation.why,
    })
    await this.#remember(
      {
        ...standing,
        operations: [...standing.operations, operation],
      },
      ledger,
    )
    return operation
  }

  /**
   * Conducts an operation until it is over, or paused with nothing under way: one just committed, or one whose conductor is gone. `first`
   * is asked of it before anything begins. Throws `LedgerRefused` while somebody else conducts it.
   */
  async conduct(id: string, first?: Asked): Promise<Operation> {
    const ledger = await this.#open()
    const operation = await ledger.operation(id)
    if (operation === undefined) throw new NotCommitted(`there is no operation ${id}`)
    if (isOver(operation) && first !== 'retry') return operation
    const conductor = new Conductor(operation, { ...this.#options, ledger })
    if (first !== undefined) conductor.ask(first)
    this.#conducted.set(id, conductor)
    try {
      return await conductor.run()
    } finally {
      this.#conducted.delete(id)
      await this.#letGo(ledger)
    }
  }

  /**
   * Asks whoever conducts the operation, here or elsewhere, and waits until it was heard. False: nobody does; it can be taken up by
   * `conduct`. A conductor that died is known to be gone only when its lease has run out: up to ten seconds.
   */
  async ask(id: string, to: Asked): Promise<boolean> {
    const conductor = this.#conducted.get(id)
    if (conductor !== undefined) {
      conductor.ask(to)
      return true
    }
    return (await this.#open()).ask(id, to, this.#options.clock)
  }

  /** Maintenance of an HWM on or off, without moving anything. */
  async setMaintenance(hwm: string, on: boolean, why: string): Promise<void> {
    const { store } = this.#options
    const [ledger, standing] = await Promise.all([this.#open(), readStanding(store)])
    await ledger.change({ maintenance: { [hwm]: on } })
    await this.#remember(standing, ledger)
    this.#options.report({
      level: 'info',
      about: `hwm:${hwm}`,
      what: `${hwm}: maintenance ${on ? 'on: it takes nobody in' : 'off'}`,
      why,
    })
  }

  /** Records that a fence device was read as off: the proof that lets its VMs restart elsewhere. */
  async declareOff(
    hwm: string,
    readBack: { readonly device: string; readonly id: string },
    why: string,
  ): Promise<void> {
    await this.#offProofs.declareOff(hwm, readBack, why, await this.#open())
  }

  /** The fence devices of an HWM, each with its host's UUID where that is known. */
  fenceDevices(hwm: string): Promise<readonly FenceDevice[]> {
    return devicesOf(this.#options.snapshot(), hwm, this.#options.store)
  }

  /** Writes what will be wanted when its HWM is dead, and only those that live can say. What fails is told; the next act tries again. */
  async remember(): Promise<void> {
    const { store } = this.#options
    const [ledger, standing] = await Promise.all([this.#open(), readStanding(store)])
    await this.#remember(standing, ledger)
  }

  async #remember(standing: Standing, ledger: Ledger): Promise<void> {
    const { store, reach } = this.#options
    const report: OperationsOptions['report'] = event => this.#options.report(event)
    const snapshot = withStanding(this.#options.snapshot(), standing)
    try {
      await recordOwnStops(snapshot, { ledger, reach, report })
      await recordHostUuids(snapshot, { store, reach, report })
      await forgetOld(standing.operations, ledger)
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      report({ level: 'warn', about: 'etcd', what })
    }
  }

  /** Writes `stopped` for those of these VMs that shut themselves down, as seen now. Throws what etcd throws. */
  async recordOwnStops(vms: readonly string[]): Promise<void> {
    const { store, reach } = this.#options
    const [ledger, standing] = await Promise.all([this.#open(), readStanding(store)])
    await recordOwnStops(withStanding(this.#options.snapshot(), standing), {
      ledger,
      reach,
      report: event => this.#options.report(event),
      only: new Set(vms),
    })
  }

  /** How an HWM was proved to be off, as far as it still is held to be; undefined: it is not proved. */
  async proofOf(hwm: string): Promise<string | undefined> {
    const proof = (await (await this.#open()).fenceOf(hwm))?.proof
    return proof && `${proof.kind} ${proof.id}`
  }

  /** Takes the fence of an HWM away that answers again, once nothing runs there whose permit is elsewhere. Returns why not, else undefined. */
  async release(hwm: string): Promise<string | undefined> {
    const ledger = await this.#open()
    if ((await ledger.fenceOf(hwm)) === undefined) return undefined
    try {
      const why = await letIn(hwm, { ...this.#options, ledger })
      if (why !== undefined) return why
    } finally {
      await this.#letGo(ledger)
    }
    this.#options.report({
      level: 'info',
      about: `hwm:${hwm}`,
      what: `${hwm}: fence taken away, nothing runs there without a permit`,
    })
    return undefined
  }

  /** The ids of the operations that are conducted here now. */
  get conducting(): readonly string[] {
    return [...this.#conducted.keys()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ledger = await this.#ledger?.catch(() => undefined)
    await ledger?.end()
  }

  /** One lease for all that this process holds. A lease that was lost is not taken again under running operations. */
  async #open(): Promise<Ledger> {
    const ledger = await this.#ledger?.catch(() => undefined)
    if (ledger !== undefined && !ledger.lost.aborted) return ledger
    const { store, identity } = this.#options
    this.#ledger = store.grantLease(LEASE_MS).then(lease => new Ledger(store, lease, identity))
    return this.#ledger
  }

  /** Others may act on the HWMs when nothing is conducted here any more. What cannot be given back goes with the lease. */
  async #letGo(ledger: Ledger): Promise<void> {
    if (this.#conducted.size > 0 || ledger.lost.aborted) return
    await ledger.releaseAgents().catch((error: Error) => {
      this.#options.report({ level: 'warn', about: 'etcd', what: error.message })
    })
  }

  #today(): string {
    return new Date(this.#options.wall?.() ?? Date.now()).toISOString()
  }
}

function firstTargets({ moves }: Plan): string[] {
  return [...new Set(moves.flatMap(move => move.targets.slice(0, 1)))]
}

/** One more than the largest there is. */
function nextId(operations: readonly Operation[]): string {
  return String(Math.max(0, ...operations.map(({ id }) => Number(id)).filter(Number.isInteger)) + 1)
}

/** etcd takes no value of more than 1.5 MiB, and an operation's grows by what its steps have to say. */
function refuseIfTooLarge(operation: Operation): void {
  const bytes = Buffer.byteLength(JSON.stringify(operation))
  if (bytes > OPERATION_LIMIT)
    throw new NotCommitted(
      `the operation has ${operation.steps.length} steps, which is more than etcd keeps as one (${bytes} bytes, the limit is ${OPERATION_LIMIT}): leave VMs out of it (--without), and do it in parts`,
    )
}

/** What should be running follows what was asked for; who is evacuated while it lives takes nobody in until told otherwise. */
function changesOf(plan: Plan, operation: Operation): ConfigChanges {
  const vms = operation.steps.map(step => step.vm)
  const wish = plan.kind === 'start' ? 'running' : plan.kind === 'stop' ? 'stopped' : undefined
  const { homes } = plan
  const why = `operation ${operation.id}: ${plan.sentence}`
  return {
    ...(homes && { homes: { of: homes, why } }),
    ...(wish && { desired: Object.fromEntries(vms.map(vm => [vm, wish])) }),
    ...((plan.cordon !== undefined || plan.opens) && { maintenance: maintenanceOf(plan) }),
  }
}

function maintenanceOf({ cordon, opens = [] }: Plan): Readonly<Record<string, boolean>> {
  return {
    ...Object.fromEntries(opens.map(hwm => [hwm, false])),
    ...(cordon !== undefined && { [cordon]: true }),
  }
}
