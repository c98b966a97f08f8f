// What a what-if asks, as it is written.
import { expect, test } from 'vitest'
import { changesText, readChanges } from '../../src/model/change.ts'

const read = (line: string) => readChanges(line.split(' ').filter(word => word !== ''))

test('pairs of words, with the dashes of the command or without', () => {
  const changes = read('less quark --grow db:ram=16GiB,cpu=8 more snailin:2')
  expect(changes).toEqual({
    ok: true,
    changes: [
      { kind: 'less', what: 'quark' },
      { kind: 'grow', what: 'db:ram=16GiB,cpu=8' },
      { kind: 'more', what: 'snailin:2' },
    ],
  })
  expect(changes.ok && changesText(changes.changes)).toBe(
    'less quark, grow db:ram=16GiB,cpu=8, more snailin:2',
  )
})

test.each([
  ['', 'expected less HWM, more HWM[:N]'],
  ['shrink quark', "'shrink' is none of less HWM"],
  ['less', 'after less comes HWM'],
  ['less quark grow', 'after grow comes VM:AMOUNTS'],
])('%s: what was expected', (line, problem) => {
  const changes = read(line)
  expect(changes.ok ? '' : changes.problem).toContain(problem)
})
