// What a screen asks of an engine that acts, and what it hears. Every plan stays in the engine: what is committed is what was shown.
import type { Instant } from '../../model/snapshot.ts'
import type { AfterPlan } from '../../operations/after-plan.ts'
import type { Asked, OffProof, Wanted } from '../../operations/operations.ts'
import type { Estimate } from '../../operations/plan/estimate.ts'
import type { Choices, Plan } from '../../operations/plan/plan.ts'

/** What an operator can want: an operation, or a change that moves nothing. */
export type Request =
  | Wanted
  | { readonly do: 'maintenance'; readonly hwm: string; readonly on: boolean }
  | { readonly do: 'fence'; readonly hwm: string; readonly to: 'off' | 'on' }
  /** What the solver found becomes the CDM; with `moves` its VMs move there, else nothing moves. */
  | { readonly do: 'apply-solved'; readonly solved: string; readonly moves: boolean }

export type Verb = Asked | 'take-up'

export type ActingQuestion =
  /** Answer: `PlanShown`. */
  | {
      readonly ask: 'plan'
      readonly request: Request
      readonly choices: Choices
      /** Steps at once per HWM. */
      readonly parallel: number | undefined
    }
  /** Answer: `Committed`. */
  | {
      readonly ask: 'commit'
      readonly plan: string
      readonly why: string
      /** By HWM. */
      readonly off?: Readonly<Record<string, OffProof>>
    }
  /** Of a plan whose verdict on X was being worked out: an `AfterPlan`, as soon as it is there. */
  | { readonly ask: 'after-plan'; readonly plan: string }
  /** Answer: a sentence. */
  | { readonly ask: 'operation'; readonly id: string; readonly to: Verb }
  /** Answer: a sentence about every device. */
  | { readonly ask: 'fence-status'; readonly hwm: string }

/** An HWM whose VMs are taken from it although it does not answer. */
export interface OffNeeded {
  readonly hwm: string
  /** It was proved before: how; nothing more is asked then. */
  readonly proved: string | undefined
  /** Fence devices that can switch it off, by name. */
  readonly devices: readonly string[]
}

/** Nobody waits for a verdict to see a plan: what takes longer is asked for by `after-plan`. */
export type AfterShown =
  | AfterPlan
  | { readonly tolerate: number; readonly holds: 'being worked out'; readonly because: '' }

export interface PlanShown {
  readonly id: string
  readonly request: Request
  readonly choices: Choices
  readonly plan: Plan
  readonly estimate: Estimate
  readonly parallel: number
  /** Empty: of a plan that takes no HWM for dead. */
  readonly off: readonly OffNeeded[]
  readonly after: AfterShown | undefined
  readonly madeAt: Instant
}

export type Committed =
  | { readonly is: 'begun'; readonly operation: string }
  /** What needs no operation. */
  | { readonly is: 'done'; readonly what: string }
  /** Nothing was done; `lines` are the differences when the cluster changed since the plan. */
  | { readonly is: 'refused'; readonly why: string; readonly lines: readonly string[] }

export { namesToType } from '../../operations/plan/plan.ts'
export type { OffProof } from '../../operations/operations.ts'
export type { Choices, LeftOut, LoadChange, PlannedMove } from '../../operations/plan/plan.ts'
