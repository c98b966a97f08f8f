import { expect, test } from 'vitest'
import { missingFrom, pageText, rowsOf } from './shown.ts'

// docs/solver-shown.md says of each promise of the solver which test shows it: the file is there, and has a test or a group of that name.

test('every promise of the solver has its row, and every test that it names is there', () => {
  const rows = rowsOf(pageText('docs/solver-shown.md'), /S\d+/)
  expect(rows.map(({ name }) => name)).toEqual(Array.from({ length: 37 }, (_, k) => `S${k + 1}`))
  expect(missingFrom(rows)).toEqual([])
})
