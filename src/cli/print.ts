// What commands print: JSON with a version for programs, columns and a few colours for people.
import type { Context } from './context.ts'

/** The version of everything that --json prints: a field may be added, none changes its meaning. */
export const JSON_VERSION = 'yasco/v1'

/** A long list, whose items are made one at a time when they are printed. */
export class Each<T> {
  readonly #items: readonly T[]
  readonly #made: (item: T) => object

  constructor(items: readonly T[], made: (item: T) => object) {
    this.#items = items
    this.#made = made
  }

  *[Symbol.iterator](): Generator<object> {
    for (const item of this.#items) yield this.#made(item)
  }

  /** Inside of other values it is a list like any other. */
  toJSON(): object[] {
    return [...this]
  }
}

/** Written at once. */
const CHUNK = 1 << 16

/** One JSON value on a line by itself (or indented, when a person may be reading). An `Each` in it is never in memory as a whole. */
export function printJson({ io }: Context, kind: string, value: object): void {
  const indent = io.stdout.isTTY ? 2 : 0
  const break_ = indent > 0 ? '\n' : ''
  const inner = (of: unknown, depth: number): string | undefined => {
    const text = JSON.stringify(of, undefined, indent) as string | undefined
    return text?.replaceAll('\n', `\n${' '.repeat(indent * depth)}`)
  }
  const margin = (depth: number): string => break_ + ' '.repeat(indent * depth)
  let waiting = ''
  const write = (text: string): void => {
    waiting += text
    if (waiting.length < CHUNK) return
    io.stdout.write(waiting)
    waiting = ''
  }
  let separator = '{'
  const all: Record<string, unknown> = { apiVersion: JSON_VERSION, kind, ...value }
  for (const [key, of] of Object.entries(all)) {
    const head = `${separator}${margin(1)}${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}`
    if (of instanceof Each) {
      write(`${head}[`)
      let count = 0
      for (const item of of) write(`${count++ > 0 ? ',' : ''}${margin(2)}${inner(item, 2)}`)
      write(count > 0 ? `${margin(1)}]` : ']')
    } else {
      const text = inner(of, 1)
      if (text === undefined) continue
      write(head + text)
    }
    separator = ','
  }
  io.stdout.write(`${waiting}${margin(0)}}\n`)
}

export function printLines({ io }: Context, lines: readonly string[]): void {
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`)
}

export type Colour = 'red' | 'yellow' | 'green' | 'dim'
const CODES: Readonly<Record<Colour, string>> = { red: '31', yellow: '33', green: '32', dim: '2' }

/** Colours on a terminal that wants them; a colour never says what no word says. */
export function painter({ io, options }: Context): (colour: Colour, text: string) => string {
  const isWanted =
    io.stdout.isTTY === true &&
    !options.has('plain') &&
    !io.env['NO_COLOR'] &&
    io.env['TERM'] !== 'dumb'
  return (colour, text) => (isWanted ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text)
}

/** Rows as columns, each as wide as its widest cell; two blanks between them, none at the end. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  return rows.map(row =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
