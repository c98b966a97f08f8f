// What the solver found: what it is worth, whether X holds, moves in order, fallback maps that change, loads before and after.
import type { Solved, SolvedLoad, SolvedMove } from '../../model/solved.ts'
import { bestByWords, OBJECTIVE_WORDS } from '../best-by.ts'
import type { Line } from '../line.ts'
import { line, restyle, span } from '../line.ts'
import { fit, widthOf, wrap } from '../text.ts'
import type { ViewContext } from './context.ts'
import { type Section, stacked } from './document.ts'
import { bar, percent } from './meters.ts'

/** Whole, or as many digits as say something. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4)
}

export function foundLines(context: ViewContext, solved: Solved): readonly Line[] {
  const width = Math.max(20, context.layout.columns - 8)
  return [
    ...headline(solved, width),
    ...verdict(solved),
    ...solved.notes.map(note => line(span(note, 'warn'))),
    // Where there is no map, there is nothing to compare.
    ...(solved.loads.length === 0 ? [] : [[]]),
    ...(solved.loads.length === 0
      ? []
      : stacked([
          moves(context, solved, width),
          maps(solved, width),
          loads(context, solved, width),
        ])),
  ]
}

function headline(solved: Solved, width: number): Line[] {
  const { answer, why, bestBy, value, bound, proved, hwmsUsed, seconds, unplaced } = solved
  const lines: Line[] = []
  if (answer === 'no-answer')
    return [line(span('no map was found in the time given, and none was ruled out', 'warn'))]
  if (answer === 'impossible')
    lines.push(...wrap(`impossible: ${why}`, width).map(text => line(span(text, 'bad'))))
  if (solved.loads.length === 0) return lines
  if (answer === 'impossible')
    lines.push(line(span('the best there is for fewer failures:', 'warn')))
  const [first, ...later] = bestBy.objectives ?? []
  const decisive = first === undefined ? bestBy : { objectives: [first] }
  lines.push(
    line(
      span(bestByWords(decisive)),
      span(`  ${figure(value)}`, 'strong'),
      span(proved ? '  proved best' : `  bound ${figure(bound)}`, proved ? 'good' : 'plain'),
      span(
        later.length > 0
          ? `, then ${bestByWords({ objectives: later }).replaceAll(', then', ',')}`
          : '',
      ),
      span(`   on ${hwmsUsed} HWMs   ${seconds.toFixed(1)} s`, 'dim'),
    ),
  )
  lines.push(...parts(solved, width))
  if (unplaced.length > 0) lines.push(line(span(`without a place: ${unplaced.join(', ')}`, 'bad')))
  return lines
}

/** Of a mix: what each of its objectives is worth, in its own unit. */
function parts({ terms = [] }: Solved, width: number): Line[] {
  const words = terms.map(
    ({ objective, value }) => `${OBJECTIVE_WORDS[objective]} ${figure(value)}`,
  )
  return words.length === 0
    ? []
    : wrap(`of that: ${words.join(', ')}`, width).map(text => line(span(text, 'dim')))
}

function verdict({
  verdict: { tolerate, holds, largest, largestIsExact, because },
}: Solved): Line[] {
  const most = span(`  largest X${largestIsExact ? '' : ' known'} ${largest}`, 'dim')
  const head = `then TOLERATES ${tolerate}: `
  if (holds === 'yes') return [line(head, span('yes', 'good'), most)]
  if (holds === 'unknown') return [line(head, span('not settled', 'warn'), most)]
  return [line(head, span('NO', 'bad'), `  ${because}`, most)]
}

