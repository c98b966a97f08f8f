// `:save-log`: the log, as the filter shows it, to a file that was not there before; what goes wrong is told.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeAnew } from '../../src/cli/write-anew.ts'
import { cluster, console } from './language/story.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const written = (name: string) => readFileSync(join(folder, name), 'utf8')

const inFolder = () =>
  console
    .at('120x24')
    .on(cluster('three-hosts'))
    .with({ save: (file, text) => writeAnew(file, text, folder) })
    .kill('quark')
    .sees('quark    DOWN')

describe('the log is saved', () => {
  test('to the file that is named, with all that is known of each event', () =>
    inFolder()
      .type(':save-log night.txt\r')
      .sees('2 events written to ')
      .sees('night.txt')
      .does(() => {
        expect(written('night.txt')).toBe(
          [
            '2026-11-22 21:00:00  info   seen  etcd  watching the cluster from revision 4711',
            '2026-11-22 21:13:51  error  seen  hwm:quark  quark does not answer (ssh: no route to host)',
            '',
          ].join('\n'),
        )
      }))

  test('as its filter shows it', () =>
    inFolder()
      .press('6')
      .type('/about:hwm:quark\r')
      .type(':save-log quark.txt\r')
      .sees('1 of 2 events, those of the filter about:hwm:quark written to')
      .does(() => expect(written('quark.txt')).toMatch(/^[^\n]*quark does not answer[^\n]*\n$/)))

  test('without a name under the time', () =>
    inFolder()
      .type(':save-log\r')
      .sees('yasco-log-2026-11-22T2114')
      .does(() =>
        expect(readdirSync(folder)).toEqual([expect.stringMatching(/^yasco-log-.*\.txt$/)]),
      ))
})

describe('the log is not saved', () => {
  test('over a file that is there', () =>
    inFolder()
      .does(() => writeFileSync(join(folder, 'mine.txt'), 'mine'))
      .type(':save-log mine.txt\r')
      .sees('the log was not written: ')
      .sees('mine.txt is there already and is left as it is: give another name')
      .does(() => expect(written('mine.txt')).toBe('mine')))

  test('into a folder that is not there, or is a file', () =>
    inFolder()
      .type(':save-log no/such/log.txt\r')
      .sees(/there is no folder \S+\/no\/such/)
      .does(() => writeFileSync(join(folder, 'file'), ''))
      .type(':save-log file/log.txt\r')
      .sees(/there is no folder \S+\/file/)
      .does(() => expect(readdirSync(folder)).toEqual(['file'])))

  test('where it shows nothing', () =>
    inFolder()
      .press('6')
      .type('/nothing-like-it\r')
      .type(':save-log empty.txt\r')
      .sees('the log shows no event: nothing was written')
      .does(() => expect(readdirSync(folder)).toEqual([])))

  test('by a console that writes no files', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .type(':save-log x.txt\r')
      .sees('this console writes no files'))
})

test('a file of the operator’s home is found by ~/', async () => {
  await expect(writeAnew('~/no/such/folder/log.txt', 'x', folder)).rejects.toMatchObject({
    name: 'NotWritten',
    code: 'ENOENT',
    path: expect.stringMatching(/^\/.*[^~]\/no\/such\/folder\/log\.txt$/),
  })
})
