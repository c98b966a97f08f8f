// The signs of the console, once for terminals that can show them and once in ASCII.
import type { VmState } from '../model/snapshot.ts'

/** What an HWM is, for the eye: libvirt's state, and what was ordered. */
export type HwmMood = 'up' | 'down' | 'refused' | 'connecting' | 'maintenance' | 'old'

export interface Glyphs {
  readonly ascii: boolean
  readonly hwm: Readonly<Record<HwmMood, string>>
  readonly vm: Readonly<Record<VmState | 'away', string>>
  readonly level: Readonly<Record<'info' | 'warn' | 'error', string>>
  readonly rule: string
  readonly wall: string
  readonly tee: string
  readonly foot: string
  readonly ellipsis: string
  readonly arrow: string
  readonly dot: string
  /** A bar: full, reserved for fallback, free; and the eighths between nothing and full. */
  readonly bar: { readonly full: string; readonly kept: string; readonly free: string }
  readonly eighths: readonly string[]
  /** What a VM fills of its HWM: one sign, and the other for the next VM; spare slots; the corners and sides of a box. */
  readonly blocks: readonly [string, string]
  readonly hatch: string
  readonly box: {
    readonly topLeft: string
    readonly topRight: string
    readonly bottomLeft: string
    readonly bottomRight: string
  }
  /** From nothing to full. */
  readonly spark: readonly string[]
  readonly marked: string
  readonly ascending: string
  readonly descending: string
}

export const UNICODE: Glyphs = {
  ascii: false,
  hwm: { up: '●', down: '✗', refused: '■', connecting: '○', maintenance: '◇', old: '○' },
  vm: {
    running: '●',
    away: '▲',
    paused: '◐',
    stopped: '○',
    crashed: '✗',
    suspended: '◑',
    migrating: '►',
    waiting: '◇',
    absent: '□',
    double: '◆',
    unknown: '?',
  },
  level: { info: '·', warn: '▲', error: '✗' },
  rule: '─',
  wall: '│',
  tee: '┬',
  foot: '┴',
  ellipsis: '…',
  arrow: '→',
  dot: '·',
  bar: { full: '█', kept: '▒', free: '░' },
  eighths: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'],
  blocks: ['█', '▓'],
  hatch: '╱',
  box: { topLeft: '┌', topRight: '┐', bottomLeft: '└', bottomRight: '┘' },
  spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  marked: '+',
  ascending: '▲',
  descending: '▼',
}

export const ASCII: Glyphs = {
  ascii: true,
  hwm: { up: 'o', down: 'X', refused: '#', connecting: '.', maintenance: 'm', old: '.' },
  vm: {
    running: 'o',
    away: '^',
    paused: '=',
    stopped: '-',
    crashed: 'X',
    suspended: 'z',
    migrating: '~',
    waiting: ':',
    absent: '.',
    double: '!',
    unknown: '?',
  },
  level: { info: '.', warn: '!', error: 'X' },
  rule: '-',
  wall: '|',
  tee: '+',
  foot: '+',
  ellipsis: '~',
  arrow: '->',
  dot: '-',
  bar: { full: '#', kept: '%', free: '.' },
  eighths: [''],
  blocks: ['#', '='],
  hatch: '/',
  box: { topLeft: '+', topRight: '+', bottomLeft: '+', bottomRight: '+' },
  spark: ['_', '.', '-', '=', '+', '*', '%', '#'],
  marked: '+',
  ascending: '^',
  descending: 'v',
}
