import { expect, test } from 'vitest'
import { decide, type Action, type Goal } from '../../src/control/decide.ts'
import type { DomainFact, End, VmFacts } from '../../src/control/facts.ts'

// A model checker for the decision tables: every state that any mix of actions, half-done actions, cut lines and deaths can reach
// from a healthy start is visited, and the promise is held against each. What is checked is the code that acts, not a copy of it.

type Truth = 'absent' | 'off' | 'running' | 'held' | 'incoming'
type Line = 'fine' | 'cut' | 'dead' | 'proved'

interface World {
  readonly truth: Record<string, Truth>
  readonly line: Record<string, Line>
  readonly permit: string
}

const A = 'a'
const B = 'b'

function factsOf(world: World): VmFacts {
  const ends: Record<string, End> = {}
  const proofs: Record<string, string> = {}
  for (const hwm of [A, B]) {
    const truth = world.truth[hwm] as DomainFact
    const line = world.line[hwm]
    ends[hwm] =
      line === 'fine'
        ? {
            known: true,
            domain: truth,
            process: truth === 'absent' || truth === 'off' ? 'gone' : 'there',
            ownAccord: false,
          }
        : { known: false }
    if (line === 'proved') proofs[hwm] = `proof-${hwm}`
  }
  return {
    permit: { node: world.permit, epoch: 1 },
    ends,
    proofs,
    elsewhere: [],
    ready: { [A]: 'ready', [B]: 'ready' },
    barred: undefined,
  }
}

function withTruth(world: World, changes: Partial<Record<string, Truth>>): World {
  return { ...world, truth: { ...world.truth, ...changes } as Record<string, Truth> }
}

/** Every way the action may end, done, half done or not at all, when it meets this world. First the good one. */
function outcomes(world: World, action: Action): World[] {
  const alive = (hwm: string) => world.line[hwm] === 'fine'
  switch (action.do) {
    case 'prepare':
    case 'bar':
      return [world]
    case 'migrate': {
      const { from, to } = action
      if (!alive(from) || !alive(to)) return [world]
      return [
        withTruth(world, { [from]: 'off', [to]: 'held' }),
        world,
        withTruth(world, { [to]: 'incoming' }),
        withTruth(world, { [from]: 'held', [to]: 'incoming' }),
        withTruth(world, { [from]: 'held', [to]: 'held' }),
        withTruth(world, { [from]: 'off', [to]: 'absent' }),
      ]
    }
    case 'permit':
      return [{ ...world, permit: action.to }, world]
    case 'start':
      return alive(action.at) ? [withTruth(world, { [action.at]: 'held' }), world] : [world]
    case 'resume':
      // The permit is confirmed by a transaction before the CPUs run.
      return alive(action.at) && world.permit === action.at
        ? [withTruth(world, { [action.at]: 'running' }), world]
        : [world]
    case 'shutdown':
    case 'destroy':
      return alive(action.at) ? [withTruth(world, { [action.at]: 'off' }), world] : [world]
  }
}

/** What may happen at any time without us. A proof is given only of what is dead; the dead come back with nothing running. */
function happenings(world: World): World[] {
  const next: World[] = []
  for (const hwm of [A, B]) {
    const line = world.line[hwm]
    const set = (to: Line, truth?: Truth) =>
      next.push({
        ...withTruth(world, truth === undefined ? {} : { [hwm]: truth }),
        line: { ...world.line, [hwm]: to },
      })
    if (line === 'fine') {
      set('cut')
      set('dead', 'off')
    }
    if (line === 'cut') {
      set('fine')
      set('dead', 'off')
    }
    if (line === 'dead') {
      set('proved')
      set('fine')
    }
    if (line === 'proved') set('fine')
    // libvirt cleans up by itself when a migration's client dies: the copy that waited for data goes.
    if (world.truth[hwm] === 'incoming') next.push(withTruth(world, { [hwm]: 'off' }))
    // ... and the source, paused for a switch that never came, is let run again only while there is no complete copy.
    const other = hwm === A ? B : A
    if (world.truth[hwm] === 'held' && world.truth[other] === 'incoming' && world.permit === hwm) {
      next.push(withTruth(world, { [hwm]: 'running' }))
    }
  }
  return next
}

