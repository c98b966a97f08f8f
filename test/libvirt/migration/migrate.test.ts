// Every way a managed migration can end, by what each phase answers: above all, when the source may be rolled back and when never.
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HypervisorUnreachable, LibvirtError } from '../../../src/libvirt/errors.ts'
import { migrateManaged, MigrationTooSlow } from '../../../src/libvirt/migrate.ts'
import type { ManagedResult, MigrationPhase } from '../../../src/libvirt/migrate.ts'
import type { Finished, Settled } from '../../../src/libvirt/migration.ts'
import { VirtualClock } from '../../../src/simulator/virtual-clock.ts'

const domain = { name: 'vm', uuid: '00112233-4455-6677-8899-aabbccddeeff' }
const cookie = new Uint8Array([1])
const refused = new LibvirtError('no', 1, 10)
const lost = new HypervisorUnreachable('gone')
const failed = { outcome: 'failed', error: refused } as const
const unknown = { outcome: 'unknown', error: lost } as const
const done = { outcome: 'done' } as const
const arrived = { outcome: 'arrived', domain, cookie } as const

interface Answers {
  begin?: Error
  prepare?: Error
  perform?: Error
  finish?: Finished
  confirm?: Settled
  /** In place of `confirm`: its answer, when it comes. */
  confirming?: Promise<Settled>
  /** Whether the source's process is seen to vanish; left out: nobody looks. */
  vanished?: boolean
  abandon?: Settled
  rollBack?: Settled
  /** What the source says of its guest when it is asked. */
  sourceRuns?: boolean
  journal?: MigrationPhase
}

const answer = <T>(value: T, error: Error | undefined): Promise<T> =>
  error === undefined ? Promise.resolve(value) : Promise.reject(error)

async function run(
  answers: Answers,
): Promise<{ result: ManagedResult; phases: string; told: readonly string[] }> {
  const phases: string[] = []
  const told: string[] = []
  const result = await migrateManaged({
    domain,
    settings: { persistDestination: true, undefineSource: true },
    copyLimitMs: 1_000,
    clock: new VirtualClock(),
    before: phase =>
      phase === answers.journal ? Promise.reject(new Error('journal')) : Promise.resolve(),
    unwritten: (phase, error) => told.push(`${phase}: ${error.message}`),
    ...(answers.vanished !== undefined && {
      sourceVanished: () => Promise.resolve(answers.vanished === true),
    }),
    source: {
      migrationBegin: () => {
        phases.push('begin')
        return answer({ cookie, xml: '<domain/>' }, answers.begin)
      },
      migrationPerform: () => {
        phases.push('perform')
        return answer(cookie, answers.perform)
      },
      migrationConfirm: () => {
        phases.push('confirm')
        return answers.confirming ?? Promise.resolve(answers.confirm ?? done)
      },
      migrationRollBack: () => {
        phases.push('roll back')
        return Promise.resolve(answers.rollBack ?? done)
      },
      domainState: () =>
        Promise.resolve({ state: answers.sourceRuns === true ? 'running' : 'paused', reason: '' }),
    },
    destination: {
      migrationPrepare: () => {
        phases.push('prepare')
        return answer({ cookie, uri: 'tcp://d:1' }, answers.prepare)
      },
      migrationFinish: () => {
        phases.push('finish')
        return Promise.resolve(answers.finish ?? arrived)
      },
      migrationAbandon: () => {
        phases.push('abandon')
        return Promise.resolve(answers.abandon ?? done)
      },
    },
    watcher: {
      abortJob: () => Promise.resolve(),
      job: () => Promise.reject(lost),
    },
  })
  return { result, phases: phases.join(', '), told }
}

test.each<[string, Answers, string, object]>([
  [
    'all goes well',
    {},
    'begin, prepare, perform, finish, confirm',
    { outcome: 'arrived', source: 'gone' },
  ],
  ['begin is refused', { begin: refused }, 'begin', { outcome: 'stayed', leftover: false }],
  [
    'prepare is refused',
    { prepare: refused },
    'begin, prepare, abandon, roll back',
    { outcome: 'stayed', leftover: false, error: refused },
  ],
  [
    'prepare has no answer, nor has abandon, and the source runs on',
    { prepare: lost, abandon: unknown, sourceRuns: true },
    'begin, prepare, abandon, roll back',
    { outcome: 'stayed', leftover: true },
  ],
  [
    'perform fails',
    { perform: refused },
    'begin, prepare, perform, abandon, roll back',
    { outcome: 'stayed', leftover: false },
  ],
  [
    'perform has no answer, and the source is gone',
    { perform: lost, rollBack: unknown },
    'begin, prepare, perform, abandon, roll back',
    { outcome: 'unknown', phase: 'roll back' },
  ],
  [
    'perform fails, the destination is silent, the source is paused: it stays paused',
    { perform: refused, abandon: unknown },
    'begin, prepare, perform, abandon',
    { outcome: 'unknown', phase: 'abandon' },
  ],
  [
    'finish has no answer: nothing more is done',
    { finish: unknown },
    'begin, prepare, perform, finish',
    { outcome: 'unknown', phase: 'finish' },
  ],
  [
    'finish fails and the destination has nothing: the source runs on',
    { finish: failed },
    'begin, prepare, perform, finish, abandon, roll back',
    { outcome: 'stayed', leftover: false },
  ],
  [
    'finish fails and the destination may have it: the source stays paused',
    { finish: failed, abandon: failed },
    'begin, prepare, perform, finish, abandon',
    { outcome: 'unknown', phase: 'abandon' },
  ],
  [
    'confirm has no answer: it arrived, and the source may still have a process',
    { confirm: unknown },
    'begin, prepare, perform, finish, confirm',
    { outcome: 'arrived', source: 'unknown', error: lost },
  ],
  [
    'the roll back is refused, and the source does not run',
    { finish: failed, rollBack: failed },
    'begin, prepare, perform, finish, abandon, roll back',
    { outcome: 'unknown', phase: 'roll back' },
  ],
  [
    'the roll back is refused, as the source runs already',
    { perform: refused, rollBack: failed, sourceRuns: true },
    'begin, prepare, perform, abandon, roll back',
    { outcome: 'stayed' },
  ],
  ['the journal fails before begin', { journal: 'begin' }, '', { outcome: 'stayed' }],
  [
    'the journal fails before perform',
    { journal: 'perform' },
    'begin, prepare, abandon, roll back',
    { outcome: 'stayed' },
  ],
  [
    'the journal fails before finish',
    { journal: 'finish' },
    'begin, prepare, perform, abandon, roll back',
    { outcome: 'stayed' },
  ],
  [
    'the journal fails before confirm: the guest may be at the destination, nothing is rolled back',
    { journal: 'confirm' },
    'begin, prepare, perform, finish',
    { outcome: 'unknown', phase: 'confirm' },
  ],
  [
    'the journal fails while clearing up: clearing up goes on',
    { perform: refused, journal: 'abandon' },
    'begin, prepare, perform, abandon, roll back',
    { outcome: 'stayed' },
  ],
])('%s', async (_, answers, phases, result) => {
  const ran = await run(answers)
  expect(ran.phases).toBe(phases)
  expect(ran.result).toMatchObject(result)
})

