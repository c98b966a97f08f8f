import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  CallTimedOut,
  HypervisorRefused,
  HypervisorUnreachable,
  LibvirtError,
} from '../../../src/libvirt/errors.ts'
import type {
  DomainEvent,
  DomainStats,
  DomainStatus,
  HostFacts,
  HostStats,
  Hypervisor,
} from '../../../src/libvirt/hypervisor.ts'
import { HypervisorSession } from '../../../src/libvirt/session.ts'
import { VirtualClock } from '../../../src/simulator/virtual-clock.ts'

const vm = { name: 'vm', uuid: '00112233-4455-6677-8899-aabbccddeeff' }
const running: DomainStatus = {
  ...vm,
  state: 'running',
  reason: 'booted',
  persistent: true,
  autostart: false,
}
const facts: HostFacts = {
  hostname: 'quark',
  libvirtVersion: '9.0.0',
  hypervisor: 'QEMU 7.2.0',
  cpuModel: 'EPYC',
  cpus: 16,
  mhz: 3000,
  memory: 2 ** 36,
}
const host: HostStats = { cpuBusy: 1, cpuIdle: 2, memoryTotal: 3, memoryFree: 1 }

/** A host whose every answer the test decides. */
class FakeHypervisor implements Hypervisor {
  readonly readOnly = true
  readonly end = new AbortController()
  listeners = new Set<(event: DomainEvent) => void>()
  disposed = false
  domainsAnswer: () => Promise<readonly DomainStatus[]> = () => Promise.resolve([running])
  statsAnswer: () => Promise<readonly DomainStats[]> = () => Promise.resolve([])
  hostAnswer: () => Promise<HostStats> = () => Promise.resolve(host)
  factsAnswer: () => Promise<HostFacts> = () => Promise.resolve(facts)
  get closed(): AbortSignal {
    return this.end.signal
  }
  facts = (): Promise<HostFacts> => this.factsAnswer()
  hostStats = (): Promise<HostStats> => this.hostAnswer()
  domains = (): Promise<readonly DomainStatus[]> => this.domainsAnswer()
  stats = (): Promise<readonly DomainStats[]> => this.statsAnswer()
  xml = (): Promise<string> => Promise.resolve('')
  onDomainEvent(listener: (event: DomainEvent) => void): Disposable {
    this.listeners.add(listener)
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) }
  }
  emit(kind: DomainEvent['kind']): void {
    for (const listener of this.listeners) listener({ domain: vm, kind, detail: '' })
  }
  lose(why: string): void {
    this.end.abort(new HypervisorUnreachable(why))
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true
    return Promise.resolve()
  }
}

let clock: VirtualClock
let told: string[]
let opens: number[]
/** Answers of *open*, in turn; the last one again and again. */
let answers: (FakeHypervisor | Error)[]
let session: HypervisorSession

function begin(...given: (FakeHypervisor | Error)[]): void {
  answers = given
  session = new HypervisorSession({
    uri: 'qemu:///system',
    readOnly: true,
    clock,
    random: () => 0,
    open: () => {
      opens.push(clock.now())
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      return answer instanceof FakeHypervisor ? Promise.resolve(answer) : Promise.reject(answer)
    },
    listener: {
      status: ({ state, reason, retryAt }) =>
        told.push(
          `${state}${reason && `: ${reason}`}${retryAt === undefined ? '' : ` until ${retryAt}`}`,
        ),
      listed: domains => told.push(`listed ${domains.map(domain => domain.name).join()}`),
      event: ({ kind }) => told.push(`event ${kind}`),
      facts: ({ hostname }) => told.push(`facts ${hostname}`),
    },
  })
}

beforeEach(() => {
  clock = new VirtualClock()
  told = []
  opens = []
})
afterEach(async () => {
  await session[Symbol.asyncDispose]()
})

test('connects, lists, and tells what happens', async () => {
  const quark = new FakeHypervisor()
  begin(quark)
  expect(session.status).toEqual({ state: 'connecting', since: 0, reason: '', retryAt: undefined })
  await clock.advance(0)
  quark.emit('stopped')
  expect(told).toEqual(['up', 'listed vm', 'facts quark', 'event stopped'])
  expect(session.hypervisor).toBe(quark)
})

test('events that come while it lists are told after the list', async () => {
  const quark = new FakeHypervisor()
  quark.domainsAnswer = () => {
    quark.emit('started')
    return Promise.resolve([running])
  }
  begin(quark)
  await clock.advance(0)
  expect(told).toEqual(['up', 'listed vm', 'event started', 'facts quark'])
})

