// Bars and sparklines in a few cells.
import type { Glyphs } from '../glyphs.ts'
import type { Line, Style } from '../line.ts'
import { line, span } from '../line.ts'

/** How full is too full: from here on a bar is yellow, then red. */
const HIGH = 0.85
const FULL = 0.97

function fullness(part: number): Style {
  return part >= FULL ? 'bad' : part >= HIGH ? 'warn' : 'bar'
}

/**
 * A bar of `width` cells: used, reserved for fallback, free. Amounts are parts of one whole.
 * Resolution is an eighth of a cell where the terminal can, so that small changes do not cost bytes and large ones show.
 */
export function bar(used: number, kept: number, width: number, glyphs: Glyphs): Line {
  if (width <= 0) return []
  const part = Math.max(0, Math.min(1, used))
  const eighths = glyphs.eighths.length
  const units = Math.round(part * width * eighths)
  const whole = Math.floor(units / eighths)
  const rest = glyphs.eighths[units % eighths] ?? ''
  const solid = glyphs.bar.full.repeat(whole) + rest
  const upTo = Math.round(Math.min(1, part + Math.max(0, kept)) * width)
  const keptCells = Math.max(0, Math.min(width, upTo) - solid.length)
  const free = width - solid.length - keptCells
  return line(
    span(solid, fullness(part)),
    span(glyphs.bar.kept.repeat(keptCells), 'dim'),
    span(glyphs.bar.free.repeat(free), 'dim'),
  )
}

/** The last `width` values as a line of blocks, scaled to `whole` (undefined: to the largest of them). */
export function spark(
  values: readonly number[],
  width: number,
  whole: number | undefined,
  glyphs: Glyphs,
): Line {
  const shown = values.slice(-width)
  const top = whole ?? Math.max(...shown, Number.MIN_VALUE)
  const steps = glyphs.spark.length
  const text = shown
    .map(value => {
      const step = Math.floor((Math.max(0, value) / top) * steps)
      return glyphs.spark[Math.min(steps - 1, step)] ?? ''
    })
    .join('')
  const last = shown.at(-1)
  const style = whole !== undefined && last !== undefined && last / whole >= HIGH ? 'warn' : 'bar'
  return line(span(' '.repeat(Math.max(0, width - shown.length))), span(text, style))
}

/** `81%` in four cells, in the colour of how full it is; blank when the whole is not known. */
export function percent(part: number | undefined, whole: number | undefined): Line {
  if (part === undefined || whole === undefined || !(whole > 0)) return line(span('   -', 'dim'))
  const value = part / whole
  const text = `${value > 0 && value < 0.01 ? 1 : Math.floor(value * 100 + 1e-9)}%`
  const style = fullness(value)
  return line(span(text.padStart(4), style === 'bar' ? 'plain' : style))
}
