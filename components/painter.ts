// The terminal as Ink sees it, and as few bytes as possible as the line sees it: Ink hands over whole frames, only the cells that
// differ from what stands there are written. Ink's own incremental mode rewrites the rest of every line in which one cell changed
// (200 to 600 bytes where this takes 30), and its frames cannot be left out when the line is full; these can.
import { EventEmitter } from 'node:events'
import type { Outlet } from '../src/console/publisher.ts'
import type { Cell, CellLine } from './cells.ts'
import { parseCells } from './cells.ts'
import { findShift } from './shift.ts'

/** What is needed of a terminal's output: process.stdout, an SSH channel, a test's. */
export interface TerminalOutput {
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly writableLength: number
  readonly destroyed: boolean
  readonly writableEnded: boolean
  write(text: string, done?: (error?: Error | null) => void): boolean
  on(event: 'resize' | 'drain' | 'error' | 'close', listener: () => void): unknown
  off(event: 'resize' | 'drain' | 'error' | 'close', listener: () => void): unknown
}

/** Bytes on their way above which no new picture is made: about one full frame. */
const FULL = 4096
/** An unbroken run is cheaper than moving the cursor over so many cells that stay. */
const GAP_WRITTEN = 5
/** Frames of more bytes are put between brackets, so that the terminal shows them at once. */
const BRACKETED_FROM = 400
/** Underline, inverse, crossed out, and any ground. */
const SEEN_ON_BLANKS = /(?:^|;)(?:[479]|4[0-8]|10\d)(?:;|$)/
const BLANK: Cell = { text: ' ', style: '' }
// eslint-disable-next-line no-control-regex -- modes of the terminal: alternate screen, cursor, paste
const MODE = /^(?:\u001b\[\?(?:1049|25|2004)[hl])+$/

export class Painter extends EventEmitter implements Outlet {
  readonly isTTY = true
  readonly writable = true
  readonly #output: TerminalOutput
  #shown: CellLine[] = []
  #shownText: string[] = []
  #isUnknown = false
  #columns: number
  #rows: number
  #isOver = false
  /** Bytes of each frame that the far end has not answered yet; undefined: nobody answers. */
  #unanswered: number[] | undefined
  #waiting: (() => void)[] = []
  #leaving: (() => void) | undefined

  /** `answers`: the far end is asked, after every frame, to say when it has come through (`answered` is to be called then). */
  constructor(output: TerminalOutput, options: { readonly answers?: boolean } = {}) {
    super()
    this.#output = output
    this.#columns = output.columns ?? 80
    this.#rows = output.rows ?? 24
    this.#unanswered = options.answers ? [] : undefined
    output.on('drain', this.#free)
  }

  get columns(): number {
    return this.#columns
  }

  get rows(): number {
    return this.#rows
  }

  get destroyed(): boolean {
    return this.#output.destroyed || this.#isOver
  }

  get writableEnded(): boolean {
    return this.#output.writableEnded
  }

  isFull(): boolean {
    const underway = this.#unanswered?.reduce((sum, bytes) => sum + bytes, 0) ?? 0
    return this.#output.writableLength > FULL || underway > FULL
  }

  whenFree(then: () => void): void {
    this.#waiting.push(then)
  }

  /** Whether the far end has ever answered. */
  hasAnswered = false

  /** Calls once, when no answer is awaited any more. */
  whenAnswered(then: () => void): void {
    this.#leaving = then
  }

  /** The far end said that all was shown that was written before it was asked. */
  answered(): void {
    if (this.#unanswered === undefined) return
    this.hasAnswered = true
    this.#unanswered.shift()
    this.#free()
    if (this.#unanswered.length === 0) this.#leaving?.()
  }

  /** The far end does not answer such questions: from now on only the stream itself tells when it is full. */
  giveUpOnAnswers(): void {
    this.#unanswered = undefined
    this.#free()
    this.#leaving?.()
  }

  /** Whether an answer is still to come: leaving now would let it fall into the shell's line. */
  get awaitsAnswer(): boolean {
    return (this.#unanswered?.length ?? 0) > 0
  }

  /** Takes the terminal's new size; what it did to the picture is not known. */
  resize(): void {
    this.#columns = this.#output.columns ?? this.#columns
    this.#rows = this.#output.rows ?? this.#rows
    this.invalidate()
  }

  /** What stands on the terminal is not known any more: the next frame is written as a whole. */
  invalidate(): void {
    this.#isUnknown = true
    this.#shown = []
    this.#shownText = []
  }

  /** Nothing is written from now on. */
  finish(): void {
    this.#isOver = true
    this.#output.off('drain', this.#free)
  }

  /** To the terminal as it is, e.g. to its clipboard. */
  control(codes: string): void {
    if (!this.destroyed && !this.writableEnded) this.#output.write(codes)
  }

  /** Called by Ink: with a whole frame, with modes of the terminal, or with nothing, to be told when all is written. */
  write(text: string, done?: () => void): boolean {
    if (this.destroyed || this.writableEnded) {
      done?.()
      return true
    }
    if (text === '' || MODE.test(text)) {
      this.#output.write(text, () => done?.())
      return true
    }
    const codes = this.#update(text)
    if (codes !== '') {
      const ask = this.#unanswered === undefined ? '' : '\u001b[5n'
      const whole = codes.length > BRACKETED_FROM ? `\u001b[?2026h${codes}\u001b[?2026l` : codes
      this.#unanswered?.push(whole.length)
      this.#output.write(whole + ask)
    }
    done?.()
    return true
  }

  /** A list that moved by a few lines is moved on the terminal, which has it already. */
  #shift(out: Codes, lines: readonly string[]): void {
    const found = findShift(this.#shownText, lines, this.#rows)
    if (!found) return
    const { from, to, by } = found
    const top = by > 0 ? from : from + by
    const bottom = by > 0 ? to + by : to
    // Within these margins lines are taken out, or put in, at the top or bottom of what moves.
    out.text += `\u001b[${top + 1};${bottom + 1}r\u001b[${top + 1}H\u001b[${Math.abs(by)}${by > 0 ? 'M' : 'L'}\u001b[r`
    for (const shown of [this.#shown, this.#shownText] as unknown[][]) {
      const moved = Array.from({ length: bottom - top + 1 }, (_, index) => {
        const source = top + index + by
        return source >= top && source <= bottom ? shown[source] : undefined
      })
      shown.length = Math.max(shown.length, bottom + 1)
      shown.splice(top, moved.length, ...moved)
    }
  }

  readonly #free = (): void => {
    if (this.isFull()) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const then of waiting) then()
  }

  /** What leads from what is shown to `frame`. */
  #update(frame: string): string {
    const lines = frame.split('\n').slice(0, this.#rows)
    const out = new Codes()
    if (this.#isUnknown) out.text += '\u001b[m\u001b[H\u001b[2J'
    this.#isUnknown = false
    this.#shift(out, lines)
    for (let row = 0; row < this.#rows; row++) {
      const text = lines[row] ?? ''
      if (text === (this.#shownText[row] ?? '')) continue
      const line = parseCells(text)
      const before = this.#shown[row]
      updateLine(out, row, before, line, this.#columns)
      this.#shown[row] = line
      this.#shownText[row] = text
    }
    this.#shown.length = Math.min(this.#shown.length, this.#rows)
    this.#shownText.length = Math.min(this.#shownText.length, this.#rows)
    out.plain()
    return out.text
  }
}

/** Codes in the making, with what the terminal is at while it reads them. */
class Codes {
  text = ''
  #style = ''
  #row = -1
  #column = -1

  to(row: number, column: number): void {
    if (row === this.#row && column === this.#column) return
    if (row === this.#row && this.#column >= 0 && column > this.#column) {
      this.text += column - this.#column === 1 ? '\u001b[C' : `\u001b[${column - this.#column}C`
    } else this.text += column === 0 ? `\u001b[${row + 1}H` : `\u001b[${row + 1};${column + 1}H`
    this.#row = row
    this.#column = column
  }

  put(cell: Cell, width: number, columns: number): void {
    // A blank looks the same in any colour of text: no codes for it.
    if (!(cell.text === ' ' && cell.style === '' && !SEEN_ON_BLANKS.test(this.#style))) {
      this.#look(cell.style)
    }
    this.text += cell.text
    this.#column += width
    // At the right edge terminals differ in where the cursor is.
    if (this.#column >= columns) this.#column = -1
  }

  /** The cursor's place is not to be relied on. */
  lost(): void {
    this.#column = -1
  }

  clearRest(): void {
    this.plain()
    this.text += '\u001b[K'
  }

  plain(): void {
    this.#look('')
  }

  #look(style: string): void {
    if (style === this.#style) return
    this.text +=
      style === '' ? '\u001b[m' : this.#style === '' ? `\u001b[${style}m` : `\u001b[0;${style}m`
    this.#style = style
  }
}

function updateLine(
  out: Codes,
  row: number,
  before: CellLine | undefined,
  after: CellLine,
  columns: number,
): void {
  const isWhole = !after.isSimple || (before !== undefined && !before.isSimple)
  const was = isWhole ? [] : (before?.cells ?? [])
  const now = after.cells
  if (isWhole) {
    out.to(row, 0)
    out.clearRest()
  }
  const end = Math.min(columns, Math.max(was.length, now.length))
  // From here on the new line is blank: one code clears the rest.
  let blankFrom = Math.min(end, now.length)
  while (blankFrom > 0 && isBlank(now[blankFrom - 1])) blankFrom--
  let column = 0
  while (column < end) {
    if (isSame(was[column], now[column])) {
      column++
      continue
    }
    if (column >= blankFrom) {
      out.to(row, column)
      out.clearRest()
      return
    }
    out.to(row, column)
    column = writeRun(out, was, now, column, Math.min(end, blankFrom), columns)
  }
}

/** Writes from `column` on until a stretch that stays as it is; returns where it ended. */
function writeRun(
  out: Codes,
  was: readonly Cell[],
  now: readonly Cell[],
  column: number,
  end: number,
  columns: number,
): number {
  let at = column
  while (at < end) {
    let same = 0
    while (at + same < end && same <= GAP_WRITTEN && isSame(was[at + same], now[at + same])) same++
    if (same > GAP_WRITTEN || (same > 0 && at + same >= end)) return at
    const cell = now[at] ?? BLANK
    if (cell.text === '') {
      at++
      continue
    }
    const width = now[at + 1]?.text === '' ? 2 : 1
    out.put(cell, width, columns)
    at += width
    if (width === 1 && cell.text.length === 1) continue
    // Terminals do not agree on how wide such characters are: the cursor is placed anew after each.
    out.lost()
    return at
  }
  return at
}

function isBlank(cell: Cell | undefined): boolean {
  return cell === undefined || (cell.text === ' ' && cell.style === '')
}

function isSame(a: Cell | undefined, b: Cell | undefined): boolean {
  const one = a ?? BLANK
  const other = b ?? BLANK
  return one.text === other.text && one.style === other.style
}
