// From meanings to the codes of a terminal, by a theme. Ink reads these codes back into cells.
import type { Line, Style } from '../src/console/line.ts'
import type { Code, Theme } from '../src/console/theme.ts'
import { codeOf } from '../src/console/theme.ts'

/** Paints a line; the same line and theme give the same text. */
export type Paint = (line: Line) => string

interface Ends {
  readonly open: string
  readonly close: string
}

/** `color` false leaves colours out: bold, dim and inverse stay, and the words and signs were there all along. */
export function createPaint(theme: Theme, look: { color: boolean; ascii: boolean }): Paint {
  const ends = new Map<Style, Ends>()
  for (const [style, words] of Object.entries(theme)) {
    const codes = words
      .split(' ')
      .flatMap(word => codeOf(word) ?? [])
      .filter(code => look.color || !code.isColor)
    ends.set(style as Style, {
      open: codes.map(opening).join(''),
      close: codes
        .map(code => `\u001b[${code.close}m`)
        .reverse()
        .join(''),
    })
  }
  return line => {
    let text = ''
    for (const piece of line) {
      const { open = '', close = '' } = ends.get(piece.style) ?? {}
      text += open + (look.ascii ? toAscii(piece.text) : piece.text) + close
    }
    return text
  }
}

function opening(code: Code): string {
  return code.index === undefined ? `\u001b[${code.open}m` : `\u001b[${code.open};5;${code.index}m`
}

const REPLACED: Readonly<Record<string, string>> = {
  '…': '~',
  '→': '>',
  '·': '-',
  '─': '-',
  '│': '|',
}

/** In a locale without UTF-8 other bytes would spoil the line. A wide character keeps its two cells. */
function toAscii(text: string): string {
  // eslint-disable-next-line no-control-regex -- everything that is not ASCII
  return text.replace(/[^\u0000-\u007f]/gu, character => {
    const known = REPLACED[character]
    if (known !== undefined) return known
    return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u.test(
      character,
    )
      ? '??'
      : '?'
  })
}
