// Screen 3: the CDM as a picture. HWMs as boxes, as bars when there are more of them, as a heat map when there are many; below it what the
// selected one is.
import { humanAmount, humanPercent } from '../../model/human.ts'
import type { HwmView } from '../../model/snapshot.ts'
import { windowTop } from '../layout.ts'
import type { Line, Span } from '../line.ts'
import { fitLine, line, lineWidth, span } from '../line.ts'
import { placeGrid, type PlaceGrid, PLACE_MARGIN, ROW_NAME } from '../place-grid.ts'
import { hwmMood, hwmWord } from '../states.ts'
import { selection } from '../store.ts'
import { fit } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { cellContext } from './context.ts'
import { nothingHere } from './empty.ts'
import { reasonLine } from './hwm-screen.ts'
import { listTitle } from './list-pane.ts'
import { longestName } from './longest-name.ts'
import { barLine, tile } from './place-bar.ts'
import { boxLines } from './place-box.ts'
import { bareAmount, fillOf, piecesOf } from './place-fill.ts'
import { vmHead, vmInHand, type VmInHand } from './place-vm.ts'

export function placeScreen(context: ViewContext): readonly PaneView[] {
  const { state, lists, layout, glyphs } = context
  const { names } = lists.places(state.lists.place)
  const grid = placeGrid(state, lists)
  const at = selection(state, lists, 'place')
  const rows = Math.ceil(names.length / grid.perRow)
  const atRow = Math.floor((at?.index ?? 0) / grid.perRow)
  const top = windowTop(lists.tops.get('place') ?? 0, atRow, rows, grid.rowsSeen)
  lists.tops.set('place', top)
  if (at) lists.seen.set('place', at.name)
  const room = Math.max(1, layout.text - grid.inspector)
  const inHand = vmInHand(context)
  const picture: Line[] = []
  for (let row = top; row < Math.min(rows, top + grid.rowsSeen); row++) {
    const from = row * grid.perRow
    const hwms = names
      .slice(from, from + grid.perRow)
      .flatMap(name => state.picture.hwm(name) ?? [])
    picture.push(...rowOf(context, grid, hwms, { selected: at?.name, inHand }))
  }
  if (names.length === 0) {
    for (const text of nothingHere(context, 'hwm')) picture.push([span('   '), ...text])
  }
  const lines = picture.slice(0, room).map(each => fitLine(each, layout.columns, glyphs.ellipsis))
  while (lines.length < room) lines.push(fitLine([], layout.columns))
  const selected = at && state.picture.hwm(at.name)
  lines.push(...inspector(context, selected, grid.inspector, inHand))
  const below = rows - top - grid.rowsSeen
  return [
    {
      width: layout.columns,
      title: [
        ...listTitle(context, 'place', 'Place', names.length),
        span(`  ${state.dimension}`, 'key'),
        span(`  ${legend(context, grid)}`, 'dim'),
      ],
      note: top > 0 ? line(span(`${top} more rows above`, 'dim')) : [],
      lines: lines.slice(0, layout.text),
      foot: below > 0 ? line(span(`${below} more rows below`, 'dim')) : [],
      isActive: true,
    },
  ]
}

function legend({ glyphs, layout }: ViewContext, { kind }: PlaceGrid): string {
  if (layout.columns < 60) return ''
  if (kind === 'heat') return 'percent in use'
  const [one, other] = glyphs.blocks
  return `${one}${other} VMs  ${glyphs.hatch.repeat(2)} kept for fallback`
}

interface InHand {
  /** The HWM. */
  readonly selected: string | undefined
  readonly inHand: VmInHand | undefined
}

function rowOf(
  context: ViewContext,
  grid: PlaceGrid,
  hwms: readonly HwmView[],
  { selected, inHand }: InHand,
): readonly Line[] {
  const { state, glyphs } = context
  const { marks } = state.lists.place
  const margin = span(' '.repeat(PLACE_MARGIN))
  switch (grid.kind) {
    case 'boxes': {
      const boxes = hwms.map(hwm =>
        boxLines(
          context,
          hwm,
          grid.width - 1,
          grid.height,
          hwm.name === selected,
          marks.has(hwm.name),
          inHand,
        ),
      )
      return Array.from({ length: grid.height }, (_, index) => [
        margin,
        ...boxes.flatMap(box => [...(box[index] ?? []), span(' ')]),
      ])
    }
    case 'bars': {
      const nameWidth = Math.min(20, longestName(state.picture, 'hwm'))
      return [
        hwms.flatMap(hwm =>
          barLine(
            context,
            hwm,
            grid.width,
            nameWidth,
            hwm.name === selected,
            marks.has(hwm.name),
            inHand,
          ),
        ),
      ]
    }
    case 'heat':
      return [
        [
          margin,
          span(fit(hwms[0]?.name ?? '', ROW_NAME - 1, 'left'), 'dim'),
          ...hwms.flatMap(hwm =>
            tile(
              context,
              hwm,
              hwm.name === selected,
              marks.has(hwm.name),
              inHand?.ties.get(hwm.name),
            ),
          ),
          span(glyphs.ascii ? '' : ''),
        ],
      ]
  }
}

