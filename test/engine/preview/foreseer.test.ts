// The solver beside the observer: what it says follows the cluster, and what goes wrong with it is told and mended.
import { expect, test } from 'vitest'
import { Engine } from '../../../src/engine/engine.ts'
import { Foreseer } from '../../../src/engine/preview/foreseer.ts'
import type { Preview } from '../../../src/model/preview.ts'
import { encode, homesValue, keys, prefixes } from '../../../src/etcd/layout.ts'
import { readFallbackMaps } from '../../../src/operations/fallback-maps.ts'
import { Observed } from '../../cluster/observed.ts'
import { screenOn, settle } from '../screens.ts'
import { SceneWorkers } from '../../../src/engine/preview/scene-workers.ts'
import { NearWorker } from './near-worker.ts'

interface Options {
  readonly writes?: boolean
}

async function foreseen({ writes = true }: Options = {}) {
  const seen = await Observed.begin()
  const [judge, answer] = [new NearWorker(), new NearWorker()]
  const published: Preview[] = []
  const { clock, simulation, observation } = seen
  const store = simulation.connectStore()
  const foreseer = new Foreseer({
    clock,
    store,
    writes,
    changed: preview => published.push(preview),
    wall: () => clock.now(),
    workers: new SceneWorkers({ judge: judge.scene, answer: answer.scene }),
  })
  foreseer.see(observation.snapshot)
  observation.onSnapshot(snapshot => foreseer.see(snapshot))
  const pass = async (ms: number) => {
    await clock.advance(ms)
    await settle()
    await clock.advance(1)
    await settle()
  }
  const storedMaps = async () => {
    const { kvs } = await store.list(prefixes.fallbackMaps)
    return readFallbackMaps(kvs)
  }
  await pass(1_000)
  return {
    seen,
    foreseer,
    judge,
    answer,
    store,
    published,
    pass,
    storedMaps,
    act: async (line: string, ms: number) => {
      await seen.act(line, ms)
      await pass(2_500)
    },
    [Symbol.asyncDispose]: async () => {
      await foreseer[Symbol.asyncDispose]()
      await seen[Symbol.asyncDispose]()
    },
  }
}

test('a cluster at rest is judged: X holds, where each HAVM restarts, what is kept free and for whom', async () => {
  await using house = await foreseen()
  const { preview } = house.foreseer
  expect(preview.verdict).toMatchObject({ tolerate: 1, holds: 'yes', because: '' })
  expect(preview.ifFails).toEqual({
    'win7-vmm2': 'snailin',
    'freebsd-vmm2': 'snailin',
    'ubuntu-vmm2': 'quark',
  })
  expect(preview.kept['snailin']).toEqual({
    amounts: { ram: 24 * 2 ** 30, cpu: 8_000 },
    by: ['quark'],
  })
  expect(preview.sets['quark']).toMatchObject({ state: 'covered', restarts: 2, waits: 1 })
})

test('what only moves a gauge is not judged anew', async () => {
  await using house = await foreseen()
  const judged = house.judge.asked.length
  await house.pass(60_000)
  expect(house.seen.snapshot.seq).toBeGreaterThan(3)
  expect(house.judge.asked).toHaveLength(judged)
})

test('a host dies: one more failure cannot be survived, and the counter-example says why', async () => {
  await using house = await foreseen()
  await house.act('kill quark', 20_000)
  const { verdict } = house.foreseer.preview
  expect(verdict).toMatchObject({ holds: 'no', failed: ['snailin'] })
  expect(verdict?.because).toMatch(/^snailin: /)
  // What waits is told where it restarts now; what runs there, that nothing is left for it.
  expect(house.foreseer.preview.ifFails).toEqual({
    'win7-vmm2': 'snailin',
    'freebsd-vmm2': 'snailin',
    'ubuntu-vmm2': '',
  })
  await house.act('rescue quark', 30_000)
  expect(house.foreseer.preview.verdict?.holds).toBe('yes')
})

