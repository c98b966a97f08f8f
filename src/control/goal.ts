// A step of an operation as the decision tables see it: what it is to reach, and what it does now in words.
import { targetOf, type Step } from '../model/operation.ts'
import type { Action, Goal } from './decide.ts'

/** What the decision tables are asked for this step. */
export function goalOf(step: Step): Goal {
  const { vm, from } = step
  const to = targetOf(step)
  switch (step.method) {
    case 'live':
    case 'cold':
      if (from === undefined || to === undefined)
        throw new TypeError(`step ${step.id} moves ${vm} from or to nowhere`)
      return { kind: 'move', vm, from, to, method: step.method, keepPaused: step.keepPaused }
    case 'restart':
    case 'start':
      if (to === undefined) throw new TypeError(`step ${step.id} starts ${vm} nowhere`)
      return { kind: 'run', vm, at: to, ...(from !== undefined && { from }) }
    case 'stop':
      if (from === undefined) throw new TypeError(`step ${step.id} stops ${vm} nowhere`)
      return { kind: 'stop', vm, at: from }
  }
}

/** HWMs the step takes room or bandwidth of while it runs. */
export function hwmsOf(step: Step): readonly string[] {
  const to = targetOf(step)
  const moves = step.method === 'live' || step.method === 'cold'
  return [moves || step.method === 'stop' ? step.from : undefined, to].filter(
    hwm => hwm !== undefined,
  )
}

/** What a step does now, in words for people. */
export function phaseOf(action: Action): string {
  switch (action.do) {
    case 'prepare':
      return `preflight on ${action.at}`
    case 'migrate':
      return 'copying'
    case 'bar':
      return `cutting ${action.against} off from storage`
    case 'permit':
      return `permit to ${action.to}`
    case 'start':
      return `starting on ${action.at}`
    case 'resume':
      return `resuming on ${action.at}`
    case 'shutdown':
      return `shutting down on ${action.at}`
    case 'destroy':
      return `removing a copy on ${action.at}`
  }
}
