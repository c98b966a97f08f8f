// A plan before it is carried out: what cannot be placed first, then the moves in order, what stays, loads, X, notes.
import type { PlanInHand } from '../acting/in-hand.ts'
import type { PlanShown } from '../../engine/acting/questions.ts'
import { humanAmount, humanBitRate, humanDuration } from '../../model/human.ts'
import type { LeftOut, LoadChange, PlannedMove } from '../../engine/acting/questions.ts'
import type { Line, Span, Style } from '../line.ts'
import { line, span } from '../line.ts'
import type { Opened } from '../state.ts'
import { KIND_WORDS } from '../states.ts'
import { fit, widthOf, wrap } from '../text.ts'
import { rowsOf } from '../acting/plan.ts'
import type { PaneView, ViewContext } from './context.ts'
import { bar, percent } from './meters.ts'
import { type RowLine, rowsPane } from './rows-pane.ts'

const MARGIN = '   '

export function planScreen(
  context: ViewContext,
  opened: Extract<Opened, { kind: 'plan' }>,
): readonly PaneView[] {
  const { plan } = context.state
  const shown = plan?.shown
  return [
    rowsPane(context, {
      id: 'plan',
      title: line(span('Plan', 'title'), span(`  ${titleOf(plan)}`, 'strong')),
      note: noteOf(context, shown),
      lines: shown ? planLines(context, shown, opened.at) : [waiting(context)],
      rows: rowsOf(plan).length,
      at: opened.at,
      top: opened.top,
    }),
  ]
}

/** `evacuate quark`. */
function titleOf(plan: PlanInHand | undefined): string {
  const request = plan?.request
  switch (request?.do) {
    case undefined:
      return ''
    case 'evacuate':
      return `evacuate ${[request.hwm, ...(request.also ?? [])].join(', ')}${request.cold ? ', cold' : ''}`
    case 'homecoming':
      return request.hwm === undefined ? 'homecoming' : `homecoming to ${request.hwm}`
    case 'migrate':
      return `move ${subjects(request)}${oneTarget(plan, request.to)}${request.cold ? ', cold' : ''}`
    case 'start':
    case 'stop':
      return `${request.do} ${subjects(request)}`
    case 'undo':
      return `undo operation ${request.operation}`
    case 'maintenance':
      return `maintenance of ${request.hwm} ${request.on ? 'on' : 'off'}`
    case 'fence':
      return `fence ${request.hwm} ${request.to}`
    case 'apply-solved':
      return request.moves ? 'a new placement, and its moves' : 'a new placement becomes the CDM'
  }
}

/** Where they go, unless another target was chosen for one of them: the sentence below names them all. */
function oneTarget(plan: PlanInHand | undefined, to: string): string {
  return Object.keys(plan?.choices.targets ?? {}).length > 0 ? '' : ` to ${to}`
}

function subjects({ vm, also = [] }: { readonly vm: string; readonly also?: readonly string[] }) {
  return also.length === 0 ? vm : `${also.length + 1} VMs`
}

function waiting({ state }: ViewContext): RowLine {
  return {
    line: line(
      MARGIN,
      span(state.plan?.isAsking ? 'planning' : 'there is no plan any more', 'dim'),
    ),
  }
}

function noteOf({ state, ages }: ViewContext, shown: PlanShown | undefined): Line {
  if (state.plan?.isAsking) return line(span('planning anew', 'warn'))
  return shown ? line(span(`made ${ages.of(shown.madeAt)} ago`, 'dim')) : []
}

function planLines(context: ViewContext, shown: PlanShown, selected: number): RowLine[] {
  const { state, layout } = context
  const { plan } = shown
  const width = Math.max(20, layout.columns - 6)
  const lines: RowLine[] = []
  const put = (...pieces: Line[]) => lines.push(...pieces.map(each => ({ line: each })))
  const refused = state.plan?.refused
  if (refused) {
    put(line(MARGIN, span('NOT DONE: ', 'bad'), span(refused.why, 'bad')))
    for (const text of refused.lines) put(line(MARGIN, '  ', span(text, 'warn')))
    put(line(MARGIN, span('This is the plan on what is now.', 'dim')), [])
  }
  for (const text of wrap(`${plan.sentence}.`, width)) put(line(MARGIN, span(text, 'strong')))
  if (plan.moves.length > 0) put(atOnce(shown))
  const by = commonReason(plan.moves)
  if (by !== '') put(line(MARGIN, span(`targets: ${by}`, 'dim')))
  if (plan.unplaced.length > 0) {
    put([], line(MARGIN, span(`CANNOT BE PLACED ${plan.unplaced.length}`, 'bad')))
    put(...leftOut(plan.unplaced, 'warn', width))
  }
  if (plan.moves.length > 0) {
    put([], line(MARGIN, span(`MOVES, IN ORDER ${plan.moves.length}`, 'head')))
    lines.push(...moveLines(context, shown, selected))
  }
  const without = shown.choices.without ?? []
  const staying = plan.staying.filter(each => !without.includes(each.vm))
  if (without.length > 0) {
    const isHomecoming = plan.kind === 'homecoming'
    const head = `${isHomecoming ? 'STAYS HERE' : 'LEFT OUT'} ${without.length}`
    put([], line(MARGIN, span(head, 'head'), span('  Space takes it in again', 'dim')))
    lines.push(...leftOutRows(shown, selected))
  }
  if (staying.length > 0) {
    put([], line(MARGIN, span(`STAYS ${staying.length}`, 'head')))
    put(...leftOut(staying, 'dim', width))
  }
  const after = afterLines(context, shown)
  if (after.length > 0) put([], ...after)
  if (plan.loads.length > 0) put([], ...loadLines(context, plan.loads))
  const notes = notesOf(context, shown)
  if (notes.length > 0) {
    put([], line(MARGIN, span('NOTES', 'head')))
    for (const note of notes)
      for (const [index, text] of wrap(note, width - 2).entries())
        put(line(MARGIN, index === 0 ? `${context.glyphs.dot} ` : '  ', text))
  }
  return lines
}

