// What would happen if some HWMs failed together: the answer that an engine gives its screens. Plain data.
import type { Resources } from './resources.ts'

export interface Restart {
  readonly vm: string
  readonly from: string
  readonly to: string
}

/** An HAVM that finds no place, and the dimension or rule that blocks it. */
export interface LeftOver {
  readonly vm: string
  readonly from: string
  readonly why: string
}

/** An HWM that takes HAVMs in. Base units; `usable` has only what is limited and used. */
export interface LoadAfter {
  readonly hwm: string
  readonly usable: Resources
  readonly before: Resources
  readonly after: Resources
}

export interface FallbackAnswer {
  readonly failed: readonly string[]
  /** HWMs that are dead already: they fail with every set. */
  readonly deadBefore: readonly string[]
  /** `unknown`: neither a map nor a proof that there is none, in the time given. */
  readonly state: 'covered' | 'short' | 'unknown'
  /** `file`: the cluster file's own. */
  readonly by: 'file' | 'stored' | 'solver'
  /** Of the stored map, as words. */
  readonly age?: string
  /** What is short, in a few words; empty when covered. */
  readonly why: string
  readonly restarts: readonly Restart[]
  readonly left: readonly LeftOver[]
  /** Plain VMs: they wait for their HWM. */
  readonly waits: readonly string[]
  /** The fullest first. */
  readonly loads: readonly LoadAfter[]
  readonly tookMs: number
}
