// The columns of the failure sets.
import type { FailureSet } from '../../model/preview.ts'
import { line, span, type Style } from '../line.ts'
import { fit, naturalKey } from '../text.ts'
import { hwmMood } from '../states.ts'
import type { Column } from './table.ts'

const byCount = (value: number, set: FailureSet) => ({
  rank: -value,
  text: naturalKey(set.label),
})

/** Uncovered first, by how much is left over; then what was not settled; then those that restart most. */
function badness({ state, left, restarts }: FailureSet): number {
  if (state === 'short') return 1e9 + left * 1e4 + restarts
  return (state === 'unknown' ? 1e8 : 0) + restarts
}

/** How a set stands, in one word with its sign. */
export function setWord({ state, restarts }: Pick<FailureSet, 'state' | 'restarts'>): {
  readonly word: string
  readonly style: Style
} {
  switch (state) {
    case 'short':
      return { word: 'SHORT', style: 'bad' }
    case 'unknown':
      return { word: 'not settled', style: 'warn' }
    case 'covered':
      return restarts === 0
        ? { word: 'nothing to do', style: 'dim' }
        : { word: 'covered', style: 'good' }
  }
}

export const SET_COLUMNS: readonly Column<FailureSet>[] = [
  {
    id: 'name',
    title: 'IF THESE FAIL',
    help: 'HWMs that fail together',
    least: 10,
    likes: 16,
    most: 0,
    align: 'left',
    priority: 100,
    rank: set => ({ rank: set.failed.length, text: naturalKey(set.label) }),
    cell: (set, width, { name, picture, glyphs }) => {
      const isDown = set.failed.some(hwm => {
        const view = picture.hwm(hwm)
        return view !== undefined && hwmMood(view) === 'down'
      })
      return line(
        span(fit(set.label, width - (isDown ? 2 : 0)), name),
        span(isDown ? ` ${glyphs.hwm.down}` : '', 'bad'),
      )
    },
  },
  {
    id: 'worst',
    title: 'COVERED',
    help: 'covered or not, the worst first',
    least: 7,
    likes: 13,
    most: 0,
    align: 'left',
    priority: 99,
    rank: set => byCount(badness(set), set),
    cell: set => {
      const { word, style } = setWord(set)
      return line(span(word, style))
    },
  },
  {
    id: 'restarts',
    title: 'RESTART',
    help: 'HAVMs that restart elsewhere',
    least: 7,
    likes: 7,
    most: 0,
    align: 'right',
    priority: 90,
    rank: set => byCount(set.restarts, set),
    cell: set => line(span(String(set.restarts), set.restarts === 0 ? 'dim' : 'plain')),
  },
  {
    id: 'left',
    title: 'LEFT',
    help: 'HAVMs that find no place',
    least: 4,
    likes: 4,
    most: 0,
    align: 'right',
    priority: 95,
    rank: set => byCount(set.left, set),
    cell: set => (set.left === 0 ? [] : line(span(String(set.left), 'bad'))),
  },
  {
    id: 'waits',
    title: 'WAIT',
    help: 'plain VMs, which wait',
    least: 4,
    likes: 4,
    most: 0,
    align: 'right',
    priority: 60,
    rank: set => byCount(set.waits, set),
    cell: set => (set.waits === 0 ? [] : line(span(String(set.waits), 'dim'))),
  },
  {
    id: 'why',
    title: 'FOR WANT OF',
    help: 'what is short',
    least: 12,
    likes: 22,
    most: 40,
    align: 'left',
    priority: 80,
    rank: set => ({ rank: set.why === '' ? 1 : 0, text: set.why }),
    cell: set => line(span(set.why, 'warn')),
  },
]

/** As long as nobody chose otherwise. */
export const SET_COLUMNS_SHOWN: readonly string[] = SET_COLUMNS.map(column => column.id)
