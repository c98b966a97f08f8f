// What operations are called, and the words and colours of their states.
import { isOver, type Operation } from '../../model/operation.ts'
import type { Style } from '../line.ts'
import type { ViewContext } from './context.ts'

/** `evacuate quark`. */
export function whatOf({ kind, subject }: Operation): string {
  return `${kind} ${subject}`
}

export function stateOf(
  { state }: ViewContext,
  operation: Operation,
): { readonly word: string; readonly style: Style } {
  const isConducted = state.picture.snapshot?.conductors?.[operation.id] !== undefined
  switch (operation.state) {
    case 'running':
      return isConducted ? { word: 'RUNNING', style: 'good' } : { word: 'ABANDONED', style: 'bad' }
    case 'paused':
      return operation.steps.some(step => step.state === 'running')
        ? { word: 'PAUSING', style: 'warn' }
        : { word: 'PAUSED', style: 'warn' }
    case 'cancelling':
      return isConducted
        ? { word: 'cancelling', style: 'warn' }
        : { word: 'ABANDONED', style: 'bad' }
    case 'done':
      return { word: 'done', style: 'dim' }
    case 'partly':
      return { word: 'PARTLY', style: 'bad' }
    case 'cancelled':
      return { word: 'cancelled', style: 'warn' }
  }
}

/** Operations that are not over: first those that nobody conducts and that do not wait to be let on, then the oldest. */
export function unfinished(context: ViewContext): readonly Operation[] {
  const isAbandoned = (operation: Operation) => stateOf(context, operation).style === 'bad'
  return Object.values(context.state.picture.snapshot?.operations ?? {})
    .filter(operation => !isOver(operation))
    .sort((a, b) => Number(isAbandoned(b)) - Number(isAbandoned(a)) || Number(a.id) - Number(b.id))
}
