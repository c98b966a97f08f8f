// What is true around the steps of one operation: their VMs at every end, permits and proofs, and which HWMs are ready to run them.
import type { End, VmFacts } from '../control/facts.ts'
import { UNKNOWN } from '../control/facts.ts'
import type { StateStore } from '../etcd/store.ts'
import { blockList } from '../fencing/block-list.ts'
import type { DomainRef } from '../libvirt/hypervisor.ts'
import type { Clock } from '../model/clock.ts'
import { targetOf, type Operation, type Step } from '../model/operation.ts'
import type { ClusterSnapshot, Proof } from '../model/snapshot.ts'
import { LedgerRefused } from './ledger-values.ts'
import type { HeldPermit, Ledger } from './ledger.ts'
import { barrierAgainst } from './barrier.ts'
import { isSilence, lookAt } from './look.ts'
import { noRoom } from './no-room.ts'
import { preflight, type Readiness } from './preflight.ts'
import type { Reach } from './reach.ts'
import { letIn } from './release.ts'

/** What actions need to know of a step beside its facts; made by the last look. */
export interface Footing {
  readonly domain: DomainRef
  readonly permit: HeldPermit | undefined
  /** Proofs of dead HWMs, whole, by HWM. */
  readonly proofs: Readonly<Record<string, Proof>>
  /** HWMs that answered: their agents are compared. */
  readonly alive: readonly string[]
}

export interface SightOptions {
  readonly reach: Reach
  readonly ledger: Ledger
  readonly store: StateStore
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  operation(): Operation
}

/** What was found out about an HWM's readiness is asked again after this long, in ms. */
const READY_FOR_MS = 60_000
const STORED_FOR_MS = 3_000
const XML_MS = 10_000

export class Sight {
  readonly #options: SightOptions
  readonly #footing = new Map<number, Footing>()
  readonly #stored = new Map<
    string,
    { readonly at: number; readonly xml: Promise<string | undefined> }
  >()
  /** By HWM, the proof of the death after which it was cut off. */
  readonly #barred = new Map<string, string>()
  readonly #ready = new Map<string, { readonly at: number; readonly readiness: Readiness }>()

  constructor(options: SightOptions) {
    this.#options = options
  }

  footing(step: number): Footing | undefined {
    return this.#footing.get(step)
  }

  /** A permit that an action has just moved or confirmed. */
  permitIs(step: number, permit: HeldPermit): void {
    const footing = this.#footing.get(step)
    if (footing !== undefined) this.#footing.set(step, { ...footing, permit })
  }

  /** After a retry everything is asked anew: the operator may have mended what was refused. */
  forget(): void {
    this.#ready.clear()
  }

  /** What was found out of `hwm` for this step, as long as it is fresh. */
  known(step: Step, hwm: string): Readiness | undefined {
    const known = this.#ready.get(`${step.id} ${hwm}`)
    const isFresh = known !== undefined && this.#options.clock.now() - known.at < READY_FOR_MS
    return isFresh ? known.readiness : undefined
  }

