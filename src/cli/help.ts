// Help, made from the table of commands.
import { COMMON_OPTIONS, type CommandSpec, CONFIG_OPTIONS, type OptionSpec } from './options.ts'
import { COMMANDS, optionsOf } from './table.ts'

const WIDTH = 100
const INDENT = '  '

/** `yasco --help`. */
export function overview(): string {
  const commands = COMMANDS.filter((command: CommandSpec) => !command.hidden)
  return [
    'yasco keeps a cluster of libvirt machines available. Without a command it opens the console.',
    '',
    'Usage: yasco [COMMAND] [OPTIONS]',
    '',
    'Commands:',
    ...columns(commands.map((command: CommandSpec) => [usageOf(command), command.help])),
    '',
    'Which cluster:',
    ...columns(CONFIG_OPTIONS.map(optionLine)),
    '',
    'Every command takes:',
    ...columns(COMMON_OPTIONS.map(optionLine)),
    '',
    'Exit status: 0 done; 1 failed; 2 wrong use or wrong input; 3 refused or not confirmed;',
    '4 partly done, or no answer in the time given.',
    '',
  ].join('\n')
}

/** `yasco COMMAND --help`. */
export function commandHelp(command: CommandSpec): string {
  return [
    `Usage: yasco ${usageOf(command)} [OPTIONS]`,
    '',
    ...wrapped(
      `${sentence(command.help)}${command.more === undefined ? '' : ` ${command.more}`}`,
      WIDTH,
    ),
    '',
    'Options:',
    ...columns(optionsOf(command).map(optionLine)),
    '',
  ].join('\n')
}

function usageOf(command: CommandSpec): string {
  const words = command.arguments.map(({ name, required, repeats }) => {
    const word = `${name}${repeats ? '...' : ''}`
    return required ? word : `[${word}]`
  })
  return [command.name, ...words].join(' ')
}

function optionLine({ name, short, value, help }: OptionSpec): readonly [string, string] {
  const long = `--${name}${value === undefined ? '' : ` ${value}`}`
  return [short === undefined ? `    ${long}` : `-${short}, ${long}`, help]
}

/** Two columns; the right one is wrapped. */
function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const left = Math.min(28, Math.max(...rows.map(([first]) => first.length)))
  return rows.flatMap(([first, second]) => {
    const lines = wrapped(second, WIDTH - left - INDENT.length * 2)
    const fits = first.length <= left
    const head = `${INDENT}${first.padEnd(left)}${INDENT}${fits ? (lines.shift() ?? '') : ''}`
    return [head.trimEnd(), ...lines.map(line => `${INDENT}${' '.repeat(left)}${INDENT}${line}`)]
  })
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
