import { expect, test } from 'vitest'
import { missingFrom, pageText, rowsOf } from './shown.ts'

// docs/operations.md says of each fault which test shows it: the file is there, and has a test or a group of that name.

const WANTED = [1, 2, 22, 23, 24, 25, 26, 27, 28, 29, 32, 33, 35, 36, 37].map(id => `F${id}`)

test('every fault has its row, and every test that it names is there', () => {
  const rows = rowsOf(pageText('docs/operations.md'), /F\d+/)
  expect(rows.map(({ name }) => name)).toEqual(WANTED)
  expect(missingFrom(rows)).toEqual([])
})

test('a test that is not there, or a row without one, is found', () => {
  const row =
    '| F9 a fault | what happens | `test/house/faults.test.ts` "no such test" |\n| F8 | | none |'
  expect(missingFrom(rowsOf(row, /F\d+/))).toEqual([
    'F9: test/house/faults.test.ts has no test "no such test"',
    'F8 names no test',
  ])
})
