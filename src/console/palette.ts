// The command line: verbs, their completion, and what they do. The program's own verbs are handed in by the command line's
// table; the console adds those that move about in it, the simulator those of its story.
import { CHANGE_KINDS, readChanges } from '../model/change.ts'
import { nearest } from '../model/nearest.ts'
import { goToItem } from './actions/look.ts'
import { goToScreen } from './actions/move.ts'
import { openItem } from './actions/open.ts'
import { open } from './actions/opening.ts'
import { openSolve } from './actions/solve.ts'
import { dumpScreen } from './actions/look.ts'
import { saveLog } from './actions/save-log.ts'
import { ACT_VERBS } from './acting/act-verbs.ts'
import { whyNotAct } from './acting/reasons.ts'
import { activeList } from './state.ts'
import type { ConsoleStore } from './store.ts'
import { naturalKey } from './text.ts'
import { HWM_COLUMNS } from './view/hwm-columns.ts'
import { VM_COLUMNS } from './view/vm-columns.ts'

/** A verb of the palette. `args` is for people and for completion: the words HWM, VM, NAME, COLUMN in it are completed. */
export interface Verb {
  readonly name: string
  readonly args: string
  readonly help: string
  /** It changes something in the cluster: refused by a console that only looks. */
  readonly changes: boolean
  run?(store: ConsoleStore, args: string): void
}

const CONSOLE_VERBS: readonly Verb[] = [
  look('hwm', '[HWM]', 'the HWMs, or one of them', (store, name) => {
    if (name === '') goToScreen(store, 'hwm')
    else goTo(store, 'hwm', name)
  }),
  look('vm', '[VM]', 'the VMs, or one of them', (store, name) => {
    if (name === '') goToScreen(store, 'vm')
    else goTo(store, 'vm', name)
  }),
  look('place', '', 'the CDM as a picture', store => goToScreen(store, 'place')),
  look('sets', '', 'failure sets, the worst first', store => goToScreen(store, 'fallback')),
  look('log', '', 'the log', store => goToScreen(store, 'log')),
  look('open', 'NAME', 'open an HWM or a VM', (store, name) => {
    const { picture } = store.getState()
    if (picture.hwm(name)) openItem(store, 'hwm', name)
    else if (picture.vm(name)) openItem(store, 'vm', name)
    else store.notify(`there is no HWM and no VM '${name}'`, 'warn')
  }),
  look('filter', 'TEXT', 'filter the list; without a text: show all', (store, text) => {
    const id = activeList(store.getState())
    if (id !== undefined) store.patchList(id, { filter: text })
  }),
  look('sort', 'COLUMN', 'order the list by a column; again: reversed', sortBy),
  look(
    'what-if',
    `${CHANGE_KINDS.join('|')} NAME`,
    'an HWM more, less or in maintenance, a VM that grows or is added: what becomes of X',
    (store, text) => {
      const read = readChanges(text.split(/\s+/).filter(word => word !== ''))
      if (!read.ok) store.notify(`what-if: ${read.problem}`, 'warn')
      else openSolve(store, read.changes)
    },
  ),
  look('save', '', 'write the screen as text and the facts as JSON to files', dumpScreen),
  look('save-log', '[FILE]', 'write the log, as the filter shows it, to a new file', saveLog),
  look('problems', '', 'values in etcd that cannot be read, and mistakes in the key file', store =>
    open(store, { kind: 'problems', top: 0, left: 0 }),
  ),
  look('help', '', 'keys, filter, signs', store =>
    store.setState({ overlay: { kind: 'help', top: 0 } }),
  ),
  look('quit', '', 'leave the console', store => store.effects.quit()),
]

const SIMULATOR_VERBS: readonly Verb[] = [
  simulate('kill', 'HWM', 'takes its power away'),
  simulate('rescue', 'HWM', 'gives its power back'),
  simulate('cut', 'HWM', 'cuts its cable'),
  simulate('join', 'HWM', 'mends its cable'),
  simulate('libvirtd', 'HWM hang|stop|start', 'its libvirtd hangs, stops, or answers again'),
  simulate('key', 'HWM changed|known', 'it shows another host key, or the known one'),
  simulate('crash', 'VM', 'it crashes'),
  simulate('pause', 'VM', 'its CPUs stand still'),
  simulate('resume', 'VM', 'its CPUs go on'),
  {
    name: 'simulate',
    args: 'LINE',
    help: 'any line of the simulator: start VM, stop VM, migrate VM HWM (simulated)',
    changes: false,
    run: tellSimulator,
  },
  simulate('etcd', 'lose|return 1|2|3', 'so many of its members are down, or all are back'),
]

function look(name: string, args: string, help: string, run: NonNullable<Verb['run']>): Verb {
  return { name, args, help, changes: false, run }
}

function simulate(name: string, args: string, help: string): Verb {
  return {
    name,
    args,
    help: `${help} (simulated)`,
    changes: false,
    run: (store, rest) => tellSimulator(store, `${name} ${rest}`),
  }
}

/** All verbs of this console now. A verb of the console goes before one of the program with the same name. */
export function verbsOf(store: ConsoleStore): readonly Verb[] {
  const verbs = [
    ...CONSOLE_VERBS,
    ...ACT_VERBS,
    ...(store.getState().simulated ? SIMULATOR_VERBS : []),
  ]
  const names = new Set(verbs.map(verb => verb.name))
  return [...verbs, ...store.verbs.filter(verb => !names.has(verb.name))]
}

