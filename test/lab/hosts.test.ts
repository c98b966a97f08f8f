import { describe, expect, test } from 'vitest'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { clusterFile } from './cluster-file.ts'
import { BadLabSpec } from './errors.ts'
import { evenLab, labSpec, readLabSpec } from './hosts.ts'
import { layOut, uuidOf } from './layout.ts'

describe('a hosts file', () => {
  test('as shipped has the hosts and guests of the seed', () => {
    const spec = readLabSpec()
    expect(Object.keys(spec.hosts)).toEqual(['quark', 'snailin', 'andreys'])
    expect(Object.keys(spec.vms)).toContain('win7-vmm2')
  })

  test('gives addresses to hosts that have none, and takes nobody else his', () => {
    const spec = labSpec({ hosts: { a: {}, b: { address: '10.0.0.12' }, c: {} } })
    expect(Object.values(spec.hosts).map(host => host.address)).toEqual([
      '10.0.0.11',
      '10.0.0.12',
      '10.0.0.13',
    ])
  })

  test.each([
    ['a home that is no host', { hosts: { a: {} }, vms: { v: { home: 'b' } } }, 'vms.v.home'],
    ['a name that is taken', { hosts: { operator: {} } }, 'hosts.operator'],
    ['an unknown field', { hosts: { a: { ram: 1 } } }, 'hosts.a'],
    ['no hosts', { hosts: {} }, 'hosts'],
  ])('with %s is refused, and says where', (_, input, place) => {
    expect(() => labSpec(input, 'my.yaml')).toThrow(BadLabSpec)
    expect(() => labSpec(input, 'my.yaml')).toThrow(`my.yaml does not describe a lab: ${place}`)
  })
})

const withWatchdog = labSpec({
  hosts: { a: { etcd: true, watchdog: {} }, b: { etcd: true }, c: { etcd: true } },
})

describe('the cluster file of a lab', () => {
  test.each([
    ['the shipped one', readLabSpec()],
    ['8 hosts and 20 guests', labSpec(evenLab(8, 20))],
    ['one with a watchdog', withWatchdog],
  ])('is one yasco accepts: %s', (_, spec) => {
    const text = clusterFile(layOut('mine', spec), spec)
    const parsed = parseClusterFile(text, 'cluster.yaml')
    expect(parsed).toMatchObject({ ok: true, warnings: [] })
    const config = parsed.ok ? parsed.config : undefined
    expect(config?.hwms.map(hwm => hwm.name)).toEqual(Object.keys(spec.hosts))
    expect(config?.vms.map(vm => vm.home)).toEqual(Object.values(spec.vms).map(vm => vm.home))
    expect(config?.hwms[0]?.fence[0]?.agent).toBe('redfish')
    expect(config?.hwms[0]?.watchdog).toBe(
      Object.values(spec.hosts)[0]?.watchdog ? '/run/lab/watchdog' : undefined,
    )
  })
})

test('identities differ between labs and stay over time', () => {
  const spec = labSpec(evenLab(3, 0))
  const uuids = ['a', 'b'].flatMap(name => layOut(name, spec).hosts.map(host => host.uuid))
  expect(new Set(uuids).size).toBe(6)
  expect(uuidOf('host', 'a', 'host1')).toBe(uuids[0])
  expect(uuids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
})
