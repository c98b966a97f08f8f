import { expect, test } from 'vitest'
import type { VmFacts } from '../../src/control/facts.ts'
import type { Event } from '../../src/control/events.ts'
import { step, takeUp, type Machine } from '../../src/control/step.ts'
import { DEFAULT_LIMITS, type Operation, type Step } from '../../src/model/operation.ts'

function moving(change: Partial<Step> = {}): Operation {
  return {
    id: '1',
    kind: 'migrate',
    subject: 'v',
    by: 'test',
    from: '',
    why: '',
    createdAt: '',
    state: 'running',
    limits: DEFAULT_LIMITS,
    steps: [
      {
        id: 0,
        vm: 'v',
        method: 'live',
        from: 'a',
        targets: ['b'],
        target: 0,
        keepPaused: false,
        after: [],
        state: 'running',
        phase: '',
        tries: {},
        error: '',
        note: '',
        ...change,
      },
    ],
  }
}

function facts(source: 'running' | 'held'): VmFacts {
  return {
    permit: { node: 'a', epoch: 1 },
    ends: {
      a: { known: true, domain: source, process: 'there', ownAccord: false },
      b: { known: false },
    },
    proofs: {},
    elsewhere: [],
    ready: { b: 'ready' },
    barred: undefined,
  }
}

function after(operation: Operation, ...events: Event[]): Machine {
  return events.reduce((machine, event) => step(machine, event).machine, takeUp(operation, 0))
}

const cancel: Event = { type: 'asked', now: 1, to: 'cancel' }
const looked = (seen: VmFacts): Event => ({ type: 'looked', now: 2, step: 0, facts: seen })

test('cancelled while its destination is silent, a move ends at once: the guest runs where it was', () => {
  const { operation } = after(moving(), cancel, looked(facts('running')))
  expect(operation).toMatchObject({ state: 'cancelled', steps: [{ state: 'cancelled' }] })
})

test('a source that was paused for the switch is not left: its destination may have the guest', () => {
  const { operation } = after(moving(), cancel, looked(facts('held')))
  expect(operation).toMatchObject({
    state: 'cancelling',
    steps: [{ state: 'running', phase: expect.stringContaining('proof that it is dead') }],
  })
})

test('what a migration itself saw of both ends is enough to move the permit: nothing is looked at before', () => {
  const free: VmFacts = {
    ...facts('running'),
    ends: {
      ...facts('running').ends,
      b: { known: true, domain: 'absent', process: 'gone', ownAccord: false },
    },
  }
  const migrating = after(moving(), looked(free))
  expect(migrating.work[0]?.action).toEqual({ do: 'migrate', from: 'a', to: 'b' })
  const saw = {
    a: { known: true, domain: 'absent', process: 'gone', ownAccord: false },
    b: { known: true, domain: 'held', process: 'there', ownAccord: false },
  } as const
  const acted = (learned?: { ends: typeof saw }): Event => ({
    type: 'acted',
    now: 3,
    step: 0,
    ended: { how: 'ok', ...(learned && { learned }) },
  })
  const doing = (event: Event) =>
    step(migrating, event).effects.flatMap(effect =>
      effect.type === 'act' ? [effect.action.do] : effect.type === 'look' ? ['look'] : [],
    )
  expect(doing(acted({ ends: saw }))).toEqual(['permit'])
  expect(doing(acted())).toEqual(['look'])
})

test('a guest that its owner paused may be left as it is', () => {
  const { operation } = after(moving({ keepPaused: true }), cancel, looked(facts('held')))
  expect(operation.state).toBe('cancelled')
})

test('what gets no answer, however often it is tried, is given up like a wait, with its name', () => {
  const { waitMs } = DEFAULT_LIMITS
  let machine = after(moving({ method: 'cold', tries: {} }))
  const crashed: VmFacts = {
    ...facts('running'),
    ends: { a: { known: true, domain: 'crashed', process: 'there', ownAccord: false } },
  }
  const silent: VmFacts = { ...facts('running'), ends: {} }
  const turn = (event: Event) => {
    machine = step(machine, event).machine
  }
  let now = 0
  // Now it is looked at and destroyed without an answer, now nobody answers to the look.
  for (let round = 0; now < 2 * waitMs && machine.operation.state === 'running'; round += 1) {
    turn({ type: 'looked', now, step: 0, facts: round % 2 === 0 ? crashed : silent })
    now += 15_000
    turn({ type: 'acted', now, step: 0, ended: { how: 'unknown', why: 'no answer within 15 s' } })
    turn({ type: 'tick', now: (now += 1_000) })
  }
  expect(machine.operation).toMatchObject({
    state: 'partly',
    steps: [{ error: 'v could not be ended on a (v crashed there): no answer within 15 s' }],
  })
  expect(now).toBeGreaterThanOrEqual(waitMs)
  expect(now).toBeLessThan(waitMs + 40_000)
})

test('an answer in between begins that time anew', () => {
  const looks: VmFacts = {
    ...facts('running'),
    ends: { a: { known: true, domain: 'crashed', process: 'there', ownAccord: false } },
  }
  const unknown = (now: number): Event => ({
    type: 'acted',
    now,
    step: 0,
    ended: { how: 'unknown', why: 'no answer' },
  })
  const look = (now: number): Event => ({ type: 'looked', now, step: 0, facts: looks })
  const ok = (now: number): Event => ({ type: 'acted', now, step: 0, ended: { how: 'ok' } })
  const { operation } = after(
    moving(),
    look(1),
    unknown(2),
    look(100_000),
    ok(100_001),
    look(100_002),
    unknown(150_000),
  )
  expect(operation.state).toBe('running')
})
