// What test/bench/line.ts runs as a process of its own: the real console, as over SSH, on a line that is made up: so many bytes a
// second, so long a way, packets that are lost and sent again. All that is written is taken at once, as sshd's window takes it: the
// console must see by itself that the line is full. Prints figures as one line of JSON.
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import type { TerminalOutput } from '../../components/painter.ts'
import { startConsole } from '../../components/start.tsx'
import { monotonicMs } from '../../src/model/clock.ts'
import { chance, manyHosts } from '../console/made-up.ts'
import { ScriptedCluster } from '../console/scripted.ts'
import { asOfNow } from './as-of-now.ts'

export interface LineFigures {
  /** From a key down a list of VMs to its changed cells, p95; the same in the list of HWMs, with the VMs of each beside it. */
  readonly keyP95: number
  readonly hwmKeyP95: number
  /** From the last of many changes until the terminal shows it. */
  readonly newestMs: number
  /** The longest that anything written had to wait for what was written before it, and go its way. */
  readonly longestMs: number
}

const PACKET = 1_400
const [rate = 8_000, wayMs = 75, loss = 0.01] = process.argv.slice(2).map(Number)

class Line extends EventEmitter implements TerminalOutput {
  readonly columns = 160
  readonly rows = 50
  readonly writableLength = 0
  readonly destroyed = false
  readonly writableEnded = false
  readonly #draw = chance(1)
  #freeAt = 0
  /** When the newest bytes have come, or will. */
  arrivesAt = 0
  longestMs = 0
  arrivals = 0
  answer: (text: string) => void = () => undefined

  write(text: string, done?: (error?: Error | null) => void): boolean {
    done?.()
    if (text === '') return true
    const now = performance.now()
    for (let left = Buffer.byteLength(text); left > 0; left -= PACKET) {
      this.#freeAt = Math.max(now, this.#freeAt) + (Math.min(left, PACKET) / rate) * 1_000
      // Lost: it is missed a way later, and all that follows waits for it (RFC 6298: no sooner than 200 ms on Linux).
      if (this.#draw() < loss) this.#freeAt += 200 + 2 * wayMs
    }
    this.arrivesAt = this.#freeAt + wayMs
    this.longestMs = Math.max(this.longestMs, this.arrivesAt - now)
    setTimeout(() => {
      this.arrivals++
      // eslint-disable-next-line no-control-regex -- the question is a sequence
      for (const _ of text.matchAll(/\u001b\[5n/g))
        setTimeout(() => this.answer('\u001b[0n'), wayMs)
    }, this.arrivesAt - now)
    return true
  }
}

const cluster = new ScriptedCluster(asOfNow(manyHosts(40, 10)), monotonicMs)
const keyboard = new PassThrough()
const line = new Line()
line.answer = text => keyboard.write(text)
const shown = startConsole({
  stream: cluster.connect(),
  stdin: keyboard,
  stdout: line,
  options: { env: { TERM: 'xterm-256color', LANG: 'C.UTF-8', SSH_CONNECTION: 'made up' } },
})

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** Nothing on its way, and nothing more to come. */
async function silence(): Promise<void> {
  for (let quiet = 0; quiet < 6; quiet++) {
    const before = line.arrivals
    await pause(50)
    if (line.arrivals !== before || performance.now() < line.arrivesAt) quiet = 0
  }
}

/** From each of many keys down and up a list until its cells have come, p95. */
async function walk(): Promise<number> {
  const keys: number[] = []
  for (let round = 0; round < 40; round++) {
    await silence()
    const before = line.arrivals
    const from = performance.now()
    setTimeout(() => keyboard.write(round % 20 < 10 ? 'j' : 'k'), wayMs)
    while (line.arrivals === before) await pause(1)
    keys.push(performance.now() - from)
  }
  await silence()
  return keys.sort((a, b) => a - b)[Math.floor(keys.length * 0.95)] ?? Number.NaN
}

await silence()
const hwmKeyP95 = await walk()
keyboard.write('2')
await silence()
const keyP95 = await walk()

// Every VM changes again and again, and the operator walks from screen to screen.
line.longestMs = 0
const names = Object.keys(cluster.snapshot.vms)
let lastChange = 0
for (let round = 0; round < 100; round++) {
  for (const name of names)
    cluster.changeVm(name, { state: round % 2 === 0 ? 'paused' : 'running' })
  lastChange = performance.now()
  if (round % 10 === 0) keyboard.write(round % 20 === 0 ? '2' : '1')
  await pause(50)
}
await silence()
const figures: LineFigures = {
  keyP95,
  hwmKeyP95,
  newestMs: line.arrivesAt - lastChange,
  longestMs: line.longestMs,
}
console.log(JSON.stringify(figures))
await shown.stop()
process.exit(0)