function isAction(decision: ReturnType<typeof decide>): decision is Action {
  return !['wait', 'done', 'refuse'].includes(decision.do)
}

function explore(start: World, goals: readonly Goal[]): World[] {
  const seen = new Map<string, World>()
  const open = [start]
  while (open.length > 0) {
    const world = open.pop()!
    const key = JSON.stringify(world)
    if (seen.has(key)) continue
    seen.set(key, world)
    open.push(...happenings(world))
    for (const goal of goals) {
      const decision = decide(goal, factsOf(world))
      if (!isAction(decision)) continue
      open.push(...outcomes(world, decision))
      // Between the look and the act something may have happened.
      for (const changed of happenings(world)) open.push(...outcomes(changed, decision))
    }
  }
  return [...seen.values()]
}

const begin: World = {
  truth: { [A]: 'running', [B]: 'absent' },
  line: { [A]: 'fine', [B]: 'fine' },
  permit: A,
}
const live: Goal = { kind: 'move', vm: 'v', from: A, to: B, method: 'live', keepPaused: false }
const back: Goal = { kind: 'move', vm: 'v', from: B, to: A, method: 'live', keepPaused: false }
const cold: Goal = { kind: 'move', vm: 'v', from: A, to: B, method: 'cold', keepPaused: false }
const restart: Goal = { kind: 'run', vm: 'v', at: B }
const home: Goal = { kind: 'run', vm: 'v', at: A }
const stop: Goal = { kind: 'stop', vm: 'v', at: A }

const mixes: [string, Goal[]][] = [
  ['a live move', [live]],
  ['a cold move', [cold]],
  ['a restart after a failure', [restart]],
  ['moves there and back, each cut off by the other', [live, back]],
  ['everything at once, one decision after another', [live, back, cold, restart, home, stop]],
]

test.each(mixes)('never two copies running: %s', (_name, goals) => {
  const worlds = explore(begin, goals)
  expect(worlds.length).toBeGreaterThan(50)
  for (const world of worlds) {
    const running = [A, B].filter(hwm => world.truth[hwm] === 'running')
    expect(running.length, JSON.stringify(world)).toBeLessThanOrEqual(1)
    if (running.length === 1) expect(world.permit, JSON.stringify(world)).toBe(running[0])
  }
})

test.each([
  ['a live move', live],
  ['a cold move', cold],
  ['a restart', restart],
] as [string, Goal][])(
  'from every reachable state %s comes to an end when all goes well',
  (_name, goal) => {
    for (const world of explore(begin, [goal])) {
      // All goes well from here on: lines are whole, whoever is dead is proved so.
      let now: World = {
        ...world,
        line: Object.fromEntries(
          [A, B].map(hwm => {
            const line = world.line[hwm]!
            return [hwm, line === 'cut' ? 'fine' : line === 'dead' ? 'proved' : line]
          }),
        ),
      }
      if (now.line[B] !== 'fine') continue
      let decision = decide(goal, factsOf(now))
      for (let turn = 0; turn < 12 && isAction(decision); turn += 1) {
        now = outcomes(now, decision)[0]!
        decision = decide(goal, factsOf(now))
      }
      // A restart is refused while the VM runs where its permit is; all else ends with one copy running at the destination.
      if (decision.do === 'refuse') {
        expect(goal.kind, JSON.stringify({ world, now, decision })).toBe('run')
        expect(now.truth[now.permit], JSON.stringify({ world, now, decision })).toMatch(
          /running|held|incoming/,
        )
      } else {
        expect(decision.do, JSON.stringify({ world, now, decision })).toBe('done')
        expect(now.truth[B], JSON.stringify({ world, now, decision })).toBe('running')
        expect(now.permit).toBe(B)
      }
    }
  },
)

test('the checker can be red: without the wait for a silent source it finds the double run', () => {
  const careless = (world: World): World => ({
    ...world,
    line: Object.fromEntries(
      Object.entries(world.line).map(([hwm, line]) => [hwm, line === 'cut' ? 'proved' : line]),
    ) as Record<string, Line>,
  })
  const seen = new Set<string>()
  const open: World[] = [begin]
  let doubles = 0
  while (open.length > 0) {
    const world = open.pop()!
    const key = JSON.stringify(world)
    if (seen.has(key)) continue
    seen.add(key)
    if (world.truth[A] === 'running' && world.truth[B] === 'running') doubles += 1
    open.push(...happenings(world))
    const decision = decide(restart, factsOf(careless(world)))
    if (isAction(decision)) open.push(...outcomes(world, decision))
  }
  expect(doubles).toBeGreaterThan(0)
})

