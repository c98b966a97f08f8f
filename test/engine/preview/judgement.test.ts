// What is said of a cluster at one instant: by itself, without threads and time.
import { expect, test } from 'vitest'
import { answerFallback } from '../../../src/engine/preview/fallback-answer.ts'
import { judgeScene } from '../../../src/engine/preview/judgement.ts'
import type { Hooks } from '../../../src/engine/solving/answer.ts'
import type { ClusterConfig } from '../../../src/model/cluster.ts'
import type { ClusterSnapshot } from '../../../src/model/snapshot.ts'
import { type HostSketch, snapshotOf, type VmSketch } from '../../console/made-up.ts'

const HOOKS: Hooks = { now: () => 0, stopped: () => false, onProgress: () => undefined }

const host = (name: string, ram = 36): HostSketch => ({
  name,
  address: `10.0.0.${name.charCodeAt(0)}`,
  ram,
  cpu: 65,
})
const vm = (name: string, home: string, ram: number, ha = true): VmSketch => ({
  name,
  ha,
  home,
  ram,
  cpu: 1,
})

function configured(snapshot: ClusterSnapshot, change: Partial<ClusterConfig>): ClusterSnapshot {
  return { ...snapshot, config: snapshot.config && { ...snapshot.config, ...change } }
}

/** Racks: the HWMs a and b in one, c and d in the other. */
function inRacks(snapshot: ClusterSnapshot): ClusterSnapshot {
  const hwms = snapshot.config?.hwms.map(hwm => ({
    ...hwm,
    labels: { rack: hwm.name < 'c' ? 'left' : 'right' },
  }))
  return configured(snapshot, { failureDomains: 'rack', ...(hwms && { hwms }) })
}

const FOUR = ['a', 'b', 'c', 'd'].map(name => host(name))
const EACH = FOUR.map(({ name }) => vm(`vm-${name}`, name, 8))

test('nothing is said of what is not configured yet', () => {
  const snapshot = { ...snapshotOf('x', FOUR, EACH), config: undefined }
  expect(judgeScene(snapshot, HOOKS)).toBeUndefined()
})

test('an empty cluster tolerates its failures: nothing has to restart', () => {
  const judgement = judgeScene(snapshotOf('x', FOUR, []), HOOKS)
  expect(judgement?.verdict).toMatchObject({ holds: 'yes', because: '' })
  expect(Object.keys(judgement?.sets ?? {})).toEqual(['a', 'b', 'c', 'd'])
})

test('two failures: pairs are listed too, and what is kept free is for the worst two together', () => {
  const judgement = judgeScene(configured(snapshotOf('x', FOUR, EACH), { tolerate: 2 }), HOOKS)
  expect(judgement?.verdict).toMatchObject({ tolerate: 2, holds: 'yes' })
  expect(judgement?.setsUnlisted).toBe(0)
  expect(Object.keys(judgement?.sets ?? {})).toContain('a+b')
  expect(judgement?.sets['a+b']).toMatchObject({ state: 'covered', restarts: 2, left: 0 })
})

test('beyond two thousand sets single failures are listed, and how many sets are not', () => {
  const hosts = Array.from({ length: 70 }, (_, n) => host(`h${n}`))
  const vms = hosts.map(({ name }) => vm(`vm-${name}`, name, 1))
  const judgement = judgeScene(configured(snapshotOf('x', hosts, vms), { tolerate: 2 }), HOOKS)
  const listed = Object.keys(judgement?.sets ?? {}).length
  expect(listed).toBeGreaterThanOrEqual(70)
  expect(listed).toBeLessThan(200)
  expect(judgement?.setsUnlisted).toBe(70 + (70 * 69) / 2 - listed)
})

test('a rack that fails as one is one set, by its name; a single HWM is what a VM is told about', () => {
  const judgement = judgeScene(inRacks(snapshotOf('x', FOUR, EACH)), HOOKS)
  expect(judgement?.sets['a+b']).toMatchObject({ label: 'rack left', restarts: 2 })
  expect(Object.keys(judgement?.sets ?? {})).toEqual(['a+b', 'c+d'])
  expect(judgement?.ifFails['vm-a']).toMatch(/^[bcd]$/)
})

