// An engine and its screens over streams, on a made-up cluster.
import { expect, test, vi } from 'vitest'
import { duplexPair } from 'node:stream'
import { Engine } from '../../src/engine/engine.ts'
import { actOn } from '../../src/simulator/lines.ts'
import { Observed } from '../cluster/observed.ts'
import { screenOn, settle } from './screens.ts'

async function served() {
  const seen = await Observed.begin()
  const { observation, simulation } = seen
  const engine = new Engine({
    observation,
    version: '7',
    simulate: line => actOn(simulation, line),
  })
  const act = async (line: string, ms: number) => {
    await seen.act(line, ms)
    await settle()
  }
  return { seen, engine, act, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}

test('a screen that connects gets all of the picture, and then what changes', async () => {
  await using house = await served()
  const screen = screenOn(house.engine)
  await settle()
  expect(screen.hello).toEqual({ version: '7', pid: process.pid, simulated: true })
  expect(screen.snapshot).toEqual(house.seen.snapshot)
  await house.act('stop test', 50)
  expect(screen.snapshot).toEqual(house.seen.snapshot)
  const last = screen.patches.at(-1)
  expect(Object.keys(last?.vms ?? {})).toEqual(['test'])
  expect(last?.config).toBeUndefined()
  expect(JSON.stringify(last).length).toBeLessThan(6_000)
})

test('two screens are served, each at its own pace', async () => {
  await using house = await served()
  const [quick, slow] = [screenOn(house.engine), screenOn(house.engine)]
  slow.isStalled = true
  await settle()
  await house.act('stop test', 100)
  expect(quick.snapshot?.vms['test']?.state).toBe('stopped')
  expect(slow.snapshot?.vms['test']?.state).toBe('running')
  slow.goOn()
  await settle()
  expect(slow.snapshot).toEqual(quick.snapshot)
})

test('a screen that stalls for an hour costs one picture, and shows the newest state after', async () => {
  await using house = await served()
  const screen = screenOn(house.engine)
  await settle()
  screen.isStalled = true
  await house.act('stop test', 100)
  const taken = screen.patches.length
  for (let minute = 0; minute < 60; minute++)
    await house.act(minute % 2 === 0 ? 'start test' : 'stop test', 60_000)
  await house.act('kill quark', 60_000)
  expect(screen.patches).toHaveLength(taken)
  screen.goOn()
  await settle()
  expect(screen.patches).toHaveLength(taken + 1)
  expect(screen.snapshot).toEqual(house.seen.snapshot)
  expect(screen.snapshot?.hwms['quark']?.state).toBe('down')
})

test('a screen that does not even read leaves no more than one patch in its stream', async () => {
  await using house = await served()
  const [ours, theirs] = duplexPair()
  house.engine.attach(theirs)
  ours.write('{"type":"hello","protocol":1,"version":"x"}\n')
  await settle()
  await house.act('stop test', 1_000)
  const queued = theirs.writableLength + ours.readableLength
  for (let round = 0; round < 50; round++) await house.act('kill snailin', 20_000)
  expect(theirs.writableLength + ours.readableLength).toBe(queued)
})

test('questions are answered', async () => {
  await using house = await served()
  const { link } = screenOn(house.engine)
  const xml = await answer(
    link.ask({ ask: 'domain-xml', vm: 'test', hwm: 'snailin', which: 'live' }),
  )
  expect(xml).toMatchObject({ ok: true, value: expect.stringContaining('<name>test</name>') })
  const detail = await answer(link.ask({ ask: 'hwm-detail', hwm: 'quark' }))
  expect(detail).toMatchObject({ ok: true, value: { hostname: 'quark', cpus: 16 } })
  const health = await answer(link.ask({ ask: 'engine-health' }))
  expect(health).toMatchObject({ ok: true, value: { pid: process.pid, screens: 1 } })
  const told = await answer(link.ask({ ask: 'simulate', line: 'kill quark' }))
  expect(told).toEqual({ ok: true, value: 'quark has no power' })

  /** Made-up libvirts answer on made-up time. */
  async function answer<T>(asked: Promise<T>): Promise<T> {
    await settle()
    await house.seen.clock.advance(20)
    return asked
  }
})

test('XML of the domain store comes from where the engine was told to read it', async () => {
  const seen = await Observed.begin()
  const asked: string[] = []
  const storedXml = (vm: string, hwm: string) => {
    asked.push(`${vm} through ${hwm}`)
    return Promise.resolve(vm === 'test' ? '<domain/>' : undefined)
  }
  await using engine = new Engine({ observation: seen.observation, version: '7', storedXml })
  const { link } = screenOn(engine)
  const ask = (vm: string) => link.ask({ ask: 'domain-xml', vm, hwm: 'quark', which: 'store' })
  expect(await ask('test')).toEqual({ ok: true, value: '<domain/>' })
  expect(await ask('ceph1')).toEqual({
    ok: false,
    error: '/srv/domains has no XML of ceph1: yasco dump puts it there',
  })
  expect(asked).toEqual(['test through quark', 'ceph1 through quark'])
})

test('a question that cannot be answered says why', async () => {
  await using house = await served()
  const { link } = screenOn(house.engine)
  expect(await link.ask({ ask: 'simulate', line: 'explode quark' })).toMatchObject({
    ok: false,
    error: expect.stringContaining("does not know 'explode'"),
  })
  expect(await link.ask({ ask: 'domain-xml', vm: 'test', hwm: 'quark', which: 'live' })).toEqual({
    ok: false,
    error: 'quark has no domain test',
  })
  await house.act('kill quark', 20_000)
  expect(await link.ask({ ask: 'hwm-detail', hwm: 'quark' })).toEqual({
    ok: false,
    error: 'quark does not answer now',
  })
})

test('the last screen that leaves empties the engine', async () => {
  await using house = await served()
  const [one, other] = [screenOn(house.engine), screenOn(house.engine)]
  await settle()
  const emptied = vi.fn<() => void>()
  void house.engine.empty().then(emptied)
  one.link.bye()
  await settle()
  expect(emptied).not.toHaveBeenCalled()
  expect(one.ended).toBe('the engine ended')
  other.link[Symbol.dispose]()
  await settle()
  expect(emptied).toHaveBeenCalled()
})

test('an engine that is gone settles what was asked, and says so once', async () => {
  await using house = await served()
  const [ours, theirs] = duplexPair()
  house.engine.attach(theirs)
  const { TestScreen } = await import('./screens.ts')
  const screen = new TestScreen(ours)
  await settle()
  const asked = screen.link.ask({ ask: 'hwm-detail', hwm: 'quark' })
  theirs.destroy()
  ours.destroy()
  expect(await asked).toMatchObject({ ok: false })
  expect(screen.ended).toBe('the engine ended')
  expect(await screen.link.ask({ ask: 'engine-health' })).toMatchObject({ ok: false })
})

test('a screen of another protocol is told to start again', async () => {
  await using house = await served()
  const [ours, theirs] = duplexPair()
  let heard = ''
  ours.setEncoding('utf8').on('data', text => {
    heard += String(text)
  })
  house.engine.attach(theirs)
  ours.write('{"type":"hello","protocol":99,"version":"x"}\n')
  await settle()
  expect(heard).toContain('"type":"fatal"')
  expect(heard).not.toContain('"type":"patch"')
})

test('rubbish from a screen ends that screen and nothing else', async () => {
  await using house = await served()
  const good = screenOn(house.engine)
  for (const rubbish of ['no json\n', '{"type":"explode"}\n', '[]\n', 'null\n']) {
    const [ours, theirs] = duplexPair()
    house.engine.attach(theirs)
    ours.write(rubbish)
    await settle()
    expect(theirs.writableEnded).toBe(true)
  }
  await house.act('stop test', 100)
  expect(good.snapshot?.vms['test']?.state).toBe('stopped')
})
