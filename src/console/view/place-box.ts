// An HWM as a box: from top to bottom its VMs in proportion to what they take, the spare slots hatched, what is free.
import { humanAmount, humanPercent } from '../../model/human.ts'
import type { HwmView } from '../../model/snapshot.ts'
import type { Line, Style } from '../line.ts'
import { fitLine, line, lineWidth, span } from '../line.ts'
import { hwmMood, hwmWord } from '../states.ts'
import { cut, fit, shorten, widthOf } from '../text.ts'
import type { ViewContext } from './context.ts'
import { bareAmount, fillOf, type Fill, type Piece, piecesOf } from './place-fill.ts'
import type { Tie, VmInHand } from './place-vm.ts'

/** `width` and `height` cells, the frame included. */
export function boxLines(
  context: ViewContext,
  hwm: HwmView,
  width: number,
  height: number,
  isSelected: boolean,
  isMarked: boolean,
  inHand: VmInHand | undefined,
): readonly Line[] {
  const { glyphs, state } = context
  const tie = inHand?.ties.get(hwm.name)
  const { box, rule, wall } = glyphs
  const fill = fillOf(context, hwm)
  const inner = width - 2
  const edge: Style = isSelected ? 'mark' : (tie?.style ?? 'frame')
  const { glyph, word, style } = hwmWord(hwmMood(hwm), glyphs)
  const isUp = hwm.state === 'up' && !hwm.config.maintenance
  const title: Line = line(
    span(
      isSelected && !inHand ? '>' : isMarked ? glyphs.marked : rule,
      isSelected || isMarked ? 'mark' : edge,
    ),
    span(glyph, style),
    ' ',
    span(
      shorten(hwm.name, Math.max(3, inner - (isUp ? 5 : 6 + word.length))),
      isSelected ? 'chosen' : 'strong',
    ),
    span(isUp ? '' : ` ${word}`, style),
    ' ',
  )
  const foot =
    fill.whole === undefined
      ? `${state.dimension} ${bareAmount(state.dimension, fill.used)}`
      : `${state.dimension} ${humanPercent(fill.used, fill.whole)} of ${bareAmount(state.dimension, fill.whole)}`
  const footShown = cut(` ${foot} `, inner - 1)
  const content = contentLines(context, hwm, fill, { width: inner, height: height - 2, inHand })
  const says = tieShown(tie, inner - lineWidth(title), glyphs.arrow)
  return [
    [
      span(box.topLeft, edge),
      ...fitLine(title, Math.min(lineWidth(title), inner)),
      span(rule.repeat(Math.max(0, inner - lineWidth(title) - widthOf(says))), edge),
      span(says, tie?.style ?? edge),
      span(box.topRight, edge),
    ],
    ...content.map(each => [span(wall, edge), ...fitLine(each, inner), span(wall, edge)]),
    [
      span(box.bottomLeft, edge),
      span(rule, edge),
      span(footShown, fill.whole !== undefined && fill.used > fill.whole ? 'bad' : 'dim'),
      span(rule.repeat(Math.max(0, inner - 1 - footShown.length)), edge),
      span(box.bottomRight, edge),
    ],
  ]
}

/** In the frame, as far as there is room beside the name. */
function tieShown(tie: Tie | undefined, room: number, arrow: string): string {
  if (tie === undefined) return ''
  const fits = tie.words.map(word => ` ${word} `).find(text => widthOf(text) <= room)
  if (fits !== undefined) return fits
  return room >= 3 + arrow.length ? ` ${tie.sign} ` : ''
}

interface Part {
  readonly amount: number
  readonly text: string
  readonly figure: string
  readonly textStyle: Style
  readonly sign: string
  readonly signStyle: Style
  /** The sign goes over the whole width in lines without text. */
  readonly isHatched: boolean
  /** It has the keys. */
  readonly isInHand: boolean
}

interface Room {
  readonly width: number
  readonly height: number
  readonly inHand: VmInHand | undefined
}

