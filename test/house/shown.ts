// Pages of docs that say which test shows what: their rows, and which of the tests they name are not there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('../..', import.meta.url).pathname

export function pageText(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

export interface Row {
  readonly name: string
  readonly named: readonly { readonly file: string; readonly title: string }[]
}

/** Rows whose first word is matched by `name`; their last column names tests: a file, then the beginnings of titles in it. */
export function rowsOf(text: string, name: RegExp): Row[] {
  const row = new RegExp(`^\\| (${name.source}) .*\\|([^|]+)\\|$`, 'gm')
  return Array.from(text.matchAll(row), ([, first = '', shown = '']) => {
    let file = ''
    const named = Array.from(shown.matchAll(/`([^`]+)`|"([^"]+)"/g)).flatMap(([, path, title]) => {
      if (path !== undefined) file = path
      return title === undefined ? [] : [{ file, title }]
    })
    return { name: first, named }
  })
}

export function missingFrom(rows: readonly Row[]): string[] {
  return rows.flatMap(({ name, named }) => {
    if (named.length === 0) return [`${name} names no test`]
    return named
      .filter(({ file, title }) => !isTitled(file, title))
      .map(({ file, title }) => `${name}: ${file} has no test "${title}"`)
  })
}

function isTitled(file: string, title: string): boolean {
  const path = join(root, file)
  if (!existsSync(path)) return false
  const titles = Array.from(
    readFileSync(path, 'utf8').matchAll(
      /\b(?:test|describe|it)(?:\.(?:each|for)(?:<[^(]*>)?\([^]*?\))?\(\s*(['"`])([^]*?)\1/g,
    ),
    ([, , text = '']) => text,
  )
  return titles.some(each => each.startsWith(title))
}
