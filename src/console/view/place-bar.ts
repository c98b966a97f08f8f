// An HWM as a bar with its VMs as pieces of it, and as a tile of a heat map.
import { humanPercent } from '../../model/human.ts'
import type { HwmView } from '../../model/snapshot.ts'
import type { Line, Span, Style } from '../line.ts'
import { line, span } from '../line.ts'
import { hwmMood, hwmWord } from '../states.ts'
import { fit } from '../text.ts'
import type { ViewContext } from './context.ts'
import { percent } from './meters.ts'
import { fillOf, piecesOf } from './place-fill.ts'
import type { Tie, VmInHand } from './place-vm.ts'

/** `> ● quark   ███▓▓▓██╱╱╱╱     43%`, `width` cells wide, a blank at its end included. */
export function barLine(
  context: ViewContext,
  hwm: HwmView,
  width: number,
  nameWidth: number,
  isSelected: boolean,
  isMarked: boolean,
  inHand: VmInHand | undefined,
): Line {
  const { glyphs } = context
  const tie = inHand?.ties.get(hwm.name)
  const { glyph, style } = hwmWord(hwmMood(hwm), glyphs)
  const fill = fillOf(context, hwm)
  const cells = Math.max(0, width - nameWidth - 12)
  return line(
    span(
      isMarked ? glyphs.marked : (tie?.sign ?? ' '),
      isMarked ? 'mark' : (tie?.style ?? 'plain'),
    ),
    span(isSelected ? '>' : ' ', 'mark'),
    span(glyph, style),
    ' ',
    span(fit(hwm.name, nameWidth), isSelected ? 'chosen' : (tie?.style ?? 'plain')),
    ' ',
    ...segments(context, hwm, cells, inHand?.vm.name),
    ' ',
    ...percent(fill.used, fill.whole),
    '  ',
  )
}

function segments(
  context: ViewContext,
  hwm: HwmView,
  cells: number,
  inHand: string | undefined,
): Line {
  const { glyphs } = context
  const fill = fillOf(context, hwm)
  const pieces = piecesOf(context, hwm.name)
  const all = pieces.reduce((sum, piece) => sum + piece.amount, 0) + fill.kept
  const whole = Math.max(fill.whole ?? all, all, Number.MIN_VALUE)
  const spans: Span[] = []
  let sum = 0
  let at = 0
  const upTo = (amount: number, sign: string, style: Style) => {
    sum += amount
    const end = Math.min(cells, Math.round((sum / whole) * cells))
    if (end > at) spans.push(span(sign.repeat(end - at), style))
    at = Math.max(at, end)
  }
  for (const [index, piece] of pieces.entries()) {
    if (piece.vm.name === inHand) upTo(piece.amount, '>', 'mark')
    else upTo(piece.amount, glyphs.blocks[index % 2 === 0 ? 0 : 1], piece.style)
  }
  upTo(fill.kept, glyphs.hatch, 'dim')
  if (at < cells) spans.push(span(glyphs.bar.free.repeat(cells - at), 'dim'))
  return spans
}

const HEAT: readonly (readonly [from: number, style: Style])[] = [
  [0.97, 'heat5'],
  [0.85, 'heat4'],
  [0.6, 'heat3'],
  [0.3, 'heat2'],
  [0, 'heat1'],
]

/** A tile as it is without a mark, kept while its HWM says the same: of a thousand, a key changes two. */
interface PlainTile {
  readonly dimension: string
  readonly config: unknown
  readonly ascii: boolean
  readonly line: Line
}
const plainTiles = new WeakMap<HwmView, PlainTile>()

/** Three cells: the mark, and how full it is in percent. */
export function tile(
  context: ViewContext,
  hwm: HwmView,
  isSelected: boolean,
  isMarked: boolean,
  tie: Tie | undefined,
): Line {
  if (isSelected || isMarked || tie) return makeTile(context, hwm, isSelected, isMarked, tie)
  const { dimension, picture, glyphs } = context.state
  const config = picture.snapshot?.config
  const known = plainTiles.get(hwm)
  if (known?.dimension === dimension && known.config === config && known.ascii === glyphs.ascii)
    return known.line
  const made = makeTile(context, hwm, false, false)
  plainTiles.set(hwm, { dimension, config, ascii: glyphs.ascii, line: made })
  return made
}

function makeTile(
  context: ViewContext,
  hwm: HwmView,
  isSelected: boolean,
  isMarked: boolean,
  tie?: Tie,
): Line {
  const { glyphs } = context
  const mark = span(
    isSelected ? '>' : isMarked ? glyphs.marked : (tie?.sign ?? ' '),
    isSelected || isMarked ? 'mark' : (tie?.style ?? 'plain'),
  )
  const mood = hwmMood(hwm)
  if (mood !== 'up') {
    const { glyph, style } = hwmWord(mood, glyphs)
    return [mark, span(glyph.repeat(2), isSelected ? 'chosen' : style)]
  }
  const { used, whole } = fillOf(context, hwm)
  const share = whole === undefined || whole <= 0 ? 0 : used / whole
  const text =
    share >= 1
      ? '##'
      : humanPercent(used, whole ?? 0)
          .slice(0, -1)
          .padStart(2)
  const style = HEAT.find(([from]) => share >= from)?.[1] ?? 'heat1'
  return [mark, span(fit(text, 2, 'right'), isSelected ? 'chosen' : style)]
}
