// The solver's words: what goes in (a Problem) and what comes out (a Solution with what proves it). Plain data, by name.
import type { Term } from '../model/objectives.ts'
import type { Resources } from '../model/resources.ts'

export type { Objective, Term } from '../model/objectives.ts'

/** A place for VMs. Usable per dimension: floor((capacity - reserve) * overcommit), never below 0. */
export interface ProblemHwm {
  readonly name: string
  /** Base units, whole numbers. A dimension left out is unlimited here. */
  readonly capacity: Resources
  readonly reserve?: Resources
  readonly labels?: Readonly<Record<string, string>>
  /** Takes in VMs of others when they fail. Default true. */
  readonly fallback?: boolean
  /** Takes nobody in, and its VMs leave; those that are pinned to it stay. */
  readonly maintenance?: boolean
}

export interface ProblemVm {
  readonly name: string
  readonly ha: boolean
  /** Base units, whole numbers; what is left out is 0. */
  readonly demand: Resources
  /** Where it is today. Absent: it has no place yet. */
  readonly home?: string
  readonly only?: readonly string[]
  readonly never?: readonly string[]
  /** Not moved by a plan. An HAVM that is pinned restarts elsewhere all the same when its HWM fails. */
  readonly pinned?: boolean
  /** Higher is restarted first. */
  readonly priority?: number
}

/**
 * `spread: 'hwm'`: no two members on one HWM; any other word is a label: no two members on HWMs of the same value.
 * `together` is the opposite. An HWM without the label is a value of its own. Groups bind all members that run,
 * so they hold in fallback maps too; a member that waits for its dead HWM binds nobody.
 */
export interface ProblemGroup {
  readonly name: string
  readonly members: readonly string[]
  readonly spread?: string
  readonly together?: string
  /** So many members, whatever X units fail, are elsewhere and go on running: binds the CDM. */
  readonly replicas?: number
}

export interface Problem {
  readonly dimensions: readonly string[]
  readonly hwms: readonly ProblemHwm[]
  readonly vms: readonly ProblemVm[]
  readonly groups: readonly ProblemGroup[]
  /** X: how many failure units (HWMs, or values of `failureDomains`) may fail together. */
  readonly tolerate: number
  /** A label whose HWMs fail together; HWMs without it fail alone. */
  readonly failureDomains?: string
  /** How often a dimension's capacity is given out. Default 1. */
  readonly overcommit?: Resources
}

/** VM name to HWM name. */
export type PlacementMap = ReadonlyMap<string, string>

/**
 * Why something cannot be done, in a form that can be checked without the solver (check/refusal.ts).
 * - `nowhere`: the VM fits on no HWM it may use. `dimension` and `missing` are those of the HWM that comes nearest.
 * - `units`: counted in whole units of `unit`, the VMs ask for more than all HWMs they may use have together
 *   (floor is superadditive, so this is sound; unit 1 is plain volume).
 * - `slots`: a room for VMs of the size `unit` in all its dimensions at once is a slot. The VMs, each counted as so many whole ones as it covers, ask for
 *   more than the HWMs have that one of those counted may use (the least floor over dimensions is superadditive too).
 * - `average`: over all sets of X of the U failure units, survivors' spare is too little: (C - P)(U - X) < H * U in units (T7).
 * - `largest`: when these X failure units fail, the others hold `outside` units in all, and at least plain - inside of them are plain VMs'.
 * - `refuge`: the HAVM has room, alone, in only `units` failure units that take others' VMs in and are not its own, wherever it is.
 * - `failures`: there are HAVMs, but no more than X failure units.
 * - `rule`: the rule cannot be kept by any map.
 * - `replicas`: when the failed units fail, only `running` members of the group go on, not `needed`.
 * - `search`: every map was ruled out by complete search; with `tolerate`, every map that survives so many failures.
 */
