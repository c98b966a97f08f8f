import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAccess, parseClusterFile } from '../../../src/model/cluster-file/parse.ts'
import { problemText } from '../../../src/model/cluster-file/problem.ts'
import { cpuMsOf } from '../../cpu-time.ts'

const HEAD = `apiVersion: yasco/v1
cluster: test
etcd: {endpoints: [http://a:2379]}
`
const HWMS = `hwms:
  quark: {libvirt: qemu+ssh://root@q/system, capacity: {ram: 64GiB}, labels: {rack: a}}
  snailin: {libvirt: qemu+ssh://root@s/system, capacity: {ram: 64GiB}, labels: {rack: b}}
`

function problems(text: string): readonly string[] {
  const result = parseClusterFile(text, 'c.yaml')
  return (result.ok ? result.warnings : result.problems).map(problemText)
}

test('every problem of a file is named at once, each with its place, what was found and what was expected', () => {
  const text = `apiVersion: yasco/v2
cluster: test
etcd: {endpoints: [http://a:2379, b]}
tolerat: 1
hwms:
  quark:
    libvrit: qemu+ssh://root@q/system
    capacity: {ram: 64, cpu: lots}
  snailin: {libvirt: qemu+ssh://root@s/system, fallback: maybe}
  quark: {libvirt: qemu+ssh://root@q2/system}
vms:
  test: {ha: true, home: quarc, ram: 2GB, cpu: 0.0001}
  other: {only: [quark, quark], never: quark, priority: high}
`
  expect(problems(text)).toEqual([
    "c.yaml:1:13: error: apiVersion: found 'yasco/v2', expected 'yasco/v1'",
    "c.yaml:3:35: error: etcd.endpoints[1]: found 'b', expected an endpoint, such as http://10.0.0.1:2379",
    "c.yaml:4:1: error: tolerat: found the unknown field 'tolerat', expected a field of a cluster file (apiVersion, cluster, etcd, tolerate, domains, dimensions, overcommit, failureDomains and 6 more); did you mean 'tolerate'?",
    'c.yaml:6:3: error: hwms.quark.libvirt: found nothing, expected its libvirt URI, such as qemu+ssh://root@HOST/system',
    "c.yaml:7:5: error: hwms.quark.libvrit: found the unknown field 'libvrit', expected a field of an HWM (libvirt, capacity, reserve, labels, fallback, maintenance, migration, ceph and 2 more); did you mean 'libvirt'?",
    "c.yaml:8:21: error: hwms.quark.capacity.ram: found '64', which has no unit, expected an amount with a unit of B, KiB, MiB, GiB, TiB (or kB, MB, GB, TB), such as 64GiB",
    "c.yaml:8:30: error: hwms.quark.capacity.cpu: found 'lots', which is no amount, expected a number of CPUs, such as 16, 1.5 or 1500m",
    "c.yaml:9:58: error: hwms.snailin.fallback: found 'maybe', expected true or false",
    "c.yaml:10:3: error: hwms.quark: found 'quark' a second time, expected each name once",
    "c.yaml:12:26: error: vms.test.home: found 'quarc', expected the name of an HWM (quark, snailin); did you mean 'quark'?",
    "c.yaml:12:48: error: vms.test.cpu: found '0.0001', which is not a whole number of thousandths of a CPU, expected a number of CPUs, such as 16, 1.5 or 1500m",
    "c.yaml:13:25: error: vms.other.only[1]: found 'quark' a second time, expected each name once",
    "c.yaml:13:40: error: vms.other.never: found 'quark', expected a list of HWMs",
    "c.yaml:13:57: error: vms.other.priority: found 'high', expected a whole number from -1000000 to 1000000",
  ])
})

test.each([
  [
    '',
    [
      '1:1: error: apiVersion: found nothing',
      '1:1: error: cluster:',
      '1:1: error: etcd:',
      '1:1: error: hwms:',
    ],
  ],
  ['- a\n', ['1:1: error: found a list, expected a cluster file: a map of apiVersion, cluster,']],
  ['a: [\n', ['error: found broken YAML']],
  ['a: 1\n---\nb: 2\n', ['error: found broken YAML']],
  [`${HEAD}hwms: 5\n`, ['4:7: error: hwms: found the number 5, expected a map of HWMs']],
  [
    `${HEAD}tolerate: 0\nhwms: {a b: {libvirt: test:///default}}\n`,
    ['hwms."a b": found the HWM name \'a b\', expected a name of letters'],
  ],
  [
    `${HEAD}tolerate: 0\nhwms: {a: {libvirt: ssh}}\n`,
    ["hwms.a.libvirt: found 'ssh': it has no scheme such as qemu+ssh://"],
  ],
  [
    `${HEAD}${HWMS}vms: {a/b: {}}\n`,
    ['found the VM name "a/b", expected a libvirt domain\'s name'],
  ],
  [
    `${HEAD}${HWMS}vms: {__proto__: {}}\n`,
    ['found the VM name "__proto__", expected a libvirt domain\'s name'],
  ],
  [`${HEAD}${HWMS}vms: {? [a] : {}}\n`, ['vms: found a key that is no name, expected a name']],
  [`${HEAD}${HWMS}vms: {a: *b}\n`, ['vms.a: found the alias *b of nothing']],
])('%j: %j', (text, starts) => {
  const found = problems(text)
  expect(found).toHaveLength(starts.length)
  for (const [index, start] of starts.entries()) expect(found[index]).toContain(start)
})

