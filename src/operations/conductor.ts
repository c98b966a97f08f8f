// Conducts one operation: feeds the pure machine of control/ with what is true, carries out its effects, and writes the journal before
// anything that rests on it. It can die at any instant; whoever takes the operation up looks first.
import type { Action } from '../control/decide.ts'
import { UNKNOWN, type VmFacts } from '../control/facts.ts'
import { step, takeUp, type Effect, type Event, type Machine } from '../control/step.ts'
import type { Clock } from '../model/clock.ts'
import { isOver, targetOf, type Operation, type Step } from '../model/operation.ts'
import type { ClusterEvent, ClusterSnapshot, Proof } from '../model/snapshot.ts'
import { askValue, decode, prefixes } from '../etcd/layout.ts'
import { Reflector } from '../etcd/reflector.ts'
import type { StateStore } from '../etcd/store.ts'
import type { DomainRef } from '../libvirt/hypervisor.ts'
import { act, type Footing } from './act.ts'
import { LedgerRefused, type Ledger } from './ledger.ts'
import { lookAt } from './look.ts'
import type { Verdict } from './preflight.ts'
import type { Reach } from './reach.ts'

export interface ConductorOptions {
  readonly reach: Reach
  readonly ledger: Ledger
  readonly store: StateStore
  readonly clock: Clock
  /** What the engine sees now: where copies of a VM are, beside those asked. */
  snapshot(): ClusterSnapshot
  /** Appends to the log. */
  report(event: Pick<ClusterEvent, 'level' | 'about' | 'what'>): void
  /** For the copy of one VM, in ms. */
  readonly copyMs?: number
}

const TICK_MS = 250
/** How often progress alone is written; states are written at once. */
const PROGRESS_MS = 1_000
const COPY_MS = 3_600_000

export class Conductor {
  readonly #options: ConductorOptions
  #machine: Machine
  readonly #queue: Event[] = []
  #wake: () => void = () => undefined
  readonly #ready = new Map<number, Record<string, Verdict>>()
  readonly #footing = new Map<number, Footing>()
  readonly #aborts = new Map<number, AbortController>()
  #written: Operation
  #writtenAt = 0
  #stopped: Error | undefined

  constructor(operation: Operation, options: ConductorOptions) {
    this.#options = options
    this.#written = operation
    this.#machine = takeUp(operation, options.clock.now())
  }

  get operation(): Operation {
    return this.#machine.operation
  }

  ask(to: 'pause' | 'resume' | 'cancel' | 'retry'): void {
    this.#post({ type: 'asked', now: this.#options.clock.now(), to })
  }