/** What the operator left out, each a row that can be taken in again; of a homecoming, with where it stays. */
function leftOutRows({ plan, choices }: PlanShown, selected: number): RowLine[] {
  const without = choices.without ?? []
  const names = Math.max(8, ...without.map(widthOf))
  const why = (vm: string) =>
    plan.kind === 'homecoming' ? (plan.staying.find(each => each.vm === vm)?.why ?? '') : ''
  return without.map((vm, index) => {
    const row = plan.moves.length + index
    const name = span(fit(vm, names), styleOfName(row === selected))
    return { row, line: rowLine(row === selected, name, span(`  ${why(vm)}`, 'dim')) }
  })
}

/** `about 40 s, 2 at once per HWM`. */
function atOnce({ estimate, parallel, plan, off }: PlanShown): Line {
  const live = plan.moves.filter(move => move.method === 'live').length
  const pieces: Span[] = [
    span(`about ${humanDuration(roundly(estimate.totalMs))}`),
    span(`, ${parallel} at once per HWM`),
  ]
  const { rate, copies } = estimate
  const basis =
    copies === 0 ? 'reckoned' : copies === 1 ? 'as the last one' : `as the last ${copies}`
  if (live > 0) pieces.push(span(`; copies at ${humanBitRate(rate * 8)} ${basis}`, 'dim'))
  // What lies on dead HWMs stands still already.
  const interrupted = off.length > 0 ? 0 : plan.moves.filter(move => move.interrupts).length
  if (interrupted > 0)
    pieces.push(span(`; ${interrupted} ${interrupted === 1 ? 'is' : 'are'} interrupted`, 'warn'))
  return line(MARGIN, ...pieces)
}

/** An estimate pretends to no more than it knows. */
function roundly(ms: number): number {
  if (ms < 10_000) return Math.ceil(ms / 1_000) * 1_000
  if (ms < 60_000) return Math.ceil(ms / 5_000) * 5_000
  return Math.ceil(ms / 60_000) * 60_000
}

function leftOut(list: readonly LeftOut[], style: Style, width: number): Line[] {
  const names = Math.max(8, ...list.map(each => widthOf(each.vm)))
  return list.flatMap(({ vm, kind, why }) => {
    const room = Math.max(12, width - names - 9)
    return wrap(why, room).map((text, index) =>
      line(
        MARGIN,
        span(fit(index === 0 ? vm : '', names)),
        '  ',
        span(fit(index === 0 ? KIND_WORDS[kind] : '', 5), 'dim'),
        '  ',
        span(text, style),
      ),
    )
  })
}

/** What several moves have in common is said once. */
function commonReason(moves: readonly PlannedMove[]): string {
  const [first] = moves
  return first !== undefined && moves.length > 1 && moves.every(({ why }) => why === first.why)
    ? first.why
    : ''
}

const METHODS: Readonly<Record<PlannedMove['method'], string>> = {
  live: 'live',
  cold: 'cold',
  restart: 'restart',
  start: 'start',
  stop: 'stop',
}

