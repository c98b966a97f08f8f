// How each meaning looks: words of a theme file, turned into the terminal's codes by whoever draws. Only the 16 colours every
// terminal has are used by the themes of the house; a file may name any of 256.
import { parse } from 'yaml'
import { nearest } from '../model/nearest.ts'
import type { Style } from './line.ts'

export type Theme = Readonly<Record<Style, string>>

/** Readable on dark and on light ground: colours of the terminal's own palette, and what is normal has none. */
export const STANDARD: Theme = {
  plain: '',
  dim: 'dim',
  head: 'dim',
  title: 'bold',
  frame: 'dim',
  good: 'green',
  warn: 'yellow',
  bad: 'bold red',
  away: 'magenta',
  key: 'cyan',
  strong: 'bold',
  chosen: 'inverse',
  mark: 'bold cyan',
  bar: 'cyan',
  heat1: 'white on-blue',
  heat2: 'black on-cyan',
  heat3: 'black on-green',
  heat4: 'black on-yellow',
  heat5: 'black on-red',
  added: 'green',
  removed: 'red',
}

/** Opening and closing codes of one word of a theme. */
export interface Code {
  readonly open: number
  readonly close: number
  readonly isColor: boolean
  /** Of 256: 38;5;n or 48;5;n. */
  readonly index?: number
}

const ATTRIBUTES: Readonly<Record<string, Code>> = {
  bold: { open: 1, close: 22, isColor: false },
  dim: { open: 2, close: 22, isColor: false },
  italic: { open: 3, close: 23, isColor: false },
  underline: { open: 4, close: 24, isColor: false },
  inverse: { open: 7, close: 27, isColor: false },
}

const COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** The code of a word: `bold`, `red`, `bright-red`, `on-blue`, `208`, `on-236`; undefined when it is none. */
export function codeOf(word: string): Code | undefined {
  const attribute = ATTRIBUTES[word]
  if (attribute) return attribute
  const match = /^(on-)?(bright-)?([a-z]+|\d{1,3})$/.exec(word)
  if (!match) return undefined
  const isGround = match[1] !== undefined
  const close = isGround ? 49 : 39
  const name = match[3] ?? ''
  if (/^\d/.test(name)) {
    const index = Number(name)
    return index > 255 || match[2] !== undefined
      ? undefined
      : { open: isGround ? 48 : 38, close, isColor: true, index }
  }
  const color = COLORS.indexOf(name)
  if (color < 0) return undefined
  return {
    open: color + (match[2] === undefined ? 30 : 90) + (isGround ? 10 : 0),
    close,
    isColor: true,
  }
}

/** Reads a theme file, `meaning: words`, over the standard theme. Never throws: what is wrong is named and stays as it was. */
export function readTheme(
  text: string,
  name: string,
): { readonly theme: Theme; readonly problems: readonly string[] } {
  const problems: string[] = []
  const theme: Record<Style, string> = { ...STANDARD }
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    problems.push(
      `${name}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'no YAML'}`,
    )
  }
  if (typeof value !== 'object' || value === null) return { theme, problems }
  for (const [style, words] of Object.entries(value)) {
    if (!(style in STANDARD)) {
      const meant = nearest(style, Object.keys(STANDARD))
      problems.push(`${name}: no meaning '${style}'${meant ? `: did you mean '${meant}'?` : ''}`)
      continue
    }
    const said = words === null ? '' : String(words)
    const wrong = said.split(' ').find(word => word !== '' && !codeOf(word))
    if (wrong === undefined) theme[style as Style] = said
    else problems.push(`${name}: ${style}: no colour and no attribute '${wrong}'`)
  }
  return { theme, problems }
}
