// The state machine of an operation: step(machine, event) -> { machine, effects }. No I/O and no clock: instants come with the events.
// Per step of the operation it goes round: look, decide (decide.ts), act, look again. The conductor carries the effects out.
import { whatMayBegin } from './begin.ts'
import { decide, type Action, type Decision } from './decide.ts'
import type { Effect, Ended, Event } from './events.ts'
import { withLearned, type VmFacts } from './facts.ts'
import { goalOf, phaseOf } from './goal.ts'
import { canRetarget, isLeavable } from './leave.ts'
import { doneSentence, failedSentence, gaveUpSentence, restartedNote } from './say.ts'
import { isOver, isSettled, targetOf, type Operation, type Step } from '../model/operation.ts'

/** What the conductor holds beside the operation itself, per running step. It can be lost at any time: a look makes it anew. */
interface Work {
  readonly doing: 'look' | 'act' | 'rest'
  readonly action?: Action
  /** What it decided on last. */
  readonly facts?: VmFacts
  /** Since when the step has only waited. */
  readonly waitingSince?: number
  /** Since when no action was known to have ended: each that was tried got no answer. */
  readonly unansweredSince?: number
  /** When the guest was asked to shut down. */
  readonly shutdownSince?: number
  /** When to look again. */
  readonly lookAt?: number
}

export interface Machine {
  readonly operation: Operation
  readonly work: Readonly<Record<number, Work>>
  /** Since when queued steps wait for nothing but their delay. */
  readonly freeSince: Readonly<Record<number, number>>
  readonly now: number
}

/** How long a step rests before it looks again at something it waits for, in ms. */
export const LOOK_AGAIN_MS = 500
/** How long a target may be silent while the step has another one to go to, in ms: a living HWM answers a look in less than a second. */
export const NEXT_TARGET_MS = 5_000

/** A machine for an operation just committed, or taken up from etcd after its conductor died: running steps look first. */
export function takeUp(operation: Operation, now: number): Machine {
  return { operation, work: {}, freeSince: {}, now }
}

export function step(machine: Machine, event: Event): { machine: Machine; effects: Effect[] } {
  const turn = new Turn(machine, event.now)
  switch (event.type) {
    case 'tick':
      break
    case 'looked':
      turn.looked(event.step, event.facts)
      break
    case 'acted':
      turn.acted(event.step, event.ended)
      break
    case 'progress':
      turn.patch(event.step, { progress: event.progress })
      break
    case 'asked':
      turn.asked(event.to)
      break
  }
  turn.advance()
  return turn.outcome()
}

/** One event's worth of change: the machine is copied into it, and comes out with what is to be done. */
class Turn {
  readonly #before: Operation
  #operation: Operation
  readonly #work: Map<number, Work>
  #freeSince: Machine['freeSince']
  readonly #now: number
  readonly #effects: Effect[] = []

  constructor(machine: Machine, now: number) {
    this.#before = machine.operation
    this.#operation = machine.operation
    this.#work = new Map(Object.entries(machine.work).map(([id, work]) => [Number(id), work]))
    this.#freeSince = machine.freeSince
    this.#now = Math.max(now, machine.now)
  }

