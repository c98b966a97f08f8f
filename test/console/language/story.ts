// The language of console tests: keys in, cells out, and the fate of the cluster between.
//   await console.at('80x24').on(cluster('three-hosts')).kill('quark').sees('quark    DOWN').press('enter').sees('no route')
// A story is told first and happens when it is awaited. When something is not seen, the error shows the screen.
import process from 'node:process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { ConsoleOptions } from '../../../components/start.tsx'
import type { ClusterSnapshot } from '../../../src/model/snapshot.ts'
import { actOn } from '../../../src/simulator/lines.ts'
import type { MadeUpCluster } from '../../../src/simulator/made-up.ts'
import { manyHosts, NOW, threeHosts } from '../made-up.ts'
import { foresee } from '../foresee.ts'
import { ScriptedCluster } from '../scripted.ts'
import { StandingClock } from './clock.ts'
import { InProcess, wallAt } from './in-process.ts'
import { bytesOf } from './keys.ts'
import { LiveCluster } from './live.ts'
import type { CellLook } from './terminal.ts'
import { Terminal } from './terminal.ts'

export interface ClusterSketch {
  readonly snapshot: ClusterSnapshot
  readonly isSimulated: boolean
  /** Made-up hosts and a real engine, instead of a script. */
  readonly live?: {
    readonly readOnly: boolean
    readonly foresees: boolean
    /** Left out: the simulator's three hosts. */
    readonly madeUp?: MadeUpCluster
  }
}

/** The simulator's three hosts, or others that are made up, and a real engine that acts on them. Time passes only as the story says. */
export function alive({
  readOnly = false,
  foresees = false,
  madeUp,
}: Partial<NonNullable<ClusterSketch['live']>> = {}): ClusterSketch {
  const live = { readOnly, foresees, ...(madeUp && { madeUp }) }
  return { snapshot: threeHosts(), isSimulated: true, live }
}

/** A cluster by name: the seed's three hosts, forty, or a thousand. */
export function cluster(name: 'three-hosts' | 'forty-hosts' | 'thousand-hosts'): ClusterSketch {
  switch (name) {
    case 'three-hosts':
      return { snapshot: threeHosts(), isSimulated: false }
    case 'forty-hosts':
      return { snapshot: manyHosts(40, 10), isSimulated: false }
    case 'thousand-hosts':
      return { snapshot: manyHosts(1000, 10, { history: false }), isSimulated: false }
  }
}

/** A cluster that is not there; its verbs are in the palette. */
export function simulated(sketch: ClusterSketch): ClusterSketch {
  return { ...sketch, isSimulated: true }
}

/** What a step of a story has before it. */
export interface Scene {
  readonly terminal: Terminal
  readonly cluster: ScriptedCluster
  readonly clock: StandingClock
  readonly program: InProcess
  /** One key, without waiting for what it does. */
  press(key: string): void
  /** Of an `alive()` story. */
  readonly live: LiveCluster | undefined
}

type Step = (scene: Scene) => void | Promise<void>

// Times of day on golden screens are everywhere the same.
process.env['TZ'] = 'UTC'

/** How long something that must come to be seen may take, in real time. */
const SEEN_WITHIN_MS = 3_000
/** How far the clock of a living cluster goes on at once. */
const LIVE_STEP_MS = 100
const GOLDEN = new URL('../golden/', import.meta.url)

export class Story implements PromiseLike<void> {
  readonly #size: { columns: number; rows: number }
  readonly #sketch: ClusterSketch | undefined
  readonly #options: ConsoleOptions
  readonly #steps: readonly Step[]

  constructor(
    size: { columns: number; rows: number },
    sketch: ClusterSketch | undefined,
    options: ConsoleOptions,
    steps: readonly Step[],
  ) {
    this.#size = size
    this.#sketch = sketch
    this.#options = options
    this.#steps = steps
  }