export type Refusal =
  | {
      readonly kind: 'nowhere'
      readonly vm: string
      readonly dimension?: string
      readonly missing?: number
    }
  | {
      readonly kind: 'units'
      readonly dimension: string
      readonly unit: number
      readonly needed: number
      readonly available: number
    }
  | {
      readonly kind: 'slots'
      readonly unit: Resources
      readonly needed: number
      readonly available: number
    }
  | {
      readonly kind: 'average'
      readonly dimension: string
      readonly unit: number
      readonly tolerate: number
      /** Failure units U. */
      readonly units: number
      readonly capacity: number
      readonly plain: number
      readonly ha: number
    }
  | {
      readonly kind: 'largest'
      readonly dimension: string
      readonly unit: number
      readonly tolerate: number
      readonly failed: readonly string[]
      readonly inside: number
      readonly outside: number
      readonly plain: number
      readonly ha: number
    }
  | {
      readonly kind: 'refuge'
      readonly vm: string
      readonly tolerate: number
      readonly units: number
    }
  | { readonly kind: 'failures'; readonly tolerate: number; readonly units: number }
  | { readonly kind: 'rule'; readonly rule: string; readonly vms: readonly string[] }
  | {
      readonly kind: 'replicas'
      readonly group: string
      readonly needed: number
      readonly running: number
    }
  | { readonly kind: 'search'; readonly nodes: number; readonly tolerate?: number }

/** A failure set whose HAVMs do not all find room, and why. */
export interface CounterExample {
  readonly failed: readonly string[]
  /** HAVMs of the failed HWMs that are left without a place by the best attempt, or named by the proof. */
  readonly vms: readonly string[]
  /** The scarcest dimension. Absent when a rule, not a dimension, is what binds. */
  readonly dimension?: string
  /** How much of it is missing, in base units. */
  readonly missing?: number
  readonly rule?: string
  readonly proof: Refusal
}

/** What is known about X failures on one map. */
export interface Resilience {
  readonly asked: number
  /** `unknown`: time ended before every set was settled. */
  readonly holds: 'yes' | 'no' | 'unknown'
  /** The largest X that is known to hold; with `largestIsExact`, none larger does. */
  readonly largest: number
  readonly largestIsExact: boolean
  readonly counterExample?: CounterExample
  /** How the answer was reached: ordered lists that cover every set, sets one by one, or one refuted set. */
  readonly by: 'nothing-to-protect' | 'lists' | 'sets' | 'refutation' | 'time'
  /** Per HAVM, where it restarts: on the first that lives. Complete when `by` is `lists`. */
  readonly lists: ReadonlyMap<string, readonly string[]>
  /** Sets that the lists do not cover but that have a map of their own: their VMs may move again. */
  readonly setsWithOwnMap: readonly (readonly string[])[]
  readonly setsChecked: number
}

/** A map for one failure set. */
export interface FallbackMap {
  readonly failed: readonly string[]
  readonly map: PlacementMap
}

/** One migration. Moves of equal `batch` may run at the same time; batches run one after the other. */
export interface Move {
  readonly vm: string
  readonly from: string
  readonly to: string
  readonly batch: number
  /** A detour: the VM does not stay on `to`. */
  readonly bounce: boolean
}

export type MoveOrder =
  | {
      readonly order: 'found'
      readonly moves: readonly Move[]
      readonly bounces: number
      readonly fewestProved: boolean
    }
  | {
      readonly order: 'impossible'
      readonly blocked: readonly string[]
      /** States that were searched; 0 when what can never move is in the way. */
      readonly states: number
    }
  | { readonly order: 'unknown'; readonly blocked: readonly string[] }

/** The answer to a placement problem. */
export type Placed =
  | {
      readonly answer: 'map'
      readonly map: PlacementMap
      /** HWMs that must be on: those with VMs and, with X, those kept free. All that may be used unless `fewest-hwms` is asked. */
      readonly hwmsOn: readonly string[]
      readonly hwmsUsed: number
      readonly moves: number
      /** Of a mix: what each of its objectives is worth on this map, before its weight. */
      readonly terms?: readonly (Term & { readonly value: number })[]
      /** What the first objective, or the mix, is worth on this map, and the best that is not ruled out. */
      readonly value: number
      readonly bound: number
      /** (value - bound) / bound, 0 when proved. */
      readonly gap: number
      readonly proved: boolean
      readonly resilience: Resilience
      readonly seconds: number
    }
  | {
      readonly answer: 'impossible'
      readonly why: Refusal | CounterExample
      readonly sentence: string
      readonly seconds: number
    }
  | { readonly answer: 'no-answer'; readonly sentence: string; readonly seconds: number }

/** One line about the search so far. */
export interface Progress {
  readonly phase: string
  readonly best?: number
  readonly bound: number
  readonly gap?: number
}
