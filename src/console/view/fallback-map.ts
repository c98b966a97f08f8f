// The answer about one failure set: in one line how it ends, who finds no place and what blocks it, who restarts where, loads after.
import type { FallbackAnswer, LoadAfter } from '../../model/fallback-answer.ts'
import { setName } from '../../model/preview.ts'
import type { Line, Span } from '../line.ts'
import { fitLine, line, restyle, span } from '../line.ts'
import { fit, widthOf, wrap } from '../text.ts'
import type { ViewContext } from './context.ts'
import { setWord } from './fallback-columns.ts'
import { bar, percent } from './meters.ts'

/** Lines as they are, from the summary down. Those of another set than the one asked for are dimmed until its answer is here. */
export function mapLines(context: ViewContext, width: number): readonly Line[] {
  const { state } = context
  const { answer, of, problem } = state.fallback
  if (problem !== '')
    return wrap(problem, Math.max(10, width)).map(text => line(span(text, 'warn')))
  if (answer === undefined) return [line(span(of === '' ? '' : 'solving', 'dim'))]
  const lines = [
    ...summary(answer),
    ...leftOver(answer, width),
    ...restarts(context, answer, width),
    ...loads(context, answer, width),
    ...waiting(answer, width),
  ]
  const isOther = setName(answer.failed) !== of
  return isOther || context.isPast ? lines.map(each => restyle(each, 'dim')) : lines
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`
}

function summary(answer: FallbackAnswer): Line[] {
  const { restarts: moved, left, waits, deadBefore } = answer
  const { word, style } = setWord({ state: answer.state, restarts: moved.length + left.length })
  const parts: Span[] = [span(word, style)]
  if (answer.why !== '') parts.push(span(`  ${answer.why}`, style))
  const says = [
    ...(moved.length > 0 ? [count(moved.length, 'HAVM restarts', 'HAVMs restart')] : []),
    ...(left.length > 0 ? [`${left.length} without a place`] : []),
    ...(waits.length > 0 ? [count(waits.length, 'VM waits', 'VMs wait')] : []),
  ]
  const lines: Line[] = [parts]
  lines.push(line(span(says.join(', ') || 'no VM is on it'), span(`   ${origin(answer)}`, 'dim')))
  if (deadBefore.length > 0) {
    const are = deadBefore.length === 1 ? 'is' : 'are'
    lines.push(line(span(`with ${deadBefore.join(', ')}, which ${are} down already`, 'warn')))
  }
  return lines
}

function origin({ by, age, tookMs }: FallbackAnswer): string {
  switch (by) {
    case 'file':
      return "by the cluster file's own map"
    case 'stored':
      return `by the stored map of ${age ?? 'before'} ago`
    case 'solver':
      return `solved now, in ${Math.max(1, tookMs)} ms`
  }
}

function leftOver({ left }: FallbackAnswer, width: number): Line[] {
  if (left.length === 0) return []
  const names = longest(left.map(each => each.vm))
  return [
    [],
    line(span('WITHOUT A PLACE', 'head')),
    ...left.flatMap(({ vm, why }) =>
      wrap(why, Math.max(12, width - names - 2)).map((text, index) =>
        line(span(fit(index === 0 ? vm : '', names), 'bad'), '  ', span(text, 'warn')),
      ),
    ),
  ]
}

function restarts({ glyphs }: ViewContext, answer: FallbackAnswer, width: number): Line[] {
  if (answer.restarts.length === 0) return []
  const names = longest(answer.restarts.map(each => each.vm))
  const froms = longest(answer.restarts.map(each => each.from))
  const tos = longest(answer.restarts.map(each => each.to))
  const isFromOne = new Set(answer.restarts.map(each => each.from)).size === 1
  const cell = names + (isFromOne ? 0 : 2 + froms) + 3 + tos
  const columns = Math.max(1, Math.floor((width + 3) / (cell + 3)))
  const rows = Math.ceil(answer.restarts.length / columns)
  const lines: Line[] = [[], line(span('RESTART', 'head'))]
  for (let row = 0; row < rows; row++) {
    const pieces: Span[] = []
    for (let column = 0; column < columns; column++) {
      const each = answer.restarts[column * rows + row]
      if (each === undefined) continue
      if (column > 0) pieces.push(span('   '))
      pieces.push(
        span(fit(each.vm, names)),
        span(isFromOne ? '' : `  ${fit(each.from, froms)}`, 'dim'),
        span(` ${glyphs.arrow} `, 'dim'),
        span(fit(each.to, tos), 'strong'),
      )
    }
    lines.push(pieces)
  }
  return lines
}

/** Percentages of so many dimensions, where there is room for them. */
const DIMENSIONS_SHOWN = 3
const ROOMY = 80

function loads(
  context: ViewContext,
  { loads: all, failed }: FallbackAnswer,
  width: number,
): Line[] {
  if (all.length === 0) return []
  const { state } = context
  const names = longest(all.map(each => each.hwm))
  const kept = state.picture.snapshot?.preview?.kept ?? {}
  const lines: Line[] = [
    [],
    line(span('LOAD AFTER', 'head'), span('   and who else counts on the same spare slots', 'dim')),
  ]
  for (const load of all) {
    const shared = (kept[load.hwm]?.by ?? []).filter(hwm => !failed.includes(hwm))
    const meters = meter(context, load, Math.max(8, Math.min(24, width - names - 44)), width)
    lines.push(
      fitLine(
        [
          span(fit(load.hwm, names), 'strong'),
          span('  '),
          ...meters,
          span(shared.length === 0 ? '' : `   ${few(shared)}`, 'dim'),
        ],
        width,
        context.glyphs.ellipsis,
      ),
    )
  }
  return lines
}

/** A bar of the fullest dimension, and the percentages of it and the next ones, before and after. */
function meter(
  { glyphs }: ViewContext,
  { usable, before, after }: LoadAfter,
  cells: number,
  width: number,
): Line {
  const shares = Object.entries(usable)
    .map(([dimension, whole]) => ({
      dimension,
      whole,
      was: before[dimension] ?? 0,
      is: after[dimension] ?? 0,
    }))
    .filter(each => each.whole > 0)
    .sort((a, b) => b.is / b.whole - a.is / a.whole)
  const [first] = shares
  if (first === undefined) return []
  return [
    ...bar(first.is / first.whole, 0, cells, glyphs),
    ...shares
      .slice(0, width < ROOMY ? DIMENSIONS_SHOWN - 1 : DIMENSIONS_SHOWN)
      .flatMap(({ dimension, whole, was, is }) => [
        span(`  ${dimension}`),
        ...restyle(percent(was, whole), 'dim'),
        span(` ${glyphs.arrow}`, 'dim'),
        ...percent(is, whole),
      ]),
  ]
}

function waiting({ waits }: FallbackAnswer, width: number): Line[] {
  if (waits.length === 0) return []
  return [
    [],
    line(span('WAIT', 'head'), span('   plain VMs, until their HWM is back', 'dim')),
    ...wrap(waits.join('  '), Math.max(10, width)).map(text => line(span(text, 'dim'))),
  ]
}

const MOST_NAMED = 4

function few(names: readonly string[]): string {
  return names.length <= MOST_NAMED
    ? names.join(' ')
    : `${names.slice(0, MOST_NAMED).join(' ')} and ${names.length - MOST_NAMED} more`
}

function longest(names: readonly string[]): number {
  let width = 4
  for (const name of names) width = Math.max(width, widthOf(name))
  return Math.min(32, width)
}
