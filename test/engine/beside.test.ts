// What planning asks of the workers that keep the cluster: never done on the engine's own thread, and never waited for without end.
import { expect, test } from 'vitest'
import { judgeBeside, prepareBeside } from '../../src/engine/acting/beside.ts'
import { SceneWorkers } from '../../src/engine/preview/scene-workers.ts'
import { SceneWorker } from '../../src/engine/preview/scene-worker.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { changeOf, judgeHere } from '../../src/operations/admission.ts'
import { prepareHere, StoredFallbackMaps } from '../../src/operations/stored-maps.ts'
import { sized } from '../../src/simulator/made-up.ts'
import { Observed } from '../cluster/observed.ts'
import { NearWorker } from './preview/near-worker.ts'

async function beside(cluster = sized(8, 40, 7)) {
  const seen = await Observed.begin(cluster)
  const { clock, simulation } = seen
  const [judge, answer] = [new NearWorker(), new NearWorker()]
  const workers = new SceneWorkers({ judge: judge.scene, answer: answer.scene })
  const maps = new StoredFallbackMaps(simulation.connectStore(), clock, () => clock.now())
  return {
    seen,
    judge,
    answer,
    maps,
    prepare: prepareBeside(workers, maps, clock),
    judged: judgeBeside(workers),
    workers,
    [Symbol.asyncDispose]: async () => {
      maps[Symbol.dispose]()
      await seen[Symbol.asyncDispose]()
    },
  }
}

test('a fallback map is prepared by the worker, and is the one that this thread would make', async () => {
  await using house = await beside()
  await house.seen.act(`kill ${first(house.seen.snapshot)}`, 10_000)
  const { snapshot, clock } = house.seen
  const failed = [down(snapshot)]
  const found = await house.prepare(snapshot, failed)
  expect(house.answer.asked).toEqual(['prepare'])
  expect(found?.targets.size).toBeGreaterThan(0)
  expect(found).toEqual(await prepareHere(house.maps, clock)(snapshot, failed))
})

test('who does not wait for it any more gets no map, and the worker keeps the cluster', async () => {
  await using house = await beside()
  const { snapshot } = house.seen
  const held = Promise.withResolvers<void>()
  house.answer.gate = held.promise
  const given = new AbortController()
  const asked = house.prepare(snapshot, [first(snapshot)], given.signal)
  given.abort(new Error('the screen has left'))
  await expect(asked).rejects.toThrow('the screen has left')
  held.resolve()
  expect((await house.prepare(snapshot, [first(snapshot)]))?.targets.size).toBeGreaterThan(0)
  // The cluster was sent once.
  expect(house.answer.sent.map(patch => patch === undefined)).toEqual([false, true])
})

test('a worker that does not answer, or is gone, holds no plan up: targets are chosen by room, and it says why', async () => {
  await using house = await beside()
  const { snapshot, clock } = house.seen
  house.answer.gate = new Promise(() => undefined)
  const asked = house.prepare(snapshot, [first(snapshot)])
  await clock.advance(3_000)
  expect(await asked).toEqual({
    by: 'the solver',
    targets: new Map(),
    note: 'no fallback map was prepared (the solver did not answer within 3 s): targets are chosen by room',
  })
  house.answer.gate = Promise.resolve()
  house.answer.isDead = true
  expect((await house.prepare(snapshot, [first(snapshot)]))?.note).toBe(
    'no fallback map was prepared (the solver crashed: out of memory): targets are chosen by room',
  )
})

test('a change is judged from the last verdict as it is judged anew, whatever changes', async () => {
  const answers = { yes: 0, no: 0 }
  for (let seed = 1; seed <= 15; seed++) {
    const { config, ...rest } = sized(5, 30, seed)
    const tolerate = 1 + (seed % 3)
    await using house = await beside({ ...rest, config: { ...config, tolerate } })
    const { snapshot } = house.seen
    await house.workers.judge.ask('judge', undefined, house.workers.bare.of(snapshot))
    const here = judgeHere({ now: () => house.seen.clock.now() })
    const hwms = Object.keys(snapshot.hwms)
    const vms = Object.keys(snapshot.vms)
    for (const v of vms.keys()) {
      const to = hwms[(v * 7 + seed) % hwms.length] ?? ''
      const cordon = v % 3 === 0 ? hwms[(v + seed) % hwms.length] : undefined
      // From one VM to most of them, all to one HWM.
      const moved = vms.slice(v, v + 1 + (v % 8) * 3)
      const moves = moved.map(vm => ({ ...ANY, vm, targets: [to] }))
      const change = changeOf({ moves, cordon })
      const said = await house.judged(snapshot, change)
      const anew = await here(snapshot, change)
      expect(said.holds).toBe(anew.holds)
      expect(said.counterExample?.failed).toEqual(anew.counterExample?.failed)
      if (said.holds !== 'unknown') answers[said.holds]++
    }
    expect(house.judge.asked.slice(1).every(about => about === 'after')).toBe(true)
  }
  expect(answers.yes).toBeGreaterThan(100)
  expect(answers.no).toBeGreaterThan(100)
}, 60_000)

test('a judge that is gone leaves the verdict open', async () => {
  await using house = await beside()
  house.judge.isDead = true
  expect(await house.judged(house.seen.snapshot)).toEqual({ holds: 'unknown' })
})

test('a question that waited when its worker was ended is answered by the next one', async () => {
  await using house = await beside()
  const { bare } = house.workers
  const snapshot = bare.of(house.seen.snapshot)
  await using worker = new SceneWorker()
  await worker.ask('ready', undefined, snapshot)
  const given = new AbortController()
  const failed = [first(snapshot)]
  const dropped = worker.ask('fallback', { failed, wall: 0 }, snapshot, { signal: given.signal })
  const waits = worker.ask('fallback', { failed, wall: 0 }, snapshot)
  given.abort(new Error('another set was asked about'))
  await expect(dropped).rejects.toThrow('another set was asked about')
  expect((await waits)?.failed).toEqual(failed)
}, 30_000)

const ANY = {
  kind: 'vm',
  method: 'live',
  from: undefined,
  why: '',
  interrupts: false,
  after: [],
  bounce: false,
  keepPaused: false,
} as const

function first({ hwms }: ClusterSnapshot): string {
  return Object.keys(hwms)[0] ?? ''
}

function down({ hwms }: ClusterSnapshot): string {
  return Object.values(hwms).find(hwm => hwm.state === 'down')?.name ?? ''
}
