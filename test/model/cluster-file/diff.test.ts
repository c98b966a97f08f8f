import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { differenceText, diffConfigs } from '../../../src/model/cluster-file/diff.ts'
import { parseClusterFile } from '../../../src/model/cluster-file/parse.ts'
import { arbitraryConfig } from '../arbitrary-config.ts'

function config(more: string) {
  const text = `apiVersion: yasco/v1\ncluster: c\netcd: {endpoints: [http://a:2379]}\n${more}`
  const result = parseClusterFile(text, 'c.yaml')
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config
}

test('differences read like the file', () => {
  const before = config(`tolerate: 1
hwms:
  quark: {libvirt: qemu+ssh://q/system, capacity: {ram: 64GiB}}
  snailin: {libvirt: qemu+ssh://s/system}
  old: {libvirt: qemu+ssh://o/system}
vms: {test: {home: snailin, ram: 2GiB}}
`)
  const after = config(`tolerate: 2
settings: {migration: {bandwidth: 1GiB}}
hwms:
  andreys: {libvirt: qemu+ssh://a/system, fallback: false}
  quark: {libvirt: qemu+ssh://q/system, capacity: {ram: 128GiB, cpu: 16}}
  snailin: {libvirt: qemu+ssh://s/system}
vms: {test: {home: snailin, ram: 2GiB, only: [quark, snailin]}}
`)
  expect(diffConfigs(before, after).map(differenceText)).toEqual([
    '~ cluster: tolerate 1 -> 2',
    '~ cluster: settings (not set) -> {migration: {bandwidth: 1GiB}}',
    '+ hwm andreys: {libvirt: qemu+ssh://a/system, fallback: false}',
    '~ hwm quark: capacity.ram 64GiB -> 128GiB',
    '~ hwm quark: capacity.cpu (not set) -> 16',
    '- hwm old: {libvirt: qemu+ssh://o/system}',
    '~ vm test: only (not set) -> [quark, snailin]',
  ])
})

test('there is no difference to itself, and the same parts differ both ways', () => {
  fc.assert(
    fc.property(arbitraryConfig, arbitraryConfig, (a, b) => {
      expect(diffConfigs(a, a)).toEqual([])
      const key = ({ part, field }: { part: string; field: string }) => `${part} ${field}`
      const forth = diffConfigs(a, b).map(key).toSorted()
      const back = diffConfigs(b, a).map(key).toSorted()
      expect(forth).toEqual(back)
    }),
    { numRuns: 100 },
  )
})
