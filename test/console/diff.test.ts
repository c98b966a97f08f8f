import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines, withContext } from '../../src/console/diff.ts'

const text = fc.array(fc.constantFrom('<a>', '<b>', '<c>', '<d/>'), { maxLength: 30 })

test('removed and common lines are the old text, added and common ones the new', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)
      expect(lines.filter(line => line.sign !== '+').map(line => line.text)).toEqual(before)
      expect(lines.filter(line => line.sign !== '-').map(line => line.text)).toEqual(after)
    }),
  )
})

test('it is the shortest: one changed line is one out and one in', () => {
  const before = ['<domain>', '<memory>1</memory>', '<vcpu>2</vcpu>', '</domain>']
  const after = ['<domain>', '<memory>2</memory>', '<vcpu>2</vcpu>', '</domain>']
  expect(diffLines(before, after).filter(line => line.sign !== ' ')).toEqual([
    { sign: '-', text: '<memory>1</memory>' },
    { sign: '+', text: '<memory>2</memory>' },
  ])
})

test('texts that share nothing and are long are still told, one after the other', () => {
  const before = Array.from({ length: 1_500 }, (_, index) => `a${index}`)
  const after = Array.from({ length: 1_500 }, (_, index) => `b${index}`)
  expect(diffLines(before, after)).toHaveLength(3_000)
})

test('what is the same and far away is left out, with its length', () => {
  const before = Array.from({ length: 100 }, (_, index) => `line ${index}`)
  const after = before.with(50, 'another')
  expect(withContext(diffLines(before, after), 2)).toEqual([
    48,
    { sign: ' ', text: 'line 48' },
    { sign: ' ', text: 'line 49' },
    { sign: '-', text: 'line 50' },
    { sign: '+', text: 'another' },
    { sign: ' ', text: 'line 51' },
    { sign: ' ', text: 'line 52' },
    47,
  ])
  expect(withContext(diffLines(before, before), 2)).toEqual([100])
})
