// Any valid configuration, for properties: names refer to what is there, rules leave an HWM, amounts are whole.
import * as fc from 'fast-check'
import type { ClusterConfig, Group, Hwm, Vm } from '../../src/model/cluster.ts'
import { checkConfig } from '../../src/model/cluster-file/check.ts'
import { NAME, VM_NAME } from '../../src/model/names.ts'
import { STANDARD_DIMENSIONS } from '../../src/model/resources.ts'

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/).filter(text => NAME.test(text))
const vmName = fc.oneof(
  name,
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter(text => VM_NAME.test(text)),
  fc.constantFrom(
    'yes',
    'null',
    'true',
    '007',
    '1.0',
    '- a',
    '#1',
    'a: b',
    '"',
    '&x',
    '*x',
    '<<',
    'ha',
  ),
)
/** Text on one line, as paths and options are. */
const word = fc.stringMatching(/^[A-Za-z0-9/._=-]{1,12}$/)
const resources = (dimensions: readonly string[]) =>
  fc
    .dictionary(fc.constantFrom(...STANDARD_DIMENSIONS, ...dimensions), fc.maxSafeNat(), {
      maxKeys: 5,
    })
    .map(ordinary)
const path = word.map(text => `/${text}`)

/** fast-check's dictionaries have no prototype; what is read has one. */
function ordinary<T>(record: Record<string, T>): Record<string, T> {
  return { ...record }
}

/** Keeps a field only when it has a value, as the model's optional fields are. */
function definite<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}

const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })

function hwmOf(hwm: string, index: number, dimensions: readonly string[]): fc.Arbitrary<Hwm> {
  return fc
    .record({
      name: fc.constant(hwm),
      libvirt: fc
        .constantFrom('qemu+ssh://root@', 'qemu+tcp://')
        .map(start => `${start}10.0.0.${index}/system`),
      capacity: resources(dimensions),
      reserve: fc.constant({}),
      labels: fc.dictionary(fc.constantFrom('rack', 'room'), name).map(ordinary),
      fallback: fc.boolean(),
      maintenance: fc.boolean(),
      migration: optional(fc.constantFrom('10.0.2.1', 'fd00::1', 'quark-mig')),
      ceph: optional(fc.constantFrom('10.0.3.1', 'fd00::3', 'quark-ceph')),
      watchdog: optional(path),
      fence: fc.array(
        fc.record({
          agent: fc.constantFrom('redfish', 'fence_ipmilan'),
          options: fc
            .dictionary(fc.constantFrom('port', 'user'), word)
            .map(options => ({ ...options, ip: `10.0.1.${index}` })),
        }),
        { maxLength: 1 },
      ),
    })
    .map(definite)
}

function vmOf(
  vm: string,
  hwms: readonly string[],
  dimensions: readonly string[],
): fc.Arbitrary<Vm> {
  return fc
    .record({
      name: fc.constant(vm),
      ha: fc.boolean(),
      home: optional(fc.constantFrom(...hwms)),
      priority: fc.integer({ min: -1000, max: 1000 }),
      resources: resources(dimensions),
      only: optional(fc.uniqueArray(fc.constantFrom(...hwms), { minLength: 1 })),
      never: fc.constant(undefined),
      pinned: fc.boolean(),
      order: optional(fc.nat(100)),
      delayMs: optional(fc.nat(100_000)),
      desired: fc.constantFrom('running' as const, 'stopped' as const),
    })
    .map(definite)
}

function groupOf(group: string, vms: readonly string[]): fc.Arbitrary<Group> {
  return fc
    .record({
      name: fc.constant(group),
      members: fc.uniqueArray(fc.constantFrom(...vms), { minLength: 1 }),
      spread: fc.constantFrom('hwm', undefined),
      together: fc.constant(undefined),
      order: fc.constantFrom(3, undefined),
      replicas: fc.constantFrom(1, undefined),
    })
    .map(definite)
}

const times = fc.nat(60_000)

export const arbitraryConfig: fc.Arbitrary<ClusterConfig> = fc
  .record({
    hwms: fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
    vms: fc.uniqueArray(vmName, { minLength: 1, maxLength: 8 }),
    groups: fc.uniqueArray(name, { maxLength: 2 }),
    dimensions: fc.uniqueArray(fc.constantFrom('gpu', 'licences', 'on'), { maxLength: 2 }),
  })
  .chain(({ hwms, vms, groups, dimensions }) =>
    fc.record({
      cluster: name,
      etcd: fc
        .record({
          endpoints: fc.uniqueArray(
            fc.constantFrom('https://a:2379', 'https://[::1]:2379', 'https://c'),
            { minLength: 1 },
          ),
          tls: optional(fc.constantFrom({}, { ca: '/ca' }, { ca: '/ca', cert: '/c', key: '/k' })),
          user: fc.constantFrom({}, { username: 'yasco', passwordFile: '/etc/yasco/password' }),
        })
        .map(({ user, ...rest }) => definite({ ...rest, ...user })),
      tolerate: fc.nat(3),
      domains: fc.constantFrom('etcd', '/srv/domains'),
      dimensions: fc.constant(dimensions),
      overcommit: fc
        .dictionary(fc.constantFrom('cpu', 'ram', ...dimensions), fc.constantFrom(1, 1.5, 4))
        .map(ordinary),
      settings: fc.record({
        migration: fc
          .record({
            unsafe: fc.boolean(),
            parallelPerHwm: fc.integer({ min: 1, max: 64 }),
            bandwidth: optional(fc.maxSafeNat()),
          })
          .map(definite),
        safety: fc.record({ h: times, extra: times, w: times }).map(({ h, extra, w }) => ({
          h: 100 + h,
          ttl: 2 * (100 + h),
          A: 2 * (100 + h) + extra,
          D: 2 * (100 + h) + extra + 1000,
          w: 2000 + w,
        })),
        admission: fc.constantFrom('warn' as const, 'refuse' as const),
        homecoming: fc.constantFrom('by-hand' as const, 'automatic' as const),
        eventsKeptMs: fc.maxSafeNat(),
      }),
      hwms: fc.tuple(...hwms.map((hwm, index) => hwmOf(hwm, index, dimensions))),
      vms: fc.tuple(...vms.map(vm => vmOf(vm, hwms, dimensions))),
      groups: fc.tuple(...groups.map(group => groupOf(group, vms))),
      fallbacks: fc.constant([]),
      ceph: optional(fc.constantFrom({}, { conf: '/etc/ceph/ceph.conf', user: 'yasco' })),
    }),
  )
  .map(config => definite(config) as ClusterConfig)
  .filter(config => checkConfig(config).every(finding => finding.severity === 'warning'))
