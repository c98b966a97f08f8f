// The solver's answers as text for people.
import type { HwmLoad, PlanAnswer, SetAnswer } from '../engine/solving/answer.ts'
import { humanPercent } from '../model/human.ts'
import { MOST_MAPS_KEPT } from '../model/preview.ts'
import { counterText, named } from '../operations/reasons.ts'
import { columns } from './print.ts'

export interface Detail {
  /** Lines of a list before it is cut, and how many more there are is said. */
  readonly most: number
}

export function planAnswerLines(answer: PlanAnswer, detail: Detail): string[] {
  if (answer.answer === 'no-answer')
    return ['no map was found in the time given, and none was ruled out']
  const lines: string[] = []
  if (answer.why !== undefined) lines.push(`impossible: ${answer.why.sentence}`)
  if (answer.map.size === 0 && answer.answer === 'impossible') return lines
  lines.push(headline(answer), ...answer.complaints.map(complaint => `  ${complaint}`))
  lines.push(verdictLine(answer))
  lines.push(...cut(columns(answer.loads.filter(isOfUse).map(loadRow)), detail))
  if (answer.unplaced.length > 0) lines.push(`without a place: ${named(answer.unplaced)}`)
  lines.push(...moveLines(answer, detail))
  return lines
}

function headline({
  objective,
  value,
  bound,
  proved,
  hwmsUsed,
  seconds,
  map,
  terms,
  inOrder = [],
}: PlanAnswer): string {
  const took = `${seconds.toFixed(1)} s`
  const counts = `${map.size} VMs on ${hwmsUsed} HWMs`
  if (objective === 'keep-map') return `homes as they are: ${counts} (${took})`
  if (terms !== undefined) {
    const parts = terms.map(term => `${term.weight} x ${term.objective} ${figure(term.value)}`)
    const how = proved ? 'proved best' : `bound ${figure(bound)}`
    return `mix ${figure(value)} = ${parts.join(' + ')} (${how}); ${counts} (${took})`
  }
  const worth = figure(value)
  const how = proved ? 'proved best' : `bound ${figure(bound)}`
  const later = inOrder.slice(1).map(aim => `, then ${aim.objective} ${figure(aim.value)}`)
  return `${objective}: ${worth} (${how})${later.join('')}; ${counts} (${took})`
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4)
}

function verdictLine({ resilience }: PlanAnswer): string {
  const { asked, verdict, largest, largestIsExact, counterExample } = resilience
  const most = `largest X${largestIsExact ? '' : ' known'}: ${largest}`
  if (verdict === 'yes') return `TOLERATES ${asked}: yes (${most})`
  if (verdict === 'unknown') return `TOLERATES ${asked}: not settled in the time given (${most})`
  const because = counterExample === undefined ? '' : `  ${counterText(counterExample)}`
  return `TOLERATES ${asked}: NO (${most})${because}`
}

function isOfUse({ vmsBefore, vmsAfter }: HwmLoad): boolean {
  return vmsBefore > 0 || vmsAfter > 0
}

function loadRow({ hwm, usable, before, after, vmsBefore, vmsAfter }: HwmLoad): string[] {
  const change = (was: string, is: string) => (was === is ? is : `${was} -> ${is}`)
  const dimensions = Object.keys(usable).filter(
    dimension => (before[dimension] ?? 0) > 0 || (after[dimension] ?? 0) > 0,
  )
  return [
    `  ${hwm}`,
    `${change(String(vmsBefore), String(vmsAfter))} VMs`,
    ...dimensions.map(dimension => {
      const whole = usable[dimension] ?? 0
      return `${dimension} ${change(humanPercent(before[dimension] ?? 0, whole), humanPercent(after[dimension] ?? 0, whole))}`
    }),
  ]
}

function moveLines({ moves, order, blocked }: PlanAnswer, detail: Detail): string[] {
  if (moves.length === 0 && order === 'found') return ['nothing to move']
  const rows = moves.map(({ vm, from, to, batch, bounce }) => [
    `  ${batch}`,
    vm,
    `${from} -> ${to}`,
    bounce ? 'on its way: makes room' : '',
  ])
  const head =
    order === 'found'
      ? `moves, in order (${moves.length}):`
      : order === 'impossible'
        ? `no order of moves leads there: ${named(blocked)} cannot move`
        : `no order of moves was found in the time given: ${named(blocked)}`
  return [head, ...cut(columns(rows), detail)]
}

export function setLines(sets: readonly SetAnswer[], detail: Detail): string[] {
  const rows = sets.flatMap(set => {
    const first = [`  ${set.failed.join(' + ')}`]
    const moved = [...set.map].map(([vm, hwm]) => [`    ${vm}`, hwm])
    const short = set.why === undefined ? [] : [[`    SHORT: ${counterText(set.why)}`]]
    const again = (set.movesAgain ?? []).map(({ after, vms }) => [
      `    when ${after.join(' + ')} failed first, these move again: ${named(vms)}`,
    ])
    return [first, ...short, ...again, ...moved].map(row => columns([row])[0] ?? '')
  })
  return cut(rows, detail)
}

/** Sets beyond what is listed at all, in whatever form; none: all are there. */
export function unlistedLines({
  fallback,
  fallbackIsComplete,
  fallbackInAll,
}: Pick<PlanAnswer, 'fallback' | 'fallbackIsComplete' | 'fallbackInAll'>): string[] {
  if (fallbackIsComplete) return []
  const left = fallbackInAll - fallback.length
  return [`${left} of ${fallbackInAll} failure sets are not listed: --failed asks for any of them`]
}

/** Of more failure sets than an engine keeps in etcd: what becomes of the rest. Empty: there are not so many. */
export function unkeptNotes({ fallbackInAll }: Pick<PlanAnswer, 'fallbackInAll'>): string[] {
  if (fallbackInAll <= MOST_MAPS_KEPT) return []
  return [
    `there are ${fallbackInAll} failure sets; in etcd maps of ${MOST_MAPS_KEPT} are kept prepared, of the smaller sets first: any other is solved within 200 ms when it happens`,
  ]
}

function cut(lines: readonly string[], { most }: Detail): string[] {
  if (lines.length <= most) return [...lines]
  return [...lines.slice(0, most), `  … ${lines.length - most} more lines (--json has all)`]
}
