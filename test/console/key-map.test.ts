import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sampleKeyFile } from '../../src/console/key-file.ts'
import { keyLabel } from '../../src/console/key-names.ts'
import { readKeyMap } from '../../src/console/key-map.ts'
import { KEY_TABLE } from '../../src/console/key-table.ts'
import { codeOf, readTheme, STANDARD } from '../../src/console/theme.ts'

const file = (path: string) => new URL(`../../config/${path}`, import.meta.url)
const plain = readKeyMap(undefined, 'keys.yaml', KEY_TABLE)

describe('the key table', () => {
  test('no key does two things, no action is named twice', () => {
    const keys = KEY_TABLE.flatMap(action => action.keys)
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(KEY_TABLE.map(action => action.id)).size).toBe(KEY_TABLE.length)
    expect(plain.problems).toEqual([])
  })

  test('small letters look, capitals act, and there is no verb on Ctrl', () => {
    for (const { keys, group, id } of KEY_TABLE) {
      for (const key of keys) {
        if (group === 'act' && id !== 'what-if') expect(key, id).toMatch(/^[A-Z]$/)
        if (/^[A-Z]$/.test(key) && group !== 'act') expect(['G', 'S']).toContain(key)
        expect(key).not.toMatch(/^ctrl-/)
      }
    }
  })

  test('config/keys.yaml is what the table says (UPDATE_GOLDEN=1 rewrites it), and reads back as it', () => {
    if (process.env['UPDATE_GOLDEN']) writeFileSync(file('keys.yaml'), sampleKeyFile())
    const text = readFileSync(file('keys.yaml'), 'utf8')
    expect(text).toBe(sampleKeyFile())
    const read = readKeyMap(text, 'keys.yaml', KEY_TABLE)
    expect(read.problems).toEqual([])
    expect(Object.fromEntries(read.actions)).toEqual(Object.fromEntries(plain.actions))
  })
})

test('docs/console.md has the keys that act as the table has them (UPDATE_GOLDEN=1 rewrites them)', () => {
  const path = new URL('../../docs/console.md', import.meta.url)
  const begin = '<!-- made from src/console/key-table.ts'
  const text = readFileSync(path, 'utf8')
  const from = text.indexOf('\n', text.indexOf(begin)) + 1
  const to = text.indexOf('<!-- end -->')
  const row = (keys: readonly string[], does: string) =>
    `| ${keys.map(key => `\`${keyLabel(key)}\``).join(' ')} | ${does} |`
  const rows = [
    ...KEY_TABLE.filter(({ group }) => group === 'act').map(({ keys, help }) => row(keys, help)),
    ...KEY_TABLE.flatMap(({ keys, group, help, inPlan = group === 'plan' ? help : undefined }) =>
      inPlan === undefined ? [] : row(keys, `in a plan: ${inPlan}`),
    ),
  ]
  const table = `${['| key | does |', '|---|---|', ...rows].join('\n')}\n`
  if (process.env['UPDATE_GOLDEN'])
    writeFileSync(path, text.slice(0, from) + table + text.slice(to))
  expect(readFileSync(path, 'utf8')).toContain(table)
})

describe('a key file', () => {
  const read = (text: string) => readKeyMap(text, 'keys.yaml', KEY_TABLE)

  test('gives an action other keys; the ones it had are free', () => {
    const map = read('down: [n, down]\nquit: Q')
    expect(map.actions.get('n')).toBe('down')
    expect(map.actions.get('j')).toBeUndefined()
    expect(map.actions.get('Q')).toBe('quit')
    expect(map.problems).toEqual([])
  })

  test('takes an action its keys by an empty list', () => {
    const map = read('quit: []')
    expect(map.actions.get('q')).toBeUndefined()
    expect(map.problems).toEqual([])
  })

  test.each([
    ['dwon: n', "keys.yaml: no action 'dwon': did you mean 'down'?"],
    ['down: entre', "keys.yaml: down: no key 'entre': did you mean 'enter'?"],
    ['down: enter', "keys.yaml: down: 'enter' cannot be given away"],
    ['down: {a: b}', 'keys.yaml: down: expected a key or a list of keys'],
    ['down: q', "keys.yaml: 'q' is now down; quit has no key"],
    ['down: n\nup: n', "keys.yaml: 'n' is given to down and to up: down has it"],
    ['- down', "keys.yaml: expected lines of 'action: key'"],
  ])('%s is reported', (text, problem) => {
    expect(read(text).problems).toContain(problem)
  })

  test('that is no YAML leaves the keys as they are', () => {
    const map = read('down: [n')
    expect(map.problems).toHaveLength(1)
    expect(Object.fromEntries(map.actions)).toEqual(Object.fromEntries(plain.actions))
  })

  test('that has no down key leaves the arrows to nobody, and says so to nobody who asked for it', () => {
    expect(read('down: j').actions.get('down')).toBeUndefined()
  })
})

describe('a theme', () => {
  test('config/themes.yaml is the standard one', () => {
    const { theme, problems } = readTheme(readFileSync(file('themes.yaml'), 'utf8'), 'themes.yaml')
    expect(problems).toEqual([])
    expect(theme).toEqual(STANDARD)
  })

  test('words are codes of the terminal', () => {
    expect(codeOf('bright-red')).toMatchObject({ open: 91, close: 39 })
    expect(codeOf('on-blue')).toMatchObject({ open: 44, close: 49 })
    expect(codeOf('on-236')).toMatchObject({ open: 48, index: 236 })
    expect(codeOf('256')).toBeUndefined()
    expect(codeOf('pink')).toBeUndefined()
  })

  test.each([
    ['bda: red', "t: no meaning 'bda': did you mean 'bad'?"],
    ['bad: bold pink', "t: bad: no colour and no attribute 'pink'"],
  ])('%s is reported', (text, problem) => {
    const { theme, problems } = readTheme(text, 't')
    expect(problems).toEqual([problem])
    expect(theme).toEqual(STANDARD)
  })
})
