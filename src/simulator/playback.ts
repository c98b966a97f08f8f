// Plays a story on made-up time and writes down what a program that observes the cluster sees of it.
import type { ClusterEvent } from '../model/snapshot.ts'
import { observe } from '../cluster/observe.ts'
import type { BadLine } from './lines.ts'
import type { MadeUpCluster } from './made-up.ts'
import { Simulation } from './simulation.ts'
import type { Story } from './story.ts'
import { play } from './story.ts'
import { VirtualClock } from './virtual-clock.ts'

export type Telling =
  | { readonly atMs: number; readonly did: string }
  | { readonly atMs: number; readonly remark: string }
  | { readonly atMs: number; readonly saw: ClusterEvent }

/** How long what the last line of a story leads to may take to be seen. */
const AFTERWARDS_MS = 20_000
/** Before a story begins, every HWM has been reached. */
const SETTLED_MS = 2_000
const BEGINNING = Date.UTC(2026, 0, 1)

/** Tells, in the order of time, what is done and what is seen. The same for the same seed. Throws `BadLine` for a line that cannot be done. */
export async function* tell(
  story: Story,
  cluster: MadeUpCluster,
  seed: number,
): AsyncGenerator<Telling> {
  const clock = new VirtualClock()
  const simulation = new Simulation({ cluster, clock, seed })
  const { cluster: name, etcd } = cluster.config
  await using observation = observe({
    cluster: name,
    store: simulation.connectStore(),
    etcd,
    open: simulation.open,
    readOnly: true,
    clock,
    wall: () => BEGINNING + clock.now(),
    random: () => 0.5,
  })
  await clock.advance(SETTLED_MS)
  const begin = clock.now()
  let seen: readonly ClusterEvent[] = observation.snapshot.events
  const seenSince = (): Telling[] => {
    const { events } = observation.snapshot
    const fresh = events.slice(events.length - countNew(seen, events))
    seen = events
    return fresh.map(saw => ({ atMs: Date.parse(saw.time) - BEGINNING - begin, saw }))
  }
  let problem: BadLine | undefined
  play(story, simulation, clock, error => {
    problem = error
  })
  for (const step of story.steps) {
    await clock.advance(begin + step.atMs - clock.now())
    if (problem) throw problem
    yield* seenSince()
    yield 'line' in step ? { atMs: step.atMs, did: step.line } : step
  }
  await clock.advance(begin + story.endMs + AFTERWARDS_MS - clock.now())
  yield* seenSince()
}

function countNew(before: readonly ClusterEvent[], after: readonly ClusterEvent[]): number {
  const last = before.at(-1)
  return last ? after.length - 1 - after.lastIndexOf(last) : after.length
}

/** One line of a story as it is told: `> 10.0 kill quark`, or what was seen. */
export function lineOf(telling: Telling): string {
  if ('remark' in telling) return `# ${telling.remark}`
  const seconds = (telling.atMs / 1000).toFixed(1)
  if ('did' in telling) return `> ${seconds} ${telling.did}`
  const { level, what, why } = telling.saw
  return `  ${seconds.padStart(6)} ${level.padEnd(5)} ${what}${why === '' ? '' : ` (${why})`}`
}
