// Patches: applying them one after the other gives the picture they were made from, whatever happens to the cluster.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyPatch, diff } from '../../src/engine/patch.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { EVENTS_KEPT } from '../../src/model/snapshot.ts'
import { BadLine } from '../../src/simulator/lines.ts'
import { Observed } from '../cluster/observed.ts'

const host = fc.constantFrom('quark', 'snailin', 'andreys')
const guest = fc.constantFrom('win7-vmm2', 'freebsd-vmm2', 'ubuntu-vmm2', 'test')
const line = fc.oneof(
  fc.tuple(fc.constantFrom('kill', 'rescue', 'cut', 'join'), host).map(words => words.join(' ')),
  fc
    .tuple(host, fc.constantFrom('hang', 'stop', 'start'))
    .map(([on, what]) => `libvirtd ${on} ${what}`),
  fc.tuple(fc.constantFrom('start', 'migrate'), guest, host).map(words => words.join(' ')),
  fc
    .tuple(fc.constantFrom('stop', 'crash', 'pause', 'resume'), guest)
    .map(words => words.join(' ')),
  fc.constantFrom('etcd lose 1', 'etcd lose 2', 'etcd lose 3', 'etcd return'),
)
const happening = fc.record({
  line,
  ms: fc.integer({ min: 0, max: 15_000 }),
  isTaken: fc.boolean(),
})

test('patches lead from picture to picture, however many were left out in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async happenings => {
      await using seen = await Observed.begin()
      let sent: ClusterSnapshot | undefined
      let screen: ClusterSnapshot | undefined
      const take = () => {
        const patch = diff(sent, seen.snapshot)
        sent = seen.snapshot
        if (patch) screen = applyPatch(screen, JSON.parse(JSON.stringify(patch)))
        expect(screen).toEqual(JSON.parse(JSON.stringify(seen.snapshot)))
      }
      take()
      for (const { line: text, ms, isTaken } of happenings) {
        await seen.act(text, ms).catch((error: unknown) => {
          if (!(error instanceof BadLine)) throw error
        })
        if (isTaken) take()
      }
      take()
      // What the cluster is in truth, the picture says too, once all is quiet.
      await seen.act('etcd return', 40_000)
      take()
      for (const name of seen.simulation.guests.keys()) {
        const running = seen.simulation.runsOn(name).filter(on => seen.hwm(on).state === 'up')
        const { state, where } = seen.vm(name)
        if (running.length === 1) expect([state, where]).toEqual(['running', running[0]])
        if (running.length > 1) expect(state).toBe('double')
        if (running.length === 0) expect(['running', 'double', 'migrating']).not.toContain(state)
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('nothing changed is no patch; what changed is all there is in one', async () => {
  await using seen = await Observed.begin()
  const before = seen.snapshot
  expect(diff(before, before)).toBeUndefined()
  expect(diff(before, { ...before, seq: before.seq + 1 })).toBeUndefined()
  await seen.act('stop test', 100)
  const patch = diff(before, seen.snapshot)
  expect(Object.keys(patch ?? {}).toSorted()).toEqual(['events', 'hwms', 'seq', 'vms'])
  const after = patch && applyPatch(before, patch)
  expect(after?.vms['quark']).toBe(before.vms['quark'])
  expect(after?.config).toBe(before.config)
})

test('an entry that is gone is removed', async () => {
  await using seen = await Observed.begin()
  const before = seen.snapshot
  const { test: gone, ...vms } = before.vms
  expect(gone).toBeDefined()
  const patch = diff(before, { ...before, seq: 99, vms })
  expect(patch).toEqual({ seq: 99, vms: { test: null } })
  expect(patch && 'test' in applyPatch(before, patch).vms).toBe(false)
})

test('events beyond what is kept drop the oldest on both sides', async () => {
  await using seen = await Observed.begin()
  const event = (number: number) => {
    return {
      id: `${number}`,
      time: '',
      who: '',
      from: '',
      level: 'info',
      about: '',
      what: '',
      why: '',
    } as const
  }
  const all = Array.from({ length: EVENTS_KEPT + 500 }, (_, at) => event(at))
  const before = { ...seen.snapshot, events: all.slice(0, 700) }
  const after = { ...before, events: all.slice(-EVENTS_KEPT) }
  const patch = diff(before, after)
  expect(patch?.events).toHaveLength(EVENTS_KEPT + 500 - 700)
  expect(patch && applyPatch(before, patch).events).toEqual(after.events)
})

test('a first patch that does not hold all is refused', () => {
  expect(() => applyPatch(undefined, { seq: 1 })).toThrow('the first patch must hold all')
})
