// Help, made from the key table: keys that work now, and why the others do not; the filter's words; what the signs mean.
import { whyNotInPlan } from '../acting/reasons.ts'
import {
  eventLanguage,
  hwmLanguage,
  operationLanguage,
  setLanguage,
  vmLanguage,
} from '../fields.ts'
import { keyLabel } from '../key-names.ts'
import type { KeyGroup } from '../key-table.ts'
import { KEY_TABLE } from '../key-table.ts'
import type { Line } from '../line.ts'
import { line, span } from '../line.ts'
import type { HwmMood } from '../glyphs.ts'
import type { Picture } from '../picture.ts'
import { activeList, type ListId } from '../state.ts'
import { hwmWord, VM_STATES_WORST_FIRST, vmStateWord } from '../states.ts'
import type { ConsoleStore } from '../store.ts'
import { fit } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { documentPane, sideBySide } from './document.ts'

const GROUPS: readonly { readonly id: KeyGroup; readonly title: string }[] = [
  { id: 'screens', title: 'SCREENS' },
  { id: 'move', title: 'MOVING ABOUT' },
  { id: 'look', title: 'LOOKING' },
  { id: 'act', title: 'ACTING' },
  { id: 'plan', title: 'IN A PLAN' },
  { id: 'solve', title: "THE SOLVER'S PLAN (P)" },
  { id: 'console', title: 'THE CONSOLE' },
]

const TWO_COLUMNS_FROM = 130

export function helpScreen(
  context: ViewContext,
  store: ConsoleStore,
  top: number,
): readonly PaneView[] {
  const { layout } = context
  const wide = layout.columns >= TWO_COLUMNS_FROM
  const keys = GROUPS.flatMap(({ id, title }) => [...group(store, id, title), []])
  const words = [...filterHelp(context), [], ...signs(context)]
  const lines = wide
    ? sideBySide(keys, words, Math.floor(layout.columns / 2) - 4, context.glyphs.ellipsis)
    : [...keys, ...words]
  const title = line(
    span('Help', 'title'),
    span('  keys that work now, and why the others do not', 'dim'),
  )
  return [documentPane(context, title, lines, top, 0)]
}

function group(store: ConsoleStore, id: KeyGroup, title: string): Line[] {
  const lines: Line[] = [line(span(title, 'head'))]
  for (const action of KEY_TABLE) {
    const help = id === action.group ? action.help : id === 'plan' ? action.inPlan : undefined
    if (help === undefined) continue
    const keys = store.keyMap.keys.get(action.id) ?? []
    const label = keys.length > 0 ? keys.map(keyLabel).join(' ') : 'no key'
    const why = (id === 'plan' ? whyNotInPlan(store) : undefined) ?? action.why?.(store)
    lines.push(
      why === undefined
        ? line(span(fit(label, 10), 'key'), '  ', help)
        : line(span(`${fit(label, 10)}  ${help}`, 'dim'), span(`  ${why}`, 'warn')),
    )
  }
  return lines
}

function languageOf(
  list: ListId | undefined,
  picture: Picture,
): { readonly fields: Readonly<Record<string, { readonly help: string }>> } {
  switch (list) {
    case 'hwm':
    case 'place':
      return hwmLanguage(picture)
    case 'fallback':
      return setLanguage()
    case 'log':
      return eventLanguage()
    case 'operations':
      return operationLanguage()
    case 'vm':
    case 'hwm-vms':
    case undefined:
      return vmLanguage()
  }
}

function filterHelp({ state }: ViewContext): Line[] {
  const list = activeList(state)
  const language = languageOf(list, state.picture)
  const examples: readonly (readonly [string, string])[] = [
    ['web', 'lines with this text'],
    ['!test', 'lines without it'],
    ['state:away', 'a field that begins so; state=away exactly'],
    ['kind:havm|vm', 'one or the other; * stands for anything'],
    ['ram>4G', 'also < >= <= and, of a whole, ram>80%'],
  ]
  return [
    line(span('FILTER: words that all must hold', 'head')),
    ...examples.map(([text, meaning]) => line(span(fit(text, 14), 'key'), '  ', meaning)),
    [],
    line(span('FIELDS OF THIS LIST', 'head')),
    ...Object.entries(language.fields).map(([name, { help }]) =>
      line(span(fit(name, 14)), '  ', span(help, 'dim')),
    ),
  ]
}

function signs({ glyphs }: ViewContext): Line[] {
  const moods: readonly HwmMood[] = ['up', 'down', 'refused', 'connecting', 'maintenance']
  const meanings: Readonly<Record<HwmMood, string>> = {
    up: 'its libvirt answers',
    down: 'it does not, for the reason beside it',
    refused: 'the host lives and does not let us in',
    connecting: 'not yet asked',
    maintenance: 'in maintenance: no VM is placed here',
    old: '',
  }
  return [
    line(span('SIGNS', 'head')),
    ...moods.map(mood => {
      const { word, glyph, style } = hwmWord(mood, glyphs)
      return line(
        span(fit(`${glyph} ${word}`, 12), style),
        '  ',
        span(`HWM: ${meanings[mood]}`, 'dim'),
      )
    }),
    line(
      span(fit(`${glyphs.vm.away} running`, 12), 'away'),
      '  ',
      span('VM: runs, away from its home', 'dim'),
    ),
    ...VM_STATES_WORST_FIRST.map(state => {
      const { word, style } = vmStateWord(state)
      return line(
        span(fit(`${glyphs.vm[state]} ${word}`, 12), style),
        '  ',
        span(`VM: ${VM_MEANINGS[state]}`, 'dim'),
      )
    }),
  ]
}

const VM_MEANINGS = {
  double: 'runs on two HWMs, which must never be',
  crashed: 'its QEMU ended by itself',
  absent: 'should be there and no HWM that answers has it',
  waiting: 'should run; waits for its HWM or an evacuation',
  unknown: 'its HWM does not answer',
  paused: 'stands still, on order or by an error of its disk',
  suspended: 'asleep',
  migrating: 'moves to another HWM',
  running: 'runs, at home',
  stopped: 'shut off',
} as const
