// The engine as a process of its own: started, spoken with, stalled, killed, left.
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import type { EngineHealth } from '../../src/engine/engine.ts'
import type { PlanShown } from '../../src/engine/acting/questions.ts'
import type { EngineSpec } from '../../src/engine/spec.ts'
import type { StartedEngine } from '../../src/engine/start.ts'
import { startEngine } from '../../src/engine/start.ts'
import { TestScreen } from './screens.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const demo: EngineSpec = { mode: 'demo', seed: 1, readOnly: true }
const LIMIT = { timeout: 15_000, interval: 20 }

class Started implements AsyncDisposable {
  readonly engine: StartedEngine
  readonly screen: TestScreen

  constructor(spec: EngineSpec = demo) {
    this.engine = startEngine({ spec, program })
    this.screen = new TestScreen(this.engine.stream)
  }

  /** Resolves when all that there is has been seen. */
  async settled(): Promise<void> {
    await vi.waitFor(() => {
      const vms = Object.values(this.screen.snapshot?.vms ?? {})
      const running = vms.filter(vm => vm.state === 'running').length
      if (running < 7) throw new Error(`only ${running} VMs were seen to run`)
    }, LIMIT)
  }

  async health(): Promise<EngineHealth> {
    const answer = await this.screen.link.ask({ ask: 'engine-health' })
    if (!answer.ok) throw new Error(answer.error)
    return answer.value as EngineHealth
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.kill()
    await this.engine.ended
  }
}

test('it is another process in a session of its own, and shows the cluster', async () => {
  await using started = new Started()
  await started.settled()
  expect(started.screen.hello?.pid).toBe(started.engine.pid)
  const { readFileSync } = await import('node:fs')
  const stat = readFileSync(`/proc/${started.engine.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')
  expect(Number(stat?.[3])).toBe(started.engine.pid)
}, 20_000)

test('on goodbye it ends, with status 0 and nothing to say', async () => {
  await using started = new Started()
  await started.settled()
  started.screen.link.bye()
  expect(await started.engine.ended).toEqual({ how: 'ended with status 0', lastWords: '' })
}, 20_000)

test('when its screen vanishes it ends by itself', async () => {
  await using started = new Started()
  await started.settled()
  started.screen.link[Symbol.dispose]()
  expect((await started.engine.ended).how).toBe('ended with status 0')
}, 20_000)

test('with something under way it stays until that is over, although its screen is gone', async () => {
  await using started = new Started({ ...demo, readOnly: false })
  await started.settled()
  const { link } = started.screen
  const request = { do: 'migrate', vm: 'test', to: 'quark', cold: false } as const
  const planned = await link.ask({ ask: 'plan', request, choices: {}, parallel: undefined })
  if (!planned.ok) throw new Error(planned.error)
  const { id } = planned.value as PlanShown
  const begun = await link.ask({ ask: 'commit', plan: id, why: '' })
  expect(begun).toEqual({ ok: true, value: { is: 'begun', operation: '1' } })
  const left = performance.now()
  link[Symbol.dispose]()
  expect((await started.engine.ended).how).toBe('ended with status 0')
  // Its memory alone takes longer than that to copy.
  expect(performance.now() - left).toBeGreaterThan(1_500)
}, 30_000)

test('a hang-up of a terminal is nothing to it', async () => {
  await using started = new Started()
  await started.settled()
  process.kill(started.engine.pid ?? 0, 'SIGHUP')
  process.kill(started.engine.pid ?? 0, 'SIGHUP')
  process.kill(started.engine.pid ?? 0, 'SIGINT')
  expect((await started.health()).pid).toBe(started.engine.pid)
}, 20_000)

test('killed, it is missed at once; what was asked is answered with that', async () => {
  await using started = new Started()
  await started.settled()
  const asked = started.screen.link.ask({ ask: 'hwm-detail', hwm: 'quark' })
  process.kill(started.engine.pid ?? 0, 'SIGKILL')
  expect((await started.engine.ended).how).toBe('was ended by SIGKILL')
  await asked
  await vi.waitFor(() => expect(started.screen.ended).toBeDefined(), LIMIT)
}, 20_000)

test('one that cannot begin says why in its last words', async () => {
  const engine = startEngine({ spec: { ...demo, mode: 'none' } as unknown as EngineSpec, program })
  const { how, lastWords } = await engine.ended
  expect(how).toBe('ended with status 2')
  expect(lastWords).toContain('its argument names no mode')
}, 20_000)

test('one that cannot do what it was told says so to its screen, and ends', async () => {
  const story = 'this is none'
  await using started = new Started({ mode: 'demo', seed: 1, readOnly: true, story })
  expect((await started.engine.ended).how).toBe('ended with status 1')
  expect(started.screen.fatal).toMatch(/^line 1: expected/)
}, 20_000)

test('while its screen stalls it does not: memory stays, no gap, and the newest state comes after', async () => {
  await using started = new Started()
  await started.settled()
  const { screen } = started
  screen.isStalled = true
  const before = await started.health()
  const ask = (line: string) => screen.link.ask({ ask: 'simulate', line })
  for (let round = 0; round < 200; round++) await ask(round % 2 === 0 ? 'stop test' : 'start test')
  await ask('stop win7-vmm2')
  const after = await started.health()
  expect(screen.snapshot?.vms['win7-vmm2']?.state).toBe('running')
  expect(after.longestGapMs).toBeLessThan(1_000)
  expect(after.rss - before.rss).toBeLessThan(30e6)
  screen.goOn()
  await vi.waitFor(() => expect(screen.snapshot?.vms['win7-vmm2']?.state).toBe('stopped'), LIMIT)
  await vi.waitFor(() => expect(screen.snapshot?.vms['test']?.state).toBe('running'), LIMIT)
}, 20_000)