  outcome(): { machine: Machine; effects: Effect[] } {
    const machine = {
      operation: this.#operation,
      work: Object.fromEntries(this.#work),
      freeSince: this.#freeSince,
      now: this.#now,
    }
    const changed = this.#operation !== this.#before
    const journal: Effect[] = changed ? [{ type: 'journal', operation: this.#operation }] : []
    return { machine, effects: [...journal, ...this.#effects] }
  }

  patch(id: number, change: Partial<Step>): void {
    const steps = this.#operation.steps.map(each =>
      each.id === id ? { ...each, ...change } : each,
    )
    this.#operation = { ...this.#operation, steps }
  }

  looked(id: number, facts: VmFacts): void {
    const current = this.#running(id)
    if (current === undefined) return
    const decision = decide(goalOf(current), facts)
    const work: Work = { ...(this.#work.get(id) ?? { doing: 'rest' }), facts }
    if (
      this.#operation.state === 'cancelling' &&
      isLeavable(current, work.shutdownSince !== undefined, decision, facts)
    ) {
      this.#work.delete(id)
      this.patch(id, { state: 'cancelled', phase: '' })
      return
    }
    switch (decision.do) {
      case 'done':
        this.#settle(
          current,
          'done',
          decision.note === '' ? restartedNote(current) : decision.note,
          '',
        )
        return
      case 'refuse':
        this.#failed(current, decision.why, facts)
        return
      case 'wait':
        this.#wait(current, work, decision)
        return
      case 'shutdown':
        this.#shutdown(current, work, decision.at)
        return
      default:
        this.#act(current, work, decision)
    }
  }

  acted(id: number, ended: Ended): void {
    const current = this.#running(id)
    const work = this.#work.get(id)
    if (current === undefined || work?.action === undefined) return
    const tries = current.tries[work.action.do] ?? 0
    if (ended.how === 'failed' && (ended.final === true || tries >= this.#operation.limits.tries)) {
      this.#failed(current, ended.why, work.facts)
      return
    }
    const unansweredSince =
      ended.how === 'unknown' ? (work.unansweredSince ?? this.#now) : undefined
    if (ended.how === 'unknown' && this.#isOverdue(unansweredSince)) {
      this.#failed(current, gaveUpSentence(current, work.action, ended.why), work.facts)
      return
    }
    if (ended.how !== 'ok') this.patch(id, { error: ended.why })
    else if (ended.downMs !== undefined) this.patch(id, { downMs: ended.downMs })
    const { shutdownSince, facts } = work
    // What failed is tried again after a rest; what went well is looked at immediately.
    const lookAt = ended.how === 'ok' ? this.#now : this.#now + LOOK_AGAIN_MS
    this.#work.set(id, {
      doing: 'rest',
      lookAt,
      ...(facts && { facts }),
      ...(shutdownSince !== undefined && { shutdownSince }),
      ...(unansweredSince !== undefined && { unansweredSince }),
    })
    if (ended.how === 'ok' && ended.learned !== undefined && facts !== undefined)
      this.looked(id, withLearned(facts, ended.learned))
  }

  asked(to: 'pause' | 'resume' | 'cancel' | 'retry'): void {
    if (isOver(this.#operation) && to !== 'retry') return
    switch (to) {
      case 'pause':
        this.#operation = { ...this.#operation, state: 'paused' }
        return
      case 'resume':
        this.#operation = { ...this.#operation, state: 'running' }
        return
      case 'cancel':
        this.#cancel()
        return
      case 'retry':
        this.#retry()
    }
  }

  /** Begins what may begin, looks where it is time to, and ends the operation when nothing is left. */
  advance(): void {
    for (const each of this.#operation.steps) {
      if (each.state !== 'running') continue
      const work = this.#work.get(each.id)
      if (work === undefined || (work.doing === 'rest' && (work.lookAt ?? 0) <= this.#now))
        this.#look(each)
    }
    if (this.#operation.state === 'running') this.#begin()
    this.#end()
  }

  #running(id: number): Step | undefined {
    return this.#operation.steps.find(each => each.id === id && each.state === 'running')
  }

  #look(current: Step): void {
    this.#work.set(current.id, { ...this.#work.get(current.id), doing: 'look' })
    this.#effects.push({ type: 'look', step: current })
  }

  #act(current: Step, work: Work, action: Action): void {
    const tries = { ...current.tries, [action.do]: (current.tries[action.do] ?? 0) + 1 }
    this.patch(current.id, { tries, phase: phaseOf(action) })
    const { shutdownSince, unansweredSince, facts } = work
    this.#work.set(current.id, {
      doing: 'act',
      action,
      ...(facts && { facts }),
      ...(shutdownSince !== undefined && { shutdownSince }),
      ...(unansweredSince !== undefined && { unansweredSince }),
    })
    this.#effects.push({ type: 'act', step: this.#running(current.id) ?? current, action })
  }

  /** Asks once, then waits for the guest, then takes the power away: only within cold moves and stops, which are confirmed as such. */
  #shutdown(current: Step, work: Work, at: string): void {
    if (work.shutdownSince === undefined) {
      this.#act(current, { ...work, shutdownSince: this.#now }, { do: 'shutdown', at })
      return
    }
    if (this.#now - work.shutdownSince >= this.#operation.limits.shutdownMs) {
      this.#act(current, work, { do: 'destroy', at, why: 'it did not shut down in time' })
      return
    }
    this.#rest(current, work, `shutting down on ${at}`)
  }

  #wait(current: Step, work: Work, { for: reason, on }: Decision & { do: 'wait' }): void {
    const waitingSince = work.waitingSince ?? this.#now
    const waited = this.#now - waitingSince
    const isSilentTarget = on !== undefined && on === targetOf(current)
    if (isSilentTarget && waited >= NEXT_TARGET_MS && canRetarget(current, work.facts)) {
      this.#failed(current, `${on} does not answer`, work.facts)
      return
    }
    if (this.#isOverdue(waitingSince) || this.#isOverdue(work.unansweredSince)) {
      this.#failed(current, `gave up waiting for ${reason}`, work.facts)
      return
    }
    this.#rest(current, { ...work, waitingSince }, `waiting for ${reason}`)
  }

  #rest(current: Step, work: Work, phase: string): void {
    if (current.phase !== phase) this.patch(current.id, { phase })
    const { waitingSince, shutdownSince, unansweredSince, facts } = work
    this.#work.set(current.id, {
      doing: 'rest',
      lookAt: this.#now + LOOK_AGAIN_MS,
      ...(facts && { facts }),
      ...(waitingSince !== undefined && { waitingSince }),
      ...(shutdownSince !== undefined && { shutdownSince }),
      ...(unansweredSince !== undefined && { unansweredSince }),
    })
  }

