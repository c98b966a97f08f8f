// Everything operations read and write in etcd. Every write compares what it rests on, so that who was replaced changes nothing.
import { randomUUID } from 'node:crypto'
import { pause, type Clock } from '../model/clock.ts'
import type { Operation } from '../model/operation.ts'
import { isSettled } from '../model/operation.ts'
import type { FenceView, PermitView, Proof } from '../model/snapshot.ts'
import { commitOnce } from '../etcd/commit-once.ts'
import {
  agentValue,
  askValue,
  conductorValue,
  encode,
  fenceValue,
  holdsValue,
  keys,
  operationValue,
  permitValue,
} from '../etcd/layout.ts'
import type { Compare, Lease, Outcome, StateStore, Write } from '../etcd/store.ts'
import { changeConfig, type ConfigChanges } from './config-changes.ts'
import { asOperation, CALL_MS, LedgerRefused, read } from './ledger-values.ts'

/** Who acts, as it is written beside everything they do. */
export interface Identity {
  /** e.g. `anna@admin1`. */
  readonly who: string
  /** SSH client or terminal; empty when it is not known. */
  readonly from: string
  readonly version: string
}

export interface HeldPermit extends PermitView {
  readonly modRevision: number
}

/** VM to the operation that holds it, and the compare that nothing of that has changed since. */
interface Holds {
  readonly map: Readonly<Record<string, string>>
  readonly unchanged: Compare
}

/** Between two looks whether what was asked has been heard. */
const ASKED_EVERY_MS = 250

export class Ledger {
  readonly #store: StateStore
  readonly #lease: Lease
  readonly #identity: Identity
  readonly #agents = new Map<string, number>()
  readonly #claiming = new Map<string, Promise<void>>()
  readonly #conducting = new Map<string, number>()
  /** VMs that each operation conducted here still holds. */
  readonly #held = new Map<string, ReadonlySet<string>>()

  /** The lease is this process's one: agents, conductors and tokens go with it when it dies. */
  constructor(store: StateStore, lease: Lease, identity: Identity) {
    this.#store = store
    this.#lease = lease
    this.#identity = identity
  }

  /** Aborts when this process may not act any more. */
  get lost(): AbortSignal {
    return this.#lease.lost
  }

  /** Gives everything back that this process holds. */
  end(): Promise<void> {
    return this.#lease.revoke({ timeoutMs: CALL_MS })
  }

  async permitOf(vm: string): Promise<HeldPermit | undefined> {
    const kv = await this.#store.get(keys.permit(vm), { timeoutMs: CALL_MS })
    return kv && { ...read(permitValue, kv), modRevision: kv.modRevision }
  }

  async fenceOf(hwm: string): Promise<FenceView | undefined> {
    const kv = await this.#store.get(keys.fence(hwm), { timeoutMs: CALL_MS })
    return kv && read(fenceValue, kv)
  }

