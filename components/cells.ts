// A line with codes of colour, read into cells: what stands in each column, and how it looks.
import { SINGLE_CELLS, widthOf } from '../src/console/text.ts'

export interface Cell {
  /** Empty: the right half of the wide character before it. */
  readonly text: string
  /** Codes that lead to its look from none, e.g. `1;31`; empty: none. */
  readonly style: string
}

export interface CellLine {
  readonly cells: readonly Cell[]
  /** Every character takes one cell: columns can be written one by one. */
  readonly isSimple: boolean
}

// eslint-disable-next-line no-control-regex -- codes begin with ESC
const CODE = /\u001b\[([\d;]*)m/g
const graphemes = new Intl.Segmenter()

export function parseCells(line: string): CellLine {
  const cells: Cell[] = []
  let isSimple = true
  const look = new Look()
  let from = 0
  const text = (part: string) => {
    const { style, blankStyle } = look
    if (SINGLE_CELLS.test(part)) {
      for (const character of part) {
        cells.push({ text: character, style: character === ' ' ? blankStyle : style })
      }
      return
    }
    isSimple = false
    for (const { segment } of graphemes.segment(part)) {
      const width = widthOf(segment)
      if (width === 0) continue
      cells.push({ text: segment, style })
      for (let half = 1; half < width; half++) cells.push({ text: '', style })
    }
  }
  for (const match of line.matchAll(CODE)) {
    if (match.index > from) text(line.slice(from, match.index))
    look.take(match[1] ?? '')
    from = match.index + match[0].length
  }
  if (from < line.length) text(line.slice(from))
  return { cells, isSimple }
}

/** The look that codes have led to. */
class Look {
  style = ''
  /** Of a blank: only what can be seen on one. */
  blankStyle = ''
  readonly #on = new Set<number>()
  #fore = ''
  #ground = ''

  take(codes: string): void {
    const numbers = codes === '' ? [0] : codes.split(';').map(Number)
    for (let index = 0; index < numbers.length; index++) {
      const code = numbers[index] ?? 0
      if (code === 38 || code === 48) {
        const length = numbers[index + 1] === 5 ? 3 : 5
        const whole = numbers.slice(index, index + length).join(';')
        if (code === 38) this.#fore = whole
        else this.#ground = whole
        index += length - 1
      } else this.#one(code)
    }
    this.style = [...[...this.#on].sort((a, b) => a - b), this.#fore, this.#ground]
      .filter(part => part !== '')
      .join(';')
    const seen = [4, 7, 9].filter(code => this.#on.has(code))
    // The colour of a line under or through a blank is that of its text.
    this.blankStyle = seen.length > 0 ? this.style : this.#ground
  }

  #one(code: number): void {
    if (code === 0) {
      this.#on.clear()
      this.#fore = ''
      this.#ground = ''
    } else if (code >= 1 && code <= 9) this.#on.add(code)
    else if (code === 22) {
      this.#on.delete(1)
      this.#on.delete(2)
    } else if (code >= 23 && code <= 29) this.#on.delete(code - 20)
    else if (code === 39) this.#fore = ''
    else if (code === 49) this.#ground = ''
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.#fore = String(code)
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) this.#ground = String(code)
  }
}