function moveLines(context: ViewContext, shown: PlanShown, selected: number): RowLine[] {
  const { glyphs, layout } = context
  const { moves } = shown.plan
  const ways = moves.map(move => wayOf(move, glyphs.arrow))
  const names = Math.max(8, ...moves.map(move => widthOf(move.vm)))
  const wayWidth = Math.max(4, ...ways.map(widthOf))
  const hasTimes = layout.columns >= 76
  const common = commonReason(moves)
  return moves.map((move, row) => {
    const estimated = shown.estimate.moves[row]
    const takes = estimated ? humanDuration(roundly(estimated.takesMs)) : ''
    const down = estimated?.downMs
    const isSelected = row === selected
    const rest = [
      common === '' ? move.why : '',
      move.after.length > 0 ? `after ${move.after.join(', ')}` : '',
      move.targets.length > 1 && layout.columns >= 110
        ? `else ${move.targets.slice(1, 3).join(', ')}`
        : '',
    ].filter(text => text !== '')
    return {
      row,
      line: rowLine(
        isSelected,
        span(`${fit(String(row + 1), String(moves.length).length, 'right')}  `, 'dim'),
        span(fit(move.vm, names), styleOfName(isSelected)),
        span(`  ${fit(KIND_WORDS[move.kind], 4)}`, 'dim'),
        span(`  ${fit(METHODS[move.method], 7)}`, move.interrupts ? 'warn' : 'plain'),
        span(`  ${fit(ways[row] ?? '', wayWidth)}`),
        ...(hasTimes ? [span(`  ${fit(takes, 6, 'right')}`, 'dim')] : []),
        ...(hasTimes && layout.columns >= 110
          ? [span(fit(down === undefined ? '' : `  down ${humanDuration(down)}`, 14), 'dim')]
          : []),
        span(`  ${rest.join('; ')}`, 'dim'),
      ),
    }
  })
}

function wayOf({ from, targets }: PlannedMove, arrow: string): string {
  const [to] = targets
  if (to === undefined) return `on ${from ?? 'no HWM'}`
  return from === undefined ? `on ${to}` : `${from} ${arrow} ${to}`
}

function rowLine(isSelected: boolean, ...pieces: readonly Span[]): Line {
  return line(span(isSelected ? ' > ' : MARGIN, 'mark'), ...pieces)
}

function styleOfName(isSelected: boolean): Style {
  return isSelected ? 'chosen' : 'plain'
}

/** What is left of X, beside what there is now. */
function afterLines({ layout }: ViewContext, { after }: PlanShown): Line[] {
  if (!after) return []
  const { tolerate, holds, because } = after
  const words = {
    yes: 'yes',
    no: 'NO',
    unknown: 'not settled in time',
    'being worked out': 'being worked out',
  } as const
  const style = { yes: 'good', no: 'bad', unknown: 'warn', 'being worked out': 'dim' } as const
  const head = `AFTERWARDS TOLERATES ${tolerate}: `
  const room = Math.max(16, layout.columns - 9 - head.length - words[holds].length)
  const texts = because === '' ? [''] : wrap(because, room)
  return texts.map((text, index) =>
    index === 0
      ? line(MARGIN, span(head, 'head'), span(words[holds], style[holds]), span(`  ${text}`))
      : line(MARGIN, ' '.repeat(head.length + words[holds].length + 2), text),
  )
}

function loadLines({ glyphs, layout }: ViewContext, loads: readonly LoadChange[]): Line[] {
  const names = Math.max(8, ...loads.map(load => widthOf(load.hwm)))
  const dimensions = ['ram', 'cpu', 'storage'].filter(dimension =>
    loads.some(load => (load.before[dimension] ?? 0) !== (load.after[dimension] ?? 0)),
  )
  const barWidth = layout.columns >= 120 ? 14 : layout.columns >= 76 ? 8 : 0
  const cell = (load: LoadChange, dimension: string): Line => {
    const whole = load.usable[dimension]
    const was = load.before[dimension] ?? 0
    const is = load.after[dimension] ?? 0
    if (whole === undefined || whole <= 0)
      return line(
        span(
          fit(
            `${humanAmount(dimension, was)} ${glyphs.arrow} ${humanAmount(dimension, is)}`,
            barWidth + 14,
          ),
        ),
      )
    return line(
      ...bar(is / whole, 0, barWidth, glyphs),
      span(barWidth > 0 ? ' ' : ''),
      ...percent(was, whole),
      span(` ${glyphs.arrow} `, 'dim'),
      ...percent(is, whole),
      span('  '),
    )
  }
  const wide = (barWidth > 0 ? barWidth + 1 : 0) + 4 + 2 + glyphs.arrow.length + 4 + 2
  return [
    line(
      MARGIN,
      span(fit('LOADS', names + 2), 'head'),
      ...dimensions.map(dimension => span(fit(dimension.toUpperCase(), wide), 'head')),
    ),
    ...loads.map(load =>
      line(
        MARGIN,
        span(`${fit(load.hwm, names)}  `),
        ...dimensions.flatMap(dimension => cell(load, dimension)),
      ),
    ),
  ]
}

function notesOf({ state }: ViewContext, shown: PlanShown): readonly string[] {
  const { plan, off } = shown
  const notes = [...plan.notes]
  if (plan.cordon !== undefined)
    notes.push(`${plan.cordon} takes nobody in from now on (maintenance), until M ends that`)
  for (const { hwm, proved } of off)
    notes.push(
      proved === undefined
        ? `${hwm} is not proved to be off: that is asked for next`
        : `${hwm} is proved to be off: ${proved}`,
    )
  const why = state.plan?.why ?? ''
  if (why !== '') notes.push(`reason for the log: ${why}`)
  return notes
}
