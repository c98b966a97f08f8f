// Stories: what befalls a made-up cluster and when, as text. They play in the demo, and as scenarios they are tests.
//
//   # a remark on the line above it, shown when it is played without a terminal
//   > 10.0 kill quark          at 10 s: a line of lines.ts
//     16.0 error hwm:quark ... what is seen of it: compared by tests, skipped when played
import type { Clock } from '../model/clock.ts'
import type { Simulation } from './simulation.ts'
import { actOn, BadLine } from './lines.ts'

export interface StoryAction {
  readonly atMs: number
  readonly line: string
}

export interface Story {
  /** In the order of the text; a remark has the time of the action before it. */
  readonly steps: readonly (StoryAction | { readonly atMs: number; readonly remark: string })[]
  /** When the last thing in it happens, seen ones included. */
  readonly endMs: number
}

/** The text of a story is none: names the line. */
export class BadStory extends Error {
  override readonly name = 'BadStory'
}

const ACTION = /^>\s*(\d+(?:\.\d+)?)\s+(\S.*)$/
const SEEN = /^\s+(\d+(?:\.\d+)?)\s+\S/

export function parseStory(text: string): Story {
  const steps: Story['steps'][number][] = []
  let endMs = 0
  for (const [index, line] of text.split('\n').entries()) {
    const action = ACTION.exec(line)
    const seen = SEEN.exec(line)
    if (action?.[1] !== undefined && action[2] !== undefined) {
      const atMs = Number(action[1]) * 1000
      if (atMs < (steps.at(-1)?.atMs ?? 0))
        throw new BadStory(`line ${index + 1}: ${action[1]} s is before the line above it`)
      steps.push({ atMs, line: action[2].trim() })
      endMs = Math.max(endMs, atMs)
    } else if (seen?.[1] !== undefined) endMs = Math.max(endMs, Number(seen[1]) * 1000)
    else if (line.startsWith('#'))
      steps.push({ atMs: steps.at(-1)?.atMs ?? 0, remark: line.slice(1).trim() })
    else if (line.trim() !== '')
      throw new BadStory(
        `line ${index + 1}: expected '> SECONDS LINE' or '# remark', found '${line}'`,
      )
  }
  return { steps, endMs }
}

/** Lets a story happen on the simulation's clock, from now on. `refused`: a line could not be done as things are. Disposing stops it. */
export function play(
  story: Story,
  simulation: Simulation,
  clock: Clock,
  refused: (error: BadLine) => void,
): Disposable {
  const timers = story.steps.flatMap(step => {
    if (!('line' in step)) return []
    const act = () => {
      try {
        actOn(simulation, step.line)
      } catch (error) {
        if (!(error instanceof BadLine)) throw error
        refused(error)
      }
    }
    return [clock.after(step.atMs, act)]
  })
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) timer[Symbol.dispose]()
    },
  }
}
