// The words for what HWMs and VMs are doing, how much each deserves to be looked at, and in which colour of meaning.
import type { HwmView, VmState, VmView } from '../model/snapshot.ts'
import type { Glyphs, HwmMood } from './glyphs.ts'
import type { Style } from './line.ts'

export interface StateWord {
  readonly word: string
  readonly style: Style
  readonly glyph: string
  /** Lower is looked at first. */
  readonly severity: number
}

const HWM_WORDS: Readonly<Record<HwmMood, Omit<StateWord, 'glyph'>>> = {
  down: { word: 'DOWN', style: 'bad', severity: 0 },
  refused: { word: 'REFUSED', style: 'bad', severity: 1 },
  connecting: { word: 'asking', style: 'warn', severity: 2 },
  maintenance: { word: 'maint', style: 'warn', severity: 3 },
  old: { word: 'up?', style: 'dim', severity: 4 },
  up: { word: 'up', style: 'good', severity: 4 },
}

export function hwmMood(hwm: HwmView): HwmMood {
  return hwm.state === 'up' && hwm.config.maintenance ? 'maintenance' : hwm.state
}

export function hwmWord(mood: HwmMood, glyphs: Glyphs): StateWord {
  return { ...HWM_WORDS[mood], glyph: glyphs.hwm[mood] }
}

export function hwmSeverity(hwm: HwmView): number {
  return HWM_WORDS[hwmMood(hwm)].severity
}

const VM_WORDS: Readonly<Record<VmState, Omit<StateWord, 'glyph'>>> = {
  double: { word: 'DOUBLE', style: 'bad', severity: 0 },
  crashed: { word: 'CRASHED', style: 'bad', severity: 1 },
  absent: { word: 'ABSENT', style: 'bad', severity: 2 },
  waiting: { word: 'waiting', style: 'warn', severity: 3 },
  unknown: { word: 'unknown', style: 'warn', severity: 4 },
  paused: { word: 'paused', style: 'warn', severity: 5 },
  suspended: { word: 'suspended', style: 'warn', severity: 6 },
  migrating: { word: 'migrating', style: 'away', severity: 7 },
  running: { word: 'running', style: 'good', severity: 9 },
  stopped: { word: 'stopped', style: 'dim', severity: 10 },
}
const AWAY_SEVERITY = 8

export function vmWord(vm: VmView, glyphs: Glyphs): StateWord {
  const word = VM_WORDS[vm.state]
  if (vm.state === 'running' && vm.away) {
    return { ...word, style: 'away', glyph: glyphs.vm.away, severity: AWAY_SEVERITY }
  }
  return { ...word, glyph: glyphs.vm[vm.state] }
}

export function vmSeverity(vm: VmView): number {
  return vm.away && vm.state === 'running' ? AWAY_SEVERITY : VM_WORDS[vm.state].severity
}

/** States in the order in which they are counted out to people, the worst first. */
export const VM_STATES_WORST_FIRST = (Object.keys(VM_WORDS) as VmState[]).sort(
  (a, b) => VM_WORDS[a].severity - VM_WORDS[b].severity,
)

export function vmStateWord(state: VmState): { readonly word: string; readonly style: Style } {
  return VM_WORDS[state]
}

export const KIND_WORDS: Readonly<Record<VmView['kind'], string>> = {
  havm: 'HAVM',
  vm: 'VM',
  unmanaged: 'other',
}