  /** Which cluster it looks at. */
  on(sketch: ClusterSketch): Story {
    return new Story(this.#size, sketch, this.#options, this.#steps)
  }

  /** With options of the console: environment, key map, theme. */
  with(options: ConsoleOptions): Story {
    return new Story(this.#size, this.#sketch, { ...this.#options, ...options }, this.#steps)
  }

  /** Anything that has no word of its own. */
  does(step: Step): Story {
    return new Story(this.#size, this.#sketch, this.#options, [...this.#steps, step])
  }

  press(...keys: readonly string[]): Story {
    return this.does(async ({ terminal }) => {
      for (const key of keys) {
        terminal.wire.input(bytesOf(key))
        await terminal.wire.quiet()
      }
    })
  }

  /** Characters in one burst, as they come over a slow line. */
  type(text: string): Story {
    return this.does(async ({ terminal }) => {
      terminal.wire.input(text)
      await terminal.wire.quiet()
    })
  }

  sees(text: string | RegExp): Story {
    return this.does(({ terminal }) =>
      until(terminal, `to see ${String(text)}`, () => isSeen(terminal, text)),
    )
  }

  /** As `sees`; for what comes by itself. */
  eventually(text: string | RegExp): Story {
    return this.sees(text)
  }

  stillSees(text: string | RegExp): Story {
    return this.does(async ({ terminal }) => {
      await settled(terminal)
      if (!isSeen(terminal, text)) fail(terminal, `still to see ${String(text)}`)
    })
  }

  doesNotSee(text: string | RegExp): Story {
    return this.does(async ({ terminal }) => {
      await settled(terminal)
      if (isSeen(terminal, text)) fail(terminal, `not to see ${String(text)}`)
    })
  }

  /** The cells of `text` have a look: a colour by name, `bold`, `dim`, `inverse`, or `default` colour. */
  seesAs(text: string, look: string): Story {
    return this.does(async ({ terminal }) => {
      await until(terminal, `to see ${text}`, () => isSeen(terminal, text))
      const cells = (terminal.find(text) ?? []).filter(cell => cell.text.trim() !== '')
      if (!cells.every(cell => hasLook(cell, look))) fail(terminal, `to see ${text} as ${look}`)
    })
  }

  /** The selection's mark stands before this text (between them may be a sign). */
  selects(text: string): Story {
    return this.does(({ terminal }) =>
      until(terminal, `${text} to be selected`, () =>
        terminal
          .lines()
          .some(
            line =>
              line.includes(`> ${text}`) ||
              line.split('> ').some(part => part.slice(2).startsWith(text) && part[1] === ' '),
          ),
      ),
    )
  }

  kill(hwm: string): Story {
    return this.does(({ live, cluster: scripted }) => {
      if (live) actOn(live.simulation, `kill ${hwm}`)
      else scripted.kill(hwm)
    })
  }

  rescue(hwm: string): Story {
    return this.does(({ live, cluster: scripted }) => {
      if (live) actOn(live.simulation, `rescue ${hwm}`)
      else scripted.rescue(hwm)
    })
  }

  /** Time passes in small steps, with all that happens between them, until this is seen. */
  lives(wanted: string | RegExp, limit = '60 s'): Story {
    return this.does(async ({ clock, terminal }) => {
      for (let passed = 0; !isSeen(terminal, wanted); passed += LIVE_STEP_MS) {
        if (passed > ms(limit)) fail(terminal, `to see ${String(wanted)} within ${limit}`)
        clock.pass(LIVE_STEP_MS)
        await settled(terminal)
      }
    })
  }

  move(vm: string, to: string): Story {
    return this.does(scene => scene.cluster.move(vm, to))
  }

  loseEtcd(answering: number): Story {
    return this.does(scene => scene.cluster.loseEtcd(answering))
  }

  dropEngine(): Story {
    return this.does(scene => scene.cluster.dropEngine())
  }

  /** The solver judges what is there now, and answers questions from here on. */
  foresees(): Story {
    return this.does(scene => foresee(scene.cluster, scene.clock.now()))
  }

  /** Time passes: `20 s`, `5 min`. With `refresh`, the engine goes on hearing of all that is up. */
  after(time: string, options: { readonly refresh?: boolean } = {}): Story {
    return this.does(async ({ clock, cluster: scripted, terminal }) => {
      clock.pass(ms(time))
      if (options.refresh) scripted.refresh()
      await terminal.wire.quiet()
    })
  }

  resize(size: string): Story {
    return this.does(({ terminal }) => {
      const { columns, rows } = parseSize(size)
      terminal.resize(columns, rows)
    })
  }

  /** The screen is as the file says; with UPDATE_GOLDEN=1 the file becomes as the screen is. */
  golden(name: string): Story {
    return this.does(async ({ terminal }) => {
      await settled(terminal)
      const shown = `${terminal.lines().join('\n').trimEnd()}\n`
      const file = new URL(`${name}.txt`, GOLDEN)
      if (process.env['UPDATE_GOLDEN']) {
        mkdirSync(GOLDEN, { recursive: true })
        writeFileSync(file, shown)
      }
      expect(shown, `golden/${name}.txt (UPDATE_GOLDEN=1 rewrites it)`).toBe(
        readFileSync(file, 'utf8'),
      )
    })
  }

  then<A, B>(
    done?: ((value: void) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#tell().then(done, failed)
  }

  async #tell(): Promise<void> {
    if (!this.#sketch) throw new Error('a story needs a cluster: .on(cluster(...))')
    const clock = new StandingClock(NOW)
    const scripted = new ScriptedCluster(
      this.#sketch.snapshot,
      () => clock.now(),
      this.#sketch.isSimulated,
    )
    const { live: isLive } = this.#sketch
    const live = isLive && new LiveCluster(clock, () => wallAt(clock.now()), isLive)
    const end = live ? { connect: () => live.connect(isLive) } : scripted
    const program = new InProcess(end, clock, this.#size, {
      env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' },
      ...this.#options,
    })
    const terminal = new Terminal(program, this.#size.columns, this.#size.rows)
    try {
      await settled(terminal)
      for (const step of this.#steps) {
        await step({
          terminal,
          cluster: scripted,
          clock,
          program,
          live,
          press: key => terminal.wire.input(bytesOf(key)),
        })
        await settled(terminal)
      }
    } finally {
      await terminal.close()
      terminal.dispose()
      await live?.[Symbol.asyncDispose]()
    }
  }
}

export const console = {
  /** A terminal of this size, `80x24`. */
  at(size: string): Story {
    return new Story(parseSize(size), undefined, {}, [])
  },
}

function parseSize(size: string): { columns: number; rows: number } {
  const [columns = 0, rows = 0] = size.split('x').map(Number)
  return { columns, rows }
}

function ms(time: string): number {
  const [amount = '0', unit = 'ms'] = time.split(' ')
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 }
  return Number(amount) * (units[unit] ?? Number.NaN)
}

async function settled(terminal: Terminal): Promise<void> {
  await terminal.wire.quiet()
  await terminal.read()
}

async function until(terminal: Terminal, what: string, isTrue: () => boolean): Promise<void> {
  const limit = performance.now() + SEEN_WITHIN_MS
  await settled(terminal)
  while (!isTrue()) {
    if (performance.now() > limit) fail(terminal, what)
    await settled(terminal)
  }
}

function isSeen(terminal: Terminal, text: string | RegExp): boolean {
  return typeof text === 'string' ? terminal.text().includes(text) : text.test(terminal.text())
}

function hasLook(cell: CellLook, look: string): boolean {
  switch (look) {
    case 'bold':
      return cell.isBold
    case 'dim':
      return cell.isDim
    case 'inverse':
      return cell.isInverse
    default:
      return cell.color === look
  }
}

function fail(terminal: Terminal, what: string): never {
  const edge = '-'.repeat(terminal.columns)
  throw new Error(`expected ${what}; the screen is\n${edge}\n${terminal.text()}\n${edge}`)
}
