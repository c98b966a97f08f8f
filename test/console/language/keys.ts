// What terminals send for keys that are no characters.
const BYTES: Readonly<Record<string, string>> = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  home: '\u001b[H',
  end: '\u001b[F',
  pgup: '\u001b[5~',
  pgdn: '\u001b[6~',
  delete: '\u001b[3~',
  enter: '\r',
  esc: '\u001b',
  tab: '\t',
  'shift-tab': '\u001b[Z',
  space: ' ',
  backspace: '\u007f',
  'ctrl-c': '\u0003',
  'ctrl-l': '\u000c',
  'ctrl-u': '\u0015',
  'ctrl-w': '\u0017',
}

export function bytesOf(key: string): string {
  const bytes = BYTES[key] ?? (Array.from(key).length === 1 ? key : undefined)
  if (bytes === undefined) throw new Error(`no key '${key}'`)
  return bytes
}
