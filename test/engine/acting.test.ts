// The acting half of an engine, on made-up hosts and made-up time: what screens ask, what they are shown, and what goes on without them.
import { expect, test } from 'vitest'
import type { ActingQuestion, Committed, PlanShown } from '../../src/engine/acting/questions.ts'
import { observe } from '../../src/cluster/observe.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Change, Judge, Said } from '../../src/operations/admission.ts'
import { actsInSimulation } from '../../src/simulator/acts.ts'
import { threeHosts } from '../../src/simulator/made-up.ts'
import { Observed } from '../cluster/observed.ts'
import { screenOn, type TestScreen } from './screens.ts'

class Acted implements AsyncDisposable {
  readonly observed: Observed
  readonly engine: Engine
  readonly screen: TestScreen

  private constructor(observed: Observed, readOnly: boolean, judge?: Judge) {
    this.observed = observed
    observed.simulation.dump()
    const identity = { who: 'anna', from: 'admin1', version: 'test' }
    const { observation, simulation, clock } = observed
    const acting = {
      ...actsInSimulation(simulation, observation, identity, () => clock.now(), {
        ...(judge && { judge }),
      }),
    }
    this.engine = new Engine({ observation, version: 'test', ...(!readOnly && { acting }) })
    this.screen = screenOn(this.engine)
  }

  /** One more engine with a screen of its own on the same cluster, which sees all there is. */
  async another(who: string): Promise<TestScreen> {
    const { simulation, clock } = this.observed
    const { cluster, etcd } = simulation.cluster.config
    const store = simulation.connectStore()
    const { open } = simulation
    const observation = observe({ cluster, store, etcd, open, readOnly: false, clock })
    const identity = { who, from: 'admin2', version: 'test' }
    const acting = actsInSimulation(simulation, observation, identity, () => clock.now())
    const screen = screenOn(new Engine({ observation, version: 'test', acting }))
    await this.observed.until(() => screen.snapshot?.vms['test']?.state === 'running', 20_000)
    return screen
  }

  static async begin({
    readOnly = false,
    judge,
    refuses = false,
  }: {
    readonly readOnly?: boolean
    readonly judge?: Judge
    /** A plan that would break X is refused. */
    readonly refuses?: boolean
  } = {}): Promise<Acted> {
    const { config, ...rest } = threeHosts()
    const settings = { ...config.settings, admission: refuses ? 'refuse' : 'warn' } as const
    const cluster = { ...rest, config: { ...config, settings } }
    return new Acted(await Observed.begin(cluster), readOnly, judge)
  }

  /** Lets time pass until the answer is there. */
  async ask(question: ActingQuestion): Promise<unknown> {
    const asked = this.screen.link.ask(question)
    const state = { isOver: false }
    void asked.then(() => (state.isOver = true))
    await this.observed.until(() => state.isOver, 60_000)
    const answer = await asked
    if (!answer.ok) throw new Error(answer.error)
    return answer.value
  }

  async plan(question: Omit<ActingQuestion & { ask: 'plan' }, 'ask'>): Promise<PlanShown> {
    return (await this.ask({ ask: 'plan', ...question })) as PlanShown
  }

  async commit(plan: PlanShown, off?: 'word'): Promise<Committed> {
    const proof = off && ({ quark: { by: 'word', how: 'cable pulled' } } as const)
    return (await this.ask({
      ask: 'commit',
      plan: plan.id,
      why: 'PSU',
      ...(proof && { off: proof }),
    })) as Committed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.screen.link[Symbol.dispose]()
    await this.observed.clock.advance(1_000)
    await this.observed[Symbol.asyncDispose]()
  }
}

const EVACUATE = { do: 'evacuate', hwm: 'quark', cold: false } as const
const AS_IT_IS = { choices: {}, parallel: undefined }

test('planned, committed on the operator’s word, conducted, and seen by the screen', async () => {
  await using acted = await Acted.begin()
  await acted.observed.act('kill quark', 10_000)
  const shown = await acted.plan({ request: EVACUATE, ...AS_IT_IS })
  expect(shown.plan.sentence).toBe('Evacuate quark: 2 VMs restart elsewhere, 1 waits')
  expect(shown.off).toEqual([
    { hwm: 'quark', proved: undefined, devices: ['fence_ipmilan 10.0.1.112'] },
  ])
  expect(shown.estimate.moves).toHaveLength(2)
  const unproved = await acted.commit(shown)
  expect(unproved).toMatchObject({ is: 'refused', why: expect.stringContaining('not proved') })
  const again = await acted.plan({ request: EVACUATE, ...AS_IT_IS })
  expect(await acted.commit(again, 'word')).toEqual({ is: 'begun', operation: '1' })
  const { observed, screen } = acted
  await observed.until(() => screen.snapshot?.operations?.['1']?.state === 'done', 60_000)
  expect(screen.snapshot?.operations?.['1']).toMatchObject({
    by: 'anna',
    from: 'admin1',
    why: 'PSU',
  })
  expect(observed.simulation.runsOn('win7-vmm2')).toEqual(['snailin'])
  expect(observed.log()).toContain("quark: off by the operator's word: cable pulled")
})

