// What the solver says of the cluster as it is now: whether X more failures are survived, where HAVMs would restart, what is kept free
// for that. Part of the engine's picture; plain data, so that it crosses processes as JSON.
import type { Resources } from './resources.ts'
import type { Instant } from './snapshot.ts'

/** The verdict on X, for HWMs that live: those that are dead already are not counted, and their HAVMs are taken as restarted. */
export interface XVerdict {
  readonly tolerate: number
  /** `unknown`: not settled in the time given. */
  readonly holds: 'yes' | 'no' | 'unknown'
  /** Largest X that is known to hold; with `largestIsExact`, none larger does. */
  readonly largest: number
  readonly largestIsExact: boolean
  /** HWMs that fail in the counter-example; empty when there is none, or when it is broken before anything fails. */
  readonly failed: readonly string[]
  /** A few words: `snailin: ram short 6 GiB`; empty when it holds. */
  readonly because: string
  /** When it was settled. */
  readonly at: Instant
  /** How long the solver took, in ms. */
  readonly tookMs: number
}

/** One set of HWMs that may fail together. */
export interface FailureSet {
  readonly failed: readonly string[]
  /** For people: names of HWMs, or of what they are in and fail with, e.g. `rack r1`. */
  readonly label: string
  /** HAVMs that would restart elsewhere. */
  readonly restarts: number
  /** HAVMs that would find no place. */
  readonly left: number
  /** Plain VMs, which wait. */
  readonly waits: number
  /** `unknown`: neither a map nor a proof that there is none, in the time given. */
  readonly state: 'covered' | 'short' | 'unknown'
  /** A few words on what is short; empty when covered. */
  readonly why: string
}

/** Spare slots of one HWM: what it keeps free for the HAVMs of others. Failures that cannot happen together share them. */
export interface Kept {
  readonly amounts: Resources
  /** HWMs whose HAVMs come here when they fail. */
  readonly by: readonly string[]
}

/** So many fallback maps an engine keeps in etcd, of the smaller sets first; any other set is solved when it is wanted. A map is one value there. */
export const MOST_MAPS_KEPT = 2_000

export interface Preview {
  /** The last that was settled. */
  readonly verdict: XVerdict | undefined
  /** Since when something that matters has been different from what the verdict rests on; undefined: it is of what is there. */
  readonly checkingSince: Instant | undefined
  /** Why there is no newer one, in one sentence; empty: nothing is wrong. */
  readonly problem: string
  /** VM to the HWM it restarts on when its own fails; empty for an HAVM that finds no place. Plain VMs, which wait, are not in it. */
  readonly ifFails: Readonly<Record<string, string>>
  /** By HWM. */
  readonly kept: Readonly<Record<string, Kept>>
  /** By the names of their members, joined by `+`. */
  readonly sets: Readonly<Record<string, FailureSet>>
  /** Sets of up to X failures that are not listed: nobody reads thousands, and any of them can be asked for. */
  readonly setsUnlisted: number
}

export const NO_PREVIEW: Preview = {
  verdict: undefined,
  checkingSince: undefined,
  problem: '',
  ifFails: {},
  kept: {},
  sets: {},
  setsUnlisted: 0,
}

/** The name of a failure set: `+` is in no HWM's name. */
export function setName(failed: readonly string[]): string {
  return failed.toSorted().join('+')
}
