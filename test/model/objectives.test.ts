// What a placement is best by, as it is written.
import { describe, expect, test } from 'vitest'
import { bestByGoesOn, bestByText, readBestBy } from '../../src/model/objectives.ts'

describe('reading', () => {
  test('one, several in their order, a mix; written again they are the same', () => {
    for (const text of [
      'balance',
      'fewest-hwms,balance',
      'balance:100,fewest-moves:1',
      'fewest-moves:0.5',
    ]) {
      const read = readBestBy(text)
      expect(read.ok && bestByText(read.bestBy)).toBe(text)
    }
    expect(readBestBy(' balance , fewest-moves ')).toEqual({
      ok: true,
      bestBy: { objectives: ['balance', 'fewest-moves'] },
    })
  })

  test.each([
    ['cheapest', "'cheapest' is none of fewest-hwms, balance, fewest-moves"],
    ['', "'' is none of"],
    ['balance,', "'' is none of"],
    ['balance,balance', 'each objective can be there once'],
    ['balance:1,fewest-moves', 'in a mix every objective has a weight'],
    ['balance:', "the weight '' is no number above 0"],
    ['balance:0', "the weight '0'"],
    ['balance:-1', "the weight '-1'"],
    ['balance:1e3', "the weight '1e3'"],
    [`balance:${'9'.repeat(400)}`, 'is no number above 0'],
  ])('%s: what is wrong, and what was expected', (text, problem) => {
    const read = readBestBy(text)
    expect(read.ok ? '' : read.problem).toContain(problem)
  })
})

describe('how it goes on while it is typed', () => {
  test.each([
    ['', ['fewest-hwms', 'balance', 'fewest-moves']],
    ['few', ['fewest-hwms', 'fewest-moves']],
    ['balance', ['balance:', 'balance,']],
    ['balance,', ['balance,fewest-hwms', 'balance,fewest-moves']],
    ['balance:', []],
    ['balance:100', ['balance:100,']],
    ['balance:100,', ['balance:100,fewest-hwms:', 'balance:100,fewest-moves:']],
    ['balance:100,fewest-moves', ['balance:100,fewest-moves:']],
    ['balance:2,fewest-hwms:1,fewest-moves:1', []],
    ['nonsense', []],
  ])('%s', (text, goesOn) => expect(bestByGoesOn(text)).toEqual(goesOn))
})
