// How far the evacuation of an HWM is, as the word for its state: an HWM is not in maintenance before it is empty.
import { isOver, isSettled, type Operation } from '../../model/operation.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import type { Style } from '../line.ts'
import type { Picture } from '../picture.ts'

export interface EvacuationWord {
  readonly word: string
  /** Where there is little room. */
  readonly short: string
  readonly style: Style
}

type Operations = NonNullable<ClusterSnapshot['operations']>

/** The last evacuation of each HWM; kept for as long as the operations are. */
const newest = new WeakMap<Operations, ReadonlyMap<string, Operation>>()

function lastEvacuations(operations: Operations): ReadonlyMap<string, Operation> {
  const known = newest.get(operations)
  if (known) return known
  const made = new Map<string, Operation>()
  for (const operation of Object.values(operations)) {
    if (operation.kind !== 'evacuate') continue
    for (const hwm of new Set(operation.steps.flatMap(({ from }) => from ?? []))) {
      const before = made.get(hwm)
      if (!before || Number(before.id) < Number(operation.id)) made.set(hwm, operation)
    }
  }
  newest.set(operations, made)
  return made
}

/** Undefined: it is not being evacuated, and nothing was left of the last time. */
export function evacuationOf(picture: Picture, hwm: string): EvacuationWord | undefined {
  const operations = picture.snapshot?.operations
  const operation = operations && lastEvacuations(operations).get(hwm)
  if (!operation) return undefined
  const steps = operation.steps.filter(({ from }) => from === hwm)
  if (!isOver(operation)) {
    const count = `${steps.filter(isSettled).length}/${steps.length}`
    return { word: `EVACUATING ${count}`, short: `evac ${count}`, style: 'warn' }
  }
  const isClosed = picture.hwm(hwm)?.config.maintenance === true
  const isLeft = steps.some(step => step.state !== 'done' && picture.vm(step.vm)?.where === hwm)
  return isClosed && isLeft
    ? { word: 'PARTLY EVACUATED', short: 'PARTLY', style: 'bad' }
    : undefined
}

/** The widest of these words, in cells; 0: there are none. */
export function evacuationWidth(picture: Picture): number {
  const operations = picture.snapshot?.operations
  if (!operations) return 0
  let width = 0
  for (const hwm of lastEvacuations(operations).keys())
    width = Math.max(width, evacuationOf(picture, hwm)?.word.length ?? 0)
  return width
}