test('a lost connection is told at once, tried again with back-off, and everything is listed anew', async () => {
  const first = new FakeHypervisor()
  const second = new FakeHypervisor()
  second.domainsAnswer = () => Promise.resolve([])
  begin(first, new HypervisorUnreachable('no route'), new HypervisorUnreachable('no route'), second)
  await clock.advance(0)
  told = []
  first.lose('gone')
  await clock.advance(10_000)
  expect(told).toEqual([
    'down: gone until 1000',
    'down: gone',
    'down: no route until 3000',
    'down: no route',
    'down: no route until 7000',
    'down: no route',
    'up',
    'listed ',
    'facts quark',
  ])
  expect(opens).toEqual([0, 1000, 3000, 7000])
  expect(first.disposed).toBe(true)
  expect(first.listeners.size).toBe(0)
  expect(session.status.since).toBe(7000)
})

test('the back-off ends at 30 s, and begins anew after a connection', async () => {
  const quark = new FakeHypervisor()
  begin(...Array.from({ length: 8 }, () => new HypervisorUnreachable('no route')), quark)
  await clock.advance(200_000)
  const waits = opens.slice(1).map((at, i) => at - (opens[i] ?? 0))
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  quark.lose('again')
  await clock.advance(0)
  expect(session.status.retryAt).toBe(clock.now() + 1000)
})

test('since tells when it went down, not when it was last tried', async () => {
  begin(new HypervisorUnreachable('no route'))
  await clock.advance(60_000)
  expect(session.status).toMatchObject({ state: 'down', since: 0, reason: 'no route' })
})

test('a host that lives but lets us not in is refused, not down', async () => {
  begin(new HypervisorRefused('host key changed'))
  await clock.advance(0)
  expect(session.status).toMatchObject({ state: 'refused', reason: 'host key changed' })
})

test('a poke tries at once', async () => {
  begin(new HypervisorUnreachable('no route'))
  await clock.advance(8_000)
  const before = opens.length
  session.poke()
  await clock.advance(0)
  expect(opens.length).toBe(before + 1)
  expect(session.status.retryAt).toBe(9_000)
})

test('a list that fails ends the attempt', async () => {
  const quark = new FakeHypervisor()
  quark.domainsAnswer = () => Promise.reject(new CallTimedOut('list', 10_000))
  begin(quark)
  await clock.advance(0)
  expect(session.status).toMatchObject({ state: 'down', retryAt: 1000 })
  expect(quark.disposed).toBe(true)
  expect(session.hypervisor).toBeUndefined()
})

test('a refresh brings host and domains; a driver without host statistics brings the domains', async () => {
  const quark = new FakeHypervisor()
  begin(quark)
  await clock.advance(5)
  expect(await session.refresh()).toEqual({ at: 5, domains: [], host })
  quark.hostAnswer = () => Promise.reject(new LibvirtError('not supported', 3, 0))
  expect(await session.refresh()).toEqual({ at: 5, domains: [], host: undefined })
})

test('a refresh without an answer counts as lost', async () => {
  const quark = new FakeHypervisor()
  quark.statsAnswer = () => Promise.reject(new CallTimedOut('all domain statistics', 10_000))
  begin(quark)
  await clock.advance(0)
  expect(await session.refresh()).toBeUndefined()
  await clock.advance(0)
  expect(session.status).toMatchObject({
    state: 'down',
    reason: "libvirt gave no answer to 'all domain statistics' within 10000 ms",
  })
  expect(await session.refresh()).toBeUndefined()
})

test('what libvirt itself refuses in a refresh is thrown, and the HWM stays up', async () => {
  const quark = new FakeHypervisor()
  quark.statsAnswer = () => Promise.reject(new LibvirtError('internal error', 1, 0))
  begin(quark)
  await clock.advance(0)
  await expect(session.refresh()).rejects.toThrow('internal error')
  expect(session.status.state).toBe('up')
})

test('without facts it is up all the same', async () => {
  const quark = new FakeHypervisor()
  quark.factsAnswer = () => Promise.reject(new LibvirtError('no QEMU', 1, 0))
  begin(quark)
  await clock.advance(0)
  expect(told).toEqual(['up', 'listed vm'])
})

test('relist tells everything again', async () => {
  begin(new FakeHypervisor())
  await clock.advance(0)
  told = []
  await session.relist()
  expect(told).toEqual(['listed vm'])
})

test('closing it ends an open connection, and a wait, and tells nothing more', async () => {
  const quark = new FakeHypervisor()
  begin(quark)
  await clock.advance(0)
  told = []
  await session[Symbol.asyncDispose]()
  expect(quark.disposed).toBe(true)
  begin(new HypervisorUnreachable('no route'))
  await clock.advance(0)
  told = []
  await session[Symbol.asyncDispose]()
  expect(told).toEqual([])
})
