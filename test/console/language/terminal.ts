// A terminal without a window (xterm, headless) at the end of a wire. What runs at the other end does not matter: components in
// this process, or the whole program in a pty over SSH.
import headless from '@xterm/headless'

/** Bytes both ways, and the size of the window. */
export interface Wire {
  /** Called with what the program writes. */
  onOutput(take: (text: string) => void): void
  /** Keys of the operator, as bytes. */
  input(bytes: string): void
  resize(columns: number, rows: number): void
  /** Resolves when the program has done all it will do for what it was given; wires that cannot know it wait for silence. */
  quiet(): Promise<void>
  close(): Promise<void>
}

export interface CellLook {
  readonly text: string
  /** Of the 16 colours, by name; `default`, or a number of the 256. */
  readonly color: string
  readonly isBold: boolean
  readonly isDim: boolean
  readonly isInverse: boolean
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

export class Terminal {
  readonly wire: Wire
  readonly #xterm: InstanceType<typeof headless.Terminal>
  #bytes = 0
  #raw = ''

  constructor(wire: Wire, columns: number, rows: number) {
    this.wire = wire
    this.#xterm = new headless.Terminal({ cols: columns, rows, allowProposedApi: true })
    // What a terminal answers to questions goes the way of the keys.
    this.#xterm.onData(answer => wire.input(answer))
    wire.onOutput(text => {
      this.#bytes += Buffer.byteLength(text)
      this.#raw = (this.#raw + text).slice(-100_000)
      this.#xterm.write(text)
    })
  }

  get columns(): number {
    return this.#xterm.cols
  }

  get rows(): number {
    return this.#xterm.rows
  }

  /** Bytes the program has written so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** The last of what was written, as it came. */
  get raw(): string {
    return this.#raw
  }

  get isAlternateScreen(): boolean {
    return this.#xterm.buffer.active.type === 'alternate'
  }

  /** All that was written has been read by the terminal. */
  read(): Promise<void> {
    return new Promise(resolve => this.#xterm.write('', resolve))
  }

  lines(): readonly string[] {
    const { active } = this.#xterm.buffer
    return Array.from({ length: this.#xterm.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    )
  }

  text(): string {
    return this.lines().join('\n')
  }

  cell(row: number, column: number): CellLook {
    const { active } = this.#xterm.buffer
    const cell = active.getLine(active.viewportY + row)?.getCell(column)
    if (!cell) throw new Error(`no cell at row ${row}, column ${column}`)
    const color = cell.getFgColor()
    return {
      text: cell.getChars(),
      color: cell.isFgDefault() ? 'default' : (NAMES[color] ?? String(color)),
      isBold: cell.isBold() !== 0,
      isDim: cell.isDim() !== 0,
      isInverse: cell.isInverse() !== 0,
    }
  }

  /** Looks of all cells of the first place where `text` stands; undefined: nowhere. */
  find(text: string): readonly CellLook[] | undefined {
    for (const [row, line] of this.lines().entries()) {
      const at = line.indexOf(text)
      if (at < 0) continue
      return Array.from(text, (_, offset) => this.cell(row, at + offset))
    }
    return undefined
  }

  resize(columns: number, rows: number): void {
    this.#xterm.resize(columns, rows)
    this.wire.resize(columns, rows)
  }

  async close(): Promise<void> {
    await this.wire.close()
    await this.read()
  }

  dispose(): void {
    this.#xterm.dispose()
  }
}
