// The state machine of an operation: step(machine, event) -> { machine, effects }. No I/O and no clock: instants come with the events.
// Per step of the operation it goes round: look, decide (decide.ts), act, look again. The conductor carries the effects out.
import { decide, type Action, type Decision } from './decide.ts'
import type { VmFacts } from './facts.ts'
import { goalOf, hwmsOf, phaseOf } from './goal.ts'
import { isOver, isSettled, type Operation, type Progress, type Step } from '../model/operation.ts'

/** How an action ended, as far as whoever carried it out can tell. `unknown` is no failure: the next look shows what is true. */
export type Ended =
  | { readonly how: 'ok' }
  | { readonly how: 'failed'; readonly why: string }
  | { readonly how: 'unknown'; readonly why: string }

export type Event =
  | { readonly type: 'tick'; readonly now: number }
  | {
      readonly type: 'looked'
      readonly now: number
      readonly step: number
      readonly facts: VmFacts
    }
  | { readonly type: 'acted'; readonly now: number; readonly step: number; readonly ended: Ended }
  | {
      readonly type: 'progress'
      readonly now: number
      readonly step: number
      readonly progress: Progress
    }
  | {
      readonly type: 'asked'
      readonly now: number
      readonly to: 'pause' | 'resume' | 'cancel' | 'retry'
    }

export type Effect =
  /** Find out the facts of this step's VM, then send `looked`. */
  | { readonly type: 'look'; readonly step: Step }
  /** Carry the action out, then send `acted`. */
  | { readonly type: 'act'; readonly step: Step; readonly action: Action }
  /** Stop the action under way at a safe point (a migration's job is aborted); `acted` follows all the same. */
  | { readonly type: 'abort'; readonly step: Step }
  /** Write this to etcd before any effect that comes after it. */
  | { readonly type: 'journal'; readonly operation: Operation }
  | {
      readonly type: 'event'
      readonly level: 'info' | 'warn' | 'error'
      readonly about: string
      readonly what: string
    }

/** What the conductor holds beside the operation itself, per running step. It can be lost at any time: a look makes it anew. */
interface Work {
  readonly doing: 'look' | 'act' | 'rest'
  readonly action?: Action
  /** Since when the step has only waited. */
  readonly waitingSince?: number
  /** When the guest was asked to shut down. */
  readonly shutdownSince?: number
  /** When to look again. */
  readonly lookAt?: number
}

export interface Machine {
  readonly operation: Operation
  readonly work: Readonly<Record<number, Work>>
  readonly now: number
}

/** How long a step rests before it looks again at something it waits for, in ms. */
export const LOOK_AGAIN_MS = 500

