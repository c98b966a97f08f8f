// The filter language: words that must all hold. `web`, `!test`, `"two words"`, `state:away`, `hwm=quark`, `kind:havm|vm`, `ram>4G`.
import { nearest } from '../model/nearest.ts'

/** A field one can filter by. Text is compared without regard to case; numbers are in base units. */
export type Field<T> =
  | {
      readonly type: 'text'
      readonly help: string
      read(item: T): string | readonly string[] | undefined
    }
  | {
      readonly type: 'bytes' | 'bits' | 'cores' | 'count'
      readonly help: string
      read(item: T): number | undefined
      /** The whole that `80%` is a part of. */
      whole?(item: T): number | undefined
    }

export interface FilterLanguage<T> {
  readonly fields: Readonly<Record<string, Field<T>>>
  /** What a bare word is looked for in. */
  text(item: T): string
}

export interface Filter<T> {
  readonly text: string
  readonly shows: (item: T) => boolean
  /** What could not be understood, one sentence; such a word holds for everything. */
  readonly problem: string | undefined
}

type Test<T> = (item: T) => boolean

const TOKEN = /(!?)(?:([A-Za-z][\w.-]*)(>=|<=|[:=><]))?(?:"([^"]*)"?|(\S*))/y

/** Never fails: what is not understood is named in `problem` and filters nothing, so that one can type on. */
export function parseFilter<T>(text: string, language: FilterLanguage<T>): Filter<T> {
  const tests: Test<T>[] = []
  let problem: string | undefined
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    if (text[TOKEN.lastIndex] === ' ') {
      TOKEN.lastIndex++
      continue
    }
    const match = TOKEN.exec(text)
    if (!match || match[0] === '') break
    const [, not = '', name, operator = ':', quoted, bare = ''] = match
    const value = quoted ?? bare
    if (value === '') continue
    const made =
      name === undefined ? bareWord(value, language) : token(name, operator, value, language)
    if (typeof made === 'string') problem ??= made
    else tests.push(not === '!' ? item => !made(item) : made)
  }
  return {
    text: text.trim(),
    shows: item => {
      for (const test of tests) if (!test(item)) return false
      return true
    },
    problem,
  }
}

function bareWord<T>(word: string, language: FilterLanguage<T>): Test<T> {
  const wanted = word.toLowerCase()
  return item => language.text(item).toLowerCase().includes(wanted)
}

function token<T>(
  name: string,
  operator: string,
  value: string,
  language: FilterLanguage<T>,
): Test<T> | string {
  const field = language.fields[name.toLowerCase()]
  if (!field) {
    const meant = nearest(name.toLowerCase(), Object.keys(language.fields))
    return meant ? `no field '${name}': did you mean '${meant}'?` : `no field '${name}'`
  }
  if (field.type === 'text') {
    if (operator !== ':' && operator !== '=')
      return `'${name}' is a word: write ${name}:${value} or ${name}=${value}`
    return wordTest(field.read.bind(field), value, operator === '=')
  }
  return numberTest(name, field, operator, value)
}

function wordTest<T>(
  read: (item: T) => string | readonly string[] | undefined,
  value: string,
  exact: boolean,
): Test<T> {
  const wanted = value.split('|').map(word => pattern(word.toLowerCase(), exact))
  return item => {
    const found = read(item)
    if (found === undefined) return false
    const words = typeof found === 'string' ? [found] : found
    return words.some(word => wanted.some(test => test(word.toLowerCase())))
  }
}

/** `qua` begins a word; with a star, the stars stand for anything and the rest must be there. */
function pattern(word: string, exact: boolean): (text: string) => boolean {
  if (!word.includes('*')) return exact ? text => text === word : text => text.startsWith(word)
  const parts = word.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('.*')}$`)
  return text => expression.test(text)
}

function numberTest<T>(
  name: string,
  field: Exclude<Field<T>, { type: 'text' }>,
  operator: string,
  value: string,
): Test<T> | string {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value)
  const whole = field.whole?.bind(field)
  if (percent) {
    if (!whole) return `'${name}' takes no percentage`
    const limit = Number(percent[1]) / 100
    return item => {
      const part = field.read(item)
      const all = whole(item)
      return (
        part !== undefined && all !== undefined && all > 0 && holds(part / all, operator, limit)
      )
    }
  }
  const limit = amount(field.type, value)
  if (limit === undefined) return `'${value}' is no amount of ${name}`
  return item => {
    const found = field.read(item)
    return found !== undefined && holds(found, operator, limit)
  }
}

function holds(value: number, operator: string, limit: number): boolean {
  switch (operator) {
    case '>':
      return value > limit
    case '<':
      return value < limit
    case '>=':
      return value >= limit
    case '<=':
      return value <= limit
    default:
      return value === limit
  }
}

const PREFIXES = ['', 'k', 'm', 'g', 't', 'p']

/** `4G`, `4GiB`, `512M`, `1.5`: bytes in powers of 1024, bit/s of 1000, CPUs as a number. Typed in a hurry, so unit letters are optional. */
function amount(type: 'bytes' | 'bits' | 'cores' | 'count', text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmgtp]?)(?:i?b|bit)?(?:\/s)?$/i.exec(text)
  if (!match) return undefined
  const number = Number(match[1])
  const power = PREFIXES.indexOf((match[2] ?? '').toLowerCase())
  switch (type) {
    case 'bytes':
      return number * 1024 ** power
    case 'bits':
      return number * 1000 ** power
    case 'cores':
      return power === 0 ? number * 1000 : undefined
    case 'count':
      return number * 1000 ** power
  }
}