test('what does not fit is counted, with the dimension that is short, and the counter-example names it', () => {
  const judgement = judgeScene(
    snapshotOf('x', [host('a'), host('b')], [vm('big', 'a', 20), vm('other', 'b', 20)]),
    HOOKS,
  )
  expect(judgement?.verdict).toMatchObject({ holds: 'no', largest: 0, largestIsExact: true })
  expect(judgement?.verdict.because).toMatch(/^[ab]: ram short 8 GiB$/)
  expect(judgement?.sets['a']).toMatchObject({ state: 'short', left: 1, why: 'ram short 8 GiB' })
  expect(judgement?.ifFails['big']).toBe('')
})

test('what is too full already is said so, before anything fails', () => {
  const { verdict } = judgeScene(snapshotOf('x', FOUR, [vm('huge', 'a', 40), ...EACH]), HOOKS) ?? {}
  expect(verdict).toMatchObject({ holds: 'no', failed: [] })
  expect(verdict?.because).toBe('now: ram short 16 GiB')
})

test('a VM that is stopped and is to be takes no room and restarts nowhere', () => {
  const stopped: VmSketch = { ...vm('off', 'a', 30), where: null }
  const judgement = judgeScene(snapshotOf('x', FOUR, [...EACH, stopped]), HOOKS)
  expect(judgement?.verdict.holds).toBe('yes')
  expect(judgement?.ifFails['off']).toBeUndefined()
})

test("the cluster file's own map comes first, unless it leaves somebody out", () => {
  const snapshot = snapshotOf('x', FOUR, EACH)
  const by = (map: Record<string, string>) =>
    answerFallback(
      configured(snapshot, { fallbacks: [{ failed: ['a'], map }] }),
      { failed: ['a'], wall: 0 },
      HOOKS,
    )
  expect(by({ 'vm-a': 'd' })).toMatchObject({
    by: 'file',
    restarts: [{ vm: 'vm-a', from: 'a', to: 'd' }],
  })
  expect(by({})).toMatchObject({ by: 'solver', state: 'covered' })
})

test('a rule that blocks a VM is named', () => {
  const snapshot = snapshotOf('x', FOUR, EACH)
  const vms = snapshot.config?.vms.map(each =>
    each.name === 'vm-a' ? { ...each, only: ['a'] } : each,
  )
  const answer = answerFallback(
    configured(snapshot, { ...(vms && { vms }) }),
    { failed: ['a'], wall: 0 },
    HOOKS,
  )
  expect(answer).toMatchObject({
    state: 'short',
    left: [{ vm: 'vm-a', why: 'its rules (only, never) leave no HWM that lives' }],
  })
})

test('who restarts first stands first', () => {
  const vms = [vm('late', 'a', 1), { ...vm('first', 'a', 1), priority: 9 }, vm('also', 'a', 1)]
  const answer = answerFallback(snapshotOf('x', FOUR, vms), { failed: ['a'], wall: 0 }, HOOKS)
  expect(answer?.restarts.map(each => each.vm)).toEqual(['first', 'also', 'late'])
})

test('of an HWM that is dead already it is told what restarts now, and what does not', () => {
  const whole = snapshotOf('x', FOUR, [...EACH, vm('more', 'a', 30)])
  const dead = { ...whole.hwms['a']!, state: 'down' as const }
  const judged = (hwms: ClusterSnapshot['hwms']) => judgeScene({ ...whole, hwms }, HOOKS)
  expect(judged({ ...whole.hwms, a: dead })?.sets['a']).toMatchObject({
    state: 'short',
    restarts: 1,
    left: 1,
    why: expect.stringMatching(/^ram short /),
  })
  const without = { ...snapshotOf('x', FOUR, EACH) }
  const judgement = judgeScene({ ...without, hwms: { ...without.hwms, a: dead } }, HOOKS)
  expect(judgement?.sets['a']).toMatchObject({ state: 'covered', restarts: 1, left: 0, why: '' })
})

test('judged after a change, with what was found before, it says what it says from the beginning', () => {
  const memory = {}
  const states = [8, 9, 14, 20, 8, 27].map(ram =>
    snapshotOf('small', FOUR, [...EACH.slice(1), vm('vm-a', 'a', ram), vm('more', 'b', 10)]),
  )
  const verdicts = states.map(state => {
    const again = judgeScene(state, HOOKS, memory)
    const anew = judgeScene(state, HOOKS)
    expect(again).toEqual(anew)
    return again?.verdict.holds
  })
  expect(new Set(verdicts)).toEqual(new Set(['yes', 'no']))
})
