// The acting half of an engine: plans, commits what was confirmed, conducts it, and knows when nothing of it is left to do.
import type { Clock } from '../../model/clock.ts'
import { pause } from '../../model/clock.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { afterPlan, type AfterPlan } from '../../operations/after-plan.ts'
import type { Judge } from '../../operations/admission.ts'
import { FenceByHand, type OpenDevice } from '../../operations/fence-by-hand.ts'
import { NotCommitted, type Asked, type Operations } from '../../operations/operations.ts'
import { estimate } from '../../operations/plan/estimate.ts'
import { MapRefused } from '../../operations/commit-map.ts'
import { NoPlan, type Choices, type Plan } from '../../operations/plan/plan.ts'
import type { Found } from '../preview/solver-desk.ts'
import { barePlan, savingPlan } from './bare-plan.ts'
import type { ActingQuestion, AfterShown, Committed, PlanShown, Request } from './questions.ts'

export interface ActingParts {
  readonly operations: Operations
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  readonly openDevice: OpenDevice
  /** Whether X holds after a plan. */
  readonly judge: Judge
  /** Appends to the log. */
  report(event: {
    readonly level: 'info' | 'warn' | 'error'
    readonly about: string
    readonly what: string
    readonly why?: string
  }): void
}

/** Plans kept for a commit; a screen shows one at a time. */
const PLANS_KEPT = 16
/** A plan is shown without the verdict on X where that takes longer. */
const AFTER_WITHIN_MS = 100
/** A refusal to conduct is heard within this; what goes on longer goes on in the background. */
const REFUSED_WITHIN_MS = 1_000

export class Acting {
  readonly #parts: ActingParts
  readonly #fencing: FenceByHand
  readonly #solved: (id: string) => Found | undefined
  readonly #plans = new Map<string, PlanShown>()
  /** Whether X holds after a plan, by the plan's id. */
  readonly #verdicts = new Map<string, Promise<AfterPlan | undefined>>()
  readonly #works = new Map<string, Promise<void>>()
  /** What was confirmed and is being committed: an HWM that is switched off first takes its time. */
  readonly #answers = new Set<Promise<unknown>>()
  #count = 0
  #isParking = false
  #complaint = ''

  /** `solved`: what the solver found, by its id, as long as it is known. */
  constructor(parts: ActingParts, solved: (id: string) => Found | undefined = () => undefined) {
    this.#parts = parts
    this.#solved = solved
    this.#fencing = new FenceByHand(parts)
  }

  get clock(): Clock {
    return this.#parts.clock
  }

  /**
   * Throws, with a sentence for people, when it cannot be done. `signal`: nobody waits for it any more, which ends what only looks: a plan.
   */
  async answer(
    question: ActingQuestion,
    signal?: AbortSignal,
  ): Promise<PlanShown | Committed | AfterPlan | string | undefined> {
    switch (question.ask) {
      case 'plan':
        return this.#plan(question, signal)
      case 'commit':
        return this.#kept(this.#commit(question))
      case 'after-plan':
        return this.#verdicts.get(question.plan)
      case 'operation':
        return this.#kept(this.#operation(question))
      case 'fence-status':
        return this.#fencing.status(question.hwm)
    }
  }

