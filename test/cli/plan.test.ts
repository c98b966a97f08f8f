// What plan, fallback, what-if and snapshot promise to programs: fields, exit statuses, options; on a cluster file alone.
import { describe, expect, test, vi } from 'vitest'
import { checkFallback } from '../../src/solver/check/fallback.ts'
import { checkOrder } from '../../src/solver/check/order.ts'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { problemOf } from '../../src/solver/door.ts'
import type { Move, Problem } from '../../src/solver/problem.ts'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { Hiring } from './hiring.ts'
import { World } from './world.ts'

const CLUSTER = `apiVersion: yasco/v1
cluster: small
etcd: {endpoints: [http://127.0.0.1:2379]}
domains: etcd
tolerate: 1
hwms:
  a: {libvirt: 'test:///a', capacity: {ram: 8GiB, cpu: 8}, labels: {rack: r1}}
  b: {libvirt: 'test:///b', capacity: {ram: 8GiB, cpu: 8}, labels: {rack: r1}}
  c: {libvirt: 'test:///c', capacity: {ram: 8GiB, cpu: 8}, labels: {rack: r2}}
  d: {libvirt: 'test:///d', capacity: {ram: 8GiB, cpu: 8}, labels: {rack: r2}}
vms:
  db: {ha: true, home: a, ram: 4GiB, cpu: 2}
  web1: {ha: true, home: a, ram: 2GiB, cpu: 1}
  web2: {ha: true, home: b, ram: 2GiB, cpu: 1}
  batch: {ha: false, home: b, ram: 3GiB, cpu: 4}
  mail: {ha: true, home: c, ram: 3GiB, cpu: 1}
groups:
  web: {members: [web1, web2], spread: hwm}
`

/** No two VMs alike, four of them without a home: many maps are nearly as good as the best. */
const UNEVEN = `apiVersion: yasco/v1
cluster: uneven
etcd: {endpoints: [http://127.0.0.1:2379]}
domains: etcd
tolerate: 1
hwms:
${Array.from({ length: 8 }, (_, h) => `  h${h}: {libvirt: 'test:///h${h}', capacity: {ram: ${24 + (h % 3) * 4}GiB, cpu: 24}}`).join('\n')}
vms:
${Array.from({ length: 30 }, (_, v) => `  v${v}: {ha: ${v % 4 > 0}, ${v % 8 === 0 ? '' : `home: h${(v * v) % 5}, `}ram: ${1024 + ((v * 7919) % 4000)}MiB, cpu: ${1 + (v % 4)}}`).join('\n')}
`

interface Answer {
  readonly map: Readonly<Record<string, string>>
  readonly hwmsUsed: number
  readonly bound: number
  readonly proved: boolean
  readonly resilience: {
    readonly asked: number
    readonly holds: boolean
    readonly largest: number
    readonly counterExample: {
      readonly failed: readonly string[]
      readonly vms: readonly string[]
      readonly dimension: string | null
      readonly missing: number | null
    } | null
  }
  readonly fallback: readonly {
    readonly failed: readonly string[]
    readonly map: Readonly<Record<string, string>>
    readonly complete: boolean
  }[]
  readonly moves: readonly Move[]
  readonly order: string
}

function problemIn(text: string): Problem {
  const parsed = parseClusterFile(text, 'test')
  if (!parsed.ok) throw new Error('the test has no valid cluster file')
  return problemOf(parsed.config)
}

const entries = (record: Readonly<Record<string, string>>) => new Map(Object.entries(record))

async function answer(
  world: World,
  line: string,
  text = CLUSTER,
): Promise<{ status: number; json: Answer }> {
  const file = world.file('cluster.yaml', text)
  const { status, out, err } = await world.run(`${line} -f ${file} --json`)
  expect(err).toBe('')
  return { status, json: JSON.parse(out) }
}