  /**
   * Becomes the one who acts on an HWM, until `releaseAgents`. Throws `LedgerRefused` when a daemon or another console is.
   */
  claimAgent(hwm: string): Promise<void> {
    if (this.#agents.has(hwm)) return Promise.resolve()
    const claiming =
      this.#claiming.get(hwm) ?? this.#claim(hwm).finally(() => this.#claiming.delete(hwm))
    this.#claiming.set(hwm, claiming)
    return claiming
  }

  /** Others may act on these HWMs from now on. Only while nothing is conducted here. */
  async releaseAgents(): Promise<void> {
    const claimed = [...this.#agents]
    this.#agents.clear()
    await Promise.all(
      claimed.map(([hwm, created]) =>
        this.#once([{ key: keys.agent(hwm), created }], [{ delete: keys.agent(hwm) }]),
      ),
    )
  }

  async #claim(hwm: string): Promise<void> {
    const value = encode(agentValue, {
      owner: 'console',
      since: new Date().toISOString(),
      ...this.#identity,
    })
    const key = keys.agent(hwm)
    const outcome = await this.#once(
      [{ key, created: 0 }],
      [{ put: key, value, lease: this.#lease }],
    )
    if (outcome.committed) {
      this.#agents.set(hwm, outcome.revision)
      return
    }
    const found = outcome.found.find(kv => kv.key === key)
    const owner = found && read(agentValue, found)
    throw new LedgerRefused(
      `${hwm} is acted on by ${owner ? `${owner.owner} ${owner.who}` : 'another'}`,
    )
  }

  /** Becomes the conductor of an operation. Throws `LedgerRefused` while another one lives. */
  async claimConductor(id: string): Promise<void> {
    const key = keys.conductor(id)
    const { who, from } = this.#identity
    const value = encode(conductorValue, { who, from })
    const outcome = await this.#once(
      [{ key, created: 0 }],
      [{ put: key, value, lease: this.#lease }],
    )
    if (!outcome.committed) throw new LedgerRefused(`operation ${id} is conducted elsewhere`)
    this.#conducting.set(id, outcome.revision)
  }

  /** Whether some living process conducts it. */
  async isConducted(id: string): Promise<boolean> {
    return (await this.#store.get(keys.conductor(id), { timeoutMs: CALL_MS })) !== undefined
  }

  /**
   * Asks the conductor of an operation, wherever it is, and waits until it has heard. False: there is none; a conductor that died counts as
   * one until its lease has run out.
   */
  async ask(
    id: string,
    to: 'pause' | 'resume' | 'cancel' | 'retry',
    clock: Clock,
  ): Promise<boolean> {
    if (!(await this.isConducted(id))) return false
    const key = keys.ask(id, randomUUID())
    const value = encode(askValue, { to, who: this.#identity.who })
    await this.#must([{ key, created: 0 }], [{ put: key, value }], 'it was asked already')
    for (;;) {
      if ((await this.#store.get(key, { timeoutMs: CALL_MS })) === undefined) return true
      if (!(await this.isConducted(id))) {
        await this.forget(key)
        return false
      }
      await pause(clock, ASKED_EVERY_MS, this.lost)
    }
  }

  async forget(key: string): Promise<void> {
    await this.#store.commit({ if: [], then: [{ delete: key }] }, { timeoutMs: CALL_MS })
  }

  /** Lets go of an operation that goes on elsewhere or is over. */
  async releaseConductor(id: string): Promise<void> {
    const created = this.#conducting.get(id)
    if (created === undefined) return
    this.#conducting.delete(id)
    const key = keys.conductor(id)
    await this.#once([{ key, created }], [{ delete: key }])
  }

  /** Throws `LedgerRefused` when another operation has one of the VMs of this one, which is not committed yet. */
  async refuseIfHeld({ steps }: Operation): Promise<Holds> {
    const holds = await this.#holds()
    const taken = steps.find(({ vm }) => holds.map[vm] !== undefined)?.vm
    if (taken === undefined) return holds
    throw new LedgerRefused(`operation ${holds.map[taken]} has ${taken}: wait for it, or cancel it`)
  }

  /**
   * Commits a new operation with its VMs held for it, and with what it changes of the configuration. Throws `LedgerRefused` when another
   * operation has one of them.
   */
  async commit(operation: Operation, changes: ConfigChanges): Promise<void> {
    const holds = await this.refuseIfHeld(operation)
    const ours = operation.steps.map(({ vm }) => [vm, operation.id])
    const held = { ...holds.map, ...Object.fromEntries(ours) }
    const compares: Compare[] = [{ key: keys.operation(operation.id), created: 0 }, holds.unchanged]
    const writes: Write[] = [
      { put: keys.operation(operation.id), value: encode(operationValue, operation) },
      { put: keys.holds, value: encode(holdsValue, held) },
    ]
    await changeConfig({ store: this.#store, who: this.#identity.who }, changes, compares, writes)
    await this.#must(compares, writes, 'something it rests on changed in between')
  }

  /** Changes configuration alone: maintenance of an HWM that has nothing to move. */
  async change(changes: ConfigChanges): Promise<void> {
    const compares: Compare[] = []
    const writes: Write[] = []
    await changeConfig({ store: this.#store, who: this.#identity.who }, changes, compares, writes)
    await this.#must(compares, writes, 'it changed in between')
  }

  /** As `change`; false: somebody has changed it since revision `asOf`, and nothing was written. */
  async changeUnlessOther(changes: ConfigChanges, asOf: number): Promise<boolean> {
    const compares: Compare[] = []
    const writes: Write[] = []
    await changeConfig({ store: this.#store, who: this.#identity.who }, changes, compares, writes)
    if (compares.some(each => 'modified' in each && each.modified > asOf)) return false
    return (await this.#once(compares, writes)).committed
  }

  async operation(id: string): Promise<Operation | undefined> {
    const kv = await this.#store.get(keys.operation(id), { timeoutMs: CALL_MS })
    return kv && asOperation(read(operationValue, kv))
  }

  /** Writes how far an operation is, as its conductor; it holds the VMs of its open steps, and no others. */
  async journal(operation: Operation): Promise<void> {
    const created = this.#conducting.get(operation.id)
    if (created === undefined)
      throw new LedgerRefused(`operation ${operation.id} is not conducted here`)
    const compares: Compare[] = [{ key: keys.conductor(operation.id), created }]
    const writes: Write[] = [
      { put: keys.operation(operation.id), value: encode(operationValue, operation) },
    ]
    const open = new Set(operation.steps.filter(step => !isSettled(step)).map(step => step.vm))
    const held = this.#held.get(operation.id)
    if (held === undefined || held.size !== open.size || [...held].some(vm => !open.has(vm))) {
      const holds = await this.#holds()
      const others = Object.entries(holds.map).filter(([, id]) => id !== operation.id)
      const taken = others.find(([vm]) => open.has(vm))
      if (taken !== undefined)
        throw new LedgerRefused(`operation ${taken[1]} has ${taken[0]} now: wait for it`)
      const ours = [...open].map(vm => [vm, operation.id] as const)
      compares.push(holds.unchanged)
      writes.push({
        put: keys.holds,
        value: encode(holdsValue, Object.fromEntries([...others, ...ours])),
      })
    }
    const outcome = await this.#once(compares, writes)
    if (outcome.committed) {
      this.#held.set(operation.id, open)
      return
    }
    const stillOurs = outcome.found.some(
      kv => kv.key === keys.conductor(operation.id) && kv.createRevision === created,
    )
    if (!stillOurs) throw new LedgerRefused(`operation ${operation.id} is conducted elsewhere now`)
    // Another operation took or gave back a VM at the same time: with the new list of holds it is written again.
    await this.journal(operation)
  }

  /**
   * Moves a permit, if it is still as it was seen, and this process still acts on `to` (and on the old holder, when that lives). Gives it as
   * it is now.
   */
  async movePermit(
    vm: string,
    seen: HeldPermit | undefined,
    to: string,
    proof: Proof,
    alive: readonly string[],
  ): Promise<HeldPermit> {
    const key = keys.permit(vm)
    const moved = {
      node: to,
      epoch: (seen?.epoch ?? 0) + 1,
      phase: 'moved',
      proof,
    }
    const modRevision = await this.#must(
      [
        seen === undefined ? { key, created: 0 } : { key, modified: seen.modRevision },
        ...this.#agentCompares(alive),
      ],
      [{ put: key, value: encode(permitValue, moved) }],
      `the permit of ${vm} changed in between`,
    )
    return { ...moved, modRevision }
  }

  /** The last transaction before CPUs run: the permit is with `at` as it was seen, and this process acts there. */
  async confirmPermit(vm: string, at: string, seen: HeldPermit | undefined): Promise<HeldPermit> {
    if (seen?.node !== at)
      throw new LedgerRefused(
        `the permit of ${vm} is with ${seen?.node ?? 'nobody'}, not with ${at}`,
      )
    const { modRevision, ...permit } = { ...seen, phase: 'running' }
    const revision = await this.#must(
      [{ key: keys.permit(vm), modified: modRevision }, ...this.#agentCompares([at])],
      [{ put: keys.permit(vm), value: encode(permitValue, permit) }],
      `the permit of ${vm} changed in between`,
    )
    return { ...permit, modRevision: revision }
  }

  /** Declares an HWM off, with the proof: nothing of its epoch may run there any more. */
  async fence(hwm: string, why: string, proof: Proof): Promise<void> {
    const key = keys.fence(hwm)
    const kv = await this.#store.get(key, { timeoutMs: CALL_MS })
    const epoch = (kv === undefined ? 0 : read(fenceValue, kv).epoch) + 1
    const value = encode(fenceValue, {
      epoch,
      by: this.#identity.who,
      when: proof.when,
      why,
      proof,
    })
    await this.#must(
      [kv === undefined ? { key, created: 0 } : { key, modified: kv.modRevision }],
      [{ put: key, value }],
      `the fence of ${hwm} changed in between`,
    )
  }

  /** Takes a fence away: the HWM answers again, and nothing without a permit runs there. */
  async unfence(hwm: string): Promise<void> {
    const kv = await this.#store.get(keys.fence(hwm), { timeoutMs: CALL_MS })
    if (kv === undefined) return
    await this.#must(
      [{ key: kv.key, modified: kv.modRevision }, ...this.#agentCompares([hwm])],
      [{ delete: kv.key }],
      `the fence of ${hwm} changed in between`,
    )
  }

  #agentCompares(hwms: readonly string[]): Compare[] {
    return hwms.map(hwm => {
      const created = this.#agents.get(hwm)
      if (created === undefined) throw new LedgerRefused(`this process does not act on ${hwm}`)
      return { key: keys.agent(hwm), created }
    })
  }

  async #holds(): Promise<Holds> {
    const key = keys.holds
    const kv = await this.#store.get(key, { timeoutMs: CALL_MS })
    return kv === undefined
      ? { map: {}, unchanged: { key, created: 0 } }
      : { map: read(holdsValue, kv), unchanged: { key, modified: kv.modRevision } }
  }

  /** Gives the revision of what was written. */
  async #must(compares: Compare[], writes: Write[], otherwise: string): Promise<number> {
    const outcome = await this.#once(compares, writes)
    if (!outcome.committed) throw new LedgerRefused(otherwise)
    return outcome.revision
  }

  async #once(compares: Compare[], writes: Write[]): Promise<Outcome> {
    return commitOnce(
      this.#store,
      { if: compares, then: writes },
      { lease: this.#lease, timeoutMs: CALL_MS },
    )
  }
}
