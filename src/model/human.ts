// Amounts and ages for the eye: short, rounded, never wider than a table cell. Not for files: see units.ts for exact ones.
import type { Dimension } from './resources.ts'
import { quantityOf } from './units.ts'

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const
const BIT_RATE = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s', 'Pbit/s'] as const

/** `6 GiB`, `6.4 GiB`, `640 MiB`; from bytes. At most three digits and a decimal point. */
export function humanBytes(bytes: number): string {
  return scaled(bytes, 1024, BINARY)
}

/** `1.2 Gbit/s`; from bit/s. */
export function humanBitRate(bitsPerSecond: number): string {
  return scaled(bitsPerSecond, 1000, BIT_RATE)
}

/** `12 MiB/s`; from bytes/s. */
export function humanByteRate(bytesPerSecond: number): string {
  return `${humanBytes(bytesPerSecond)}/s`
}

/** `1.5 cpu`, `16 cpu`; from millicores. */
export function humanCores(millicores: number): string {
  return `${digits(millicores / 1000)} cpu`
}

/** An amount of a dimension, with its unit. A cluster's own dimension is a bare number. */
export function humanAmount(dimension: Dimension, value: number): string {
  switch (quantityOf(dimension)) {
    case 'bytes':
      return humanBytes(value)
    case 'cores':
      return humanCores(value)
    case 'bit-rate':
      return humanBitRate(value)
    case 'byte-rate':
    case 'duration':
    case 'count':
      return digits(value)
  }
}

/**
 * `81%` of a whole. Anything that is more than full is more than 100%, and what is nearly full never reads as full:
 * rounding is down, except that a little is 1%. `-` when there is no whole.
 */
export function humanPercent(part: number, whole: number): string {
  if (!(whole > 0)) return '-'
  const percent = (part / whole) * 100
  return `${percent > 0 && percent < 1 ? 1 : Math.floor(percent + 1e-9)}%`
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `0 s`, `12 s`, `3 min`, `5 h`, `4 d`; from ms, rounded down, so that an age is never said before it is reached. */
export function humanAge(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} d`
}

/** `350 ms`, `6.2 s`, `1 min 20 s`, `2 h 5 min`; from ms: how long something took or will take. */
export function humanDuration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < MINUTE) return `${digits(ms / SECOND)} s`
  if (ms < HOUR) return pair(ms, MINUTE, 'min', SECOND, 's')
  if (ms < 2 * DAY) return pair(ms, HOUR, 'h', MINUTE, 'min')
  return pair(ms, DAY, 'd', HOUR, 'h')
}

function pair(
  ms: number,
  large: number,
  largeUnit: string,
  small: number,
  smallUnit: string,
): string {
  const whole = Math.floor(ms / large)
  const rest = Math.floor((ms % large) / small)
  return rest === 0 ? `${whole} ${largeUnit}` : `${whole} ${largeUnit} ${rest} ${smallUnit}`
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let amount = Math.max(0, value)
  let unit = 0
  // 999.6 would be printed as 1000: it belongs to the next unit too.
  while (Math.round(amount) >= 1000 && unit < units.length - 1) {
    amount /= step
    unit++
  }
  return `${digits(amount)} ${units[unit]}`
}

/** One decimal below ten, none above, and no `.0`. */
function digits(value: number): string {
  const rounded = Math.round(value * 10) / 10
  return rounded < 10 ? String(rounded) : String(Math.round(value))
}
