// What is told to who leaves a console while something is under way.
import { isOver } from '../../model/operation.ts'
import type { ConsoleState } from '../state.ts'

/** Where unfinished operations go on, one sentence; empty when there is none. */
export function leavingWords({ picture, simulated }: ConsoleState): string {
  // A made-up cluster is gone with its engine.
  if (simulated) return ''
  const { operations = {}, conductors = {} } = picture.snapshot ?? {}
  const unfinished = Object.values(operations).filter(operation => !isOver(operation))
  const sentences = unfinished.map(({ id, kind, subject, state }) => {
    const conductor = conductors[id]
    const what = `operation ${id} (${kind} ${subject})`
    if (!conductor)
      return `${what} is ${state} and nobody conducts it: yasco operation resume ${id}`
    const from = conductor.from === '' ? '' : ` from ${conductor.from}`
    return `${what} goes on, conducted by ${conductor.who}${from}: yasco operation show ${id}`
  })
  return sentences.join('\n')
}
