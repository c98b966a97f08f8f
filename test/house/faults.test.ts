import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// docs/operations.md says of each fault which test shows it: the file is there, and has a test or a group of that name.

const root = new URL('../..', import.meta.url).pathname
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8')
const WANTED = [1, 2, 22, 23, 24, 25, 26, 27, 28, 29, 32, 33, 35, 36, 37].map(id => `F${id}`)

interface Row {
  readonly fault: string
  readonly named: readonly { readonly file: string; readonly title: string }[]
}

function rowsOf(text: string): Row[] {
  return Array.from(text.matchAll(/^\| (F\d+) .*\|([^|]+)\|$/gm), ([, fault = '', shown = '']) => {
    let file = ''
    const named = Array.from(shown.matchAll(/`([^`]+)`|"([^"]+)"/g)).flatMap(([, path, title]) => {
      if (path !== undefined) file = path
      return title === undefined ? [] : [{ file, title }]
    })
    return { fault, named }
  })
}

/** Which of the tests that the rows name are not there. */
function missingFrom(rows: readonly Row[]): string[] {
  return rows.flatMap(({ fault, named }) => {
    if (named.length === 0) return [`${fault} names no test`]
    return named
      .filter(({ file, title }) => !isTitled(file, title))
      .map(({ file, title }) => `${fault}: ${file} has no test "${title}"`)
  })
}

function isTitled(file: string, title: string): boolean {
  const path = join(root, file)
  if (!existsSync(path)) return false
  const titles = Array.from(
    readFileSync(path, 'utf8').matchAll(
      /\b(?:test|describe)(?:\.each\([^]*?\))?\(\s*(['"`])([^]*?)\1/g,
    ),
    ([, , text = '']) => text,
  )
  return titles.some(each => each.startsWith(title))
}

test('every fault has its row, and every test that it names is there', () => {
  const rows = rowsOf(page)
  expect(rows.map(({ fault }) => fault)).toEqual(WANTED)
  expect(missingFrom(rows)).toEqual([])
})

test('a test that is not there, or a row without one, is found', () => {
  const row =
    '| F9 a fault | what happens | `test/house/faults.test.ts` "no such test" |\n| F8 | | none |'
  expect(missingFrom(rowsOf(row))).toEqual([
    'F9: test/house/faults.test.ts has no test "no such test"',
    'F8 names no test',
  ])
})
