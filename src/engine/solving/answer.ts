// What is asked of the solver as a whole, and what it answers: plain data, so that it crosses to a worker and back.
import type { BestBy } from '../../model/objectives.ts'
import type { Resources } from '../../model/resources.ts'
import { alone, type Beside, shared } from '../../solver/beside.ts'
import type { Aim } from '../../solver/place/worth.ts'
import type { Capacity } from '../../solver/capacity.ts'
import type {
  CounterExample,
  Move,
  Objective,
  PlacementMap,
  Problem,
  Progress,
  Refusal,
  Term,
} from '../../solver/problem.ts'

/** How far a request may go, and what it is told on the way. */
export interface Hooks {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** True: end with the best so far. */
  stopped(): boolean
  onProgress(progress: Progress): void
}

/** One of two workers at the same question. */
export interface BesideRequest {
  readonly lane: 0 | 1
  /** What they tell each other lies here; left out: nothing. */
  readonly common?: SharedArrayBuffer
}

export function besideOf({ lane, common }: BesideRequest): Beside {
  return common === undefined ? alone(lane) : shared(lane, common)
}

/** Which fallback maps are wanted: of all failure sets up to X, of the sets named, or none. */
export type WantedFallbacks = 'all' | 'none' | readonly (readonly string[])[]

export interface PlanRequest extends BestBy {
  readonly problem: Problem
  /** Where VMs really are, when that is not their home: the order begins there. Left out: at home. */
  readonly places?: PlacementMap
  /** Judge today's homes as they are. */
  readonly keepsMap: boolean
  readonly seed: number
  /** For the whole answer. Left out: the solver ends by itself. */
  readonly seconds?: number
  /** Counts effort in steps beside the clock, so that equal seeds give equal answers. */
  readonly isRepeatable: boolean
  readonly fallbacks: WantedFallbacks
  /** Migrations at a time from or to one HWM. */
  readonly parallelPerHwm: number
  /** The order must keep X in every state on the way. */
  readonly keepsX?: boolean
  /** Slots and how many more HAVMs fit are wanted: of the commonest sizes, or of this VM's. */
  readonly capacity?: 'common' | { readonly like: string }
  readonly beside?: BesideRequest
}

/** Where the HAVMs of one failure set restart. */
export interface SetAnswer {
  readonly failed: readonly string[]
  readonly map: PlacementMap
  /** False: HAVMs are left over; `why` says which, and what is short. */
  readonly complete: boolean
  /** `lists`: by ordered backup lists, nothing moves twice. `own`: a map of this set alone. `file`: the cluster file's own map. */
  readonly by: 'lists' | 'own' | 'file'
  /** Absent when complete. */
  readonly why?: CounterExample
  /** VMs that would move a second time, when these HWMs had failed first and were answered by their own map. Absent: none. */
  readonly movesAgain?: readonly {
    readonly after: readonly string[]
    readonly vms: readonly string[]
  }[]
  /** Neither a map nor a proof that there is none, in the time given. */
  readonly isUnknown: boolean
}

export interface ResilienceAnswer {
  readonly asked: number
  readonly holds: boolean
  /** `unknown`: time ended before every set was settled. */
  readonly verdict: 'yes' | 'no' | 'unknown'
  readonly largest: number
  readonly largestIsExact: boolean
  readonly by: string
  readonly setsChecked: number
  readonly counterExample?: CounterExample
}

/** One HWM, in base units. */
export interface HwmLoad {
  readonly hwm: string
  readonly usable: Resources
  readonly before: Resources
  readonly after: Resources
  readonly vmsBefore: number
  readonly vmsAfter: number
}

export interface PlanAnswer {
  /** `impossible`: what is asked is proved to be impossible; `map` then is the best there is with fewer failures, or empty. */
  readonly answer: 'map' | 'impossible' | 'no-answer'
  readonly map: PlacementMap
  /** VMs that have no place in `map`. */
  readonly unplaced: readonly string[]
  readonly hwmsOn: readonly string[]
  readonly hwmsUsed: number
  readonly objective: Objective | 'mix' | 'keep-map'
  /** Of a mix: its weights, and what each objective is worth. */
  readonly terms?: readonly (Term & { readonly value: number })[]
  /** Of several objectives in order: what each is worth, the first too. */
  readonly inOrder?: readonly Aim[]
  /** What the objective is worth on `map`: of several, the first. */
  readonly value: number
  readonly bound: number
  readonly gap: number
  readonly proved: boolean
  readonly seconds: number
  readonly why?: { readonly sentence: string; readonly proof: Refusal | CounterExample }
  /** What the independent checker has against the map; only homes that were kept as they are can have any. */
  readonly complaints: readonly string[]
  readonly resilience: ResilienceAnswer
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly fallback: readonly SetAnswer[]
  /** False: there are more failure sets than are listed. */
  readonly fallbackIsComplete: boolean
  /** How many sets there are, listed or not. */
  readonly fallbackInAll: number
  readonly moves: readonly Move[]
  readonly order: 'found' | 'impossible' | 'unknown'
  /** VMs for which no order was found. */
  readonly blocked: readonly string[]
  readonly loads: readonly HwmLoad[]
  /** When it was asked for, and there is a map. */
  readonly capacity?: Capacity
}
