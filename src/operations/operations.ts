// What a console or a command can do to a cluster: plan, commit what was confirmed, conduct it to its end, take up what another left.
import type { StateStore } from '../etcd/store.ts'
import { openFenceDevice, powerOff } from '../fencing/power-off.ts'
import { describeDomain } from '../libvirt/xml/describe.ts'
import { migrationObstacles } from '../libvirt/xml/obstacles.ts'
import type { Clock } from '../model/clock.ts'
import { isOver, type Limits, type Operation } from '../model/operation.ts'
import type { ClusterEvent, ClusterSnapshot, Proof } from '../model/snapshot.ts'
import { Conductor } from './conductor.ts'
import { Ledger, LedgerRefused, type ConfigChanges, type Identity } from './ledger.ts'
import { isSilence } from './look.ts'
import { differences } from './plan/common.ts'
import { planEvacuation } from './plan/evacuation.ts'
import { planHomecoming, planUndo } from './plan/homecoming.ts'
import { operationOf } from './plan/operation-of.ts'
import { NoPlan, type Plan } from './plan/plan.ts'
import { planMigration, planStart, planStop } from './plan/single.ts'
import type { PreparedFallback } from './plan/targets.ts'
import type { Reach } from './reach.ts'

export type Wanted =
  | { readonly do: 'evacuate'; readonly hwm: string; readonly cold: boolean }
  | { readonly do: 'homecoming'; readonly hwm?: string; readonly staying?: readonly string[] }
  | { readonly do: 'migrate'; readonly vm: string; readonly to: string; readonly cold: boolean }
  | { readonly do: 'start'; readonly vm: string; readonly at?: string }
  | { readonly do: 'stop'; readonly vm: string }
  | { readonly do: 'undo'; readonly operation: string }

/** How the operator knows, or finds out, that an HWM is off. */
export type OffProof =
  /** Their word: how they verified it, recorded as such. */
  | { readonly by: 'word'; readonly how: string }
  /** Its fence devices: switched off and read back. */
  | { readonly by: 'device' }

export type Asked = 'pause' | 'resume' | 'cancel' | 'retry'

export interface Confirmation {
  readonly why: string
  readonly off?: OffProof
  /** VMs of the plan that are left out of it. */
  readonly without?: readonly string[]
  readonly limits?: Partial<Limits>
}

/** Not begun, with the reason; `lines` are the differences when the cluster changed since the plan. */
export class NotCommitted extends Error {
  override readonly name = 'NotCommitted'
  readonly lines: readonly string[]
  constructor(message: string, lines: readonly string[] = []) {
    super(message)
    this.lines = lines
  }
}

export interface OperationsOptions {
  readonly store: StateStore
  readonly reach: Reach
  readonly identity: Identity
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  report(event: Pick<ClusterEvent, 'level' | 'about' | 'what'> & { readonly why?: string }): void
  /** A map that was worked out beforehand for this failure set, when there is one. */
  prepared?(failed: readonly string[]): PreparedFallback | undefined
}

const LEASE_MS = 10_000
const XML_MS = 5_000

export class Operations implements AsyncDisposable {
  readonly #options: OperationsOptions
  readonly #conducted = new Map<string, Conductor>()
  #ledger: Promise<Ledger> | undefined

  constructor(options: OperationsOptions) {
    this.#options = options
  }