  /** Whether what began then has had all the time that a step waits for anything. */
  #isOverdue(since: number | undefined): boolean {
    return since !== undefined && this.#now - since >= this.#operation.limits.waitMs
  }

  /** The next target, as long as nothing of the VM depends on the one that was tried; else the step has failed. */
  #failed(current: Step, why: string, facts: VmFacts | undefined): void {
    this.#work.delete(current.id)
    if (!canRetarget(current, facts)) {
      this.#settle(current, 'failed', '', failedSentence(current, why))
      return
    }
    const next = current.targets[current.target + 1]
    this.#report('warn', current, `${why}; trying ${next}`)
    this.patch(current.id, {
      target: current.target + 1,
      tries: {},
      error: why,
      phase: `trying ${next}`,
    })
  }

  #settle(current: Step, state: 'done' | 'failed', note: string, error: string): void {
    this.#work.delete(current.id)
    this.patch(current.id, { state, note, error, phase: '' })
    if (state === 'failed') this.#report('error', current, error)
    else this.#report('info', current, doneSentence(current, note))
  }

  #report(level: 'info' | 'warn' | 'error', current: Step, what: string): void {
    this.#effects.push({
      type: 'event',
      level,
      about: `vm:${current.vm}`,
      what: `${current.vm}: ${what}`,
    })
  }

  #cancel(): void {
    const steps = this.#operation.steps.map(each =>
      each.state === 'queued' ? { ...each, state: 'cancelled' as const, phase: '' } : each,
    )
    this.#operation = { ...this.#operation, state: 'cancelling', steps }
    for (const each of steps) {
      const copying = each.state === 'running' && this.#work.get(each.id)?.action?.do === 'migrate'
      if (copying) this.#effects.push({ type: 'abort', step: each })
    }
  }

  #retry(): void {
    const steps = this.#operation.steps.map(each =>
      each.state === 'failed' || each.state === 'cancelled'
        ? { ...each, state: 'queued' as const, target: 0, tries: {}, error: '', phase: '' }
        : each,
    )
    this.#operation = { ...this.#operation, state: 'running', steps }
  }

  #begin(): void {
    const { begin, blocked, freeSince } = whatMayBegin(this.#operation, this.#freeSince, this.#now)
    this.#freeSince = freeSince
    for (const { step: id, by } of blocked) {
      const never = this.#operation.steps.find(each => each.id === id)
      const why = `not begun: ${by?.vm ?? 'a step'} before it did not succeed`
      if (never !== undefined) this.#settle(never, 'failed', '', why)
    }
    for (const id of begin) {
      this.patch(id, { state: 'running', phase: 'looking' })
      const begun = this.#running(id)
      if (begun !== undefined) this.#look(begun)
    }
  }

  #end(): void {
    const { steps, state } = this.#operation
    if (isOver(this.#operation) || !steps.every(isSettled)) return
    const done = steps.filter(each => each.state === 'done').length
    const end = done === steps.length ? 'done' : state === 'cancelling' ? 'cancelled' : 'partly'
    this.#operation = { ...this.#operation, state: end }
    this.#effects.push({
      type: 'event',
      level: end === 'done' ? 'info' : 'warn',
      about: `operation:${this.#operation.id}`,
      what: `operation ${this.#operation.id} (${this.#operation.kind} ${this.#operation.subject}): ${end}, ${done} of ${steps.length} steps`,
    })
  }
}
