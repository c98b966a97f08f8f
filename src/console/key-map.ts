// The key file: which keys do what, said by the operator over the built-in table. Mistakes and conflicts are reported, and what
// is wrong changes nothing.
import { parse } from 'yaml'
import { nearest } from '../model/nearest.ts'
import { NAMED_KEYS } from './key-names.ts'

/** A key's action and the keys it has when nobody says otherwise. */
export interface DefaultKeys {
  readonly id: string
  readonly keys: readonly string[]
}

export interface KeyMap {
  /** Action to its keys. */
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** Key to its action. */
  readonly actions: ReadonlyMap<string, string>
  /** One sentence each: what is wrong in the file and what holds instead. */
  readonly problems: readonly string[]
}

/** Keys that must always do what they do: one gets out of everything with them. */
const FIXED: readonly string[] = ['enter', 'esc', 'ctrl-c']

/**
 * Reads a key file over the defaults. Its form is `action: key` or `action: [key, key]`; an empty list takes an action's keys away.
 * `name` is the file's, for messages. Never throws: a file that cannot be read leaves the defaults, and a problem says so.
 */
export function readKeyMap(
  text: string | undefined,
  name: string,
  defaults: readonly DefaultKeys[],
): KeyMap {
  const problems: string[] = []
  const wanted = text === undefined ? {} : read(text, name, problems)
  const known = new Map(defaults.map(entry => [entry.id, entry.keys]))
  const said = new Map<string, readonly string[]>()
  for (const [id, value] of Object.entries(wanted)) {
    if (!known.has(id)) {
      const meant = nearest(id, known.keys())
      problems.push(`${name}: no action '${id}'${meant ? `: did you mean '${meant}'?` : ''}`)
      continue
    }
    const keys = keyList(value)
    if (!keys) {
      problems.push(`${name}: ${id}: expected a key or a list of keys`)
      continue
    }
    const good = keys.filter(key => {
      const problem = keyProblem(key)
      if (problem) problems.push(`${name}: ${id}: ${problem}`)
      return problem === undefined
    })
    if (good.length === keys.length) said.set(id, good)
  }
  return assign(defaults, said, name, problems)
}

function read(text: string, name: string, problems: string[]): Record<string, unknown> {
  try {
    const value: unknown = parse(text)
    if (value === null || value === undefined) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
    problems.push(`${name}: expected lines of 'action: key'`)
  } catch (error) {
    problems.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : 'no YAML'}`)
  }
  return {}
}

function keyList(value: unknown): readonly string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const keys = list.map(key => (typeof key === 'number' ? String(key) : key))
  return keys.every(key => typeof key === 'string') ? keys : undefined
}

function keyProblem(key: string): string | undefined {
  if (FIXED.includes(key)) return `'${key}' cannot be given away`
  if ((NAMED_KEYS as readonly string[]).includes(key)) return undefined
  if (Array.from(key).length === 1 && key > ' ') return undefined
  const meant = nearest(key, NAMED_KEYS)
  return meant ? `no key '${key}': did you mean '${meant}'?` : `no key '${key}'`
}

/** What the file says comes first; a default that the file gave to another is lost, and two that say the same are a conflict. */
function assign(
  defaults: readonly DefaultKeys[],
  said: ReadonlyMap<string, readonly string[]>,
  name: string,
  problems: string[],
): KeyMap {
  const actions = new Map<string, string>()
  const keys = new Map<string, string[]>(defaults.map(({ id }) => [id, []]))
  const give = (key: string, id: string) => {
    actions.set(key, id)
    keys.get(id)?.push(key)
  }
  for (const [id, list] of said) {
    for (const key of list) {
      const other = actions.get(key)
      if (other === undefined) give(key, id)
      else if (other !== id)
        problems.push(`${name}: '${key}' is given to ${other} and to ${id}: ${other} has it`)
    }
  }
  for (const entry of defaults) {
    if (said.has(entry.id)) continue
    for (const key of entry.keys) {
      const other = actions.get(key)
      if (other === undefined) give(key, entry.id)
      else if ((keys.get(entry.id) ?? []).length === 0 && entry.keys.length === 1)
        problems.push(`${name}: '${key}' is now ${other}; ${entry.id} has no key`)
    }
  }
  return { keys, actions, problems }
}