function contentLines(
  context: ViewContext,
  hwm: HwmView,
  fill: Fill,
  { width, height, inHand }: Room,
): Line[] {
  const { vms, kept } = partsOf(context, hwm, fill, inHand?.vm.name)
  const all = [...vms, ...kept].reduce((sum, part) => sum + part.amount, 0)
  const whole = Math.max(all, fill.whole ?? all, Number.MIN_VALUE)
  const linesOf = (amount: number) => Math.round((amount / whole) * height)
  const lines: Line[] = []
  const draw = (part: Part) => {
    const end = Math.min(height, lines.length + linesOf(part.amount))
    for (let first = true; lines.length < end; first = false)
      lines.push(partLine(part, width, first))
  }
  const small = vms.filter(part => linesOf(part.amount) === 0)
  // Those too small for a line of their own have one together, even where the others have to give it.
  const forSmall = small.length > 0 ? 1 : 0
  for (const part of vms) if (lines.length < height - forSmall) draw(part)
  tellSmall(context, lines, small, width, height)
  for (const part of kept) draw(part)
  while (lines.length < height) lines.push([])
  return lines.slice(0, height)
}

function partsOf(
  context: ViewContext,
  hwm: HwmView,
  fill: Fill,
  inHand: string | undefined,
): { readonly vms: readonly Part[]; readonly kept: readonly Part[] } {
  const { state, glyphs } = context
  const amountText = (amount: number) => humanAmount(state.dimension, amount)
  const vms = piecesOf(context, hwm.name).map(
    (piece, index): Part => ({
      amount: piece.amount,
      text: nameOf(context, piece),
      figure: amountText(piece.amount),
      textStyle: piece.style === 'bar' || piece.style === 'plain' ? 'plain' : piece.style,
      sign: glyphs.blocks[index % 2 === 0 ? 0 : 1],
      signStyle: piece.style,
      isHatched: false,
      isInHand: piece.vm.name === inHand,
    }),
  )
  if (fill.kept <= 0) return { vms, kept: [] }
  const [first = '', ...more] = fill.keptBy
  return {
    vms,
    kept: [
      {
        amount: fill.kept,
        text: `kept for ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`,
        figure: amountText(fill.kept),
        textStyle: 'dim',
        sign: glyphs.hatch,
        signStyle: 'dim',
        isHatched: true,
        isInHand: false,
      },
    ],
  }
}

/** An away VM says where its home is. */
function nameOf({ glyphs }: ViewContext, { vm }: Piece): string {
  return vm.away ? `${vm.name} ${glyphs.vm.away}${vm.home ?? ''}` : vm.name
}

function partLine(part: Part, width: number, isFirst: boolean): Line {
  const { sign, signStyle, text, figure, textStyle, isHatched, isInHand } = part
  const sides = isInHand
    ? line(span('>', 'mark'), span(sign, signStyle))
    : [span(sign.repeat(2), signStyle)]
  if (!isFirst) return isHatched ? line(span(sign.repeat(width), signStyle)) : sides
  const room = width - 3
  const shownFigure = room - figure.length >= 6 ? figure : ''
  return line(
    ...sides,
    ' ',
    span(
      fit(text, room - shownFigure.length - (shownFigure === '' ? 0 : 1)),
      isInHand ? 'chosen' : textStyle,
    ),
    span(shownFigure === '' ? '' : ` ${shownFigure}`, 'dim'),
  )
}

function tellSmall(
  { glyphs, state }: ViewContext,
  lines: Line[],
  small: readonly Part[],
  width: number,
  height: number,
): void {
  const [only] = small
  if (only === undefined || lines.length >= height) return
  const inHand = small.find(part => part.isInHand)
  if (small.length === 1 || inHand) {
    const one = inHand ?? only
    const of = small.length === 1 ? '' : ` (1 of ${small.length} small)`
    lines.push(partLine({ ...one, text: `${one.text}${of}` }, width, true))
    return
  }
  const sum = small.reduce((total, part) => total + part.amount, 0)
  const figure = humanAmount(state.dimension, sum)
  lines.push(
    line(
      span(glyphs.blocks.join(''), 'bar'),
      ' ',
      span(fit(`${small.length} small ones`, width - 4 - figure.length), 'dim'),
      span(` ${figure}`, 'dim'),
    ),
  )
}
