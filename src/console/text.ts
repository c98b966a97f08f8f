// How wide a text is on a terminal, and making it exactly as wide as its place. Names and reasons come from other machines:
// whatever could move the cursor or reorder the line is replaced before it is shown.
import stringWidth from 'string-width'

/** Characters that are one cell wide in every terminal: ASCII, Latin, Greek, Cyrillic, and the glyphs this program draws with. */
export const SINGLE_CELLS =
  /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2015\u2018-\u2027\u2190-\u2199\u2500-\u25c5\u25c8-\u25fc\u2713-\u2717]*$/

/** Controls, marks that change the direction of writing, and what takes no room: none of them has a place in a table. */
const UNFIT =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

const graphemes = new Intl.Segmenter()

/** Cells that `text` takes. */
export function widthOf(text: string): number {
  return SINGLE_CELLS.test(text) ? text.length : stringWidth(text)
}

/** `text` with nothing in it that a terminal would obey. */
export function clean(text: string): string {
  return SINGLE_CELLS.test(text) ? text : text.replace(UNFIT, '?')
}

/** The longest beginning of `text` that fits `width` cells. */
export function cut(text: string, width: number): string {
  if (width <= 0) return ''
  if (SINGLE_CELLS.test(text)) return text.slice(0, width)
  let taken = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment)
    if (used > width) break
    taken += segment
  }
  return taken
}

/** `text` within `width` cells; what is cut off is shown by an ellipsis. */
export function shorten(text: string, width: number, ellipsis = '…'): string {
  if (widthOf(text) <= width) return text
  return width <= 0 ? '' : cut(text, width - 1) + ellipsis
}

/** `text` in exactly `width` cells. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const short = shorten(text, width)
  const blank = ' '.repeat(Math.max(0, width - widthOf(short)))
  return align === 'left' ? short + blank : blank + short
}

/** Words of `text` in lines of at most `width` cells; a word that is longer is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (let word of text.split(' ')) {
    while (widthOf(word) > width) {
      if (line !== '') lines.push(line)
      line = ''
      const head = cut(word, width)
      if (head === '') return lines
      lines.push(head)
      word = word.slice(head.length)
    }
    if (line === '') line = word
    else if (widthOf(line) + 1 + widthOf(word) <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines
}

const sortKeys = new Map<string, string>()

/** Sorts names as people do: `web2` before `web10`, capitals beside small letters. */
export function naturalKey(name: string): string {
  let key = sortKeys.get(name)
  if (key === undefined) {
    if (sortKeys.size > 50_000) sortKeys.clear()
    key = name.toLowerCase().replace(/\d+/g, digits => digits.padStart(10, '0'))
    sortKeys.set(name, key)
  }
  return key
}
