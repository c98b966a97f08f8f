// How a step ended, in words for people.
import type { Step } from '../model/operation.ts'
import type { Action } from './decide.ts'
import { phaseOf } from './goal.ts'

/** A live move that had to start its VM anew says so: its guest lost what was in memory. */
export function restartedNote(step: Step): string {
  return step.method === 'live' && (step.tries['start'] ?? 0) > 0
    ? 'restarted: its copy was lost on the way'
    : ''
}

export function doneSentence(step: Step, note: string): string {
  const to = step.targets[step.target]
  const what =
    step.method === 'stop'
      ? `stopped on ${step.from}`
      : step.method === 'live' || step.method === 'cold'
        ? `moved ${step.from} to ${to}`
        : `runs on ${to}`
  return note === '' ? what : `${what} (${note})`
}

/** `why`, with the targets that were tried when there was more than one. */
export function failedSentence(step: Step, why: string): string {
  const tried = step.targets.slice(0, step.target + 1)
  return tried.length > 1 ? `${why} (tried ${tried.join(', ')})` : why
}

/** An action got no answer for as long as a step waits; what it was for, and what was said last. */
export function gaveUpSentence({ vm }: Step, action: Action, why: string): string {
  return action.do === 'destroy'
    ? `${vm} could not be ended on ${action.at} (${action.why}): ${why}`
    : `gave up ${phaseOf(action)}: ${why}`
}
