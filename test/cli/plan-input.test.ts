// Bad and odd input to `yasco plan`, each through the command: an answer or an error that names the thing, and quickly.
import { describe, expect, test } from 'vitest'
import { World } from './world.ts'

interface Odd {
  readonly hwms: Readonly<Record<string, string>>
  readonly vms: Readonly<Record<string, string>>
  readonly tolerate?: number
  readonly more?: string
}

const SMALL = 'capacity: {ram: 8GiB, cpu: 8}'
const three = { a: SMALL, b: SMALL, c: SMALL }
const many = (count: number, word: string, text: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, k) => [`${word}${k}`, text]))

function fileOf({ hwms, vms, tolerate = 1, more = '' }: Odd): string {
  const block = (entries: Readonly<Record<string, string>>, start: (name: string) => string) =>
    Object.keys(entries).length === 0
      ? ' {}'
      : Object.entries(entries)
          .map(([name, text]) => `\n  ${name}: {${start(name)}${text}}`)
          .join('')
  return `apiVersion: yasco/v1
cluster: odd
etcd: {endpoints: [http://127.0.0.1:2379]}
domains: etcd
tolerate: ${tolerate}
hwms:${block(hwms, name => `libvirt: 'test:///${name}', `)}
vms:${block(vms, () => '')}
${more}`
}

const havm = (text: string) => `ha: true, ${text}`
const one = havm('ram: 1GiB, cpu: 1')

/** Exit status, and words that the output must have. */
const cases: Record<string, readonly [Odd, number, ...string[]]> = {
  'a demand larger than any HWM': [
    { hwms: three, vms: { big: havm('ram: 20GiB, cpu: 1'), other: one } },
    3,
    'big fits on no HWM',
    'ram short 12 GiB',
  ],
  'a demand larger than the HWM it may run on': [
    {
      hwms: { ...three, large: 'capacity: {ram: 64GiB, cpu: 8}' },
      vms: { big: havm('ram: 20GiB, cpu: 1, never: [large]') },
    },
    3,
    'big fits on no HWM that may run it',
  ],
  'a capacity of zero': [
    { hwms: { ...three, none: 'capacity: {ram: 0GiB, cpu: 0}' }, vms: { v: one } },
    0,
    'TOLERATES 1: yes',
  ],
  'only capacities of zero': [
    { hwms: { none: 'capacity: {ram: 0GiB, cpu: 0}' }, vms: { v: one }, tolerate: 0 },
    3,
    'v fits on no HWM',
  ],
  'demands of zero': [
    { hwms: three, vms: { v: havm('ram: 0GiB, cpu: 0'), w: 'ha: false' } },
    0,
    '2 VMs',
  ],
  'a dimension that HWMs do not state': [
    { hwms: { a: 'capacity: {ram: 8GiB}', b: SMALL }, vms: { v: one } },
    0,
    'note: a states no cpu: taken as unlimited',
  ],
  'no amounts at all': [
    { hwms: { a: 'fallback: true', b: 'fallback: true' }, vms: { v: 'ha: true' } },
    0,
    'TOLERATES 1: yes',
  ],
  'as many failures as HWMs': [
    { hwms: { a: SMALL, b: SMALL }, vms: { v: one }, tolerate: 2 },
    3,
    'only 2 places can fail apart',
    'largest X: 1',
  ],
  'all VMs plain': [
    { hwms: three, vms: many(9, 'v', 'ha: false, ram: 2GiB, cpu: 1') },
    0,
    'TOLERATES 1: yes',
    '9 VMs on 3 HWMs',
  ],
  'all VMs highly available, and room': [
    { hwms: three, vms: many(8, 'v', havm('ram: 2GiB, cpu: 1')) },
    0,
    'TOLERATES 1: yes',
  ],
  'all VMs highly available, and one too many': [
    { hwms: three, vms: many(9, 'v', havm('ram: 2GiB, cpu: 1')) },
    3,
    'no map survives 1 failure:',
    'ram of the others does not suffice',
    'largest X: 0',
  ],
  'one giant HWM': [
    {
      hwms: { giant: 'capacity: {ram: 1TiB, cpu: 128}', ...three },
      vms: many(9, 'v', havm('ram: 4GiB, cpu: 1')),
    },
    3,
    'should giant fail',
  ],
  'nobody takes others in': [
    { hwms: { a: `${SMALL}, fallback: false`, b: `${SMALL}, fallback: false` }, vms: { v: one } },
    3,
    'v could restart nowhere',
  ],
  'all HWMs in maintenance': [
    { hwms: { a: `${SMALL}, maintenance: true` }, vms: { v: one }, tolerate: 0 },
    3,
    'no HWM may run v',
  ],
  'together, but on different HWMs': [
    {
      hwms: three,
      vms: { x: havm('ram: 1GiB, only: [a, c]'), y: havm('ram: 1GiB, only: [b]') },
      tolerate: 0,
      more: 'groups: {pair: {members: [x, y], together: hwm}}',
    },
    3,
    'pair',
    'x, y',
  ],
  'apart, but too few HWMs': [
    {
      hwms: { a: SMALL, b: SMALL },
      vms: { x: one, y: one, z: one },
      tolerate: 0,
      more: 'groups: {web: {members: [x, y, z], spread: hwm}}',
    },
    3,
    'web',
    'x, y, z',
  ],
  'both together and apart': [
    {
      hwms: three,
      vms: { x: one, y: one },
      more: 'groups: {p: {members: [x, y], spread: hwm}, q: {members: [x, y], together: hwm}}',
    },
    3,
    'x, y',
  ],
  'only and never leave nothing': [
    { hwms: three, vms: { x: havm('ram: 1GiB, only: [a], never: [a]') } },
    2,
    'vms.x',
    'leave no HWM',
  ],
  'pinned where it may not be': [
    { hwms: three, vms: { x: havm('ram: 1GiB, home: a, pinned: true, never: [a]') } },
    2,
    'vms.x.home',
  ],
  'an amount below zero': [{ hwms: three, vms: { x: havm('ram: -1GiB') } }, 2, 'vms.x.ram'],
  'an HWM that is not there': [
    { hwms: three, vms: { x: havm('ram: 1GiB, home: z') } },
    2,
    'vms.x.home',
    'z',
  ],
  'an empty cluster': [{ hwms: {}, vms: {} }, 0, '0 VMs on 0 HWMs'],
  'no HWM for a VM': [{ hwms: {}, vms: { v: one }, tolerate: 0 }, 2, 'vms.v'],
  'no VM': [{ hwms: three, vms: {} }, 0, '0 VMs on 0 HWMs', 'nothing to move'],
  'ten thousand identical VMs': [
    {
      hwms: many(120, 'h', 'capacity: {ram: 256GiB, cpu: 64}'),
      vms: many(10_000, 'v', havm('ram: 2GiB, cpu: 0.5')),
    },
    0,
    '10000 VMs on 80 HWMs',
    'proved best',
  ],
}

