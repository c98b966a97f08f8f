// The plan of the solver (P): what was wished for, the search with its bound and gap, and what was found: loads before and after, moves in
// order, fallback maps that change, whether X holds.
import type { Line, Span } from '../line.ts'
import { fromColumn, line, lineWidth, restyle, span } from '../line.ts'
import { solvedRows } from '../actions/leave-out.ts'
import { changesText } from '../../model/change.ts'
import { bestByWords, OBJECTIVE_WORDS, onlyOne } from '../best-by.ts'
import { keyLabel } from '../key-names.ts'
import type { ConsoleStore } from '../store.ts'
import { SINGLES, type SolveState } from '../solve.ts'
import type { Opened } from '../state.ts'
import type { PaneView, ViewContext } from './context.ts'
import { type RowLine, rowsPane } from './rows-pane.ts'
import { figure, foundLines } from './solve-found.ts'

const MARGIN = '   '

export function solveScreen(
  context: ViewContext,
  opened: Extract<Opened, { kind: 'solve' }>,
  store: ConsoleStore,
): readonly PaneView[] {
  const { solve } = context.state
  const { at, top, left } = opened
  const rows = solvedRows(solve.solved).length
  const selected = Math.min(at, rows - 1)
  const found = solve.solved === undefined ? [] : foundLines(context, solve.solved, selected)
  const head = [...wishes(context, solve, store), ...search(context, solve, store)]
  const isOfBefore = solve.since !== undefined
  const put = ({ line: what, row }: RowLine, isDim: boolean): RowLine => ({
    ...(row !== undefined && { row }),
    line: () => {
      const pieces = fromColumn(typeof what === 'function' ? what() : what, left)
      const mark = row !== undefined && row === selected ? ' > ' : MARGIN
      return [span(mark, 'mark'), ...(isDim ? restyle(pieces, 'dim') : pieces)]
    },
  })
  return [
    rowsPane(context, {
      id: 'solve',
      title: line(
        span('Plan', 'title'),
        ...(solve.changes.length > 0
          ? [
              span(`  what if: ${changesText(solve.changes)}`, 'strong'),
              span('  nothing of it is real', 'dim'),
            ]
          : [span('  where VMs belong: nothing is changed by looking', 'dim')]),
      ),
      note: solve.leaving === undefined ? [] : line(span('worked out again', 'warn')),
      lines: [
        ...head.map(each => put({ line: each }, false)),
        ...(found.length > 0 ? [put({ line: [] }, false)] : []),
        ...found.map(each => put(each, isOfBefore)),
      ],
      rows,
      at: selected,
      top,
    }),
  ]
}

/** The key of an action, as it is bound. */
function key(store: ConsoleStore, id: string): Span {
  const bound = store.keyMap.keys.get(id)?.[0]
  return span(bound === undefined ? '' : `${keyLabel(bound)} `, 'key')
}

function wishes(
  { state, layout }: ViewContext,
  { bestBy, tolerate, seconds }: SolveState,
  store: ConsoleStore,
): Line[] {
  const x = tolerate ?? state.picture.snapshot?.config?.tolerate ?? 0
  const own = state.picture.snapshot?.config?.tolerate
  const single = onlyOne(bestBy)
  const words: Span[] = SINGLES.flatMap(each => [
    choice(OBJECTIVE_WORDS[each], each === single),
    span(' '),
  ])
  const singles = line(key(store, 'solve-objective'), span('best by  ', 'dim'), ...words)
  const mix = line(
    key(store, 'solve-mix'),
    span('mix', 'dim'),
    ...(single === undefined ? [span('  '), choice(bestByWords(bestBy), true)] : []),
  )
  const hasRoom = lineWidth(singles) + 2 + lineWidth(mix) + 4 <= layout.columns
  return [
    ...(hasRoom
      ? [line(...singles, '  ', ...mix)]
      : single === undefined
        ? [singles, mix]
        : [singles]),
    line(
      key(store, 'solve-less'),
      key(store, 'solve-more'),
      span('survives ', 'dim'),
      span(`${x} ${x === 1 ? 'failure' : 'failures'}`, 'strong'),
      span(x === own ? '' : ` (the cluster's own X is ${own ?? 0})`, 'warn'),
      span('   '),
      key(store, 'solve-time'),
      span('time ', 'dim'),
      span(`${seconds} s`, 'strong'),
    ),
  ]
}

function choice(words: string, isChosen: boolean): Span {
  return isChosen ? span(`[${words}]`, 'strong') : span(` ${words} `, 'dim')
}

function search(
  { ages }: ViewContext,
  { since, progress, problem }: SolveState,
  store: ConsoleStore,
): Line[] {
  if (problem !== '') return [line(span(problem, 'bad'))]
  if (since === undefined) return []
  const pieces: Span[] = [span(`searching ${ages.of(since)}`, 'warn')]
  if (progress) {
    const { phase, best, bound, gap } = progress
    pieces.push(
      span(`  ${phase}`, 'dim'),
      span(best === undefined ? '  nothing yet' : `  best ${figure(best)}`, 'strong'),
      span(`  bound ${figure(bound)}`),
      // Of nothing there is no share.
      span(gap === undefined || bound <= 0 ? '' : `  gap ${(gap * 100).toFixed(1)} %`),
    )
  }
  pieces.push(span('   '), key(store, 'solve-enough'), span('enough', 'dim'))
  return [pieces]
}
