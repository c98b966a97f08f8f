// What the solver found: what it is worth, whether X holds, moves in order, fallback maps that change, loads before and after.
import type { Solved, SolvedLoad, SolvedMove, SolvedVerdict, WhatIf } from '../../model/solved.ts'
import { bestByWords, OBJECTIVE_WORDS } from '../best-by.ts'
import type { Line } from '../line.ts'
import { line, restyle, span } from '../line.ts'
import { fit, widthOf, wrap } from '../text.ts'
import type { ViewContext } from './context.ts'
import { bar, percent } from './meters.ts'
import type { RowLine } from './rows-pane.ts'

/** Whole, or as many digits as say something. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4)
}

/** `selected`: the row that has the keys, -1 for none; see `solvedRows`. */
export function foundLines(
  context: ViewContext,
  solved: Solved,
  selected: number,
): readonly RowLine[] {
  const width = Math.max(20, context.layout.columns - 8)
  const lines: RowLine[] = [
    ...comparison(solved.whatIf),
    ...headline(solved, width),
    ...verdictLine('then TOLERATES', solved.verdict),
    ...solved.notes.map(note => line(span(note, 'warn'))),
  ].map(each => ({ line: each }))
  // Where there is no map, there is nothing to compare.
  if (solved.loads.length === 0) return lines
  const sections = [
    moves(context, solved, selected, width),
    leftOut(context, solved, selected),
    maps(solved, width),
    loads(context, solved, width),
  ]
  for (const { title, lines: own } of sections) {
    if (own.length === 0) continue
    lines.push({ line: [] }, { line: title }, ...own)
  }
  return lines
}