function moves({ glyphs }: ViewContext, solved: Solved, width: number): Section {
  const { moves: all, order, blocked, homes } = solved
  if (all.length === 0 && order === 'found')
    return {
      title: 'MOVES',
      lines: [
        line(
          span(
            homes === 0 ? 'none: everything is where it belongs' : `none; ${homes} homes change`,
            'good',
          ),
        ),
      ],
    }
  // Counted from one, whatever the solver calls them.
  const ordinals = new Map(
    [...new Set(all.map(move => move.batch))].map((batch, index) => [batch, index + 1]),
  )
  const batches = ordinals.size
  const names = longest(all.map(move => move.vm))
  const ends = longest(all.flatMap(move => [move.from, move.to]))
  const lines = all.slice(0, MOST_LINES).map((move, index) =>
    moveLine(move, all[index - 1]?.batch === move.batch ? undefined : ordinals.get(move.batch), {
      names,
      ends,
      arrow: glyphs.arrow,
    }),
  )
  const head =
    order === 'found'
      ? `MOVES  ${all.length} in ${batches} ${batches === 1 ? 'batch' : 'batches'}, ${homes} homes change`
      : 'MOVES'
  const stuck =
    order === 'found'
      ? []
      : wrap(
          order === 'impossible'
            ? `no order of moves leads there: ${blocked.join(', ')} cannot move`
            : `no order of moves was found in the time given: ${blocked.join(', ')}`,
          width,
        ).map(text => line(span(text, 'bad')))
  return { title: head, lines: [...stuck, ...lines, ...moreThan(all.length)] }
}

/** `ordinal`: of its batch, where it is the first of it. */
function moveLine(
  { vm, from, to, bounce }: SolvedMove,
  ordinal: number | undefined,
  { names, ends, arrow }: { readonly names: number; readonly ends: number; readonly arrow: string },
): Line {
  return line(
    span(ordinal === undefined ? '    ' : String(ordinal).padStart(3).padEnd(4), 'dim'),
    span(fit(vm, names), 'strong'),
    span(`  ${fit(from, ends)} ${arrow} `, 'dim'),
    span(fit(to, ends)),
    span(bounce ? '  on its way: makes room' : '', 'warn'),
  )
}

function maps({ changedMaps }: Solved, width: number): Section {
  if (changedMaps.length === 0) return { title: '', lines: [] }
  const title = `FALLBACK MAPS THAT CHANGE  ${changedMaps.length}`
  return {
    title,
    lines: wrap(changedMaps.join('  '), width)
      .slice(0, 4)
      .map(text => line(text)),
  }
}

function loads(context: ViewContext, { loads: all }: Solved, width: number): Section {
  const names = longest(all.map(load => load.hwm))
  const dimension = context.state.dimension
  const cells = Math.max(6, Math.min(24, Math.floor((width - names - 40) / 2)))
  return {
    title: `BEFORE AND AFTER  ${dimension}`,
    lines: [
      ...[...all]
        .sort((a, b) => change(b) - change(a))
        .slice(0, MOST_LINES)
        .map(load => loadLine(context, load, names, cells)),
      ...moreThan(all.length),
    ],
  }
}

/** Of a list: nobody reads more, and every key would pay for it. */
const MOST_LINES = 300

function moreThan(count: number): Line[] {
  return count <= MOST_LINES
    ? []
    : [line(span(`and ${count - MOST_LINES} more (yasco plan --json has all)`, 'dim'))]
}

/** What changes most comes first. */
function change({ vmsBefore, vmsAfter, before, after }: SolvedLoad): number {
  let sum = Math.abs(vmsBefore - vmsAfter)
  for (const dimension of Object.keys({ ...before, ...after }))
    if ((before[dimension] ?? 0) !== (after[dimension] ?? 0)) sum += 1
  return sum
}

function loadLine(
  { state, glyphs }: ViewContext,
  load: SolvedLoad,
  names: number,
  cells: number,
): Line {
  const { dimension } = state
  const whole = load.usable[dimension]
  const was = load.before[dimension] ?? 0
  const is = load.after[dimension] ?? 0
  const isChanged = was !== is || load.vmsBefore !== load.vmsAfter
  const meter = (amount: number) =>
    whole === undefined || whole <= 0
      ? [span(' '.repeat(cells)), span('   -', 'dim')]
      : [...bar(amount / whole, 0, cells, glyphs), ...percent(amount, whole)]
  const pieces = line(
    span(fit(load.hwm, names), 'strong'),
    '  ',
    ...meter(was),
    span(` ${glyphs.arrow} `, 'dim'),
    ...meter(is),
    span(
      `   VM ${load.vmsBefore} ${glyphs.arrow} ${load.vmsAfter}`,
      load.vmsAfter === 0 ? 'good' : 'plain',
    ),
    span(load.vmsAfter === 0 ? ', empty' : '', 'good'),
  )
  return isChanged ? pieces : restyle(pieces, 'dim')
}

function longest(names: readonly string[]): number {
  let width = 4
  for (const name of names) width = Math.max(width, widthOf(name))
  return Math.min(28, width)
}