test('a plan does not wait for the verdict on X: that is asked for, and comes when it is there', async () => {
  const { promise: verdict, resolve } = Promise.withResolvers<Awaited<ReturnType<Judge>>>()
  await using acted = await Acted.begin({ judge: () => verdict })
  const shown = await acted.plan({ request: EVACUATE, ...AS_IT_IS })
  expect(shown.after).toEqual({ tolerate: 1, holds: 'being worked out', because: '' })
  const asked = acted.ask({ ask: 'after-plan', plan: shown.id })
  resolve({ holds: 'yes', counterExample: undefined })
  expect(await asked).toEqual({ tolerate: 1, holds: 'yes', because: '' })
  // Known by then, it comes with the plan.
  expect((await acted.plan({ request: EVACUATE, ...AS_IT_IS })).after?.holds).toBe('yes')
})

test('a cluster that refuses has a plan wait for the verdict, and refuses it with the failure set', async () => {
  const { promise: verdict, resolve } = Promise.withResolvers<Said>()
  const judged: (Change | undefined)[] = []
  const judge: Judge = (_snapshot, change) => {
    judged.push(change)
    return change === undefined ? Promise.resolve({ holds: 'yes' }) : verdict
  }
  await using acted = await Acted.begin({ judge, refuses: true })
  const request = { do: 'migrate', vm: 'ubuntu-vmm2', to: 'quark', cold: false } as const
  const answered = acted.screen.link.ask({ ask: 'plan', request, ...AS_IT_IS })
  let isAnswered = false
  void answered.then(() => (isAnswered = true))
  await acted.observed.until(() => judged.length > 0, 5_000)
  // Far longer than a plan takes, and than the console waits for the verdict that it shows beside one.
  await acted.observed.clock.advance(3_000)
  expect(isAnswered).toBe(false)
  expect(judged).toEqual([{ places: new Map([['ubuntu-vmm2', 'quark']]) }])
  const counterExample: Said['counterExample'] = {
    failed: ['quark'],
    vms: ['ubuntu-vmm2'],
    dimension: 'ram',
    missing: 8 * 2 ** 30,
    proof: { kind: 'units', dimension: 'ram', unit: 1, needed: 3, available: 2 },
  }
  resolve({ holds: 'no', counterExample })
  expect(await answered).toEqual({
    ok: false,
    error: expect.stringMatching(
      /^afterwards 1 failure cannot be survived any more: when quark fails: .*ram/,
    ),
  })
  expect(acted.observed.snapshot.operations).toEqual({})
})

test('... and shows it where X is kept; what must be done all the same is never judged', async () => {
  await using acted = await Acted.begin({ judge: async () => ({ holds: 'yes' }), refuses: true })
  const request = { do: 'migrate', vm: 'test', to: 'quark', cold: false } as const
  expect((await acted.plan({ request, ...AS_IT_IS })).plan.moves).toHaveLength(1)
  await using broken = await Acted.begin({ judge: async () => ({ holds: 'no' }), refuses: true })
  await expect(broken.plan({ request, ...AS_IT_IS })).rejects.toThrow(
    /^1 failure cannot be survived, neither before nor after/,
  )
  await broken.observed.act('kill quark', 10_000)
  expect((await broken.plan({ request: EVACUATE, ...AS_IT_IS })).plan.moves).toHaveLength(2)
})

test('a plan is carried out once, and only as it was shown', async () => {
  await using acted = await Acted.begin()
  const request = { do: 'migrate', vm: 'test', to: 'quark', cold: false } as const
  const shown = await acted.plan({ request, ...AS_IT_IS })
  await acted.observed.act('pause test', 1_000)
  expect(await acted.commit(shown)).toEqual({
    is: 'refused',
    why: 'the cluster has changed since the plan was made',
    lines: ['VM test: was running on snailin, is paused on snailin'],
  })
  expect(await acted.commit(shown)).toMatchObject({
    is: 'refused',
    why: expect.stringContaining('no longer known'),
  })
  expect(acted.observed.snapshot.operations).toEqual({})
})

