// A plan as text: what cannot be done first, then the moves in order, then what stays, then the loads.
import { humanAmount, humanPercent } from '../model/human.ts'
import type { LoadChange, Plan, PlannedMove } from '../operations/plan/plan.ts'
import { columns } from './print.ts'

export function planLines(plan: Plan): string[] {
  const lines: string[] = []
  if (plan.unplaced.length > 0) {
    lines.push('cannot be placed:')
    lines.push(
      ...columns(
        plan.unplaced.map(each => [`  ${each.vm}`, each.kind === 'havm' ? 'HAVM' : 'VM', each.why]),
      ),
    )
  }
  if (plan.moves.length > 0) {
    lines.push('moves, in order:')
    lines.push(...columns(plan.moves.map(moveRow)))
  }
  if (plan.staying.length > 0) {
    lines.push('stay:')
    lines.push(
      ...columns(
        plan.staying.map(each => [`  ${each.vm}`, each.kind === 'havm' ? 'HAVM' : 'VM', each.why]),
      ),
    )
  }
  if (plan.loads.length > 0) {
    lines.push('loads:')
    lines.push(...columns(plan.loads.map(loadRow)))
  }
  lines.push(...plan.notes.map(note => `note: ${note}`))
  if (plan.cordon !== undefined)
    lines.push(`note: ${plan.cordon} takes nobody in from now on (maintenance)`)
  lines.push(plan.sentence)
  return lines
}

const WORDS: Readonly<Record<PlannedMove['method'], string>> = {
  live: 'moves live',
  cold: 'shut down, then started',
  restart: 'restarts',
  start: 'starts',
  stop: 'shuts down',
}

function moveRow(move: PlannedMove): string[] {
  const to = move.targets[0]
  const way = [move.from, to].filter(hwm => hwm !== undefined).join(' -> ')
  const after = move.after.length > 0 ? `after ${move.after.join(', ')}` : ''
  return [
    `  ${move.vm}`,
    move.kind === 'havm' ? 'HAVM' : 'VM',
    way,
    WORDS[move.method],
    [move.why, after].filter(Boolean).join('; '),
  ]
}

function loadRow({ hwm, usable, before, after }: LoadChange): string[] {
  const share = (dimension: string) => {
    const whole = usable[dimension]
    const amount = (value: number) =>
      whole === undefined ? humanAmount(dimension, value) : humanPercent(value, whole)
    return `${dimension} ${amount(before[dimension] ?? 0)} -> ${amount(after[dimension] ?? 0)}`
  }
  const changed = Object.keys({ ...before, ...after }).filter(
    dimension => (before[dimension] ?? 0) !== (after[dimension] ?? 0),
  )
  return [`  ${hwm}`, changed.map(share).join(', ')]
}