export interface Completion {
  /** The whole line with it. */
  readonly line: string
  readonly label: string
  readonly detail: string
}

const COMPLETIONS_SHOWN = 200

/** How the line can go on: verbs first, then what their arguments name. */
export function completions(store: ConsoleStore, line: string): readonly Completion[] {
  const space = line.indexOf(' ')
  const verbs = verbsOf(store)
  if (space < 0) {
    const typed = line.toLowerCase()
    const begin = verbs.filter(verb => verb.name.startsWith(typed))
    const within = verbs.filter(verb => !verb.name.startsWith(typed) && verb.name.includes(typed))
    return [...begin, ...within].map(verb => ({
      line: verb.args === '' ? verb.name : `${verb.name} `,
      label: `${verb.name} ${verb.args}`.trim(),
      detail: verb.help,
    }))
  }
  const verb = verbs.find(candidate => candidate.name === line.slice(0, space))
  if (!verb) return []
  const rest = line.slice(space + 1)
  const before = rest.slice(0, rest.lastIndexOf(' ') + 1)
  const word = rest.slice(before.length).toLowerCase()
  const names = candidates(store, argumentAt(verb.args, before.split(' ').length - 1))
  return names
    .filter(([name]) => name.toLowerCase().startsWith(word))
    .slice(0, COMPLETIONS_SHOWN)
    .map(([name, detail]) => ({
      line: `${verb.name} ${before}${name}`,
      label: name,
      detail,
    }))
}

/** What the n-th word of an argument list is; one with `...` stands for all from there on. */
function argumentAt(args: string, index: number): string {
  const words = args.split(' ')
  const repeats = words.findIndex(word => word.endsWith('...'))
  return words[repeats < 0 ? index : Math.min(index, repeats)] ?? ''
}

function candidates(store: ConsoleStore, arg: string): readonly (readonly [string, string])[] {
  const { picture } = store.getState()
  const found: (readonly [string, string])[] = []
  if (/HWM|NAME/.test(arg))
    for (const hwm of picture.hwms()) found.push([hwm.name, `HWM ${hwm.state}`])
  if (/VM|NAME/.test(arg.replace('HWM', ''))) {
    for (const vm of picture.vms()) found.push([vm.name, `VM on ${vm.where ?? 'no HWM'}`])
  }
  if (arg === 'COLUMN') {
    const list = activeList(store.getState())
    const columns = list === 'hwm' ? HWM_COLUMNS : VM_COLUMNS
    return columns.filter(column => column.rank).map(column => [column.id, column.help] as const)
  }
  if (/^[a-z0-9|]+$/.test(arg)) return arg.split('|').map(word => [word, ''] as const)
  return found.sort((a, b) => (naturalKey(a[0]) < naturalKey(b[0]) ? -1 : 1))
}

/** Carries a line out, or says in the place of the newest event why not. */
export function runCommand(store: ConsoleStore, line: string): void {
  const text = line.trim()
  if (text === '') return
  const [name = '', ...words] = text.split(/\s+/)
  const verb = verbsOf(store).find(candidate => candidate.name === name)
  if (verb) {
    const looksOnly = name === 'operation' && /^(list|show)?$/.test(words[0] ?? '')
    const why = verb.changes && !looksOnly ? whyNotAct(store) : undefined
    if (why !== undefined) store.notify(`${name}: ${why}`, 'warn')
    else if (verb.run) verb.run(store, words.join(' '))
    else store.notify(`${name}: a command of the shell: yasco ${text}`, 'warn')
    return
  }
  if (store.getState().simulated) {
    tellSimulator(store, text)
    return
  }
  const meant = nearest(
    name,
    verbsOf(store).map(candidate => candidate.name),
  )
  store.notify(`no command '${name}'${meant ? `: did you mean '${meant}'?` : ''}`, 'warn')
}

function tellSimulator(store: ConsoleStore, line: string): void {
  void store.effects.ask({ ask: 'simulate', line: line.trim() }).then(answer => {
    if (!answer.ok) store.notify(answer.error, 'warn')
    else if (typeof answer.value === 'string') store.notify(answer.value)
  })
}

function goTo(store: ConsoleStore, kind: 'hwm' | 'vm', name: string): void {
  const { picture } = store.getState()
  const known = kind === 'hwm' ? picture.hwm(name) : picture.vm(name)
  if (known) goToItem(store, kind, name)
  else store.notify(`there is no ${kind === 'hwm' ? 'HWM' : 'VM'} '${name}'`, 'warn')
}

function sortBy(store: ConsoleStore, column: string): void {
  const id = activeList(store.getState())
  if (id === undefined || id === 'log' || id === 'operations') {
    store.notify('there is no list to order here', 'warn')
    return
  }
  const columns: readonly { readonly id: string; readonly rank?: unknown }[] =
    id === 'hwm' ? HWM_COLUMNS : VM_COLUMNS
  if (!columns.some(candidate => candidate.id === column && candidate.rank !== undefined)) {
    const meant = nearest(
      column,
      columns.map(candidate => candidate.id),
    )
    store.notify(`no column '${column}'${meant ? `: did you mean '${meant}'?` : ''}`, 'warn')
    return
  }
  const { sort, reverse } = store.getState().lists[id]
  store.patchList(id, { sort: column, reverse: sort === column && !reverse })
}