describe('plan -f FILE --json', () => {
  test('has every promised field, of its kind', async () => {
    using world = new World()
    const { status, json } = await answer(world, 'plan --objective fewest-hwms')
    expect(status).toBe(0)
    expect(json).toMatchObject({
      apiVersion: 'yasco/v1',
      kind: 'PlacementPlan',
      hwmsUsed: expect.any(Number),
      bound: expect.any(Number),
      gap: expect.any(Number),
      proved: true,
      seconds: expect.any(Number),
      resilience: { asked: 1, holds: true, largest: expect.any(Number), counterExample: null },
      order: 'found',
    })
    expect(Object.keys(json.map).sort()).toEqual(['batch', 'db', 'mail', 'web1', 'web2'])
    for (const move of json.moves)
      expect(move).toEqual({
        vm: expect.any(String),
        from: expect.any(String),
        to: expect.any(String),
        batch: expect.any(Number),
        bounce: expect.any(Boolean),
      })
    const problem = problemIn(CLUSTER)
    const map = entries(json.map)
    expect(checkPlacement(problem, map)).toEqual([])
    const homes = new Map(problem.vms.map(vm => [vm.name, vm.home ?? '']))
    expect(checkOrder(problem, homes, map, json.moves, 2)).toEqual([])
    expect(json.fallback.map(set => set.failed)).toEqual([['a'], ['b'], ['c'], ['d']])
    for (const set of json.fallback)
      expect(checkFallback(problem, map, set.failed, entries(set.map))).toEqual([])
  })

  test('a mix says what each of its objectives is worth, in its own unit', async () => {
    using world = new World()
    const file = world.file('small.yaml', CLUSTER)
    const line = `plan -f ${file} --objective fewest-hwms:2,fewest-moves:1`
    const { out, status } = await world.run(`${line} --json`)
    expect(status).toBe(0)
    const { objective, value, terms, proved, moves } = JSON.parse(out) as {
      objective: string
      value: number
      terms: { objective: string; weight: number; value: number }[]
      proved: boolean
      moves: readonly Move[]
    }
    expect([objective, proved]).toEqual(['mix', true])
    expect(terms.map(term => term.weight)).toEqual([2, 1])
    expect(terms[1]?.value).toBe(moves.length)
    expect(value).toBe(2 * (terms[0]?.value ?? 0) + moves.length)
    expect((await world.run(line)).out).toMatch(
      /^mix \d+ = 2 x fewest-hwms \d+ \+ 1 x fewest-moves/,
    )
  })

  test('several objectives in order: what each is worth is told, as numbers and as text', async () => {
    using world = new World()
    const file = world.file('small.yaml', CLUSTER)
    const line = `plan -f ${file} --objective fewest-hwms,balance,fewest-moves`
    const { out, status } = await world.run(`${line} --json`)
    expect(status).toBe(0)
    const { objective, value, inOrder, moves } = JSON.parse(out) as {
      objective: string
      value: number
      inOrder: { objective: string; value: number }[]
      moves: readonly Move[]
    }
    expect(objective).toBe('fewest-hwms')
    expect(inOrder.map(aim => aim.objective)).toEqual(['fewest-hwms', 'balance', 'fewest-moves'])
    expect([inOrder[0]?.value, inOrder[2]?.value]).toEqual([value, moves.length])
    expect((await world.run(line)).out).toMatch(
      /^fewest-hwms: \d+ \(.+\), then balance \d+(\.\d+)?, then fewest-moves \d+; /,
    )
  })

  test.for([
    'fewest-hwms',
    'balance',
    'fewest-moves',
    'fewest-hwms,balance',
    'fewest-moves,balance',
    'balance:100,fewest-moves:1',
    'fewest-hwms:5,fewest-moves:1,balance:20',
  ])('equal seeds give equal answers: %s', async objective => {
    using world = new World()
    const line = `plan --objective ${objective} --seed 7 --seconds 30`
    const once = await answer(world, line, UNEVEN)
    const again = await answer(world, line, UNEVEN)
    expect(Object.keys(once.json.map)).toHaveLength(30)
    expect({ ...again.json, seconds: 0 }).toEqual({ ...once.json, seconds: 0 })
  })

  test('--keep-map judges the homes as they are: the failure set, the VMs, what is short and by how much', async () => {
    using world = new World()
    const full = CLUSTER.replace(
      'mail: {ha: true, home: c, ram: 3GiB',
      'mail: {ha: true, home: c, ram: 7GiB',
    )
    const { status, json } = await answer(world, 'plan --keep-map --tolerate 2', full)
    expect(status).toBe(3)
    expect(json.map['mail']).toBe('c')
    expect(json.moves).toEqual([])
    const { holds, asked, largest, counterExample } = json.resilience
    expect({ holds, asked, largest }).toEqual({ holds: false, asked: 2, largest: 1 })
    expect(counterExample).toMatchObject({
      failed: ['a', 'c'],
      vms: ['db', 'web1', 'mail'],
      dimension: 'ram',
      // 13 GiB of HAVMs, and 3 GiB free on b and 8 GiB on d.
      missing: 2 * 1024 ** 3,
    })
  })

  test('what is proved impossible ends with 3 and says so; the best with fewer failures is there all the same', async () => {
    using world = new World()
    const { status, json } = await answer(world, 'plan --tolerate 3')
    expect(status).toBe(3)
    expect(json).toMatchObject({ answer: 'impossible', resilience: { asked: 3, holds: false } })
    expect(checkPlacement(problemIn(CLUSTER), entries(json.map))).toEqual([])
    expect(json.resilience.largest).toBeGreaterThanOrEqual(1)
  })

  test('too few replicas that go on are the reason why X does not hold, and a plan parts them', async () => {
    using world = new World()
    const web = CLUSTER.replace('spread: hwm}', 'replicas: 1}').replace(
      'home: b, ram: 2',
      'home: a, ram: 2',
    )
    const kept = await answer(world, 'plan --keep-map', web)
    expect(kept.status).toBe(3)
    expect(kept.json.resilience).toMatchObject({
      holds: false,
      counterExample: {
        failed: ['a'],
        vms: ['web1', 'web2'],
        proof: { kind: 'replicas', running: 0 },
      },
    })
    const text = await world.run(`plan --keep-map -f ${world.file('web.yaml', web)}`)
    expect(text.out).toContain('when a fails: 0 of web go on running, 1 must')
    const parted = await answer(world, 'plan', web)
    expect(parted.status).toBe(0)
    expect(parted.json.map['web1']).not.toBe(parted.json.map['web2'])
    expect(parted.json).toMatchObject({ proved: true, resilience: { holds: true } })
    expect(parted.json.moves).toHaveLength(1)
  })

  test('time that ends before the verdict ends with 4', async () => {
    using world = new World()
    const hwms = Array.from(
      { length: 150 },
      (_, h) => `  h${h}: {libvirt: 'test:///h${h}', capacity: {ram: 64GiB}}`,
    )
    const vms = Array.from(
      { length: 3_000 },
      (_, v) => `  v${v}: {ha: true, home: h${v % 150}, ram: ${2 + (v % 2)}GiB}`,
    )
    const text = `apiVersion: yasco/v1\ncluster: wide\netcd: {endpoints: [http://127.0.0.1:2379]}\ndomains: etcd\ntolerate: 3\nhwms:\n${hwms.join('\n')}\nvms:\n${vms.join('\n')}\n`
    const { status, json } = await answer(world, 'plan --keep-map --seconds 0.01', text)
    expect(status).toBe(4)
    expect(json).toMatchObject({ resilience: { holds: false, verdict: 'unknown' } })
  })

  test('racks fail as one, and the largest X counts them', async () => {
    using world = new World()
    const racks = CLUSTER.replace('tolerate: 1', 'tolerate: 1\nfailureDomains: rack')
    const { status, json } = await answer(world, 'plan', racks)
    expect(status).toBe(0)
    expect(json.fallback.map(set => set.failed)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    for (const set of json.fallback)
      expect(
        checkFallback(problemIn(racks), entries(json.map), set.failed, entries(set.map)),
      ).toEqual([])
  })

  test('--capacity and --like count slots', async () => {
    using world = new World()
    const { json } = await answer(world, 'plan --capacity --like web1')
    expect(json).toMatchObject({
      capacity: {
        tolerate: 1,
        dimensions: [{ dimension: 'ram' }, { dimension: 'cpu' }],
        slots: [
          {
            like: 'web1',
            havms: 2,
            isExact: false,
            more: { isExact: expect.any(Boolean) },
            withHwm: { like: 'a' },
          },
        ],
      },
    })
  })

  test('Ctrl-C takes the best so far, and its workers have ended', async () => {
    using world = new World()
    using hiring = new Hiring()
    const { hired } = hiring
    const own = (n: number) =>
      `ram: ${700 + ((n * 7919) % 900)}MiB, cpu: ${70 + ((n * 104_729) % 90)}, storage: ${700 + ((n * 1_299_709) % 900)}MiB`
    const asked = (n: number) =>
      `ram: ${50 + ((n * 7919) % 301)}MiB, cpu: ${5 + ((n * 104_729) % 301) / 10}, storage: ${50 + ((n * 1_299_709) % 301)}MiB`
    const hwms = Array.from(
      { length: 60 },
      (_, n) => `  h${n}: {libvirt: 'test:///h${n}', capacity: {${own(n)}}}`,
    )
    const vms = Array.from({ length: 150 }, (_, n) => `  v${n}: {ha: true, ${asked(n)}}`)
    const text = `apiVersion: yasco/v1\ncluster: long\netcd: {endpoints: [http://127.0.0.1:2379]}\ndomains: etcd\ntolerate: 2\nhwms:\n${hwms.join('\n')}\nvms:\n${vms.join('\n')}\n`
    const started = world.start(
      `plan -f ${world.file('long.yaml', text)} --objective fewest-hwms --seconds 600 --json`,
      null,
    )
    // The search has something, and would go on for ten minutes.
    await vi.waitFor(() => expect(started.err()).toMatch(/best \d+/), {
      timeout: 20_000,
      interval: 5,
    })
    expect(hired.map(worker => worker.threadId > 0)).toEqual(hired.map(() => true))
    expect(hired.length).toBeGreaterThan(0)
    const still = Promise.resolve('still searching')
    expect(await Promise.race([started.finished, still])).toBe('still searching')
    started.end()
    const { out, status } = await started.finished
    const json: Answer = JSON.parse(out)
    expect(status).toBe(0)
    expect(json).toMatchObject({ proved: false, resilience: { asked: 2, holds: true } })
    expect(Object.keys(json.map)).toHaveLength(150)
    expect(checkPlacement(problemIn(text), entries(json.map))).toEqual([])
    // A thread that has ended has no number.
    expect(hired.map(worker => worker.threadId)).toEqual(hired.map(() => -1))
  })
})

describe('plan --vbp FILE --json', () => {
  test('packs, with the bin of every item', async () => {
    using world = new World()
    const file = world.file('small.vbp', '2\n10 10\n4\n6 2 1\n4 8 1\n5 5 1\n5 5 1\n')
    const { status, out } = await world.run(`plan --vbp ${file} --json`)
    expect(status).toBe(0)
    const json = JSON.parse(out)
    expect(json).toMatchObject({ kind: 'Packing', hwmsUsed: 2, bound: 2, proved: true })
    expect(json.assignment).toHaveLength(4)
    expect(json.assignment[0]).toBe(json.assignment[1])
  })

  test('an item larger than a bin is named; text that is none ends with 2', async () => {
    using world = new World()
    const large = await world.run(`plan --vbp ${world.file('large.vbp', '1\n10\n1\n11 1\n')}`)
    expect(large).toMatchObject({ status: 3, out: expect.stringContaining('item 0') })
    const none = await world.run(`plan --vbp ${world.file('none.vbp', 'hello')}`)
    expect(none).toMatchObject({ status: 2, err: expect.stringContaining('none.vbp') })
  })
})

describe('fallback', () => {
  test('--all --json has a valid map for every set up to X', async () => {
    using world = new World()
    const roomy = CLUSTER.replace(
      "'test:///c', capacity: {ram: 8GiB",
      "'test:///c', capacity: {ram: 16GiB",
    )
    const { status, json } = await answer(world, 'fallback --all --tolerate 2', roomy)
    expect(status).toBe(0)
    expect(json).toMatchObject({ kind: 'FallbackMaps', fallbackIsComplete: true })
    expect(json.fallback).toHaveLength(10)
    const problem = problemIn(roomy)
    for (const { failed, map } of json.fallback)
      expect({
        failed,
        wrong: checkFallback(problem, entries(json.map), failed, entries(map)),
      }).toEqual({ failed, wrong: [] })
  })

  test('a set that has no map ends with 3 and tells what is short', async () => {
    using world = new World()
    const { status, json } = await answer(world, 'fallback --failed a,b,c')
    expect(status).toBe(3)
    expect(json.fallback).toMatchObject([
      { failed: ['a', 'b', 'c'], complete: false, why: { dimension: 'ram' } },
    ])
  })
})

test('what-if tells before, after and the plan that follows', async () => {
  using world = new World()
  const { status, json } = await answer(world, 'what-if --less d')
  expect(status).toBe(0)
  expect(json).toMatchObject({
    kind: 'WhatIf',
    before: { resilience: { holds: true } },
    after: { resilience: { asked: 1 } },
    plan: { resilience: { holds: true } },
  })
})

test('a snapshot is read again, gives the same plan, and says nothing secret', async () => {
  using world = new World()
  const file = world.file('cluster.yaml', CLUSTER)
  const taken = await world.run(`snapshot -f ${file}`)
  expect(taken.status).toBe(0)
  expect(taken.out).not.toContain('127.0.0.1')
  const snapshot = world.file('snapshot.yaml', taken.out)
  const plan = async (line: string) => {
    const { out } = await world.run(`plan ${line} --objective fewest-hwms --seed 3 --json`)
    return { ...JSON.parse(out), seconds: 0 }
  }
  expect(await plan(`--snapshot ${snapshot}`)).toEqual(await plan(`-f ${file}`))
})
