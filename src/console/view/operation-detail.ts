// One operation: who, why, how far; each step with its phase, bytes, rate, time left, downtime or reason.
import { humanByteRate, humanBytes, humanDuration } from '../../model/human.ts'
import { isOver, isSettled, targetOf, type Operation, type Step } from '../../model/operation.ts'
import type { Line, Span, Style } from '../line.ts'
import { line, span } from '../line.ts'
import type { Opened } from '../state.ts'
import { fit, widthOf, wrap } from '../text.ts'
import { localTime } from '../times.ts'
import type { PaneView, ViewContext } from './context.ts'
import { documentPane } from './document.ts'
import { bar } from './meters.ts'
import { stateOf, whatOf } from './operation-words.ts'

export function operationDetail(
  context: ViewContext,
  opened: Extract<Opened, { kind: 'operation' }>,
): readonly PaneView[] {
  const { state, layout } = context
  const operation = state.picture.snapshot?.operations?.[opened.id]
  const { word, style } = operation
    ? stateOf(context, operation)
    : ({ word: '', style: 'dim' } as const)
  const title = line(
    span(`Operation ${opened.id}`, 'title'),
    span(word === '' ? '' : ` ${word.toLowerCase()}`, style === 'dim' ? 'plain' : style),
  )
  const lines = operation
    ? operationLines(context, operation, layout.columns)
    : [line(span('it is not seen yet', 'dim'))]
  return [documentPane(context, title, lines, opened.top, opened.left)]
}

/** In `width` cells, a margin of three not counted. */
export function operationLines(context: ViewContext, operation: Operation, width: number): Line[] {
  const { state } = context
  const conductor = state.picture.snapshot?.conductors?.[operation.id]
  const { word, style } = stateOf(context, operation)
  const done = operation.steps.filter(step => step.state === 'done').length
  const lines: Line[] = [
    line(
      span(whatOf(operation), 'strong'),
      span(`  ${wordOf(operation, word)}`, style),
      span(`  ${done} of ${operation.steps.length} done`),
    ),
    line(
      span(`by ${operation.by}`, 'dim'),
      span(operation.from === '' ? '' : ` from ${operation.from}`, 'dim'),
      span(`, ${localTime(operation.createdAt, state.today)}`, 'dim'),
      span(operation.why === '' ? '' : `, ${operation.why}`, 'dim'),
    ),
  ]
  if (conductor)
    lines.push(
      line(
        span(
          `conducted by ${conductor.who}${conductor.from === '' ? '' : ` from ${conductor.from}`}; ${operation.limits.parallelPerHwm} at once per HWM`,
          'dim',
        ),
      ),
    )
  else if (!isOver(operation))
    lines.push(
      line(
        span(
          operation.state === 'paused'
            ? 'nobody conducts it: Z lets it go on here'
            : 'its conductor is gone: T takes it up here',
          'warn',
        ),
      ),
    )
  lines.push([], ...stepLines(context, operation.steps, width))
  return lines
}

function wordOf(operation: Operation, word: string): string {
  if (operation.kind !== 'evacuate' || operation.state !== 'running' || word !== 'RUNNING')
    return word
  const settled = operation.steps.filter(isSettled).length
  return `EVACUATING ${settled}/${operation.steps.length}`
}

const STEP_STYLES: Readonly<Record<Step['state'], Style>> = {
  queued: 'dim',
  running: 'good',
  done: 'plain',
  failed: 'bad',
  cancelled: 'warn',
}

function stepLines(context: ViewContext, steps: readonly Step[], width: number): Line[] {
  const { glyphs } = context
  const names = Math.min(24, Math.max(8, ...steps.map(step => widthOf(step.vm))))
  const ways = steps.map(step => wayOf(step, glyphs.arrow))
  const wayWidth = Math.min(30, Math.max(6, ...ways.map(widthOf)))
  return steps.flatMap((step, index) => {
    const head: Span[] = [
      span(`${signOf(context, step)} `, STEP_STYLES[step.state]),
      span(fit(step.vm, names), step.state === 'running' ? 'strong' : 'plain'),
      span(`  ${fit(step.method, 7)}`, 'dim'),
      span(`  ${fit(ways[index] ?? '', wayWidth)}  `),
    ]
    const used = 2 + names + 9 + wayWidth + 4
    const room = width - used - 7
    const { progress } = step
    if (step.state === 'running' && progress && progress.total > 0 && step.phase === 'copying') {
      const lines: Line[] = []
      const meter = progressPieces(context, step, progress)
      if (room >= 48) lines.push([...head, ...meter])
      else lines.push(head, [span(' '.repeat(4)), ...meter])
      return lines
    }
    const { text, style } = saying(step)
    const texts = wrap(text, Math.max(16, room >= 24 ? room : width - 12))
    if (room >= 24) {
      return texts.map((each, at) =>
        at === 0 ? [...head, span(each, style)] : [span(' '.repeat(used)), span(each, style)],
      )
    }
    return [[...head], ...(text === '' ? [] : texts.map(each => [span('    '), span(each, style)]))]
  })
}

function progressPieces(
  { glyphs }: ViewContext,
  step: Step,
  { done, total, rate }: NonNullable<Step['progress']>,
): Span[] {
  const left = rate > 0 ? `${humanDuration(Math.ceil((total - done) / rate) * 1000)} left` : ''
  return [
    span(`${step.phase} `),
    ...bar(done / total, 0, 10, glyphs),
    span(` ${humanBytes(done)} of ${humanBytes(total)}`),
    span(rate > 0 ? `  ${humanByteRate(rate)}` : '', 'dim'),
    span(left === '' ? '' : `  ${left}`, 'dim'),
  ]
}

function signOf({ glyphs }: ViewContext, { state }: Step): string {
  switch (state) {
    case 'queued':
      return glyphs.vm.stopped
    case 'running':
      return glyphs.vm.migrating
    case 'done':
      return glyphs.vm.running
    case 'failed':
      return glyphs.vm.crashed
    case 'cancelled':
      return glyphs.vm.waiting
  }
}

/** What a step does, or how it ended. */
function saying(step: Step): { readonly text: string; readonly style: Style } {
  switch (step.state) {
    case 'queued':
      return { text: 'queued', style: 'dim' }
    case 'running':
      return { text: [step.phase, step.error].filter(Boolean).join('; '), style: 'plain' }
    case 'done':
      return {
        text: ['done', downtimeOf(step), step.note].filter(Boolean).join('; '),
        style: 'good',
      }
    case 'failed':
      return { text: `failed: ${step.error}`, style: 'bad' }
    case 'cancelled':
      return { text: 'cancelled', style: 'warn' }
  }
}

function downtimeOf({ downMs }: Step): string {
  return downMs === undefined ? '' : `stood still ${humanDuration(downMs)}`
}

function wayOf(step: Step, arrow: string): string {
  const to = targetOf(step)
  if (to === undefined) return `on ${step.from ?? 'no HWM'}`
  return step.from === undefined ? `on ${to}` : `${step.from} ${arrow} ${to}`
}
