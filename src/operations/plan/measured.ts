// What live moves of this cluster took before: what the next plan is reckoned with. From the operations that etcd still has.
import type { Operation } from '../../model/operation.ts'

/** Undefined: nothing was measured yet. */
export interface Measured {
  /** Bytes per second, as libvirt last told of the copies. */
  readonly rate: number | undefined
  /** How long guests stood still, in ms. */
  readonly downMs: number | undefined
  /** Copies that the rate rests on. */
  readonly copies: number
}

/** The newest; a line that was mended, or changed its load, is soon reckoned with as it is now. */
const SAMPLES = 20

/** Medians of the moves from one HWM to the other; where there was none, of all moves. */
export function measuredMoves(
  operations: readonly Operation[],
  from: string | undefined,
  to: string | undefined,
): Measured {
  const done = operations
    .toSorted((a, b) => Number(b.id) - Number(a.id))
    .flatMap(({ steps }) => steps)
    .filter(step => step.method === 'live' && step.state === 'done')
  const here = done.filter(step => step.from === from && step.targets[step.target] === to)
  const rates = newest(here, done, step => step.progress?.rate)
  return {
    rate: median(rates),
    downMs: median(newest(here, done, step => step.downMs)),
    copies: rates.length,
  }
}

function newest<T>(
  here: readonly T[],
  all: readonly T[],
  figureOf: (each: T) => number | undefined,
): number[] {
  const figures = (of: readonly T[]) =>
    of
      .map(figureOf)
      .filter(figure => figure !== undefined && figure > 0)
      .slice(0, SAMPLES) as number[]
  const own = figures(here)
  return own.length > 0 ? own : figures(all)
}

function median(figures: readonly number[]): number | undefined {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]
}
