import { expect, test } from 'vitest'
import { WrongUse } from '../../src/cli/exit.ts'
import { parseLine } from '../../src/cli/parse-line.ts'
import {
  type CommandSpec,
  COMMON_OPTIONS,
  CONFIG_OPTIONS,
  type OptionSpec,
} from '../../src/cli/options.ts'
import { COMMANDS, optionsOf } from '../../src/cli/table.ts'

const parse = (line: string) => parseLine(line === '' ? [] : line.split(' '))

test('no word at all is the console', () => {
  expect(parse('').command.name).toBe('console')
  expect(parse('').isNamed).toBe(false)
  expect(parse('--read-only').command.name).toBe('console')
})

test('options stand before or after the command, with their value behind a blank or an =', () => {
  for (const line of [
    '--config x.yaml apply -f y',
    'apply --config=x.yaml --file=y',
    'apply -fy --config x.yaml',
  ]) {
    const { command, options } = parse(line)
    expect([command.name, options.text('config'), options.text('file')]).toEqual([
      'apply',
      'x.yaml',
      'y',
    ])
  }
})

test('letters can be joined, and what comes after -- is no option', () => {
  expect(parse('apply -yf x').options.has('yes')).toBe(true)
  expect(parse('apply -yf x').options.text('file')).toBe('x')
  expect(parse('import -- --strange').arguments).toEqual(['--strange'])
  expect(parse('apply -f -').options.text('file')).toBe('-')
})

test('options that repeat keep all their values', () => {
  expect(parse('import --hwm a --hwm b c').options.all('hwm')).toEqual(['a', 'b'])
  expect(parse('import --hwm a --hwm b c').arguments).toEqual(['c'])
})

test('numbers and times are checked', () => {
  expect(parse('events -n 5').options.whole('last', 0)).toBe(5)
  expect(() => parse('events -n five').options.whole('last', 0)).toThrow(
    '--last five: expected a whole number from 0',
  )
  expect(parse('status --timeout 30s').options.duration('timeout')).toBe(30_000)
  expect(() => parse('status --timeout 30').options.duration('timeout')).toThrow(
    'expected a time such as 30s',
  )
})

test.each([
  ['statsu', "there is no command 'statsu'; did you mean 'status'?"],
  ['status --wacth', 'there is no option --wacth; did you mean --watch?'],
  ['status --homes', 'status has no option --homes'],
  ['status -Q', 'there is no option -Q'],
  ['status --json=yes', '--json takes no value'],
  ['apply -f', '-f needs a value: -f FILE'],
  ['apply --file --yes', '--file needs a value: --file FILE'],
  ['apply -f a -f b', '-f is given twice'],
  ['status now', "status: 'now' is one argument too many"],
  ['completion', 'completion needs SHELL'],
  ['completion csh', "completion: 'csh' is none of bash, zsh, fish"],
])('%s: %s', (line, message) => {
  expect(() => parse(line)).toThrow(WrongUse)
  expect(() => parse(line)).toThrow(message)
})

test('one option has one meaning: names and letters take a value everywhere or nowhere', () => {
  const all = [
    ...COMMON_OPTIONS,
    ...CONFIG_OPTIONS,
    ...COMMANDS.flatMap((command: CommandSpec) => command.options),
  ]
  const meanings = (key: (option: OptionSpec) => string | undefined) =>
    Map.groupBy(
      all.filter(option => key(option) !== undefined),
      key,
    )
  for (const same of meanings(option => option.name).values()) {
    expect(new Set(same.map(({ short, value }) => `${short} ${value !== undefined}`)).size).toBe(1)
  }
  for (const same of meanings(option => option.short).values()) {
    expect(new Set(same.map(({ name }) => name)).size).toBe(1)
  }
})

test('no command has an option twice', () => {
  for (const command of COMMANDS) {
    const names = optionsOf(command).map(option => option.name)
    expect(names).toEqual([...new Set(names)])
  }
})
