// Conducts one operation: feeds the pure machine of control/ with what is true, carries out its effects, and writes the journal before
// anything that rests on it. It can die at any instant; whoever takes the operation up looks first.
import type { Action } from '../control/decide.ts'
import type { VmFacts } from '../control/facts.ts'
import type { Effect, Event } from '../control/events.ts'
import { step, takeUp, type Machine } from '../control/step.ts'
import type { Clock } from '../model/clock.ts'
import { pause } from '../model/clock.ts'
import { isOver, type Operation, type Step } from '../model/operation.ts'
import type { ClusterEvent, ClusterSnapshot } from '../model/snapshot.ts'
import { askValue, decode, prefixes } from '../etcd/layout.ts'
import { Reflector } from '../etcd/reflector.ts'
import type { StateStore } from '../etcd/store.ts'
import { act } from './act.ts'
import { copyLimitMs } from './copy-limit.ts'
import { LedgerRefused } from './ledger-values.ts'
import type { Ledger } from './ledger.ts'
import type { Reach } from './reach.ts'
import { Sight } from './sight.ts'

export interface ConductorOptions {
  readonly reach: Reach
  readonly ledger: Ledger
  readonly store: StateStore
  readonly clock: Clock
  /** What the engine sees now: where copies of a VM are, beside those asked. */
  snapshot(): ClusterSnapshot
  /** Appends to the log. */
  report(event: Pick<ClusterEvent, 'level' | 'about' | 'what'>): void
}

const TICK_MS = 250
/** How often what is only shown (phases, progress) is written; what others would act on is written before anything rests on it. */
const SHOWN_EVERY_MS = 500
/** How long what is under way has to come to its end when the operation may not go on here, in ms. */
const WIND_UP_MS = 20_000

export class Conductor {
  readonly #options: ConductorOptions
  readonly #sight: Sight
  #machine: Machine
  #queue: Event[] = []
  #wake: () => void = () => undefined
  readonly #aborts = new Map<number, AbortController>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #complaints = new Map<number, string>()
  readonly #stoppedAt = new Map<number, number>()
  readonly #unconfirmed = new Map<number, Promise<unknown>>()
  #written: Operation
  #writtenAt = Number.NEGATIVE_INFINITY
  #writing: Promise<void> | undefined
  #stopped: Error | undefined

  constructor(operation: Operation, options: ConductorOptions) {
    this.#options = options
    this.#written = operation
    this.#machine = takeUp(operation, options.clock.now())
    this.#sight = new Sight({ ...options, operation: () => this.operation })
  }

  get operation(): Operation {
    return this.#machine.operation
  }

  ask(to: 'pause' | 'resume' | 'cancel' | 'retry'): void {
    if (to === 'retry') this.#sight.forget()
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
      await this.#handle([{ type: 'tick', now: clock.now() }])
      using _asked = this.#listen()
      while (!this.#isAtRest()) {
        const events = await this.#next()
        if (this.#stopped !== undefined) throw this.#stopped
        await this.#handle(events)
      }
      await ledger.releaseConductor(this.operation.id)
      return this.operation
    } catch (error) {
      this.#stopped ??= error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      ledger.lost.removeEventListener('abort', lost)
      await this.#windUp()
    }
  }