test('fallback maps are stored, with what they rest on, and replaced when the CDM is another', async () => {
  await using house = await foreseen()
  const before = await house.storedMaps()
  expect([...before.keys()]).toEqual([keys.fallbackMap(['quark']), keys.fallbackMap(['snailin'])])
  expect(Object.fromEntries(before.get(keys.fallbackMap(['quark']))?.map ?? [])).toEqual({
    'win7-vmm2': 'snailin',
    'freebsd-vmm2': 'snailin',
  })
  await move(house, 'freebsd-vmm2', 'snailin')
  const after = await house.storedMaps()
  expect(after.get(keys.fallbackMap(['quark']))?.map.has('freebsd-vmm2')).toBe(false)
  expect(after.get(keys.fallbackMap(['snailin']))?.map.get('freebsd-vmm2')).toBe('quark')
  expect(after.get(keys.fallbackMap(['quark']))?.inputs).not.toBe(
    before.get(keys.fallbackMap(['quark']))?.inputs,
  )
})

test('maps that are right already are left alone by a console that begins', async () => {
  await using house = await foreseen()
  const revision = (await house.store.list(prefixes.fallbackMaps)).kvs.map(kv => kv.modRevision)
  await house.foreseer[Symbol.asyncDispose]()
  const { clock, observation } = house.seen
  await using second = new Foreseer({
    clock,
    store: house.store,
    writes: true,
    changed: () => undefined,
    workers: new SceneWorkers({ judge: new NearWorker().scene, answer: new NearWorker().scene }),
  })
  second.see(observation.snapshot)
  await house.pass(5_000)
  expect(second.preview.verdict?.holds).toBe('yes')
  const again = (await house.store.list(prefixes.fallbackMaps)).kvs.map(kv => kv.modRevision)
  expect(again).toEqual(revision)
})

test('a read-only console writes none', async () => {
  await using house = await foreseen({ writes: false })
  await house.pass(10_000)
  expect(house.foreseer.preview.verdict?.holds).toBe('yes')
  expect((await house.storedMaps()).size).toBe(0)
})

test('a set is answered by its stored map, and by the solver when that does not fit what is there', async () => {
  await using house = await foreseen()
  const stored = await house.foreseer.fallback(['quark'])
  expect(stored).toMatchObject({ by: 'stored', state: 'covered', waits: ['ceph1'] })
  expect(stored.restarts.map(each => `${each.vm} ${each.to}`)).toEqual([
    'win7-vmm2 snailin',
    'freebsd-vmm2 snailin',
  ])
  // freebsd runs where the map wants it restarted from: what is stored is of the CDM, and does not fit any more.
  await house.act('migrate ubuntu-vmm2 quark', 60_000)
  const solved = await house.foreseer.fallback(['quark'])
  expect(solved.by).toBe('solver')
  expect(solved.restarts.map(each => each.vm)).toContain('ubuntu-vmm2')
})

test('a set of all that take anybody in: everybody is left over, each with what blocks it', async () => {
  await using house = await foreseen()
  const answer = await house.foreseer.fallback(['quark', 'snailin'])
  expect(answer.state).toBe('short')
  expect(answer.restarts).toEqual([])
  expect(answer.left.map(each => each.vm).toSorted()).toEqual([
    'freebsd-vmm2',
    'ubuntu-vmm2',
    'win7-vmm2',
  ])
  expect(answer.left[0]?.why).toBe('no HWM that lives takes anybody in')
})

test('an HWM that is down already fails with every set', async () => {
  await using house = await foreseen()
  await house.act('kill quark', 20_000)
  const answer = await house.foreseer.fallback(['snailin'])
  expect(answer.deadBefore).toEqual(['quark'])
  expect(answer.left).toHaveLength(3)
})

