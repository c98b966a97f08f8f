import * as fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseClusterFile } from '../../../src/model/cluster-file/parse.ts'
import { printClusterFile } from '../../../src/model/cluster-file/print.ts'
import { problemText } from '../../../src/model/cluster-file/problem.ts'
import { arbitraryConfig } from '../arbitrary-config.ts'

const folder = new URL('../../../config/', import.meta.url)
/** Key maps and themes are YAML too. */
const samples = readdirSync(folder).filter(
  file =>
    file.endsWith('.yaml') && readFileSync(new URL(file, folder), 'utf8').includes('\napiVersion:'),
)

function parsed(text: string, file = 'cluster.yaml') {
  const result = parseClusterFile(text, file)
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'))
  return result
}

test('there are samples', () => {
  expect(samples).toContain('three-hosts.yaml')
})

test.each(samples)('the sample %s is valid, without a warning, and survives printing', file => {
  const { config, warnings } = parsed(readFileSync(new URL(file, folder), 'utf8'), file)
  expect(warnings.map(problemText)).toEqual([])
  expect(parsed(printClusterFile(config)).config).toEqual(config)
})

test('a printed configuration is read as the same configuration', () => {
  fc.assert(
    fc.property(arbitraryConfig, config => {
      expect(parsed(printClusterFile(config)).config).toEqual(config)
    }),
    { numRuns: 100 },
  )
})

test('a comment stands above, and every line of it is one', () => {
  const { config } = parsed(readFileSync(new URL('three-hosts.yaml', folder), 'utf8'))
  const text = printClusterFile(config, 'Exported.\napiVersion: other')
  expect(text.startsWith('# Exported.\n# apiVersion: other\n')).toBe(true)
  expect(parsed(text).config).toEqual(config)
})

test('numbers are printed without quotes, and a VM stands on one line', () => {
  const { config } = parsed(readFileSync(new URL('three-hosts.yaml', folder), 'utf8'))
  const text = printClusterFile(config)
  expect(text).toContain('    capacity: {ram: 64GiB, cpu: 16, rx: 1Gbit, tx: 1Gbit}\n')
  expect(text).toContain('  win7-vmm2: {ha: true, home: quark, priority: 100, ram: 4GiB, cpu: 2}\n')
})
