// Names of keys, as the key file writes them: a printed character stands for itself, others have a word.

/** What Ink says of a key press, as far as it matters here. */
export interface RawKey {
  readonly upArrow?: boolean
  readonly downArrow?: boolean
  readonly leftArrow?: boolean
  readonly rightArrow?: boolean
  readonly pageUp?: boolean
  readonly pageDown?: boolean
  readonly home?: boolean
  readonly end?: boolean
  readonly return?: boolean
  readonly escape?: boolean
  readonly tab?: boolean
  readonly backspace?: boolean
  readonly delete?: boolean
  readonly ctrl?: boolean
  readonly shift?: boolean
  readonly meta?: boolean
}

export const NAMED_KEYS = [
  'up',
  'down',
  'left',
  'right',
  'pgup',
  'pgdn',
  'home',
  'end',
  'enter',
  'esc',
  'tab',
  'shift-tab',
  'space',
  'backspace',
  'delete',
] as const

/** The keys in one input event: a burst over a slow line comes as one text. */
export function keysOf(input: string, key: RawKey): readonly string[] {
  if (key.upArrow) return ['up']
  if (key.downArrow) return ['down']
  if (key.leftArrow) return ['left']
  if (key.rightArrow) return ['right']
  if (key.pageUp) return ['pgup']
  if (key.pageDown) return ['pgdn']
  if (key.home) return ['home']
  if (key.end) return ['end']
  if (key.return && input.length <= 1) return ['enter']
  if (key.escape) return ['esc']
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab']
  if (key.backspace) return ['backspace']
  if (key.delete) return ['delete']
  if (key.ctrl) return [`ctrl-${input}`]
  if (key.meta) return []
  return Array.from(input, nameOf)
}

function nameOf(character: string): string {
  switch (character) {
    case ' ':
      return 'space'
    case '\r':
    case '\n':
      return 'enter'
    case '\t':
      return 'tab'
    case '\u007f':
    case '\b':
      return 'backspace'
    case '\u0003':
      return 'ctrl-c'
    default:
      return character
  }
}

/** The character a key types into a line of text; undefined when it types none. */
export function typed(key: string): string | undefined {
  if (key === 'space') return ' '
  return Array.from(key).length === 1 && key >= ' ' ? key : undefined
}

/** How a key is written for people. */
export function keyLabel(key: string): string {
  const words: Readonly<Record<string, string>> = {
    pgup: 'PgUp',
    pgdn: 'PgDn',
    enter: 'Enter',
    esc: 'Esc',
    tab: 'Tab',
    space: 'Space',
    'shift-tab': 'Shift-Tab',
    home: 'Home',
    end: 'End',
    up: 'Up',
    down: 'Down',
    left: 'Left',
    right: 'Right',
  }
  return words[key] ?? key
}