/** What the selected HWM is: its state, how full it is and for whom it keeps room, and its VMs. */
function inspector(
  context: ViewContext,
  hwm: HwmView | undefined,
  height: number,
  inHand: VmInHand | undefined,
): Line[] {
  const { layout, glyphs } = context
  const lines: Line[] = []
  if (height > 2) lines.push(line(span(` ${glyphs.rule.repeat(layout.columns - 1)}`, 'frame')))
  if (hwm) {
    lines.push([span(' '), ...(inHand ? vmHead(context, inHand) : headOf(context, hwm))])
    lines.push(...vmsOf(context, hwm, height - lines.length, inHand?.vm.name))
  }
  while (lines.length < height) lines.push([])
  return lines.slice(0, height).map(each => fitLine(each, layout.columns, glyphs.ellipsis))
}

function headOf(context: ViewContext, hwm: HwmView): Line {
  const { state, glyphs } = context
  const { dimension } = state
  const { glyph, word, style } = hwmWord(hwmMood(hwm), glyphs)
  const { whole, used, kept, keptBy } = fillOf(context, hwm)
  const labels = Object.entries(hwm.config.labels).map(([key, value]) => `${key}=${value}`)
  const pieces: Span[] = [
    span(hwm.name, 'strong'),
    span(`  ${glyph} ${word}`, style),
    ...(hwm.state === 'up' ? [] : [span('  '), ...reasonLine(hwm, cellContext(context))]),
    span(`  ${dimension} ${bareAmount(dimension, used)}`),
    span(
      whole === undefined
        ? ', no limit known'
        : ` of ${bareAmount(dimension, whole)}, ${humanPercent(used, whole)}`,
    ),
  ]
  if (kept > 0) {
    const whom =
      keptBy.length > 3
        ? `${keptBy.slice(0, 3).join(', ')} and ${keptBy.length - 3} more`
        : keptBy.join(', ')
    pieces.push(span(`   keeps ${bareAmount(dimension, kept)} for ${whom}`, 'dim'))
  }
  if (labels.length > 0) pieces.push(span(`   ${labels.join(' ')}`, 'dim'))
  return pieces
}

/** Its VMs one after the other, each with what it takes, an away one with its home; the one that has the keys is in sight. */
function vmsOf(
  context: ViewContext,
  { name }: HwmView,
  height: number,
  inHand: string | undefined,
): Line[] {
  const { layout, state, glyphs } = context
  const pieces = piecesOf(context, name)
  if (pieces.length === 0) return height > 0 ? [line(span(' no VM runs here', 'dim'))] : []
  const rows: { readonly texts: Line[]; width: number }[] = []
  let rowInHand = 0
  for (const { vm, amount, style } of pieces) {
    const isInHand = vm.name === inHand
    const text = line(
      span(isInHand ? '>' : ' ', 'mark'),
      span(vm.away ? `${glyphs.vm.away} ` : '', 'away'),
      span(
        vm.name,
        isInHand ? 'chosen' : style === 'bar' ? 'plain' : style === 'plain' ? 'dim' : style,
      ),
      span(` ${humanAmount(state.dimension, amount)}`, 'dim'),
      span(vm.away ? ` of ${vm.home ?? '?'}` : '', 'away'),
      '  ',
    )
    const width = lineWidth(text)
    const last = rows.at(-1)
    if (last && last.width + width <= layout.columns) {
      last.texts.push(text)
      last.width += width
    } else rows.push({ texts: [text], width })
    if (isInHand) rowInHand = rows.length - 1
  }
  const top = windowTop(0, rowInHand, rows.length, Math.max(1, height))
  const shown = rows.slice(top, top + Math.max(0, height))
  const left = rows.slice(top + shown.length).reduce((sum, row) => sum + row.texts.length, 0)
  return shown.map((row, index) =>
    left > 0 && index === shown.length - 1
      ? withMore(row.texts, left, layout.columns, glyphs.ellipsis)
      : row.texts.flat(),
  )
}

/** The last line that is seen says how many more there are; who has no room beside that is one of them. */
function withMore(texts: readonly Line[], left: number, columns: number, ellipsis: string): Line {
  const kept = [...texts]
  const more = () => `${ellipsis} ${left + texts.length - kept.length} more`
  while (kept.length > 1 && lineWidth(kept.flat()) + more().length + 1 > columns) kept.pop()
  return [...kept.flat(), span(` ${more()}`, 'dim')]
}
