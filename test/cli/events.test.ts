import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventWriter } from '../../src/etcd/events.ts'
import { keys } from '../../src/etcd/layout.ts'
import { twoHosts, World } from './world.ts'

let world: World
let config: string
beforeEach(() => {
  world = new World()
  config = twoHosts(world)
})
afterEach(() => world[Symbol.dispose]())

async function happens(...whats: readonly string[]): Promise<void> {
  await using store = world.etcd.connect()
  let second = 0
  const writer = new EventWriter(
    store,
    { who: 'anna', from: 'desk' },
    () => new Date(Date.UTC(2026, 10, 22, 12, 0, second++)),
  )
  for (const what of whats)
    await writer.write({ level: 'warn', about: 'vm:x', what, why: 'because' })
}

test('the newest events, oldest first', async () => {
  await happens('one', 'two', 'three')
  const { out, status } = await world.run(`events --config ${config} -n 2`)
  expect(status).toBe(0)
  expect(out).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:01 {2}warn {3}anna on desk {2}vm:x {2}two \(because\)\n[^\n]*three \(because\)\n$/,
  )
})

test('--json prints one value a line', async () => {
  await happens('one', 'two')
  const { out } = await world.run(`events --config ${config} --json`)
  const lines = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.map(({ kind, what, time }) => [kind, what, time])).toEqual([
    ['Event', 'one', '2026-11-22T12:00:00.000Z'],
    ['Event', 'two', '2026-11-22T12:00:01.000Z'],
  ])
})

test('--follow tells what comes, once, through a lost watch, until it is ended', async () => {
  await happens('before')
  const following = world.start(`events --config ${config} --follow`)
  await expect.poll(() => following.out(), { timeout: 10_000 }).toContain('before')
  const [store] = world.stores
  await happens('while it is watched')
  await expect.poll(() => following.out(), { timeout: 10_000 }).toContain('while it is watched')
  store?.cutWatches('a test')
  await happens('while it is not')
  await expect.poll(() => following.out(), { timeout: 10_000 }).toContain('while it is not')
  following.end()
  const { out, status } = await following.finished
  expect(status).toBe(0)
  expect(out.match(/before|while it is watched|while it is not/g)).toEqual([
    'before',
    'while it is watched',
    'while it is not',
  ])
})

test('a value that is no event is named, and the others are told', async () => {
  await happens('one')
  await using store = world.etcd.connect()
  await store.commit({ if: [], then: [{ put: keys.event('2026'), value: 'no event' }] })
  const { out, err } = await world.run(`events --config ${config}`)
  expect(out).toContain('one (because)')
  expect(err).toContain('events/2026 cannot be read: not JSON')
})

test('no event is no output', async () => {
  expect(await world.run(`events --config ${config}`)).toEqual({ status: 0, out: '', err: '' })
})