test('etcd is lost while it solves: the verdict comes, maps are stored when etcd is back', async () => {
  await using house = await foreseen()
  const held = Promise.withResolvers<void>()
  house.judge.gate = held.promise
  await move(house, 'freebsd-vmm2', 'snailin')
  await house.seen.act('etcd lose 2', 100)
  held.resolve()
  await house.pass(15_000)
  expect(house.seen.snapshot.etcd.state).toBe('stale')
  expect(house.foreseer.preview.verdict?.holds).toBe('yes')
  expect(house.foreseer.preview.ifFails['freebsd-vmm2']).toBe('snailin')
  await house.seen.act('etcd return 2', 3_000)
  await house.pass(3_000)
  expect(
    (await house.storedMaps()).get(keys.fallbackMap(['snailin']))?.map.has('freebsd-vmm2'),
  ).toBe(true)
})

test('a solver that dies is told of, the last verdict stays with its age, and another takes over', async () => {
  await using house = await foreseen()
  const before = house.foreseer.preview.verdict
  house.judge.isDead = true
  await house.act('kill quark', 20_000)
  expect(house.foreseer.preview.problem).toBe('the solver crashed: out of memory')
  expect(house.foreseer.preview.verdict).toBe(before)
  expect(house.foreseer.preview.checkingSince).toBeDefined()
  house.judge.isDead = false
  await house.pass(11_000)
  expect(house.foreseer.preview).toMatchObject({ problem: '', verdict: { holds: 'no' } })
})

test('a judgement that takes long is announced, one that does not is not', async () => {
  await using house = await foreseen()
  expect(house.published.every(preview => preview.checkingSince === undefined)).toBe(true)
  const held = Promise.withResolvers<void>()
  house.judge.gate = held.promise
  await house.seen.act('stop test', 100)
  await house.pass(700)
  expect(house.foreseer.preview.checkingSince).toBeDefined()
  expect(house.foreseer.preview.verdict?.holds).toBe('yes')
  held.resolve()
  await house.pass(10)
  expect(house.foreseer.preview.checkingSince).toBeUndefined()
})

test('screens are sent what it says, and then what changed of it; questions are answered by a thread of its own', async () => {
  const seen = await Observed.begin()
  const { observation, simulation, clock } = seen
  const engine = new Engine({
    observation,
    version: '7',
    foresight: { clock, store: simulation.connectStore(), writes: false },
  })
  await using _engine = engine
  const screen = screenOn(engine)
  await expect
    .poll(
      async () => {
        await clock.advance(200)
        return screen.snapshot?.preview?.verdict?.holds
      },
      { timeout: 20_000 },
    )
    .toBe('yes')
  const first = screen.patches.find(patch => patch.preview?.ifFails)
  expect(Object.keys(first?.preview?.ifFails ?? {})).toHaveLength(3)
  const answer = await screen.link.ask({ ask: 'fallback', failed: ['quark'] })
  expect(answer).toMatchObject({ ok: true, value: { state: 'covered', failed: ['quark'] } })
  expect(await screen.link.ask({ ask: 'fallback', failed: ['nobody'] })).toEqual({
    ok: false,
    error: 'there is no HWM nobody',
  })
})

/** Somebody else makes another HWM a VM's home. */
async function move(
  house: Awaited<ReturnType<typeof foreseen>>,
  vm: string,
  to: string,
): Promise<void> {
  const { snapshot } = house.seen
  const homes = Object.fromEntries(
    Object.values(snapshot.vms).flatMap(each => (each.home ? [[each.name, each.home]] : [])),
  )
  const value = encode(homesValue, {
    homes: { ...homes, [vm]: to },
    by: 'test',
    when: '2026-01-01T00:00:00.000Z',
    why: '',
  })
  await house.store.commit({ if: [], then: [{ put: keys.homes, value }] })
  await house.pass(3_000)
  await house.pass(100)
}

test('who asks first about a failure set finds the cluster with the worker that answers', async () => {
  await using house = await foreseen()
  await house.pass(10_000)
  expect(house.answer.asked[0]).toBe('ready')
  const before = house.answer.sent.length
  const [hwm = ''] = Object.keys(house.seen.observation.snapshot.hwms)
  await house.foreseer.fallback([hwm])
  expect(house.answer.asked.at(-1)).toBe('fallback')
  expect(house.answer.sent.slice(before)).toEqual([undefined])
})
