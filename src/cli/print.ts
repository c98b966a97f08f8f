// What commands print: JSON with a version for programs, columns and a few colours for people.
import type { Context } from './context.ts'

/** The version of everything that --json prints: a field may be added, none changes its meaning. */
export const JSON_VERSION = 'yasco/v1'

/** One JSON value on a line by itself (or indented, when a person may be reading). */
export function printJson({ io }: Context, kind: string, value: object): void {
  const text = JSON.stringify(
    { apiVersion: JSON_VERSION, kind, ...value },
    undefined,
    io.stdout.isTTY ? 2 : 0,
  )
  io.stdout.write(`${text}\n`)
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
