// What test/bench/console.ts runs as a process of its own: the real console between a keyboard and a terminal that are made up,
// before a cluster that is. Prints figures as one line of JSON.
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import type { TerminalOutput } from '../../components/painter.ts'
import { startConsole } from '../../components/start.tsx'
import { monotonicMs } from '../../src/model/clock.ts'
import { answerFallback } from '../../src/engine/preview/fallback-answer.ts'
import { foresee } from '../console/foresee.ts'
import { manyHosts } from '../console/made-up.ts'
import { ScriptedCluster } from '../console/scripted.ts'
import { asOfNow } from './as-of-now.ts'

export interface Figures {
  readonly idleBytes: number
  readonly newsBytes: number
  readonly keyBytes: number
  readonly keyP95: number
  readonly filterP95: number
  /** Esc, which takes the filter away: milliseconds, its own wait included. */
  readonly escapeP95: number
  readonly newsP95: number
  readonly frameCpu: number
  /** Screens 3 and 4: keys, and the CPU of a frame. */
  readonly placeP95: number
  readonly placeCpu: number
  readonly fallbackP95: number
  readonly fallbackCpu: number
  readonly rss: number
}

class Sink extends EventEmitter implements TerminalOutput {
  readonly columns: number
  readonly rows: number
  readonly writableLength = 0
  readonly destroyed = false
  readonly writableEnded = false
  bytes = 0
  writes = 0
  lastAt = 0

  constructor(columns: number, rows: number) {
    super()
    this.columns = columns
    this.rows = rows
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    if (text !== '') {
      this.bytes += Buffer.byteLength(text)
      this.writes++
      this.lastAt = performance.now()
    }
    done?.()
    return true
  }
}

const [hosts = '3', perHost = '20', columns = '160', rows = '50'] = process.argv.slice(2)

const cluster = new ScriptedCluster(
  asOfNow(manyHosts(Number(hosts), Number(perHost), { history: Number(hosts) <= 100 })),
  monotonicMs,
)
const keyboard = new PassThrough()
const sink = new Sink(Number(columns), Number(rows))
const shown = startConsole({
  stream: cluster.connect(),
  stdin: keyboard,
  stdout: sink,
  options: { env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' } },
})

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** From now until the terminal was written to; undefined: it was not, within half a second. */
async function untilWritten(): Promise<number | undefined> {
  const from = performance.now()
  const before = sink.writes
  while (sink.writes === before) {
    if (performance.now() - from > 500) return undefined
    await turn()
  }
  return sink.lastAt - from
}

/** Nothing is written for a while. */
async function silence(ms = 120): Promise<void> {
  for (let from = performance.now(); performance.now() - from < ms; ) {
    const before = sink.writes
    await new Promise(resolve => setTimeout(resolve, 10))
    if (sink.writes !== before) from = performance.now()
  }
}

async function press(bytes: string): Promise<{ ms: number; bytes: number }> {
  const before = sink.bytes
  keyboard.write(bytes)
  const ms = (await untilWritten()) ?? Number.NaN
  return { ms, bytes: sink.bytes - before }
}

function p95(values: readonly number[]): number {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? Number.NaN
}

await untilWritten()
await silence(300)
// Every one of them changes something on the screen.
const walk = [
  ...Array.from('2jjjjjjjjjjjjjjjkkkkkkkkkk'),
  '\u001b[6~',
  '\u001b[5~',
  ...Array.from('Gkg1jkjks'),
  '\u001b[B',
  '\u001b[A',
  'q',
]
// Warm: what an operator feels after the first moments.
for (const key of walk) await press(key)
await silence()

const moves: { ms: number; bytes: number }[] = []
for (let round = 0; round < 3; round++) for (const key of walk) moves.push(await press(key))
await silence()
const single: number[] = []
await press('2')
await press('g')
for (const key of 'j'.repeat(Math.min(Number(rows) * 2, Number(hosts) * Number(perHost) - 1)))
  single.push((await press(key)).bytes)
await press('1')
await silence()

const filters: number[] = []
const escapes: number[] = []
await press('2')
for (let round = 0; round < 4; round++) {
  await press('/')
  for (const key of 'ram>4g hwm:h') filters.push((await press(key)).ms)
  await press('\r')
  escapes.push((await press('\u001b')).ms)
  await silence()
}
await press('g')
await silence()

// News: one VM that is on the screen changes; the picture is not shown more often than every 66 ms, so they are spaced.
const news: number[] = []
const newsBytes: number[] = []
for (let round = 0; round < 20; round++) {
  const vm = cluster.snapshot.vms['vm00003']
  if (!vm) throw new Error('there is a vm00003')
  const before = sink.bytes
  cluster.changeVm('vm00003', { state: vm.state === 'running' ? 'paused' : 'running' })
  news.push((await untilWritten()) ?? Number.NaN)
  newsBytes.push(sink.bytes - before)
  await silence(90)
}

const FRAMES = 200
/** Milliseconds of CPU that a frame costs, by keys that each change something. */
async function costOf(keys: string, frames: number): Promise<number> {
  const before = process.cpuUsage()
  for (let frame = 0; frame < frames; frame++) await press(keys[frame % keys.length] ?? '')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / frames
}
const frameCpu = await costOf('jk', FRAMES)

/** Screens 3 and 4, with what a solver says of the cluster. Its answers are made beforehand: what is measured is the screen. */
async function screensOfTheSolver(): Promise<
  Pick<Figures, 'placeP95' | 'placeCpu' | 'fallbackP95' | 'fallbackCpu'>
> {
  foresee(cluster, monotonicMs())
  const [host = ''] = Object.keys(cluster.snapshot.hwms)
  const hooks = { now: () => 0, stopped: () => false, onProgress: () => undefined }
  const answer = answerFallback(cluster.snapshot, { failed: [host], wall: 0 }, hooks)
  cluster.answers.push(question =>
    question.ask === 'fallback'
      ? { ok: true, value: answer && { ...answer, failed: question.failed } }
      : undefined,
  )
  await silence()
  const keysOn = async (screen: string, keys: string): Promise<{ p95: number; cpu: number }> => {
    await press(screen)
    await silence()
    for (const key of keys) await press(key)
    const pressed: number[] = []
    for (let round = 0; round < 12; round++)
      for (const key of keys) pressed.push((await press(key)).ms)
    const cost = await costOf(keys, FRAMES)
    await silence()
    return { p95: p95(pressed), cpu: cost }
  }
  const place = await keysOn('3', 'lhlh')
  const fallback = await keysOn('4', 'jkj k ')
  return {
    placeP95: place.p95,
    placeCpu: place.cpu,
    fallbackP95: fallback.p95,
    fallbackCpu: fallback.cpu,
  }
}

await silence()
const idleFrom = sink.bytes
await new Promise(resolve => setTimeout(resolve, 3_000))
const idleBytes = sink.bytes - idleFrom
globalThis.gc?.()
// Before the solver is at work in this process, which it never is in a real screen's.
const rss = process.memoryUsage().rss / 2 ** 20
const figures: Figures = {
  idleBytes,
  newsBytes: Math.max(...newsBytes),
  keyBytes: Math.max(...single),
  keyP95: p95(moves.map(move => move.ms)),
  filterP95: p95(filters),
  escapeP95: p95(escapes),
  newsP95: p95(news),
  frameCpu,
  ...(await screensOfTheSolver()),
  rss,
}
console.log(JSON.stringify(figures))
await shown.stop()
process.exit(0)