test('what was begun goes on when its screen has left, and the engine waits for it', async () => {
  await using acted = await Acted.begin()
  const { observed, engine, screen } = acted
  const request = { do: 'migrate', vm: 'test', to: 'quark', cold: false } as const
  await acted.commit(await acted.plan({ request, ...AS_IT_IS }))
  const state = { isFinished: false }
  screen.link.bye()
  void engine.finished().then(() => (state.isFinished = true))
  await observed.clock.advance(500)
  expect(state.isFinished).toBe(false)
  await observed.until(() => state.isFinished, 60_000)
  await observed.clock.advance(100)
  expect(observed.simulation.runsOn('test')).toEqual(['quark'])
  expect(observed.snapshot.operations?.['1']?.state).toBe('done')
})

test('a screen that leaves while an HWM is switched off changes nothing: what was confirmed is carried out', async () => {
  await using acted = await Acted.begin()
  const { observed, engine, screen } = acted
  await observed.act('cut quark', 10_000)
  const shown = await acted.plan({ request: EVACUATE, ...AS_IT_IS })
  const off = { quark: { by: 'device' } } as const
  void screen.link.ask({ ask: 'commit', plan: shown.id, why: '', off })
  screen.link.bye()
  await observed.clock.advance(10)
  const state = { isFinished: false }
  void engine.finished().then(() => (state.isFinished = true))
  await observed.until(() => state.isFinished, 60_000)
  expect(observed.simulation.hosts.get('quark')?.hasPower).toBe(false)
  expect(observed.simulation.runsOn('win7-vmm2')).toEqual(['snailin'])
})

test('told to end, it parks what runs; another takes it up', async () => {
  await using acted = await Acted.begin()
  const { observed, engine } = acted
  await acted.commit(
    await acted.plan({
      request: { do: 'evacuate', hwm: 'snailin', cold: false },
      choices: {},
      parallel: 1,
    }),
  )
  await observed.until(
    () =>
      observed.snapshot.operations?.['1']?.steps.some(step => step.state === 'running') === true,
    10_000,
  )
  const state = { isParked: false }
  void engine.park().then(() => (state.isParked = true))
  await observed.until(() => state.isParked, 60_000)
  await observed.clock.advance(1_000)
  expect(observed.snapshot.operations?.['1']?.state).toBe('paused')
  expect(observed.snapshot.conductors).toEqual({})
  expect(await acted.ask({ ask: 'operation', id: '1', to: 'resume' })).toBe('operation 1: resume')
  await observed.until(() => observed.snapshot.operations?.['1']?.state === 'done', 90_000)
  expect(observed.simulation.runsOn('ubuntu-vmm2')).toEqual(['quark'])
})

test('an operation that is conducted elsewhere is seen, and asked there to stop; who asked is in the log', async () => {
  await using acted = await Acted.begin()
  const { observed } = acted
  const bert = await acted.another('bert')
  const request = { do: 'evacuate', hwm: 'snailin', cold: false } as const
  await acted.commit(await acted.plan({ request, choices: {}, parallel: 1 }))
  await observed.until(() => bert.snapshot?.conductors?.['1'] !== undefined, 10_000)
  expect(bert.snapshot?.conductors?.['1']).toEqual({ who: 'anna', from: 'admin1' })
  const asked = bert.link.ask({ ask: 'operation', id: '1', to: 'cancel' })
  await observed.until(() => bert.snapshot?.operations?.['1']?.state === 'cancelled', 60_000)
  expect(await asked).toEqual({ ok: true, value: 'operation 1: asked to cancel' })
  expect(observed.snapshot.events.at(-1)?.what).toContain('cancelled')
  const line = observed.snapshot.events.find(({ what }) => what === 'operation 1: asked to cancel')
  expect(line).toMatchObject({ who: 'bert', from: 'admin2', about: 'operation:1' })
  bert.link[Symbol.dispose]()
})

test('maintenance without moves needs no operation; a read-only engine refuses all of it', async () => {
  await using acted = await Acted.begin()
  await acted.observed.act('kill quark', 10_000)
  const request = { do: 'maintenance', hwm: 'quark', on: true } as const
  const shown = await acted.plan({ request, ...AS_IT_IS })
  expect(await acted.commit(shown)).toEqual({ is: 'done', what: 'quark: maintenance on' })
  await acted.observed.until(() => acted.observed.hwm('quark').config.maintenance, 5_000)
  expect(acted.observed.snapshot.operations).toEqual({})
  await using looking = await Acted.begin({ readOnly: true })
  await expect(looking.plan({ request, ...AS_IT_IS })).rejects.toThrow('read-only')
})