  /** Resolves when nothing is conducted here any more: all is over, or parked. */
  async settled(): Promise<void> {
    while (this.#works.size + this.#answers.size > 0)
      await Promise.allSettled([...this.#works.values(), ...this.#answers])
  }

  /** Writes down which guests shut themselves down. What fails is told, once, and tried again by who asks. */
  async recordOwnStops(vms: readonly string[]): Promise<void> {
    if (this.#isParking) return
    try {
      await this.#kept(this.#parts.operations.recordOwnStops(vms))
      this.#complaint = ''
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      if (what !== this.#complaint) this.#parts.report({ level: 'warn', about: 'etcd', what })
      this.#complaint = what
    }
  }

  #kept<T>(answer: Promise<T>): Promise<T> {
    const kept = answer.finally(() => this.#answers.delete(kept))
    this.#answers.add(kept)
    return kept
  }

  /** Brings everything to a safe point, where any console can take it up. */
  async park(): Promise<void> {
    this.#isParking = true
    const { operations } = this.#parts
    await Promise.all(operations.conducting.map(id => operations.ask(id, 'pause')))
    await this.settled()
  }

  async #plan(
    { request, choices, parallel: wished }: ActingQuestion & { ask: 'plan' },
    signal?: AbortSignal,
  ): Promise<PlanShown> {
    const { operations, clock } = this.#parts
    const snapshot = this.#parts.snapshot()
    const plan = barePlan(snapshot, request) ?? (await this.#drawn(request, choices, signal))
    const { migration } = snapshot.config?.settings ?? {}
    const parallel = wished ?? migration?.parallelPerHwm ?? 2
    const { mustBeOff } = plan
    const id = String(++this.#count)
    const shown: PlanShown = {
      id,
      request,
      choices,
      plan,
      parallel,
      estimate: estimate(snapshot, plan, { parallelPerHwm: parallel }),
      off: await Promise.all(
        mustBeOff.map(async hwm => ({
          hwm,
          proved: await operations.proofOf(hwm),
          devices: this.#fencing.devices(hwm).map(device => device.label),
        })),
      ),
      after: await this.#verdictOn(id, snapshot, plan),
      madeAt: clock.now(),
    }
    this.#plans.set(shown.id, shown)
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size <= PLANS_KEPT) break
      this.#plans.delete(oldest)
      this.#verdicts.delete(oldest)
    }
    return shown
  }

  async #verdictOn(
    id: string,
    snapshot: ClusterSnapshot,
    plan: Plan,
  ): Promise<AfterShown | undefined> {
    const verdict = afterPlan(snapshot, plan, this.#parts.judge)
    this.#verdicts.set(id, verdict)
    const tolerate = snapshot.config?.tolerate ?? 0
    const enough = new AbortController()
    const notYet = pause(this.#parts.clock, AFTER_WITHIN_MS, enough.signal).then(
      () => ({ tolerate, holds: 'being worked out', because: '' }) as const,
      // The verdict was there first, or failed: the race is over.
      () => undefined,
    )
    try {
      return await Promise.race([verdict, notYet])
    } finally {
      enough.abort()
      // Who asks for it hears why it failed; nobody has to ask.
      verdict.catch(() => undefined)
    }
  }

  async #drawn(request: Request, choices: Choices, signal?: AbortSignal): Promise<Plan> {
    const { operations } = this.#parts
    if (request.do !== 'apply-solved') return operations.plan(wantedOf(request), choices, signal)
    if (Object.keys(choices).length > 0)
      throw new NoPlan(
        'what was planned is applied as it was shown: in the plan of P a move can be left out',
      )
    const found = this.#solvedNow(request.solved)
    return request.moves && found.moves.length > 0
      ? operations.planMap(found)
      : savingPlan(this.#parts.snapshot(), found)
  }

  #solvedNow(id: string): Found {
    const found = this.#solved(id)
    if (found === undefined)
      throw new NoPlan('what the solver found is no longer known here: P plans anew')
    if (found.solved.whatIf)
      throw new NoPlan('it answers a what-if: nothing of it can become the CDM')
    if (found.solved.answer !== 'map')
      throw new NoPlan('what was asked for is not there: only a map that was found can be applied')
    return found
  }

  /** The map becomes the CDM. */
  #saveMap(id: string, why: string): Promise<string> {
    return this.#parts.operations.saveMap(this.#solvedNow(id), why)
  }

  async #commit({ plan: id, why, off }: ActingQuestion & { ask: 'commit' }): Promise<Committed> {
    const shown = this.#plans.get(id)
    if (shown === undefined)
      return { is: 'refused', why: 'this plan is no longer known here: plan again', lines: [] }
    if (this.#isParking) return { is: 'refused', why: 'this engine is ending', lines: [] }
    // Never a second time, whatever keys are pressed.
    this.#plans.delete(id)
    try {
      const { request } = shown
      if (request.do === 'fence') return done(await this.#fencing.act(request.hwm, request.to, why))
      if (request.do === 'apply-solved' && shown.plan.moves.length === 0)
        return done(await this.#saveMap(request.solved, why))
      if (isWithoutMoves(shown)) return done(await this.#setMaintenance(request, why))
      const operation = await this.#parts.operations.commit(shown.plan, {
        why,
        limits: { parallelPerHwm: shown.parallel },
        ...(off && { off }),
      })
      void this.#conduct(operation.id)
      return { is: 'begun', operation: operation.id }
    } catch (error) {
      if (error instanceof NotCommitted || error instanceof NoPlan || error instanceof MapRefused)
        return {
          is: 'refused',
          why: error.message,
          lines: error instanceof NotCommitted ? error.lines : [],
        }
      throw error
    }
  }

  async #setMaintenance(request: Request, why: string): Promise<string> {
    if (request.do !== 'maintenance') throw new Error('there is nothing to do in this plan')
    const { hwm, on } = request
    await this.#parts.operations.setMaintenance(hwm, on, why)
    return `${hwm}: maintenance ${on ? 'on' : 'off'}`
  }

  async #operation({ id, to }: ActingQuestion & { ask: 'operation' }): Promise<string> {
    const what = to === 'take-up' ? 'taken up' : `asked to ${to}`
    this.#parts.report({
      level: 'info',
      about: `operation:${id}`,
      what: `operation ${id}: ${what}`,
    })
    if (to !== 'take-up' && (await this.#parts.operations.ask(id, to)))
      return `operation ${id}: asked to ${to}`
    const work = this.#conduct(id, to === 'take-up' ? undefined : to)
    // What is refused is refused at once; what goes on is seen in the operation itself.
    const isRefused = pause(this.#parts.clock, REFUSED_WITHIN_MS)
    await Promise.race([work, isRefused])
    return to === 'take-up' ? `operation ${id} is conducted here now` : `operation ${id}: ${to}`
  }

  #conduct(id: string, first?: Asked): Promise<void> {
    const { operations } = this.#parts
    const conducted = operations.conduct(id, first).then(() => undefined)
    const work = conducted
      .catch((error: unknown) => {
        const what = error instanceof Error ? error.message : String(error)
        this.#parts.report({ level: 'warn', about: `operation:${id}`, what })
      })
      .finally(() => {
        if (this.#works.get(id) === work) this.#works.delete(id)
      })
    this.#works.set(id, work)
    return conducted
  }
}

function done(what: string): Committed {
  return { is: 'done', what }
}

/** Maintenance of an HWM on which nothing is to be moved. */
function isWithoutMoves({ request, plan }: PlanShown): boolean {
  return request.do === 'maintenance' && plan.moves.length === 0
}

/** Maintenance of a living HWM empties it: the same plan as an evacuation's. */
function wantedOf(request: Request): Parameters<Operations['plan']>[0] {
  if (request.do === 'maintenance') return { do: 'evacuate', hwm: request.hwm, cold: false }
  if (request.do === 'fence') throw new Error('a fence device moves nothing')
  if (request.do === 'apply-solved') throw new Error('the solver has planned that already')
  return request
}