test.each(['abandon', 'roll back'] as const)(
  'a line of the journal that cannot be written while clearing up (%s) is told, and holds nothing up',
  async journal => {
    const { result, phases, told } = await run({ perform: refused, journal })
    expect(told).toEqual([`${journal}: journal`])
    expect(phases).toBe('begin, prepare, perform, abandon, roll back')
    expect(result).toMatchObject({ outcome: 'stayed', error: refused })
  },
)

test('over all combinations: the source is never rolled back unless the destination is gone or the source runs', async () => {
  const settlements: Settled[] = [done, failed, unknown]
  const finishes: Finished[] = [arrived, failed, unknown]
  let tried = 0
  for (const perform of [undefined, refused, lost])
    for (const finish of finishes)
      for (const confirm of settlements)
        for (const abandon of settlements)
          for (const rollBack of settlements)
            for (const sourceRuns of [true, false]) {
              const ran = await run({
                ...(perform !== undefined && { perform }),
                finish,
                confirm,
                abandon,
                rollBack,
                sourceRuns,
              })
              tried++
              if (ran.phases.includes('roll back'))
                expect(abandon.outcome === 'done' || sourceRuns).toBe(true)
              if (ran.phases.includes('confirm')) expect(finish.outcome).toBe('arrived')
              if (ran.result.outcome === 'arrived') expect(finish.outcome).toBe('arrived')
              if (perform === undefined && finish.outcome === 'unknown')
                expect(ran.result.outcome).toBe('unknown')
            }
  expect(tried).toBe(486)
})

test('a copy that takes too long is aborted, and says so', async () => {
  const clock = new VirtualClock()
  let abort: () => void = () => undefined
  const aborted: string[] = []
  const running = migrateManaged({
    domain,
    settings: { persistDestination: true, undefineSource: true },
    copyLimitMs: 1_000,
    clock,
    source: {
      migrationBegin: () => Promise.resolve({ cookie, xml: '' }),
      migrationPerform: () =>
        new Promise((_, reject) => {
          abort = () => reject(refused)
        }),
      migrationConfirm: () => Promise.resolve(done),
      migrationRollBack: () => Promise.resolve(done),
      domainState: () => Promise.resolve({ state: 'running', reason: '' }),
    },
    destination: {
      migrationPrepare: () => Promise.resolve({ cookie, uri: undefined }),
      migrationFinish: () => Promise.resolve(arrived),
      migrationAbandon: () => Promise.resolve(done),
    },
    watcher: {
      abortJob: ({ name }) => {
        aborted.push(name)
        abort()
        return Promise.resolve()
      },
      job: () => Promise.reject(lost),
    },
  })
  await clock.advance(1_000)
  const result = await running
  expect(aborted).toEqual(['vm'])
  expect(result).toMatchObject({ outcome: 'stayed', leftover: false })
  expect(result.outcome === 'stayed' && result.error).toBeInstanceOf(MigrationTooSlow)
})

describe('the source is seen to vanish before its libvirt says so', () => {
  /** A migration whose *confirm* is answered when told. */
  async function confirmedLater(vanished: boolean) {
    const confirming = Promise.withResolvers<Settled>()
    const moving = run({ confirming: confirming.promise, vanished })
    const first = await Promise.race([moving, setImmediate('still waiting')])
    confirming.resolve(unknown)
    return { first, last: (await moving).result }
  }

  test('it has arrived, and what libvirt has yet to say can be waited for', async () => {
    const { first, last } = await confirmedLater(true)
    expect(first).toMatchObject({ result: { outcome: 'arrived', source: 'vanished' } })
    if (last.outcome !== 'arrived' || last.source !== 'vanished') throw new Error('not vanished')
    expect(await last.confirmed).toEqual(unknown)
  })

  test('not seen so, the answer is waited for and decides', async () => {
    const { first, last } = await confirmedLater(false)
    expect(first).toBe('still waiting')
    expect(last).toMatchObject({ outcome: 'arrived', source: 'unknown', error: lost })
  })
})
