// The sample key file, made from the key table: config/keys.yaml is this text, and a test holds it to that.
import { keyLabel } from './key-names.ts'
import type { KeyGroup } from './key-table.ts'
import { KEY_TABLE, type KeyAction } from './key-table.ts'

const TITLES: Readonly<Record<KeyGroup, string>> = {
  screens: 'Screens',
  move: 'Moving about',
  look: 'Looking',
  act: 'Acting',
  plan: 'In a plan',
  solve: "In the solver's plan",
  console: 'The console',
}

export function sampleKeyFile(): string {
  const lines = [
    '# Keys of the console, as they are without a file. Copy what you want to be otherwise to ~/.config/yasco/keys.yaml:',
    '# action: key, or action: [key, key]. A key is a character or one of up down left right pgup pgdn home end tab shift-tab',
    '# space backspace delete. Enter, Esc and Ctrl-C cannot be given away. Mistakes and conflicts are shown at the start.',
  ]
  for (const [group, title] of Object.entries(TITLES)) {
    lines.push('', `# ${title}`)
    for (const action of KEY_TABLE) {
      if (action.group !== group) continue
      const fixed = action.keys.every(key => key === 'enter' || key === 'esc')
      const keys = action.keys.map(quoted).join(', ')
      lines.push(
        fixed
          ? `# ${action.id}: ${action.keys.map(keyLabel).join(', ')}  (fixed) ${helpOf(action)}`
          : `${action.id}: [${keys}]  # ${helpOf(action)}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

function helpOf({ help, inPlan }: KeyAction): string {
  return inPlan === undefined ? help : `${help}; in a plan: ${inPlan}`
}

function quoted(key: string): string {
  return /^[a-z][a-z-]*$|^[A-Z]$/.test(key) && !/^[ynYN]$/.test(key) ? key : `'${key}'`
}
