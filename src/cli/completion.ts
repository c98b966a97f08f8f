// Scripts that make shells complete yasco, made from the table of commands.
import type { CommandSpec, OptionSpec } from './options.ts'
import { COMMANDS, optionsOf } from './table.ts'

/** The script for `bash`, `zsh` or `fish`; undefined for any other. */
export function completionScript(shell: string): string | undefined {
  switch (shell) {
    case 'bash':
      return bash()
    case 'zsh':
      return zsh()
    case 'fish':
      return fish()
    default:
      return undefined
  }
}

function shown(): readonly CommandSpec[] {
  return COMMANDS.filter((command: CommandSpec) => !command.hidden)
}

function flags(option: OptionSpec): readonly string[] {
  return option.short === undefined
    ? [`--${option.name}`]
    : [`--${option.name}`, `-${option.short}`]
}

function choicesOf(command: CommandSpec): readonly string[] {
  return command.arguments.flatMap(argument => argument.choices ?? [])
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)]
}

function bash(): string {
  const all = shown().flatMap(optionsOf)
  const takesFile = unique(all.filter(option => option.isFile).flatMap(flags))
  const takesValue = unique(
    all.filter(option => option.value !== undefined && !option.isFile).flatMap(flags),
  )
  const cases = shown().map(command => {
    const words = [...choicesOf(command), ...optionsOf(command).flatMap(flags)]
    return `    ${command.name}) words='${words.join(' ')}' ;;`
  })
  return `# bash completion for yasco
_yasco() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= words= each
  COMPREPLY=()
  case $before in
    ${takesFile.join('|')}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${takesValue.join('|')}) return ;;
  esac
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $each in
      ${shown()
        .map(command => command.name)
        .join('|')}) command=$each; break ;;
    esac
  done
  case $command in
${cases.join('\n')}
    *) words='${[...shown().map(command => command.name), ...unique(optionsOf(COMMANDS[0]).flatMap(flags))].join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _yasco yasco
`
}

function zsh(): string {
  const quoted = (text: string) => text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&')
  const specs = (command: CommandSpec) =>
    optionsOf(command).flatMap(option => {
      const value =
        option.value === undefined ? '' : `:${option.value}:${option.isFile ? '_files' : ''}`
      return flags(option).map(
        flag => `'${option.repeats ? '*' : ''}${flag}[${quoted(option.help)}]${value}'`,
      )
    })
  const cases = shown().map(command => {
    const choices = choicesOf(command)
    const words =
      choices.length === 0 ? [] : [`'1:${command.arguments[0]?.name}:(${choices.join(' ')})'`]
    return `    ${command.name}) _arguments ${[...specs(command), ...words].join(' ')} ;;`
  })
  return `#compdef yasco
_yasco() {
  local -a commands=(
${shown()
  .map(command => `    '${command.name}:${quoted(command.help)}'`)
  .join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command commands
    return
  fi
  local command=$words[2]
  (( CURRENT-- )); shift words
  case $command in
${cases.join('\n')}
    *) _arguments ${specs(COMMANDS[0]).join(' ')} ;;
  esac
}
_yasco "$@"
`
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`
  const names = shown().map(command => command.name)
  const lines = shown().flatMap(command => [
    `complete -c yasco -n '__fish_use_subcommand' -a ${command.name} -d ${quoted(command.help)}`,
    ...choicesOf(command).map(
      choice => `complete -c yasco -n '__fish_seen_subcommand_from ${command.name}' -a ${choice}`,
    ),
    ...optionsOf(command).map(option => {
      const short = option.short === undefined ? '' : ` -s ${option.short}`
      const value = option.value === undefined ? '' : option.isFile ? ' -r -F' : ' -x'
      return `complete -c yasco -n '__fish_seen_subcommand_from ${command.name}' -l ${option.name}${short}${value} -d ${quoted(option.help)}`
    }),
  ])
  return `# fish completion for yasco\ncomplete -c yasco -f\n# commands: ${names.join(' ')}\n${lines.join('\n')}\n`
}