/** A machine for an operation just committed, or taken up from etcd after its conductor died: running steps look first. */
export function takeUp(operation: Operation, now: number): Machine {
  return { operation, work: {}, now }
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
  readonly #now: number
  readonly #effects: Effect[] = []

  constructor(machine: Machine, now: number) {
    this.#before = machine.operation
    this.#operation = machine.operation
    this.#work = new Map(Object.entries(machine.work).map(([id, work]) => [Number(id), work]))
    this.#now = Math.max(now, machine.now)
  }

  outcome(): { machine: Machine; effects: Effect[] } {
    const machine = {
      operation: this.#operation,
      work: Object.fromEntries(this.#work),
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
    const work = this.#work.get(id) ?? { doing: 'rest' }
    if (this.#operation.state === 'cancelling' && isLeavable(current, work, decision)) {
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
        this.#failed(current, decision.why)
        return
      case 'wait':
        this.#wait(current, work, decision.for)
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
    if (ended.how === 'failed' && tries >= this.#operation.limits.tries) {
      this.#work.delete(id)
      this.#failed(current, ended.why)
      return
    }
    if (ended.how !== 'ok') this.patch(id, { error: ended.why })
    const { shutdownSince } = work
    // What failed is tried again after a rest; what went well is looked at immediately.
    const lookAt = ended.how === 'ok' ? this.#now : this.#now + LOOK_AGAIN_MS
    this.#work.set(id, {
      doing: 'rest',
      lookAt,
      ...(shutdownSince !== undefined && { shutdownSince }),
    })
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
    const { shutdownSince } = work
    this.#work.set(current.id, {
      doing: 'act',
      action,
      ...(shutdownSince !== undefined && { shutdownSince }),
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

  #wait(current: Step, work: Work, reason: string): void {
    const waitingSince = work.waitingSince ?? this.#now
    if (this.#now - waitingSince >= this.#operation.limits.waitMs) {
      this.#failed(current, `gave up waiting for ${reason}`)
      return
    }
    this.#rest(current, { ...work, waitingSince }, `waiting for ${reason}`)
  }

  #rest(current: Step, work: Work, phase: string): void {
    if (current.phase !== phase) this.patch(current.id, { phase })
    const { waitingSince, shutdownSince } = work
    this.#work.set(current.id, {
      doing: 'rest',
      lookAt: this.#now + LOOK_AGAIN_MS,
      ...(waitingSince !== undefined && { waitingSince }),
      ...(shutdownSince !== undefined && { shutdownSince }),
    })
  }

  /** The next target, for what does not run anywhere yet; else the step has failed and what depends on it will not begin. */
  #failed(current: Step, why: string): void {
    const canRetarget = current.method === 'restart' || current.method === 'start'
    if (canRetarget && current.target + 1 < current.targets.length) {
      const next = current.targets[current.target + 1]
      this.#report('warn', current, `${why}; trying ${next}`)
      this.#work.delete(current.id)
      this.patch(current.id, {
        target: current.target + 1,
        tries: {},
        error: why,
        phase: `trying ${next}`,
      })
      return
    }
    const tried = current.targets.slice(0, current.target + 1)
    this.#settle(
      current,
      'failed',
      '',
      canRetarget && tried.length > 1 ? `${why} (tried ${tried.join(', ')})` : why,
    )
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
    const { limits } = this.#operation
    const settled = new Map(this.#operation.steps.map(each => [each.id, each.state]))
    const load = new Map<string, number>()
    let running = 0
    const take = (each: Step) => {
      running += 1
      for (const hwm of hwmsOf(each)) load.set(hwm, (load.get(hwm) ?? 0) + 1)
    }
    for (const each of this.#operation.steps) if (each.state === 'running') take(each)
    for (const each of this.#operation.steps) {
      if (each.state !== 'queued' || running >= limits.parallel) continue
      const blocker = each.after.find(
        id => settled.get(id) === 'failed' || settled.get(id) === 'cancelled',
      )
      if (blocker !== undefined) {
        const cause = this.#operation.steps.find(other => other.id === blocker)
        this.#settle(
          each,
          'failed',
          '',
          `not begun: ${cause?.vm ?? 'a step'} before it did not succeed`,
        )
        settled.set(each.id, 'failed')
        continue
      }
      if (!each.after.every(id => settled.get(id) === 'done')) continue
      if (hwmsOf(each).some(hwm => (load.get(hwm) ?? 0) >= limits.parallelPerHwm)) continue
      this.patch(each.id, { state: 'running', phase: 'looking' })
      const begun = this.#running(each.id) ?? each
      take(begun)
      this.#look(begun)
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

/** Whether a step can be left here and now: its VM is where it was, and nothing has been given up yet. */
function isLeavable(current: Step, work: Work, decision: Decision): boolean {
  if (current.method === 'restart' || current.method === 'start') {
    return decision.do === 'prepare' || decision.do === 'bar' || decision.do === 'permit'
  }
  return (
    decision.do === 'migrate' || (decision.do === 'shutdown' && work.shutdownSince === undefined)
  )
}

/** A live move that had to start its VM anew says so: its guest lost what was in memory. */
function restartedNote(current: Step): string {
  return current.method === 'live' && (current.tries['start'] ?? 0) > 0
    ? 'restarted: its copy was lost on the way'
    : ''
}

function doneSentence(current: Step, note: string): string {
  const to = current.targets[current.target]
  const what =
    current.method === 'stop'
      ? `stopped on ${current.from}`
      : current.method === 'live' || current.method === 'cold'
        ? `moved ${current.from} to ${to}`
        : `runs on ${to}`
  return note === '' ? what : `${what} (${note})`
}