  /** Asks `hwm` whether it could run the step's VM. Throws when it gives no answer. */
  async readiness(step: Step, hwm: string, domain: DomainRef): Promise<Readiness> {
    const { reach, store, clock } = this.#options
    const snapshot = this.#options.snapshot()
    const { config } = snapshot
    if (config === undefined) throw new Error('the configuration of the cluster is not known yet')
    const at = clock.now()
    const full = noRoom(snapshot, this.#options.operation(), step, hwm)
    const readiness =
      full === undefined
        ? await this.#examine(step, hwm, domain, {
            reach,
            store,
            config,
            storedXml: (place, vm) => this.#storedXml(place, vm),
          })
        : { verdict: { refused: full } }
    this.#ready.set(`${step.id} ${hwm}`, { at, readiness })
    return readiness
  }

  async #examine(
    step: Step,
    hwm: string,
    domain: DomainRef,
    context: Parameters<typeof preflight>[3],
  ): Promise<Readiness> {
    const [closed, readiness] = await Promise.all([
      letIn(hwm, this.#options),
      preflight(step, hwm, domain, context),
    ])
    return closed === undefined ? readiness : { verdict: { refused: closed } }
  }

  async look(step: Step): Promise<VmFacts> {
    const { ledger } = this.#options
    const snapshot = this.#options.snapshot()
    const [permit, domain] = await Promise.all([
      ledger.permitOf(step.vm),
      this.#domainOf(step, snapshot),
    ])
    if ('unknown' in domain) {
      return {
        permit: permit && { node: permit.node, epoch: permit.epoch },
        ends: {},
        proofs: {},
        elsewhere: [],
        ready: {},
        barred: undefined,
        unidentified: domain.unknown,
      }
    }
    const hwms = concernedBy(step, permit, snapshot)
    const holder = permit?.node ?? step.from
    const proofs: Record<string, Proof> = {}
    const { migrate = 0, shutdown = 0, destroy = 0 } = step.tries
    const expectedGone = migrate + shutdown + destroy > 0
    const early = this.#askEarly(step, domain, snapshot)
    const ends = Object.fromEntries(
      await Promise.all(
        hwms.map(
          async hwm =>
            [
              hwm,
              await this.#end(hwm, { domain, holder, snapshot, proofs, expectedGone }),
            ] as const,
        ),
      ),
    )
    await early
    const alive = hwms.filter(hwm => ends[hwm]?.known)
    this.#footing.set(step.id, { domain, permit, proofs, alive })
    const elsewhere = (snapshot.vms[step.vm]?.instances ?? [])
      .filter(
        each => !hwms.includes(each.hwm) && ['running', 'blocked', 'paused'].includes(each.state),
      )
      .map(each => each.hwm)
    return {
      permit: permit && { node: permit.node, epoch: permit.epoch },
      ends,
      proofs: Object.fromEntries(
        Object.entries(proofs).map(([hwm, proof]) => [hwm, `${proof.kind} ${proof.id}`]),
      ),
      elsewhere,
      ready: Object.fromEntries(
        step.targets.flatMap(hwm => {
          const known = this.known(step, hwm)
          return known === undefined ? [] : [[hwm, known.verdict]]
        }),
      ),
      barred: this.barred(step),
    }
  }

  /** Cuts a dead HWM off from the shared storage, from the HWM that is to take over. Throws `FenceFailed` when that is not certain. */
  async bar(step: Step, hwm: string): Promise<void> {
    const { reach } = this.#options
    const target = targetOf(step)
    const proof = this.#footing.get(step.id)?.proofs[hwm]
    if (target === undefined || proof === undefined)
      throw new LedgerRefused(`there is no proof that ${hwm} is dead: it is not cut off`)
    await barrierAgainst(hwm, target, this.#options.snapshot(), reach, blockList)
    this.#barred.set(hwm, proof.id)
  }

  /** HWMs that were cut off since the proofs of their deaths; undefined where the cluster has no barrier. */
  barred(step: Step): readonly string[] | undefined {
    if (this.#options.snapshot().config?.ceph === undefined) return undefined
    const proofs = this.#footing.get(step.id)?.proofs ?? {}
    return Object.keys(proofs).filter(hwm => this.#barred.get(hwm) === proofs[hwm]?.id)
  }

  /** Nobody else may act where this process looks to act: what another acts on is as good as silent. */
  async #end(
    hwm: string,
    {
      domain,
      holder,
      snapshot,
      proofs,
      expectedGone,
    }: {
      readonly domain: DomainRef
      readonly holder: string | undefined
      readonly snapshot: ClusterSnapshot
      readonly proofs: Record<string, Proof>
      readonly expectedGone: boolean
    },
  ): Promise<End> {
    const { reach, ledger } = this.#options
    // Who is proved dead and silent is not asked over and over: each question would wait for its time limit.
    const fence = snapshot.hwms[hwm]?.state === 'up' ? undefined : await ledger.fenceOf(hwm)
    if (fence?.proof !== undefined) {
      proofs[hwm] = fence.proof
      return UNKNOWN
    }
    const end = await lookAt(reach, hwm, domain, { holder, expectedGone })
    if (!end.known) return end
    try {
      await ledger.claimAgent(hwm)
      return end
    } catch (error) {
      if (error instanceof LedgerRefused) return { known: false, why: error.message }
      throw error
    }
  }

  /** The target's readiness is asked for while everybody is looked at; one that is silent has none. */
  async #askEarly(step: Step, domain: DomainRef, snapshot: ClusterSnapshot): Promise<void> {
    const target = targetOf(step)
    if (target === undefined || snapshot.hwms[target]?.state !== 'up') return
    if (this.known(step, target) !== undefined) return
    try {
      await this.readiness(step, target, domain)
    } catch (error) {
      if (!isSilence(error)) throw error
    }
  }

  /** Reading takes a process on that HWM: what was read a moment ago is not read again. */
  #storedXml(hwm: string, vm: string): Promise<string | undefined> {
    const { clock, reach } = this.#options
    const key = `${hwm} ${vm}`
    const known = this.#stored.get(key)
    if (known !== undefined && clock.now() - known.at < STORED_FOR_MS) return known.xml
    const xml = reach.storedXml(hwm, vm, { timeoutMs: XML_MS })
    xml.catch(() => this.#stored.delete(key))
    this.#stored.set(key, { at: clock.now(), xml })
    return xml
  }

  /**
   * A VM is known by its uuid: from any HWM that has or had it, else from the XML in the domain store. Throws as long as somebody has not
   * answered yet who may know it.
   */
  async #domainOf(
    step: Step,
    snapshot: ClusterSnapshot,
  ): Promise<DomainRef | { readonly unknown: string }> {
    const known =
      this.#footing.get(step.id)?.domain ?? snapshot.vms[step.vm]?.instances[0] ?? undefined
    if (known !== undefined) return { name: step.vm, uuid: known.uuid }
    const at = targetOf(step) ?? step.from
    const xml = at === undefined ? undefined : await this.#storedXml(at, step.vm)
    const uuid = xml?.match(/<uuid>\s*([0-9a-fA-F-]{36})\s*<\/uuid>/)?.[1]
    if (uuid === undefined) {
      const unknown = `the uuid of ${step.vm} is not known: no HWM that answers has it, nor the domain store of ${at}`
      const isSettled = Object.values(snapshot.hwms).every(hwm => hwm.state !== 'connecting')
      if (!isSettled) throw new Error(unknown)
      return { unknown }
    }
    return { name: step.vm, uuid: uuid.toLowerCase() }
  }
}

/** Where the VM may be: its source, every target tried so far, who has its permit; without a permit, where it was seen. */
function concernedBy(
  step: Step,
  permit: HeldPermit | undefined,
  snapshot: ClusterSnapshot,
): string[] {
  const concerned = [
    step.from,
    ...step.targets.slice(0, step.target + 1),
    permit?.node,
    permit === undefined ? snapshot.vms[step.vm]?.where : undefined,
  ]
  return [
    ...new Set(
      concerned.filter(hwm => hwm !== undefined).filter(hwm => snapshot.hwms[hwm] !== undefined),
    ),
  ]
}
