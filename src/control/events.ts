// What the state machine of an operation is told, and what it asks for.
import type { Action } from './decide.ts'
import type { Learned, VmFacts } from './facts.ts'
import type { Operation, Progress, Step } from '../model/operation.ts'

/**
 * How an action ended, as far as whoever carried it out can tell. `unknown` is no failure: the next look shows what is true. What an
 * action learned is decided on at once; without it, everything is looked at anew. `final`: trying it again would bring nothing.
 */
export type Ended =
  | {
      readonly how: 'ok'
      readonly learned?: Learned
      /** A guest that stood still for a move runs again after so long, in ms. */
      readonly downMs?: number
    }
  | { readonly how: 'failed'; readonly why: string; readonly final?: boolean }
  | { readonly how: 'unknown'; readonly why: string }

export type Event =
  | { readonly type: 'tick'; readonly now: number }
  | {
      readonly type: 'looked'
      readonly now: number
      readonly step: number
      readonly facts: VmFacts
    }
  | { readonly type: 'acted'; readonly now: number; readonly step: number; readonly ended: Ended }
  | {
      readonly type: 'progress'
      readonly now: number
      readonly step: number
      readonly progress: Progress
    }
  | {
      readonly type: 'asked'
      readonly now: number
      readonly to: 'pause' | 'resume' | 'cancel' | 'retry'
    }

export type Effect =
  /** Find out the facts of this step's VM, then send `looked`. */
  | { readonly type: 'look'; readonly step: Step }
  /** Carry the action out, then send `acted`. */
  | { readonly type: 'act'; readonly step: Step; readonly action: Action }
  /** Stop the action under way at a safe point (a migration's job is aborted); `acted` follows all the same. */
  | { readonly type: 'abort'; readonly step: Step }
  /** Write this to etcd before any effect that comes after it. */
  | { readonly type: 'journal'; readonly operation: Operation }
  | {
      readonly type: 'event'
      readonly level: 'info' | 'warn' | 'error'
      readonly about: string
      readonly what: string
    }
