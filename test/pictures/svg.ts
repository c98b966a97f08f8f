// A terminal's cells as an SVG picture: text where it is text, and shapes for the signs that bars and frames are made of, as a browser's
// font would leave gaps between them.
import type { CellLook, Terminal } from '../console/language/terminal.ts'

const WIDTH = 8.4
const HEIGHT = 18
const MARGIN = 12
const FONT_SIZE = 14
/** From a cell's top to the line that letters stand on. */
const BASELINE = 13.5

const GROUND = '#16191f'
const TEXT = '#d3d7de'
const COLORS: Readonly<Record<string, string>> = {
  default: TEXT,
  black: '#3b4048',
  red: '#f0616d',
  green: '#7fc36a',
  yellow: '#e0b153',
  blue: '#62a8ef',
  magenta: '#c882e0',
  cyan: '#4fbac8',
  white: '#e6e9ef',
}

/** Strokes of a frame, from the middle of a cell: left, right, up, down. */
const STROKES: Readonly<Record<string, readonly ('left' | 'right' | 'up' | 'down')[]>> = {
  '─': ['left', 'right'],
  '│': ['up', 'down'],
  '┬': ['left', 'right', 'down'],
  '┴': ['left', 'right', 'up'],
  '├': ['right', 'up', 'down'],
  '┤': ['left', 'up', 'down'],
  '┼': ['left', 'right', 'up', 'down'],
  '┌': ['right', 'down'],
  '┐': ['left', 'down'],
  '└': ['right', 'up'],
  '┘': ['left', 'up'],
}
/** Blocks: part of the cell from its left, part from its bottom, opacity. */
const BLOCKS: ReadonlyMap<string, readonly [number, number, number]> = new Map<
  string,
  readonly [number, number, number]
>([
  ...Array.from('▁▂▃▄▅▆▇█', (sign, index) => [sign, [1, (index + 1) / 8, 1]] as const),
  ...Array.from('▏▎▍▌▋▊▉', (sign, index) => [sign, [(index + 1) / 8, 1, 1]] as const),
  ['░', [1, 1, 0.25]],
  ['▒', [1, 1, 0.5]],
  ['▓', [1, 1, 0.75]],
])
/** Bars are a little lower than their line, so that those of two lines do not touch. */
const BAR_HEIGHT = 0.72

/** The picture, with `title` for who cannot see it. Throws on a colour that is none of the 16. */
export function svgOf(terminal: Terminal, title: string): string {
  const { columns, rows } = terminal
  const width = round(columns * WIDTH + 2 * MARGIN)
  const height = round(rows * HEIGHT + 2 * MARGIN)
  const parts: string[] = []
  for (let row = 0; row < rows; row++) {
    const cells = Array.from({ length: columns }, (_, column) => terminal.cell(row, column))
    for (const run of runsOf(cells)) parts.push(...drawn(run, row))
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_SIZE}">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>
${parts.join('\n')}
</svg>
`
}

interface Run {
  readonly from: number
  readonly look: CellLook
  text: string
}

/** Neighbours that look alike, blanks at their ends left out; each sign that is a shape is one of its own. */
function runsOf(cells: readonly CellLook[]): Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const [column, look] of cells.entries()) {
    const text = look.text === '' ? ' ' : look.text
    const isShape = STROKES[text] !== undefined || BLOCKS.has(text)
    const last = run?.text.at(-1)
    const goesOn = run && sameLook(run.look, look) && (isShape ? last === text : !isShapeRun(run))
    if (run && goesOn) run.text += text
    else {
      run = { from: column, look, text }
      runs.push(run)
    }
  }
  return runs.filter(each => each.look.isInverse || each.text.trim() !== '')
}

function isShapeRun(run: Run): boolean {
  const first = run.text.charAt(0)
  return STROKES[first] !== undefined || BLOCKS.has(first)
}

function sameLook(a: CellLook, b: CellLook): boolean {
  return (
    a.color === b.color &&
    a.isBold === b.isBold &&
    a.isDim === b.isDim &&
    a.isInverse === b.isInverse
  )
}

function drawn(run: Run, row: number): string[] {
  const { look } = run
  const color = COLORS[look.color]
  if (color === undefined) throw new Error(`a picture has no colour ${look.color}`)
  const left = MARGIN + run.from * WIDTH
  const top = MARGIN + row * HEIGHT
  const length = run.text.length * WIDTH
  const parts = look.isInverse
    ? [
        `<rect x="${round(left)}" y="${round(top)}" width="${round(length)}" height="${HEIGHT}" fill="${color}"/>`,
      ]
    : []
  const ink = `fill="${look.isInverse ? GROUND : color}"${look.isDim ? ' opacity="0.55"' : ''}`
  if (isShapeRun(run)) return [...parts, shape(run.text, left, top, ink)]
  const lead = run.text.length - run.text.trimStart().length
  const text = run.text.trim()
  if (text === '') return parts
  const at = `x="${round(left + lead * WIDTH)}" y="${round(top + BASELINE)}"`
  // The length is told, so that a font of another width cannot shift what stands beside it.
  const size = `textLength="${round(text.length * WIDTH)}" lengthAdjust="spacingAndGlyphs"`
  const weight = look.isBold ? ' font-weight="bold"' : ''
  return [
    ...parts,
    `<text ${at} ${size} ${ink}${weight} xml:space="preserve">${escaped(text)}</text>`,
  ]
}

function shape(text: string, left: number, top: number, ink: string): string {
  const sign = text.charAt(0)
  const strokes = STROKES[sign]
  if (strokes) {
    const rects = Array.from(text, (_, index) => {
      const x = left + index * WIDTH
      return strokes.map(way => stroke(way, x, top)).join('')
    })
    const isStraight = sign === '─'
    const path = isStraight
      ? `M${round(left)} ${round(top + HEIGHT / 2)}h${round(text.length * WIDTH)}v1h-${round(text.length * WIDTH)}z`
      : rects.join('')
    return `<path d="${path}" ${ink}/>`
  }
  const [part, level, opacity] = BLOCKS.get(sign) ?? [1, 1, 1]
  const tall = HEIGHT * BAR_HEIGHT
  const y = top + (HEIGHT - tall) / 2 + tall * (1 - level)
  const body = (x: number, wide: number) =>
    `M${round(x)} ${round(y)}h${round(wide)}v${round(tall * level)}h-${round(wide)}z`
  // Columns of a trend stand apart; parts of a bar join.
  const path =
    part === 1 && level === 1
      ? body(left, text.length * WIDTH)
      : Array.from(text, (_, index) =>
          body(left + index * WIDTH, level < 1 ? WIDTH - 1 : WIDTH * part),
        ).join('')
  return `<path d="${path}" ${ink}${opacity === 1 ? '' : ` fill-opacity="${opacity}"`}/>`
}

function stroke(way: 'left' | 'right' | 'up' | 'down', x: number, top: number): string {
  const middle = top + HEIGHT / 2
  const center = x + WIDTH / 2
  switch (way) {
    case 'left':
      return `M${round(x)} ${round(middle)}h${round(WIDTH / 2)}v1h-${round(WIDTH / 2)}z`
    case 'right':
      return `M${round(center)} ${round(middle)}h${round(WIDTH / 2)}v1h-${round(WIDTH / 2)}z`
    case 'up':
      return `M${round(center)} ${round(top)}h1v${HEIGHT / 2}h-1z`
    case 'down':
      return `M${round(center)} ${round(middle)}h1v${HEIGHT / 2}h-1z`
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
