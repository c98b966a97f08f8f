// What an operator has in hand while acting: a plan that is shown, and the question whether to carry it out.
import type { PlanShown, Request, Verb } from '../../engine/acting/questions.ts'
import type { Instant } from '../../model/snapshot.ts'
import type { OffProof } from '../../engine/acting/questions.ts'
import type { Choices } from '../../engine/acting/questions.ts'

export interface PlanInHand {
  readonly request: Request
  readonly choices: Choices
  /** Steps at once per HWM; undefined: as the cluster is set. */
  readonly parallel: number | undefined
  /** The operator's reason, for the log. */
  readonly why: string
  /** Counts what was asked: an answer to an earlier question is none. */
  readonly asked: number
  readonly isAsking: boolean
  /** The newest that the engine gave; the one before while it makes another. */
  readonly shown: PlanShown | undefined
  /** Why it was not carried out, with what has changed; the plan shown is newer. */
  readonly refused: { readonly why: string; readonly lines: readonly string[] } | undefined
}

export type ConfirmStep =
  /** The HWM is not proved to be off: by what shall it be? */
  | 'off'
  /** The operator says how they verified it. */
  | 'how'
  /** `y`. */
  | 'yes'
  /** Its name in full, then Enter; of several dead HWMs one after the other. */
  | 'name'
  /** The engine was told; no key does anything. */
  | 'telling'

export interface Confirmation {
  readonly about:
    | { readonly kind: 'plan' }
    | { readonly kind: 'verb'; readonly id: string; readonly to: Verb; readonly sentence: string }
  readonly step: ConfirmStep
  /** Which of the names that are to be typed it is about now. */
  readonly at: number
  /** What was answered so far: by what each HWM is proved to be off. */
  readonly off: Readonly<Record<string, OffProof>>
  /** What is typed. */
  readonly text: string
  /** Tells this question from the one before it. */
  readonly number: number
  /** The last key that was thrown away; undefined: none yet. */
  readonly deafAt: Instant | undefined
  /** `y` was pressed, and is obeyed when no other key comes with it. */
  readonly isAnswered: boolean
}

/** How long a question hears no key after it was shown, and after each key that it did not hear, in ms. */
export const DEAD_MS = 500
/** A key that is held repeats, a line that stood still brings all its keys at once: `y` is an answer when it comes alone, in ms. */
export const ALONE_MS = 100
/** How long a console stays armed, in ms. */
export const ARMED_MS = 600_000