interface RowSection {
  readonly title: Line
  readonly lines: readonly RowLine[]
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
  const [first, ...rest] = bestBy.objectives ?? []
  const later = rest.map(objective => {
    const aim = solved.inOrder?.find(each => each.objective === objective)
    return `${OBJECTIVE_WORDS[objective]}${aim === undefined ? '' : ` ${figure(aim.value)}`}`
  })
  const decisive = first === undefined ? bestBy : { objectives: [first] }
  lines.push(
    line(
      span(bestByWords(decisive)),
      span(`  ${figure(value)}`, 'strong'),
      span(proved ? '  proved best' : `  bound ${figure(bound)}`, proved ? 'good' : 'plain'),
      span(later.length > 0 ? `, then ${later.join(', ')}` : ''),
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

/** Of a what-if: homes as they are, without the change and with it; below stands the plan that would follow. */
function comparison(whatIf: WhatIf | undefined): Line[] {
  if (whatIf === undefined) return []
  const { before, after, homeless } = whatIf
  const left = homeless === 1 ? '1 VM would have no home' : `${homeless} VMs would have no home`
  return [
    ...verdictLine('as it is TOLERATES', before),
    ...verdictLine('with the change TOLERATES', after),
    ...(homeless === 0 ? [] : [line(span(left, 'warn'))]),
    line(span('with the plan that would follow:', 'dim')),
  ]
}

function verdictLine(
  before: string,
  { tolerate, holds, largest, largestIsExact, because }: SolvedVerdict,
): Line[] {
  const most = span(`  largest X${largestIsExact ? '' : ' known'} ${largest}`, 'dim')
  const head = `${before} ${tolerate}: `
  if (holds === 'yes') return [line(head, span('yes', 'good'), most)]
  if (holds === 'unknown') return [line(head, span('not settled', 'warn'), most)]
  return [line(head, span('NO', 'bad'), `  ${because}`, most)]
}

function moves(
  { glyphs, state }: ViewContext,
  { moves: all, order, blocked, homes, leftOut: out }: Solved,
  selected: number,
  width: number,
): RowSection {
  if (all.length === 0 && order === 'found') {
    const none = out.length > 0 ? 'none left' : 'none: everything is where it belongs'
    const text = homes === 0 ? none : `none; ${homesChange(homes)}`
    return { title: line(span('MOVES', 'head')), lines: [{ line: line(span(text, 'good')) }] }
  }
  // Counted from one, whatever the solver calls them.
  const ordinals = new Map(
    [...new Set(all.map(move => move.batch))].map((batch, index) => [batch, index + 1]),
  )
  const batches = ordinals.size
  const names = longest(all.map(move => move.vm))
  const ends = longest(all.flatMap(move => [move.from, move.to]))
  const going = new Set(state.solve.leaving)
  const lines = all.map((move, row): RowLine => {
    const ordinal = all[row - 1]?.batch === move.batch ? undefined : ordinals.get(move.batch)
    const look = { names, ends, arrow: glyphs.arrow, isSelected: row === selected }
    return {
      row,
      line: () => moveLine(move, ordinal, { ...look, isGoing: going.has(move.vm) }),
    }
  })
  const head =
    order === 'found'
      ? `MOVES  ${all.length} in ${batches} ${batches === 1 ? 'batch' : 'batches'}, ${homesChange(homes)}`
      : 'MOVES'
  const stuck =
    order === 'found'
      ? []
      : wrap(
          order === 'impossible'
            ? `no order of moves leads there: ${blocked.join(', ')} cannot move`
            : `no order of moves was found in the time given: ${blocked.join(', ')}`,
          width,
        ).map(text => ({ line: line(span(text, 'bad')) }))
  return {
    title: line(
      span(head, 'head'),
      span(order === 'found' ? '   Space leaves one out' : '', 'dim'),
    ),
    lines: [...stuck, ...lines],
  }
}

/** What stays where it is; Space takes it in again. */
function leftOut(
  { glyphs, state }: ViewContext,
  { leftOut: all, moves: before }: Solved,
  selected: number,
): RowSection {
  const names = longest(all.map(each => each.vm))
  const out = new Set(state.solve.leaving ?? all.map(each => each.vm))
  return {
    title: line(span(`LEFT OUT  ${all.length}`, 'head'), span('   Space takes it in again', 'dim')),
    lines: all.map(({ vm, from, to }, index): RowLine => {
      const row = before.length + index
      const isSelected = row === selected
      return {
        row,
        line: line(
          '    ',
          span(fit(vm, names), isSelected ? 'chosen' : 'strong'),
          span(`  stays on ${from}`),
          span(`, not ${glyphs.arrow} ${to}`, 'dim'),
          span(out.has(vm) ? '' : '  being taken in', 'warn'),
        ),
      }
    }),
  }
}

function homesChange(homes: number): string {
  return homes === 1 ? '1 home changes' : `${homes} homes change`
}

interface MoveLook {
  readonly names: number
  readonly ends: number
  readonly arrow: string
  readonly isSelected: boolean
  /** It is being left out. */
  readonly isGoing: boolean
}

/** `ordinal`: of its batch, where it is the first of it. */
function moveLine(
  { vm, from, to, bounce }: SolvedMove,
  ordinal: number | undefined,
  { names, ends, arrow, isSelected, isGoing }: MoveLook,
): Line {
  return line(
    span(ordinal === undefined ? '    ' : String(ordinal).padStart(3).padEnd(4), 'dim'),
    span(fit(vm, names), isSelected ? 'chosen' : 'strong'),
    span(`  ${fit(from, ends)} ${arrow} `, 'dim'),
    span(fit(to, ends)),
    span(bounce ? '  on its way: makes room' : '', 'warn'),
    span(isGoing ? '  being left out' : '', 'warn'),
  )
}

function maps({ changedMaps }: Solved, width: number): RowSection {
  return {
    title: line(span(`FALLBACK MAPS THAT CHANGE  ${changedMaps.length}`, 'head')),
    lines:
      changedMaps.length === 0
        ? []
        : wrap(changedMaps.join('  '), width).map(text => ({ line: line(text) })),
  }
}

function loads(context: ViewContext, { loads: all }: Solved, width: number): RowSection {
  const names = longest(all.map(load => load.hwm))
  const dimension = context.state.dimension
  const cells = Math.max(6, Math.min(24, Math.floor((width - names - 40) / 2)))
  return {
    title: line(span(`BEFORE AND AFTER  ${dimension}`, 'head')),
    lines: [...all]
      .sort((a, b) => change(b) - change(a))
      .map(load => ({ line: () => loadLine(context, load, names, cells) })),
  }
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
