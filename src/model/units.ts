// Amounts as people write them in a cluster file, and exactly the same amounts as numbers in base units. Reading is decimal
// arithmetic on whole numbers, never floating point: what is read is what was written, or it is an error.
import type { Dimension } from './resources.ts'

/**
 * What an amount measures, and so which units it takes.
 * `bytes`: bytes. `cores`: millicores. `bit-rate`: bit/s. `byte-rate`: bytes/s. `duration`: ms. `count`: a plain number.
 */
export type Quantity = 'bytes' | 'cores' | 'bit-rate' | 'byte-rate' | 'duration' | 'count'

/** Unit name to its size in base units; the first of equal sizes is the one that is printed. */
type UnitTable = ReadonlyMap<string, bigint>

const bytes: UnitTable = new Map([
  ['B', 1n],
  ['KiB', 2n ** 10n],
  ['MiB', 2n ** 20n],
  ['GiB', 2n ** 30n],
  ['TiB', 2n ** 40n],
  ['PiB', 2n ** 50n],
  ['kB', 10n ** 3n],
  ['MB', 10n ** 6n],
  ['GB', 10n ** 9n],
  ['TB', 10n ** 12n],
  ['PB', 10n ** 15n],
])

const bits: UnitTable = new Map([
  ['bit', 1n],
  ['kbit', 10n ** 3n],
  ['Mbit', 10n ** 6n],
  ['Gbit', 10n ** 9n],
  ['Tbit', 10n ** 12n],
])

const perSecond = (table: UnitTable): UnitTable =>
  new Map(
    [...table].flatMap(([unit, size]) => [[unit, size] as const, [`${unit}/s`, size] as const]),
  )

interface Grammar {
  readonly units: UnitTable
  /** Size of a number without a unit; undefined: a unit is required (except for 0). */
  readonly bare: bigint | undefined
  /** What an amount must be a whole number of. */
  readonly base: string
  /** How one writes it, for messages. */
  readonly expected: string
}

const GRAMMARS: Readonly<Record<Quantity, Grammar>> = {
  bytes: {
    units: bytes,
    bare: undefined,
    base: 'bytes',
    expected: 'an amount with a unit of B, KiB, MiB, GiB, TiB (or kB, MB, GB, TB), such as 64GiB',
  },
  cores: {
    units: new Map([
      ['cpu', 1000n],
      ['m', 1n],
    ]),
    bare: 1000n,
    base: 'thousandths of a CPU',
    expected: 'a number of CPUs, such as 16, 1.5 or 1500m',
  },
  'bit-rate': {
    units: perSecond(bits),
    bare: undefined,
    base: 'bit/s',
    expected: 'a rate with a unit of bit, kbit, Mbit, Gbit, Tbit (per second), such as 1Gbit',
  },
  'byte-rate': {
    units: perSecond(bytes),
    bare: undefined,
    base: 'bytes/s',
    expected: 'a rate with a unit of B, KiB, MiB, GiB (per second), such as 1GiB',
  },
  duration: {
    units: new Map([
      ['ms', 1n],
      ['s', 1000n],
      ['min', 60_000n],
      ['h', 3_600_000n],
      ['d', 86_400_000n],
    ]),
    bare: undefined,
    base: 'milliseconds',
    expected: 'a time with a unit of ms, s, min, h, d, such as 2s',
  },
  count: { units: new Map(), bare: 1n, base: 'units', expected: 'a whole number, such as 4' },
}

/** What a dimension measures: the standard ones as `Dimension` says, a cluster's own are counts. */
export function quantityOf(dimension: Dimension): Quantity {
  switch (dimension) {
    case 'ram':
    case 'storage':
      return 'bytes'
    case 'cpu':
      return 'cores'
    case 'rx':
    case 'tx':
      return 'bit-rate'
    default:
      return 'count'
  }
}

/** How to write an amount of this quantity, as the end of "expected ...". */
export function expectedAmount(quantity: Quantity): string {
  return GRAMMARS[quantity].expected
}

/** The amount in base units, or one sentence that says what is wrong with the text. */
export type Parsed =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string }

const AMOUNT = /^([+-]?)(\d+)(?:\.(\d+))?\s*([A-Za-z/%]*)$/

/** Longer numbers than this name no amount, and would only keep BigInt busy. */
const MAX_DIGITS = 30

/** Reads an amount: `64GiB`, `64 GiB`, `1.5`, `1Gbit/s`, `2s`. Amounts are never negative and end at 2^53. */
export function parseAmount(quantity: Quantity, text: string): Parsed {
  const grammar = GRAMMARS[quantity]
  const match = AMOUNT.exec(text.trim())
  if (!match || text.length > MAX_DIGITS * 2) return wrong('is no amount')
  const [, sign, whole = '', fraction = '', unit = ''] = match
  if (whole.length > MAX_DIGITS || fraction.length > MAX_DIGITS) return wrong('has too many digits')
  const digits = BigInt(whole + fraction)
  if (sign === '-' && digits !== 0n) return wrong('is negative')
  const size = unit === '' ? (digits === 0n ? 1n : grammar.bare) : grammar.units.get(unit)
  if (size === undefined) {
    if (unit === '') return wrong('has no unit')
    const meant = [...grammar.units.keys()].find(
      known => known.toLowerCase() === unit.toLowerCase(),
    )
    return wrong(
      meant ? `has the unit '${unit}': did you mean '${meant}'?` : `has the unit '${unit}'`,
    )
  }
  const scale = 10n ** BigInt(fraction.length)
  const scaled = digits * size
  if (scaled % scale !== 0n) return wrong(`is not a whole number of ${grammar.base}`)
  const value = scaled / scale
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return wrong('is larger than 2^53')
  return { ok: true, value: Number(value) }

  function wrong(why: string): Parsed {
    return { ok: false, problem: why }
  }
}

/**
 * Writes an amount so that `parseAmount` reads the same number: in the largest unit of which it is a whole number.
 * CPUs have no unit and may have decimals, as they are written in the cluster file.
 */
export function formatAmount(quantity: Quantity, value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is no amount: amounts are whole numbers from 0 to 2^53`)
  }
  if (quantity === 'cores') return decimal(value)
  if (quantity === 'count' || value === 0) return String(value)
  let best = ['', 1n] as readonly [string, bigint]
  for (const entry of GRAMMARS[quantity].units) {
    const [unit, size] = entry
    const isPrinted = size > best[1] || best[0] === ''
    if (isPrinted && !isDecimalByte(unit) && BigInt(value) % size === 0n) best = entry
  }
  return `${BigInt(value) / best[1]}${best[0]}`
}

/** Thousandths as a decimal number; a division would lose the last digit of a large one. */
function decimal(thousandths: number): string {
  const fraction = String(thousandths % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '')
  const whole = Math.floor(thousandths / 1000)
  return fraction === '' ? String(whole) : `${whole}.${fraction}`
}

/** kB, MB, GB: read, never written, so that an exported file has one kind of unit. */
function isDecimalByte(unit: string): boolean {
  return /^[kMGTP]B(\/s)?$/.test(unit)
}