  /** Copies are broken off; what cannot be is waited for, so that it is not cut in the middle by the end of the process. */
  async #windUp(): Promise<void> {
    for (const abort of this.#aborts.values())
      abort.abort(this.#stopped ?? new Error('the operation is over'))
    if (this.#underWay.size === 0) return
    await Promise.race([Promise.allSettled(this.#underWay), pause(this.#options.clock, WIND_UP_MS)])
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

  /** All events that are there, so that they share one journal; a tick when there is none for a while. */
  async #next(): Promise<readonly Event[]> {
    if (this.#queue.length === 0 && this.#stopped === undefined) {
      await new Promise<void>(resolve => {
        const timer = this.#options.clock.after(TICK_MS, resolve)
        this.#wake = () => {
          timer[Symbol.dispose]()
          resolve()
        }
      })
    }
    const events = this.#queue
    this.#queue = []
    return events.length > 0 ? events : [{ type: 'tick', now: this.#options.clock.now() }]
  }

  async #handle(events: readonly Event[]): Promise<void> {
    const effects: Effect[] = []
    for (const event of events) {
      const turned = step(this.#machine, event)
      this.#machine = turned.machine
      effects.push(...turned.effects)
    }
    if (this.operation !== this.#written) {
      if (othersWouldAct(this.#written, this.operation)) await this.#journal()
      else this.#journalSoon()
    }
    for (const effect of effects) this.#carryOut(effect)
  }

  async #journal(): Promise<void> {
    await this.#writing
    const { operation } = this
    await this.#options.ledger.journal(operation)
    this.#written = operation
    this.#writtenAt = this.#options.clock.now()
  }

  /** In the background, now and then; what is left is written by a later tick. */
  #journalSoon(): void {
    if (this.#writing !== undefined) return
    if (this.#options.clock.now() - this.#writtenAt < SHOWN_EVERY_MS) return
    this.#writing = this.#journal().then(
      () => {
        this.#writing = undefined
      },
      (error: Error) => {
        this.#writing = undefined
        this.#stop(error)
      },
    )
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
        this.#begin(effect.step, this.#look(effect.step))
        return
      case 'act':
        this.#begin(effect.step, this.#act(effect.step, effect.action))
    }
  }

  #begin(current: Step, work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => this.#broken(current, error))
      .finally(() => this.#underWay.delete(guarded))
    this.#underWay.add(guarded)
  }

  /** A fault of our own, or etcd not answering: the step is told, and looks again. */
  #broken(current: Step, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    const now = this.#options.clock.now()
    if (this.#machine.work[current.id]?.doing === 'act') {
      this.#post({ type: 'acted', now, step: current.id, ended: { how: 'unknown', why } })
      return
    }
    if (this.#complaints.get(current.id) !== why) {
      this.#complaints.set(current.id, why)
      this.#options.report({
        level: 'warn',
        about: `vm:${current.vm}`,
        what: `${current.vm}: ${why}`,
      })
    }
    // Nothing is known: every table waits on that.
    const permit = this.#sight.footing(current.id)?.permit
    const facts: VmFacts = {
      permit,
      ends: {},
      proofs: {},
      elsewhere: [],
      ready: {},
      barred: undefined,
    }
    this.#post({ type: 'looked', now, step: current.id, facts })
  }

  async #look(current: Step): Promise<void> {
    await this.#unconfirmed.get(current.id)
    this.#unconfirmed.delete(current.id)
    const facts = await this.#sight.look(current)
    this.#post({ type: 'looked', now: this.#options.clock.now(), step: current.id, facts })
  }

  async #act(current: Step, action: Action): Promise<void> {
    const { reach, ledger, clock } = this.#options
    const footing = this.#sight.footing(current.id)
    const snapshot = this.#options.snapshot()
    const { config } = snapshot
    if (footing === undefined || config === undefined)
      throw new Error('nothing was looked at before')
    if (this.#stopped !== undefined) throw this.#stopped
    const abort = new AbortController()
    this.#aborts.set(current.id, abort)
    const ended = await act(action, current, footing, {
      reach,
      ledger,
      sight: this.#sight,
      config,
      clock,
      operation: this.operation.id,
      copyMs:
        this.operation.limits.copyMs ??
        copyLimitMs(snapshot.vms[current.vm]?.demand, config.settings.migration.bandwidth),
      signal: abort.signal,
      stoppedAt: this.#stoppedAt,
      unconfirmed: this.#unconfirmed,
      report: event => this.#options.report(event),
      progress: progress =>
        this.#post({ type: 'progress', now: clock.now(), step: current.id, progress }),
    })
    this.#aborts.delete(current.id)
    this.#post({ type: 'acted', now: clock.now(), step: current.id, ended })
  }
}

/** Whether whoever takes the operation up later would act otherwise by the new one: states and targets, not phases and figures. */
function othersWouldAct(written: Operation, now: Operation): boolean {
  return (
    written.state !== now.state ||
    now.steps.some((each, index) => {
      const before = written.steps[index]
      return before?.state !== each.state || before.target !== each.target
    })
  )
}