describe('what one part says about another', () => {
  test.each([
    [
      'vms: {a: {home: snailin, only: [quark]}}',
      "vms.a.home: found 'snailin', which is not in 'only', expected an HWM that may run it (quark)",
    ],
    [
      'vms: {a: {home: quark, never: [quark]}}',
      "vms.a.home: found 'quark', which is in 'never', expected an HWM that may run it (snailin)",
    ],
    [
      'vms: {a: {only: [quark], never: [quark]}}',
      "vms.a: found 'only' and 'never' that leave no HWM",
    ],
    [
      'vms: {a: {never: [quarkk]}}',
      "vms.a.never[0]: found 'quarkk', expected the name of an HWM (quark, snailin); did you mean 'quark'?",
    ],
    [
      'groups: {g: {members: [a]}}',
      "groups.g.members[0]: found 'a', expected the name of a VM (there is none)",
    ],
    [
      'groups: {g: {members: [], spread: rak}}',
      "groups.g.spread: found 'rak', expected 'hwm' or a label that HWMs have (hwm, rack); did you mean 'rack'?",
    ],
    [
      'groups: {g: {members: [], spread: hwm, together: hwm}}',
      "groups.g.together: found 'hwm', over which they are spread too",
    ],
    [
      'groups: {g: {members: [], replicas: 1}}',
      'groups.g.replicas: found 1, expected at most its 0 members',
    ],
    [
      'fallbacks: [{failed: [nobody], map: {}}]',
      "fallbacks[0].failed[0]: found 'nobody', expected the name of an HWM",
    ],
    ['fallbacks: [{failed: [], map: {}}]', 'fallbacks[0].failed: found no HWM'],
    [
      'vms: {a: {ha: true}}\nfallbacks: [{failed: [quark], map: {a: quark}}]',
      "fallbacks[0].map.a: found 'quark', which has failed in this map",
    ],
    [
      'vms: {a: {}}\nfallbacks: [{failed: [quark], map: {a: snailin}}]',
      "fallbacks[0].map.a: found 'a', which is no HAVM",
    ],
    [
      'vms: {a: {ha: true}}\nfallbacks: [{failed: [quark], map: {b: snailin}}]',
      "fallbacks[0].map.b: found 'b', expected the name of a VM (a)",
    ],
    [
      'fallbacks: [{failed: [quark], map: {}}, {failed: [quark], map: {}}]',
      'fallbacks[1].failed: found the same HWMs as in fallbacks[0]',
    ],
    [
      'settings: {safety: {A: 15s}}',
      'settings.safety.D: found 15 s, expected at least A and one second (16 s)',
    ],
    [
      'settings: {safety: {h: 6s}}',
      'settings.safety.ttl: found 10 s, expected at least twice h (12 s)',
    ],
    ['settings: {safety: {w: 1s}}', 'settings.safety.w: found 1 s, expected at least 2 s'],
    [
      'failureDomains: rak',
      "failureDomains: found 'rak', expected a label that HWMs have (rack); did you mean 'rack'?",
    ],
    ['dimensions: [ram]', "dimensions[0]: found 'ram', expected another name"],
    ['dimensions: [gpu]\nvms: {a: {gpus: 1}}', "vms.a.gpus: found the unknown field 'gpus'"],
  ])('%s', (more, expected) => {
    const found = problems(`${HEAD}${HWMS}${more}\n`).filter(line => line.includes(' error: '))
    expect(found[0]).toContain(expected)
  })

  test.each([
    ['tolerate: 2', 'tolerate: found 2 with 2 HWMs, expected fewer than there are HWMs'],
    ['vms: {a: {ha: true, only: [quark]}}', 'vms.a: found an HAVM that only quark may run'],
    ['vms: {a: {ram: 65GiB}}', 'vms.a.ram: found 65 GiB, expected at most 64 GiB'],
  ])('%s is a warning', (more, expected) => {
    const result = parseClusterFile(`${HEAD}${HWMS}${more}\n`, 'c.yaml')
    expect(result.ok).toBe(true)
    expect(problems(`${HEAD}${HWMS}${more}\n`)).toEqual([
      expect.stringContaining(`warning: ${expected}`),
    ])
  })

  test('two HWMs share no libvirt and no fence device, and secrets are warned of', () => {
    const fence = 'fence: [{agent: fence_ipmilan, options: {ip: 10.0.0.1, password: x}}]'
    const found = problems(`${HEAD}hwms:
  a: {libvirt: qemu+ssh://h/system, ${fence}}
  b: {libvirt: qemu+ssh://h/system, ${fence}}
`)
    expect(found).toEqual([
      expect.stringContaining(
        "warning: hwms.a.fence[0].options.password: found the option 'password'",
      ),
      expect.stringContaining(
        'error: hwms.b.libvirt: found the libvirt of a, expected a libvirt of its own',
      ),
      expect.stringContaining('error: hwms.b.fence[0]: found the fence device of a'),
      expect.stringContaining('warning: hwms.b.fence[0].options.password'),
    ])
  })
})

