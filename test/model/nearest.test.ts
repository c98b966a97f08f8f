import { expect, test } from 'vitest'
import { nearest } from '../../src/model/nearest.ts'

const fields = [
  'libvirt',
  'capacity',
  'reserve',
  'labels',
  'fallback',
  'migration',
  'watchdog',
  'ha',
]

test.each([
  ['libvrit', 'libvirt'],
  ['Capacity', 'capacity'],
  ['fallbacks', 'fallback'],
  ['migation', 'migration'],
  ['hwa', 'ha'],
  ['zzz', undefined],
  ['', undefined],
])('%s means %s', (word, meant) => {
  expect(nearest(word, fields)).toBe(meant)
})