  /** Runs until the operation is over, or paused with nothing under way. Throws when it may not go on: the lease or the claim was lost, or etcd is gone for good. */
  async run(): Promise<Operation> {
    const { ledger, clock } = this.#options
    const lost = () =>
      this.#stop(new LedgerRefused(`operation ${this.operation.id}: this process lost its lease`))
    ledger.lost.addEventListener('abort', lost, { once: true })
    try {
      if (ledger.lost.aborted) lost()
      await ledger.claimConductor(this.operation.id)
      await this.#handle({ type: 'tick', now: clock.now() })
      using _asked = this.#listen()
      while (!this.#isAtRest()) {
        const event = await this.#next()
        if (this.#stopped !== undefined) throw this.#stopped
        await this.#handle(event)
      }
      await ledger.releaseConductor(this.operation.id)
      return this.operation
    } finally {
      ledger.lost.removeEventListener('abort', lost)
      for (const abort of this.#aborts.values())
        abort.abort(this.#stopped ?? new Error('the operation is over'))
    }
  }

  #isAtRest(): boolean {
    const { state, steps } = this.operation
    const isIdle = state === 'paused' && steps.every(each => each.state !== 'running')
    return (
      (isOver(this.operation) || isIdle) &&
      this.operation === this.#written &&
      this.#queue.length === 0
    )
  }

  /** Operators elsewhere ask by a key; it is taken away once it was heard. */
  #listen(): Disposable {
    const { store, ledger, clock } = this.#options
    return new Reflector(
      store,
      prefixes.asks(this.operation.id),
      {
        changed: changes => {
          for (const change of changes) {
            if (change.type !== 'put') continue
            const read = decode(askValue, change.kv)
            if ('value' in read) this.ask(read.value.to)
            // One that stays is heard again by the next conductor: pausing or cancelling twice is the same as once.
            ledger.forget(change.kv.key).catch((error: Error) => {
              this.#options.report({
                level: 'warn',
                about: `operation:${this.operation.id}`,
                what: error.message,
              })
            })
          }
        },
        status: () => undefined,
      },
      { clock },
    )
  }

  #stop(reason: Error): void {
    this.#stopped ??= reason
    this.#wake()
  }

  #post(event: Event): void {
    this.#queue.push(event)
    this.#wake()
  }

  async #next(): Promise<Event> {
    if (this.#queue.length === 0 && this.#stopped === undefined) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
        const timer = this.#options.clock.after(TICK_MS, resolve)
        const wake = this.#wake
        this.#wake = () => {
          timer[Symbol.dispose]()
          wake()
        }
      })
    }
    return this.#queue.shift() ?? { type: 'tick', now: this.#options.clock.now() }
  }

  async #handle(event: Event): Promise<void> {
    const { machine, effects } = step(this.#machine, event)
    this.#machine = machine
    await this.#journal(event)
    for (const effect of effects) this.#carryOut(effect)
  }

  /** Progress is written now and then; everything else before its effects are carried out. */
  async #journal(event: Event): Promise<void> {
    if (this.operation === this.#written) return
    const now = this.#options.clock.now()
    if (event.type === 'progress' && now - this.#writtenAt < PROGRESS_MS) return
    await this.#options.ledger.journal(this.operation)
    this.#written = this.operation
    this.#writtenAt = now
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'journal':
        return
      case 'event': {
        const { level, about, what } = effect
        this.#options.report({ level, about, what })
        return
      }
      case 'abort':
        this.#aborts.get(effect.step.id)?.abort(new Error('given up by the operator'))
        return
      case 'look':
        this.#look(effect.step).catch((error: unknown) => this.#broken(effect.step, error))
        return
      case 'act':
        this.#act(effect.step, effect.action).catch((error: unknown) =>
          this.#broken(effect.step, error),
        )
    }
  }

  /** A fault of our own, or etcd not answering: the step is told, and looks again. */
  #broken(current: Step, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    const now = this.#options.clock.now()
    if (this.#machine.work[current.id]?.doing === 'act') {
      this.#post({ type: 'acted', now, step: current.id, ended: { how: 'unknown', why } })
    } else {
      const facts = {
        permit: undefined,
        ends: {},
        proofs: {},
        elsewhere: [],
        ready: {},
        barred: undefined,
      }
      // Nothing is known: every table waits on that.
      this.#options.report({
        level: 'warn',
        about: `vm:${current.vm}`,
        what: `${current.vm}: ${why}`,
      })
      this.#post({
        type: 'looked',
        now,
        step: current.id,
        facts: { ...facts, permit: this.#footing.get(current.id)?.permit },
      })
    }
  }

  async #look(current: Step): Promise<void> {
    const { reach, ledger, clock } = this.#options
    const permit = await ledger.permitOf(current.vm)
    const snapshot = this.#options.snapshot()
    const view = snapshot.vms[current.vm]
    const domain = await this.#domainOf(current, snapshot)
    const concerned = [
      current.from,
      targetOf(current),
      permit?.node,
      permit === undefined ? view?.where : undefined,
    ]
    const hwms = [
      ...new Set(concerned.filter(hwm => hwm !== undefined && snapshot.hwms[hwm] !== undefined)),
    ] as string[]
    const holder = permit?.node ?? current.from
    const proofs: Record<string, Proof> = {}
    const ends = Object.fromEntries(
      await Promise.all(
        hwms.map(async hwm => {
          // Who is proved dead and silent is not asked over and over: each question would wait for its time limit.
          const fence = snapshot.hwms[hwm]?.state === 'up' ? undefined : await ledger.fenceOf(hwm)
          if (fence?.proof !== undefined) proofs[hwm] = fence.proof
          return [
            hwm,
            fence?.proof === undefined ? await lookAt(reach, hwm, domain, { holder }) : UNKNOWN,
          ] as const
        }),
      ),
    )
    const alive = hwms.filter(hwm => ends[hwm]?.known)
    for (const hwm of alive) await ledger.claimAgent(hwm)
    this.#footing.set(current.id, { domain, permit, proofs, alive })
    const elsewhere = (view?.instances ?? [])
      .filter(
        each => !hwms.includes(each.hwm) && ['running', 'blocked', 'paused'].includes(each.state),
      )
      .map(each => each.hwm)
    const facts: VmFacts = {
      permit: permit && { node: permit.node, epoch: permit.epoch },
      ends,
      proofs: Object.fromEntries(
        Object.entries(proofs).map(([hwm, proof]) => [hwm, `${proof.kind} ${proof.id}`]),
      ),
      elsewhere,
      ready: this.#ready.get(current.id) ?? {},
      barred: undefined,
    }
    this.#post({ type: 'looked', now: clock.now(), step: current.id, facts })
  }

  /** A VM is known by its uuid: from any HWM that has or had it, else from the XML in the domain store. */
  async #domainOf(current: Step, snapshot: ClusterSnapshot): Promise<DomainRef> {
    const known = this.#footing.get(current.id)?.domain ?? snapshot.vms[current.vm]?.instances[0]
    if (known !== undefined) return { name: current.vm, uuid: known.uuid }
    const at = targetOf(current) ?? current.from
    const xml = at === undefined ? undefined : await this.#options.reach.storedXml(at, current.vm)
    const uuid = xml?.match(/<uuid>\s*([0-9a-fA-F-]{36})\s*<\/uuid>/)?.[1]
    if (uuid === undefined)
      throw new Error(
        `the uuid of ${current.vm} is not known: no HWM that answers has it, nor the domain store of ${at}`,
      )
    return { name: current.vm, uuid: uuid.toLowerCase() }
  }

  async #act(current: Step, action: Action): Promise<void> {
    const { reach, ledger, store, clock } = this.#options
    const footing = this.#footing.get(current.id)
    const config = this.#options.snapshot().config
    if (footing === undefined || config === undefined)
      throw new Error('nothing was looked at before')
    const abort = new AbortController()
    this.#aborts.set(current.id, abort)
    const ended = await act(action, current, footing, {
      reach,
      ledger,
      store,
      config,
      clock,
      copyMs: this.#options.copyMs ?? COPY_MS,
      signal: abort.signal,
      progress: progress =>
        this.#post({ type: 'progress', now: clock.now(), step: current.id, progress }),
      ready: (hwm, verdict) =>
        this.#ready.set(current.id, { ...this.#ready.get(current.id), [hwm]: verdict }),
    })
    this.#aborts.delete(current.id)
    this.#post({ type: 'acted', now: clock.now(), step: current.id, ended })
  }
}