test('what runs somewhere unexpected is refused, and named', () => {
  const facts = { ...factsOf(begin), elsewhere: ['c'] }
  expect(decide(live, facts)).toEqual({
    do: 'refuse',
    why: 'v runs on c, which this step knows nothing of',
  })
})

test('a VM whose uuid nobody knows is refused: nothing of it can be looked at, and nothing is waited for', () => {
  const facts: VmFacts = { ...factsOf(begin), ends: {}, unidentified: 'the uuid of v is not known' }
  for (const goal of [live, cold, restart])
    expect(decide(goal, facts)).toEqual({ do: 'refuse', why: 'the uuid of v is not known' })
})

test('a target that is not ready is refused before anything is given up', () => {
  const facts: VmFacts = {
    ...factsOf(begin),
    ready: { [B]: { refused: 'XML differs from its hash' } },
  }
  expect(decide(live, facts)).toEqual({
    do: 'refuse',
    why: 'b cannot run it: XML differs from its hash',
  })
  expect(decide(cold, facts)).toEqual({
    do: 'refuse',
    why: 'b cannot run it: XML differs from its hash',
  })
})

test('the barrier comes before the permit, and only against a host that was not seen gone', () => {
  const dead: World = {
    truth: { [A]: 'off', [B]: 'absent' },
    line: { [A]: 'proved', [B]: 'fine' },
    permit: A,
  }
  expect(decide(restart, { ...factsOf(dead), barred: [] })).toEqual({ do: 'bar', against: A })
  expect(decide(restart, { ...factsOf(dead), barred: [A] })).toEqual({
    do: 'permit',
    to: B,
    proof: 'proof-a',
  })
})

test('the barrier comes first also where the VM never had a permit', () => {
  const dead: World = {
    truth: { [A]: 'off', [B]: 'absent' },
    line: { [A]: 'proved', [B]: 'fine' },
    permit: A,
  }
  const facts: VmFacts = { ...factsOf(dead), permit: undefined }
  expect(decide(restart, { ...facts, barred: [] })).toEqual({ do: 'bar', against: A })
  expect(decide(restart, { ...facts, barred: [A] })).toEqual({
    do: 'permit',
    to: B,
    proof: 'proof-a',
  })
})

const C = 'c'
const byHand: VmFacts = {
  ...factsOf(begin),
  permit: { node: C, epoch: 1 },
  ends: {
    [A]: { known: true, domain: 'running', process: 'there', ownAccord: false },
    [B]: { known: true, domain: 'absent', process: 'gone', ownAccord: false },
    [C]: { known: true, domain: 'off', process: 'gone', ownAccord: false },
  },
}

test('a VM that was started by hand gets its permit where it runs, once its holder is seen not to run it', () => {
  expect(decide(live, byHand)).toEqual({ do: 'permit', to: A, proof: 'found running' })
  const silent: VmFacts = { ...byHand, ends: { ...byHand.ends, [C]: { known: false } } }
  expect(decide(live, silent)).toMatchObject({ do: 'wait', on: C })
  const homeward: VmFacts = { ...byHand, permit: { node: B, epoch: 1 } }
  expect(decide(live, homeward)).toEqual({ do: 'permit', to: A, proof: 'found running' })
  const running = { known: true, domain: 'running', process: 'there', ownAccord: false } as const
  expect(decide(live, { ...byHand, ends: { ...byHand.ends, [C]: running } }).do).toBe('refuse')
})

test('a restart does not forget the HWM on which a VM was started by hand', () => {
  const restarted: Goal = { kind: 'run', vm: 'v', at: B, from: A }
  expect(decide(restarted, byHand).do).toBe('refuse')
  const silent: VmFacts = { ...byHand, ends: { ...byHand.ends, [A]: { known: false } } }
  expect(decide(restarted, silent)).toMatchObject({ do: 'wait', on: A })
  expect(decide(restarted, { ...silent, proofs: { [A]: 'off' } }).do).toBe('permit')
})
