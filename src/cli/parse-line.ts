// The command line to a command, its arguments and options. Options may stand anywhere; what is not known is an error that names
// the nearest that is.
import { nearest } from '../model/nearest.ts'
import { parseAmount } from '../model/units.ts'
import { WrongUse } from './exit.ts'
import { COMMON_OPTIONS, CONFIG_OPTIONS, type CommandSpec, type OptionSpec } from './options.ts'
import { COMMANDS, type CommandName, DEFAULT_COMMAND, findCommand, optionsOf } from './table.ts'

/** The options that were given. */
export class Options {
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The value of an option; the last, when it was given twice. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** A whole number from `minimum`. */
  whole(name: string, minimum: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= minimum) return value
    throw new WrongUse(`--${name} ${text}: expected a whole number from ${minimum}`)
  }

  /** A time, in ms. */
  duration(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const parsed = parseAmount('duration', text)
    if (parsed.ok && parsed.value > 0) return parsed.value
    throw new WrongUse(`--${name} ${text}: expected a time such as 30s`)
  }
}

export interface Invocation {
  readonly command: CommandSpec & { readonly name: CommandName }
  readonly arguments: readonly string[]
  readonly options: Options
  /** Whether the line names the command: `yasco --help` is about all of them. */
  readonly isNamed: boolean
}

/** Parses what comes after the program's name. Throws `WrongUse`. */
export function parseLine(argv: readonly string[]): Invocation {
  const { words, given } = split(argv)
  const [name, ...rest] = words
  const command = findCommand(name ?? DEFAULT_COMMAND)
  if (!command) throw new WrongUse(unknownCommand(name ?? ''))
  const known = optionsOf(command)
  const values = new Map<string, string[]>()
  for (const { written, spec, value } of given) {
    const own = known.find(option => option.name === spec.name)
    if (!own)
      throw new WrongUse(
        `${command.name} has no option ${written}. See: yasco ${command.name} --help`,
      )
    if (values.has(own.name) && own.value !== undefined && !own.repeats) {
      throw new WrongUse(`${written} is given twice`)
    }
    values.set(own.name, [...(values.get(own.name) ?? []), value])
  }
  const options = new Options(values)
  if (!options.has('help') && !options.has('version')) checkArguments(command, rest)
  return { command, arguments: rest, options, isNamed: name !== undefined }
}

interface Given {
  /** As it stands on the line. */
  readonly written: string
  readonly spec: OptionSpec
  readonly value: string
}

/** Options of all commands: which of them take a value does not depend on the command. */
const ALL_OPTIONS: readonly OptionSpec[] = [
  ...COMMON_OPTIONS,
  ...CONFIG_OPTIONS,
  ...COMMANDS.flatMap((command: CommandSpec) => command.options),
]

function split(argv: readonly string[]): { words: readonly string[]; given: readonly Given[] } {
  const words: string[] = []
  const given: Given[] = []
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return { words: [...words, ...rest], given }
    if (word === '-' || !word.startsWith('-')) {
      words.push(word)
      continue
    }
    if (/^-[A-Za-z]./.test(word)) {
      // `-yw` and `-ffile`: the first letter is an option, what follows its value or more of them.
      const spec = byLetter(word)
      rest.unshift(...(spec.value === undefined ? [`-${word.slice(2)}`] : [word.slice(2)]))
      word = word.slice(0, 2)
    }
    const at = word.startsWith('--') ? word.indexOf('=') : -1
    const written = at < 0 ? word : word.slice(0, at)
    const spec = written.startsWith('--') ? byName(written) : byLetter(written)
    given.push({
      written,
      spec,
      value: valueOf(spec, written, at < 0 ? undefined : word.slice(at + 1), rest),
    })
  }
  return { words, given }
}

function valueOf(
  spec: OptionSpec,
  written: string,
  inline: string | undefined,
  rest: string[],
): string {
  if (spec.value === undefined) {
    if (inline !== undefined) throw new WrongUse(`${written} takes no value`)
    return ''
  }
  const value = inline ?? rest.shift()
  if (value === undefined || (inline === undefined && /^-./.test(value))) {
    throw new WrongUse(`${written} needs a value: ${written} ${spec.value}`)
  }
  return value
}

function byName(written: string): OptionSpec {
  const name = written.slice(2)
  const spec = ALL_OPTIONS.find(option => option.name === name)
  if (spec) return spec
  const meant = nearest(name, new Set(ALL_OPTIONS.map(option => option.name)))
  throw new WrongUse(
    `there is no option ${written}${meant === undefined ? '' : `; did you mean --${meant}?`}`,
  )
}

function byLetter(written: string): OptionSpec {
  const spec = ALL_OPTIONS.find(option => option.short === written[1])
  if (spec) return spec
  throw new WrongUse(`there is no option ${written.slice(0, 2)}`)
}

function unknownCommand(name: string): string {
  const known = COMMANDS.filter((command: CommandSpec) => !command.hidden).map(
    command => command.name,
  )
  const meant = nearest(name, known)
  return `there is no command '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`} See: yasco --help`
}

function checkArguments(command: CommandSpec, words: readonly string[]): void {
  const specs = command.arguments
  const needed = specs.filter(argument => argument.required)
  const missing = needed[words.length]
  if (missing)
    throw new WrongUse(`${command.name} needs ${missing.name}. See: yasco ${command.name} --help`)
  if (words.length > specs.length && !specs.at(-1)?.repeats) {
    throw new WrongUse(`${command.name}: '${words[specs.length]}' is one argument too many`)
  }
  for (const [index, word] of words.entries()) {
    const choices = specs[index]?.choices
    if (choices && !choices.includes(word)) {
      throw new WrongUse(`${command.name}: '${word}' is none of ${choices.join(', ')}`)
    }
  }
}