describe('etcd', () => {
  test.each([
    ['{endpoints: []}', 'etcd.endpoints: found no endpoint'],
    [
      '{endpoints: [http://u:secret@a:2379]}',
      'etcd.endpoints[0]: found an endpoint with a user or password in it',
    ],
    ['{endpoints: [http://a:2379/v3]}', "etcd.endpoints[0]: found 'http://a:2379/v3'"],
    [
      '{endpoints: [http://a:2379], tls: {ca: /ca}}',
      "etcd.endpoints[0]: found 'http://a:2379', expected https://",
    ],
    [
      '{endpoints: [https://a:2379], tls: {cert: /c}}',
      'etcd.tls.key: found nothing, expected the key of the certificate',
    ],
    [
      '{endpoints: [http://a:2379], username: u}',
      "etcd.password-file: found nothing, expected the file with the password of 'u'",
    ],
  ])('%s', (etcd, expected) => {
    const text = `apiVersion: yasco/v1\ncluster: c\netcd: ${etcd}\n${HWMS}`
    const found = problems(text)
    expect(found).toEqual([expect.stringContaining(expected)])
    expect(found.join('')).not.toContain('secret')
    expect(parseAccess(text, 'c.yaml').ok).toBe(false)
  })

  test('access is read from a file whose other parts are wrong', () => {
    const access = parseAccess(`${HEAD}hwms: 5\nwhat: ever\n`, 'c.yaml')
    expect(access).toEqual({ ok: true, cluster: 'test', etcd: { endpoints: ['http://a:2379'] } })
  })
})

test('the file tells what it says itself', () => {
  const result = parseClusterFile(`${HEAD}${HWMS}vms: {a: {desired: stopped}, b: {}}\n`, 'c.yaml')
  if (!result.ok) throw new Error('not valid')
  expect(result.says(['vms', 'a', 'desired'])).toBe(true)
  expect(result.says(['vms', 'b', 'desired'])).toBe(false)
})

describe('hostile files end soon', () => {
  test('an alias stands for what it names', () => {
    const text = `${HEAD}hwms:\n  a: {libvirt: test:///a, capacity: &c {ram: 1GiB}}\n  b: {libvirt: test:///b, capacity: *c}\n`
    const result = parseClusterFile(text, 'c.yaml')
    expect(result.ok && result.config.hwms[1]?.capacity).toEqual({ ram: 2 ** 30 })
  })

  test('aliases that multiply are cut off', () => {
    const members = Array.from({ length: 5000 }, (_, i) => `v${i}`)
    const groups = Array.from(
      { length: 5000 },
      (_, i) => `  g${i}: {members: ${i === 0 ? `&m [${members.join(',')}]` : '*m'}}`,
    )
    const text = `${HEAD}${HWMS}vms: &v\n${members.map(vm => `  ${vm}: {}`).join('\n')}\ngroups:\n${groups.join('\n')}\n`
    const used = cpuMsOf(() => expect(problems(text)[0]).toContain('aliases'))
    expect(used).toBeLessThan(5_000)
  }, 30_000)

  test.each([
    ['brackets', '['.repeat(100_000)],
    ['dashes', '- '.repeat(100_000)],
    ['braces', '{a: '.repeat(100_000)],
    ['indentation', Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('nested %s', (_, text) => {
    const result = parseClusterFile(text, 'c.yaml')
    expect(result.ok).toBe(false)
  })

  test('any text ends in a configuration or in problems', () => {
    const sample = readFileSync(new URL('../../../config/reference.yaml', import.meta.url), 'utf8')
    const cut = fc.tuple(fc.nat(sample.length), fc.nat(40), fc.string({ maxLength: 10 }))
    fc.assert(
      fc.property(cut, ([at, length, instead]) => {
        const text = sample.slice(0, at) + instead + sample.slice(at + length)
        const result = parseClusterFile(text, 'c.yaml')
        if (!result.ok) {
          expect(result.problems.some(problem => problem.severity === 'error')).toBe(true)
          for (const { line, column } of result.problems) {
            expect(line).toBeGreaterThan(0)
            expect(column).toBeGreaterThan(0)
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