describe('odd input to plan', () => {
  test.each(Object.entries(cases))('%s', async (_, [odd, status, ...words]) => {
    using world = new World()
    const file = world.file('odd.yaml', fileOf(odd))
    const ran = await world.run(`plan -f ${file} --seconds 20`)
    for (const word of words) expect(`${ran.out}${ran.err}`).toContain(word)
    expect(ran.status).toBe(status)
  })

  // What is impossible as a placement is impossible for fallback maps, and what is no problem is none: never another kind of answer.
  test.each(Object.entries(cases))('to fallback: %s', async (_, [odd, status]) => {
    using world = new World()
    const file = world.file('odd.yaml', fileOf(odd))
    const ran = await world.run(`fallback -f ${file} --all --seconds 20 --json`)
    expect({ status: ran.status, err: ran.err }).toMatchObject({ status })
    if (status === 2) {
      expect(ran.err).toContain('odd.yaml')
      return
    }
    const { answer, fallback, resilience } = JSON.parse(ran.out) as {
      answer: string
      fallback: readonly { complete: boolean }[]
      resilience: { holds: boolean }
    }
    expect(answer).toBe(status === 3 ? 'impossible' : 'map')
    expect(resilience.holds).toBe(status === 0)
    if (status === 0) expect(fallback.every(set => set.complete)).toBe(true)
  })

  test('what is not there is named by every option', async () => {
    using world = new World()
    const file = world.file('odd.yaml', fileOf({ hwms: three, vms: { v: one } }))
    for (const [line, word] of [
      ['plan --objective cheapest', "'cheapest'"],
      ['plan --objective balance:1,fewest-moves', 'every objective has a weight'],
      ['plan --objective balance:-1,fewest-moves:1', "the weight '-1' is no number above 0"],
      ['plan --objective balance:0,fewest-moves:1', "the weight '0'"],
      ['plan --objective balance,balance', 'can be there once'],
      ['plan --seconds soon', '--seconds soon'],
      ['plan --seconds 0', '--seconds 0'],
      ['plan --tolerate -1', 'tolerate'],
      ['plan --seed x', 'seed'],
      ['plan --capacity --like nobody', 'nobody'],
      ['fallback --failed z', 'z'],
      ['what-if --less z', 'z'],
    ] as const) {
      const { status, err } = await world.run(`${line} -f ${file}`)
      expect({ line, status }).toEqual({ line, status: 2 })
      expect(err).toContain(word)
    }
  })
})
