// Keys while a line is typed: the filter, which acts with every key, and the command line.
import { tellWhatIsSeen } from './actions/move.ts'
import { typed } from './key-names.ts'
import { readBestBy } from '../model/objectives.ts'
import { bestByIs } from './actions/solve.ts'
import { bestByCompletions } from './best-by.ts'
import { type Completion, completions, runCommand } from './palette.ts'
import type { Prompt } from './state.ts'
import { activeList } from './state.ts'
import type { ConsoleStore } from './store.ts'

const HISTORY_KEPT = 50

export function pressInPrompt(store: ConsoleStore, key: string): void {
  const { prompt } = store.getState()
  if (!prompt) return
  switch (key) {
    case 'esc':
    case 'ctrl-c':
      if (prompt.kind === 'filter') setFilter(store, prompt.before)
      store.setState({ prompt: undefined })
      return
    case 'enter':
      accept(store, prompt)
      return
    case 'tab':
      complete(store, prompt)
      return
    case 'up':
    case 'down':
      pick(store, prompt, key === 'down' ? 1 : -1)
      return
    default: {
      const next = edited(prompt, key)
      if (!next) return
      store.setState({ prompt: next })
      if (next.kind === 'filter') setFilter(store, next.text)
    }
  }
}

function setFilter(store: ConsoleStore, text: string): void {
  const id = activeList(store.getState())
  if (id !== undefined) store.patchList(id, { filter: text.trim() })
}

function accept(store: ConsoleStore, prompt: Prompt): void {
  const chosen = prompt.pick >= 0 ? promptCompletions(store, prompt)[prompt.pick] : undefined
  // A verb that wants more is put into the line; a line that is whole is carried out.
  if (chosen && /[ ,:]$/.test(chosen.line)) {
    setText(store, prompt, chosen.line)
    return
  }
  if (prompt.kind === 'best-by') {
    acceptBestBy(store, prompt, chosen?.line ?? prompt.text)
    return
  }
  store.setState({ prompt: undefined })
  if (prompt.kind === 'reason') {
    const { plan } = store.getState()
    if (plan) store.setState({ plan: { ...plan, why: prompt.text.trim() } })
    return
  }
  if (prompt.kind === 'filter') {
    tellWhatIsSeen(store)
    return
  }
  const line = chosen?.line ?? prompt.text
  const history = store.getState().commandHistory.filter(entry => entry !== line)
  if (line.trim() !== '') {
    store.setState({ commandHistory: [line, ...history].slice(0, HISTORY_KEPT) })
  }
  runCommand(store, line)
}

/** What cannot be read stays in the line; beside it stands what was expected. */
function acceptBestBy(store: ConsoleStore, prompt: Prompt, text: string): void {
  const read = readBestBy(text)
  if (!read.ok) {
    setText(store, prompt, text)
    return
  }
  store.setState({ prompt: undefined })
  bestByIs(store, read.bestBy)
}

/** How the line can go on; of a filter and of a reason nothing is known. */
export function promptCompletions(store: ConsoleStore, prompt: Prompt): readonly Completion[] {
  switch (prompt.kind) {
    case 'command':
      return completions(store, prompt.text)
    case 'best-by':
      return bestByCompletions(prompt.text)
    case 'filter':
    case 'reason':
      return []
  }
}

/** Tab: as far as all completions agree; when they agree no further, the first of them. */
function complete(store: ConsoleStore, prompt: Prompt): void {
  const found = promptCompletions(store, prompt)
  const lines = found.map(each => each.line)
  const [first] = lines
  if (first === undefined) return
  if (prompt.pick >= 0) {
    setText(store, prompt, lines[prompt.pick] ?? first)
    return
  }
  let common = first
  for (const line of lines) while (!line.startsWith(common)) common = common.slice(0, -1)
  setText(store, prompt, common.length > prompt.text.length ? common : first)
}

/** Up and down choose among the completions; on an empty line, upwards leads to what was typed before. */
function pick(store: ConsoleStore, prompt: Prompt, by: 1 | -1): void {
  const { commandHistory: all } = store.getState()
  const commandHistory = prompt.kind === 'command' ? all : []
  const at = commandHistory.indexOf(prompt.text)
  if (prompt.pick < 0 && (prompt.text === '' || at >= 0) && (by === -1 || at >= 0)) {
    const line = by === -1 ? commandHistory[at + 1] : (commandHistory[at - 1] ?? '')
    if (line !== undefined) setText(store, prompt, line)
    return
  }
  const count = promptCompletions(store, prompt).length
  const next = Math.max(-1, Math.min(count - 1, prompt.pick + by))
  store.setState({ prompt: { ...prompt, pick: next } })
}

function setText(store: ConsoleStore, prompt: Prompt, text: string): void {
  store.setState({ prompt: { ...prompt, text, cursor: Array.from(text).length, pick: -1 } })
}

/** The line after an editing key; undefined when the key does not edit. */
function edited(prompt: Prompt, key: string): Prompt | undefined {
  const text = Array.from(prompt.text)
  const { cursor } = prompt
  const at = (characters: readonly string[], place: number): Prompt => ({
    ...prompt,
    text: characters.join(''),
    cursor: Math.max(0, Math.min(characters.length, place)),
    pick: -1,
  })
  switch (key) {
    case 'left':
      return at(text, cursor - 1)
    case 'right':
      return at(text, cursor + 1)
    case 'home':
    case 'ctrl-a':
      return at(text, 0)
    case 'end':
    case 'ctrl-e':
      return at(text, text.length)
    case 'backspace':
      return at(text.toSpliced(Math.max(0, cursor - 1), cursor > 0 ? 1 : 0), cursor - 1)
    case 'delete':
      return at(text.toSpliced(cursor, 1), cursor)
    case 'ctrl-u':
      return at(text.slice(cursor), 0)
    case 'ctrl-w': {
      const head = text
        .slice(0, cursor)
        .join('')
        .replace(/\S*\s*$/, '')
      return at([...Array.from(head), ...text.slice(cursor)], Array.from(head).length)
    }
    default: {
      const character = typed(key)
      return character === undefined
        ? undefined
        : at(text.toSpliced(cursor, 0, character), cursor + 1)
    }
  }
}
