// How long a plan takes and how long each guest stands still, as far as that can be told before: by the sizes of the VMs, by what moves of this
// cluster took before, and by how many move at once. For the eye: nothing rests on it.
import { DEFAULT_LIMITS, type Limits } from '../../model/operation.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { measuredMoves } from './measured.ts'
import type { Plan, PlannedMove } from './plan.ts'

/** Bytes per second of a line whose speed nobody limited: a gigabit, less what is lost on the way. */
const ASSUMED_RATE = 110_000_000
/** Memory that is written while it is copied is copied again. */
const COPIED_TWICE = 1.15
/** Looks, preflight, the permit's transactions. */
const AROUND_MS = 1_500
/** Where no guest of the cluster was moved yet. */
const SWITCH_MS = 300
const START_MS = 2_500
/** A guest that shuts down in good order. */
const SHUTDOWN_MS = 20_000

export interface MoveEstimate {
  /** From the step's begin to its end, in ms. */
  readonly takesMs: number
  /** How long the guest does not run, in ms, its own boot not counted; undefined: it does not run before either, or not afterwards. */
  readonly downMs: number | undefined
}

export interface Estimate {
  readonly totalMs: number
  /** As the moves of the plan. */
  readonly moves: readonly MoveEstimate[]
  /** Bytes per second that copies are reckoned with: of the slowest, where they differ. */
  readonly rate: number
  /** How many copies before that rests on; 0: on the limit that is set, or on a gigabit line. */
  readonly copies: number
}

export function estimate(
  snapshot: ClusterSnapshot,
  plan: Pick<Plan, 'moves'>,
  limits: Partial<Limits> = {},
): Estimate {
  const limit = snapshot.config?.settings.migration.bandwidth
  const past = Object.values(snapshot.operations ?? {})
  const lines = plan.moves.map(({ from, targets }): Line => {
    const { rate, downMs = SWITCH_MS, copies } = measuredMoves(past, from, targets[0])
    if (rate === undefined) return { rate: limit ?? ASSUMED_RATE, downMs, copies: 0 }
    return { rate: Math.min(rate, limit ?? rate), downMs, copies }
  })
  const moves = plan.moves.map((move, index) => estimateOf(snapshot, move, lines[index] ?? UNKNOWN))
  const slowest = lines
    .filter((_, index) => plan.moves[index]?.method === 'live')
    .reduce((least: Line, each) => (each.rate < least.rate ? each : least), {
      ...UNKNOWN,
      rate: Number.POSITIVE_INFINITY,
    })
  const { rate, copies } = Number.isFinite(slowest.rate)
    ? slowest
    : { rate: limit ?? ASSUMED_RATE, copies: 0 }
  const { parallelPerHwm = DEFAULT_LIMITS.parallelPerHwm, parallel = DEFAULT_LIMITS.parallel } =
    limits
  const totalMs = lastEnd(plan.moves, moves, { parallelPerHwm, parallel })
  return { totalMs, moves, rate, copies }
}

interface Line {
  readonly rate: number
  readonly downMs: number
  readonly copies: number
}
const UNKNOWN: Line = { rate: ASSUMED_RATE, downMs: SWITCH_MS, copies: 0 }

function estimateOf(
  snapshot: ClusterSnapshot,
  move: PlannedMove,
  { rate, downMs }: Line,
): MoveEstimate {
  const ram = snapshot.vms[move.vm]?.demand['ram'] ?? 0
  switch (move.method) {
    case 'live':
      return {
        takesMs: AROUND_MS + (ram * COPIED_TWICE * 1000) / rate + downMs,
        downMs,
      }
    case 'cold':
      return { takesMs: AROUND_MS + SHUTDOWN_MS + START_MS, downMs: SHUTDOWN_MS + START_MS }
    case 'restart':
    case 'start':
      return { takesMs: AROUND_MS + START_MS, downMs: undefined }
    case 'stop':
      return { takesMs: AROUND_MS + SHUTDOWN_MS, downMs: undefined }
  }
}

/** Lets the moves run on paper: each begins when what it waits for is done and both its ends have a place for it. */
function lastEnd(
  moves: readonly PlannedMove[],
  estimates: readonly MoveEstimate[],
  limits: Pick<Limits, 'parallelPerHwm' | 'parallel'>,
): number {
  const running: { readonly ends: number; readonly hwms: readonly string[] }[] = []
  const endOf = new Map<number, number>()
  let waiting = moves.map((_, index) => index)
  let now = 0
  while (waiting.length > 0) {
    for (const index of waiting) {
      const move = moves[index]
      if (move === undefined || running.length >= limits.parallel) break
      const hwms = [move.from, move.targets[0]].filter(hwm => hwm !== undefined)
      const before = moves.flatMap((other, at) =>
        at < index && move.after.includes(other.vm) ? [at] : [],
      )
      const isFree = hwms.every(
        hwm => running.filter(each => each.hwms.includes(hwm)).length < limits.parallelPerHwm,
      )
      const isReady = before.every(at => (endOf.get(at) ?? Number.POSITIVE_INFINITY) <= now)
      if (!isFree || !isReady) continue
      const ends = now + (move.delayMs ?? 0) + (estimates[index]?.takesMs ?? 0)
      running.push({ ends, hwms })
      endOf.set(index, ends)
    }
    waiting = waiting.filter(index => !endOf.has(index))
    const next = Math.min(...running.map(each => each.ends))
    if (!Number.isFinite(next)) break
    now = next
    for (const each of running.filter(({ ends }) => ends <= now))
      running.splice(running.indexOf(each), 1)
  }
  return Math.max(0, ...endOf.values())
}
