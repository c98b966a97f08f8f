// The plan screen (P): what is asked of the solver, how far it is, what it found. Nothing here changes the cluster.
import type { Change } from '../model/change.ts'
import type { BestBy, Objective } from '../model/objectives.ts'
import type { Solved, SolveProgress } from '../model/solved.ts'
import type { Instant } from '../model/snapshot.ts'

export interface SolveState {
  /** Not made: what would be, if; empty: of the cluster as it is. */
  readonly changes: readonly Change[]
  readonly bestBy: BestBy
  /** X; undefined: the cluster's own. */
  readonly tolerate: number | undefined
  readonly seconds: number
  /** Since when the solver is at work; undefined: it is not. */
  readonly since: Instant | undefined
  readonly progress: SolveProgress | undefined
  /** The last that was found, perhaps for other wishes. */
  readonly solved: Solved | undefined
  /** VMs to be left out of it, while that is worked out. */
  readonly leaving?: readonly string[]
  /** Why there is nothing newer; empty otherwise. */
  readonly problem: string
}

/** What one key turns to, one after the other. */
export const SINGLES: readonly Objective[] = ['fewest-moves', 'balance', 'fewest-hwms']

/** Seconds that can be chosen. */
export const TIMES: readonly number[] = [5, 15, 60, 300]

export const FIRST_SOLVE: SolveState = {
  changes: [],
  bestBy: { objectives: ['fewest-moves'] },
  tolerate: undefined,
  seconds: 5,
  since: undefined,
  progress: undefined,
  solved: undefined,
  problem: '',
}
