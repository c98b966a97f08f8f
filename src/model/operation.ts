// An operation as it lies in etcd: what was planned and confirmed, and how far each step is. Every console and daemon reads the same.
export type OperationKind =
  | 'evacuate'
  | 'homecoming'
  | 'migrate'
  | 'start'
  | 'stop'
  | 'apply-plan'
  | 'undo'

/**
 * `running`: steps are begun as limits allow. `paused`: what runs is finished, nothing new begins. `cancelling`: the same, and then it ends.
 * `partly`: it ended with steps that failed or were left. `waiting`: nothing can go on without an answer from outside (an HWM, a proof, the operator).
 */
export type OperationState = 'running' | 'paused' | 'cancelling' | 'done' | 'partly' | 'cancelled'

export type StepState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

/** Bytes of a copy under way. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** Bytes per second. */
  readonly rate: number
}

export interface Step {
  readonly id: number
  readonly vm: string
  /** How: shown to people, and what its goal is made of. */
  readonly method: 'live' | 'cold' | 'restart' | 'start' | 'stop'
  /** Where it is now; absent for a restart of what runs nowhere. */
  readonly from?: string
  /** Where it shall go, the best first; the next is tried when it does not start on one. */
  readonly targets: readonly string[]
  readonly target: number
  /** It was paused by its owner before: it is left so. */
  readonly keepPaused: boolean
  /** Steps that must be done before it begins (room that they make, a VM it depends on). */
  readonly after: readonly number[]
  /** It begins this long after the last of `after` is done, in ms. */
  readonly delayMs?: number
  readonly state: StepState
  /** What it does now, as words: `copying`, `waiting for quark to answer`. */
  readonly phase: string
  readonly progress?: Progress
  /** How long its guest stood still at the end of a live move, in ms: from the end of the copy until its CPUs ran again. */
  readonly downMs?: number
  /** How often each kind of action was tried since the step last began. */
  readonly tries: Readonly<Record<string, number>>
  /** Why it failed, in one sentence; empty otherwise. */
  readonly error: string
  /** What is worth knowing of how it ended: `restarted: its copy was lost on arrival`. */
  readonly note: string
}

export interface Limits {
  /** Steps at once that take from or give to one HWM. */
  readonly parallelPerHwm: number
  readonly parallel: number
  /** A step that only waits is given up after this, in ms; what runs goes on where it is. */
  readonly waitMs: number
  /** A guest that was asked to shut down is destroyed after this, in ms (cold moves and stops). */
  readonly shutdownMs: number
  /** An action is tried this often before the step fails (or its next target is tried). */
  readonly tries: number
  /** For the copy of one VM, in ms; then it is tried once more with its guest slowed down. Left out: by the size of the VM. */
  readonly copyMs?: number
}

export const DEFAULT_LIMITS: Limits = {
  parallelPerHwm: 2,
  parallel: 16,
  waitMs: 120_000,
  shutdownMs: 60_000,
  tries: 3,
}

export interface Operation {
  readonly id: string
  readonly kind: OperationKind
  /** HWM or VM it is about, for people: `quark`. */
  readonly subject: string
  readonly by: string
  readonly from: string
  readonly why: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly state: OperationState
  readonly limits: Limits
  readonly steps: readonly Step[]
  /** The HWM whose maintenance it turned on, and only where it was off before: undoing it ends that. */
  readonly cordon?: string
}

export function isOver(operation: Operation): boolean {
  return (
    operation.state === 'done' || operation.state === 'partly' || operation.state === 'cancelled'
  )
}

export function isSettled(step: Step): boolean {
  return step.state === 'done' || step.state === 'failed' || step.state === 'cancelled'
}

/** The HWM this step tries now; undefined when it has none (a stop). */
export function targetOf(step: Step): string | undefined {
  return step.targets[step.target]
}
