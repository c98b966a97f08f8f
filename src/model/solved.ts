// What the solver found, as an engine tells its screens: a map, what it is worth, what leads there. Plain data.
import type { Change } from './change.ts'
import type { BestBy, Objective, Term } from './objectives.ts'
import type { Resources } from './resources.ts'

/** How far a search is. `gap` is relative; absent while nothing was found. */
export interface SolveProgress {
  readonly phase: string
  readonly best?: number
  readonly bound: number
  readonly gap?: number
}

/** One migration. Moves of equal `batch` may run at the same time. */
export interface SolvedMove {
  readonly vm: string
  readonly from: string
  readonly to: string
  readonly batch: number
  /** A detour: it makes room for others and goes on later. */
  readonly bounce: boolean
}

/** A VM that stays where it is, and keeps its home, although the map would have it elsewhere. */
export interface LeftOutMove {
  readonly vm: string
  readonly from: string
  readonly to: string
}

/** One HWM, in base units. */
export interface SolvedLoad {
  readonly hwm: string
  readonly usable: Resources
  readonly before: Resources
  readonly after: Resources
  readonly vmsBefore: number
  readonly vmsAfter: number
}

/** Whether X holds. */
export interface SolvedVerdict {
  readonly tolerate: number
  readonly holds: 'yes' | 'no' | 'unknown'
  readonly largest: number
  readonly largestIsExact: boolean
  /** A few words; empty when it holds. */
  readonly because: string
}

/** A change that nobody makes, and what it does to X while homes stay as they are. */
export interface WhatIf {
  readonly changes: readonly Change[]
  readonly before: SolvedVerdict
  readonly after: SolvedVerdict
  /** VMs that would have no home any more, or none yet. */
  readonly homeless: number
}

export interface Solved {
  /** By which it can be asked to become the CDM. */
  readonly id: string
  /** `impossible`: what was asked for; what is told then is the best there is for fewer failures, or nothing. */
  readonly answer: 'map' | 'impossible' | 'no-answer'
  /** Why it is impossible, in one sentence; empty otherwise. */
  readonly why: string
  readonly bestBy: BestBy
  /** Of a mix: its weights, and what each objective is worth. */
  readonly terms?: readonly (Term & { readonly value: number })[]
  /** Of several objectives in order: what each is worth, the first too. */
  readonly inOrder?: readonly { readonly objective: Objective; readonly value: number }[]
  /** What the first objective, or the mix, is worth, and the best that is not ruled out; `proved`: they are the same. */
  readonly value: number
  readonly bound: number
  readonly proved: boolean
  readonly hwmsUsed: number
  readonly seconds: number
  readonly verdict: SolvedVerdict
  /** It answers a question about what is not there: nothing of it can become the CDM. */
  readonly whatIf?: WhatIf
  /** VMs without a place. */
  readonly unplaced: readonly string[]
  /** HWMs that hold VMs before or after. */
  readonly loads: readonly SolvedLoad[]
  readonly moves: readonly SolvedMove[]
  /** VMs of which a move was left out, with what it would have been. */
  readonly leftOut: readonly LeftOutMove[]
  readonly order: 'found' | 'impossible' | 'unknown'
  /** VMs for which no order was found. */
  readonly blocked: readonly string[]
  /** Homes that would be others. */
  readonly homes: number
  /** HWMs whose fallback map would be another. */
  readonly changedMaps: readonly string[]
  /** What it rests on that is worth a word: HWMs that are down. */
  readonly notes: readonly string[]
}