  /** Throws `NoPlan` with the reason when it cannot be planned at all. Changes nothing. */
  async plan(wanted: Wanted): Promise<Plan> {
    const snapshot = this.#options.snapshot()
    const { state, reason } = snapshot.etcd
    if (state !== 'live')
      throw new NoPlan(
        `etcd is not reached (${reason}): what is known may be old, and nothing can be committed`,
      )
    switch (wanted.do) {
      case 'evacuate': {
        const { hwm, cold } = wanted
        const isUp = snapshot.hwms[hwm]?.state === 'up'
        const down = Object.values(snapshot.hwms)
          .filter(view => view.state === 'down')
          .map(view => view.name)
        const prepared = isUp ? undefined : this.#options.prepared?.([...new Set([hwm, ...down])])
        return planEvacuation(snapshot, hwm, {
          cold,
          ...(prepared && { prepared }),
          ...(isUp && { obstacles: await this.#obstacles(snapshot, hwm) }),
        })
      }
      case 'homecoming':
        return planHomecoming(snapshot, wanted.hwm, {
          ...(wanted.staying && { staying: wanted.staying }),
        })
      case 'migrate': {
        const where = snapshot.vms[wanted.vm]?.where
        const obstacle =
          where === undefined
            ? undefined
            : (await this.#obstacles(snapshot, where, wanted.vm)).get(wanted.vm)
        return planMigration(snapshot, wanted.vm, wanted.to, {
          cold: wanted.cold,
          ...(obstacle !== undefined && { obstacle }),
        })
      }
      case 'start':
        return planStart(snapshot, wanted.vm, wanted.at)
      case 'stop':
        return planStop(snapshot, wanted.vm)
      case 'undo': {
        const operation = await (await this.#open()).operation(wanted.operation)
        if (operation === undefined) throw new NoPlan(`there is no operation ${wanted.operation}`)
        if (!isOver(operation))
          throw new NoPlan(`operation ${operation.id} is not over: cancel it first`)
        return planUndo(snapshot, operation, {})
      }
    }
  }

  /**
   * Commits a plan that was shown and confirmed, after proof where it needs one. Throws `NotCommitted` when the cluster changed since,
   * the proof was not had, or another operation has one of the VMs. Nothing runs before `conduct`.
   */
  async commit(plan: Plan, confirmation: Confirmation): Promise<Operation> {
    const ledger = await this.#open()
    const lines = differences(plan.basis, this.#options.snapshot())
    if (lines.length > 0)
      throw new NotCommitted('the cluster has changed since the plan was made', lines)
    if (plan.mustBeOff !== undefined) await this.#prove(plan.mustBeOff, confirmation, ledger)
    const { identity } = this.#options
    const without = new Set(confirmation.without)
    const moves = plan.moves.filter(move => !without.has(move.vm))
    const { parallelPerHwm } = this.#options.snapshot().config?.settings.migration ?? {
      parallelPerHwm: 2,
    }
    const operation = operationOf(
      { ...plan, moves },
      {
        id: await ledger.nextId(),
        by: identity.who,
        from: identity.from,
        why: confirmation.why,
        createdAt: new Date().toISOString(),
        limits: { parallelPerHwm, ...confirmation.limits },
      },
    )
    try {
      await ledger.commit(operation, changesOf(plan, operation))
    } catch (error) {
      if (error instanceof LedgerRefused) throw new NotCommitted(error.message)
      throw error
    }
    this.#options.report({
      level: 'info',
      about: `operation:${operation.id}`,
      what: `operation ${operation.id}: ${plan.sentence}`,
      why: confirmation.why,
    })
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
    }
  }

  /** Asks whoever conducts the operation, here or elsewhere. False: nobody does; it can be taken up by `conduct`. */
  async ask(id: string, to: Asked): Promise<boolean> {
    const conductor = this.#conducted.get(id)
    if (conductor !== undefined) {
      conductor.ask(to)
      return true
    }
    const ledger = await this.#open()
    if (!(await ledger.isConducted(id))) return false
    await ledger.ask(id, to)
    return true
  }

  /** Maintenance of an HWM on or off, without moving anything. */
  async setMaintenance(hwm: string, on: boolean, why: string): Promise<void> {
    await (await this.#open()).change({ maintenance: { [hwm]: on } })
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
    { device, id }: { readonly device: string; readonly id: string },
    why: string,
  ): Promise<void> {
    const proof: Proof = { kind: 'power-off read back', id, when: new Date().toISOString() }
    await (await this.#open()).fence(hwm, why, proof)
    this.#proved(hwm, `off, read back from ${device}`)
  }

  /** Takes the fence of an HWM away that answers again, once nothing runs there whose permit is elsewhere. Returns why not, else undefined. */
  async release(hwm: string): Promise<string | undefined> {
    const ledger = await this.#open()
    if ((await ledger.fenceOf(hwm)) === undefined) return undefined
    const machine = await this.#options.reach.machine(hwm)
    for (const { name, state } of await machine.domains()) {
      if (state === 'shutoff') continue
      const permit = await ledger.permitOf(name)
      if (permit !== undefined && permit.node !== hwm) {
        return `${name} is ${state} on ${hwm} although its permit is with ${permit.node}: stop it there first`
      }
    }
    await ledger.claimAgent(hwm)
    await ledger.unfence(hwm)
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

  async #prove(hwm: string, { off, why }: Confirmation, ledger: Ledger): Promise<void> {
    const snapshot = this.#options.snapshot()
    const standing = await ledger.fenceOf(hwm)
    if (standing?.proof !== undefined && off === undefined) return
    if (off === undefined)
      throw new NotCommitted(
        `${hwm} is not proved to be off: say how you verified it, or have its fence device do it`,
      )
    const when = new Date().toISOString()
    if (off.by === 'word') {
      await ledger.fence(hwm, why, { kind: "operator's word", id: off.how, when })
      this.#proved(hwm, `off by the operator's word: ${off.how}`)
      return
    }
    const devices = snapshot.hwms[hwm]?.config.fence ?? []
    const result = await powerOff(devices.map(openFenceDevice))
    if (!result.off) throw new NotCommitted(`${hwm} could not be switched off`, result.attempts)
    await this.declareOff(hwm, result, why)
  }

  #proved(hwm: string, what: string): void {
    this.#options.report({ level: 'warn', about: `hwm:${hwm}`, what: `${hwm}: ${what}` })
  }

  /** VMs on an HWM that cannot migrate live, by their XML. One whose XML cannot be had is left to the preflight. */
  async #obstacles(
    snapshot: ClusterSnapshot,
    hwm: string,
    only?: string,
  ): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    const machine = await this.#options.reach.machine(hwm)
    const vms = Object.values(snapshot.vms).filter(
      vm => vm.where === hwm && (only === undefined || vm.name === only),
    )
    for (const vm of vms) {
      const instance = vm.instances.find(each => each.hwm === hwm && each.state !== 'shutoff')
      if (instance === undefined) continue
      try {
        const xml = await machine.xml({ name: vm.name, uuid: instance.uuid }, 'live', {
          timeoutMs: XML_MS,
        })
        // Whether disks are there at the other end, the preflight asks that end; whether they are safe to share, libvirt asks itself.
        const obstacle = migrationObstacles(describeDomain(xml), { paths: ['/'] }).find(
          each => each.stops !== 'restart',
        )
        if (obstacle !== undefined) found.set(vm.name, `${obstacle.what}: ${obstacle.why}`)
      } catch (error) {
        if (!isSilence(error)) throw error
      }
    }
    return found
  }
}

/** What should be running follows what was asked for; who is evacuated while it lives takes nobody in until told otherwise. */
function changesOf(plan: Plan, operation: Operation): ConfigChanges {
  const vms = operation.steps.map(step => step.vm)
  const wish = plan.kind === 'start' ? 'running' : plan.kind === 'stop' ? 'stopped' : undefined
  return {
    ...(wish && { desired: Object.fromEntries(vms.map(vm => [vm, wish])) }),
    ...(plan.cordon !== undefined && { maintenance: { [plan.cordon]: true } }),
  }
}
