// What an engine and its screens say to each other: newline-delimited JSON over a stream socket.
// The engine never queues pictures: it sends a patch only after the one before was acknowledged, and merges what came between.
import type {
  BadValue,
  ClusterEvent,
  ConductorView,
  EtcdView,
  HwmView,
  Instant,
  VmView,
} from '../model/snapshot.ts'
import type { ActingQuestion } from './acting/questions.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { Operation } from '../model/operation.ts'
import type { SolveProgress } from '../model/solved.ts'
import type { LeaveOutAsked, SolveRequest } from './preview/solver-desk.ts'
import type { FailureSet, Kept, XVerdict } from '../model/preview.ts'

export const PROTOCOL_VERSION = 1

/** What has changed since the last patch the screen acknowledged. A `null` in a record removes that entry. The first patch holds all. */
export interface Patch {
  readonly seq: number
  readonly cluster?: string
  readonly readOnly?: boolean
  /** Its `hwms` and `vms` are empty here: they are the `config` of the views, and there are 10 000 of them. */
  readonly config?: ClusterConfig
  readonly etcd?: EtcdView
  readonly hwms?: Readonly<Record<string, HwmView | null>>
  readonly vms?: Readonly<Record<string, VmView | null>>
  /** Appended. */
  readonly events?: readonly ClusterEvent[]
  readonly badValues?: readonly BadValue[]
  readonly operations?: Readonly<Record<string, Operation | null>>
  readonly preview?: PreviewPatch
  readonly conductors?: Readonly<Record<string, ConductorView | null>>
}

/** What the solver says: records as those of the patch itself. A `null` takes a single value away. */
export interface PreviewPatch {
  readonly verdict?: XVerdict | null
  readonly checkingSince?: Instant | null
  readonly problem?: string
  readonly ifFails?: Readonly<Record<string, string | null>>
  readonly kept?: Readonly<Record<string, Kept | null>>
  readonly sets?: Readonly<Record<string, FailureSet | null>>
  readonly setsUnlisted?: number
}

/** Questions a screen asks once and gets one answer to. */
export type Question =
  | {
      readonly ask: 'domain-xml'
      readonly vm: string
      readonly hwm: string
      readonly which: 'live' | 'inactive' | 'store'
    }
  | { readonly ask: 'hwm-detail'; readonly hwm: string }
  /** What would happen if these HWMs failed together: a `FallbackAnswer`. */
  | { readonly ask: 'fallback'; readonly failed: readonly string[] }
  /** A new placement: a `Solved`, with `SolveProgress` on the way. `enough` ends it with the best so far. */
  | ({ readonly ask: 'solve' } & SolveRequest)
  /** What was found before, without the moves of these VMs: a `Solved`; an error where others count on their leaving. None: as it was. */
  | ({ readonly ask: 'leave-out' } & LeaveOutAsked)
  /** How the engine itself is: `EngineHealth`. */
  | { readonly ask: 'engine-health' }
  /** Simulator only: a line of the story, e.g. `kill quark`. */
  | { readonly ask: 'simulate'; readonly line: string }
  | ActingQuestion

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string }

export type ToScreen =
  | {
      readonly type: 'hello'
      readonly protocol: number
      readonly version: string
      readonly pid: number
      readonly simulated: boolean
    }
  | { readonly type: 'patch'; readonly patch: Patch }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  /** Before the answer to a question that takes long: how far it is. */
  | { readonly type: 'progress'; readonly id: number; readonly progress: SolveProgress }
  /** The engine cannot go on; one sentence for people. */
  | { readonly type: 'fatal'; readonly message: string }

export type ToEngine =
  | { readonly type: 'hello'; readonly protocol: number; readonly version: string }
  | { readonly type: 'ack'; readonly seq: number }
  | { readonly type: 'question'; readonly id: number; readonly question: Question }
  /** The best so far is enough as an answer to this question; or nobody waits for its answer any more. */
  | { readonly type: 'enough' | 'drop'; readonly id: number }
  /** Which screen is looked at: stats of what nobody sees are sampled less often. */
  | { readonly type: 'looking-at'; readonly screen: string; readonly item?: string }
  | { readonly type: 'bye' }

const TO_SCREEN = new Set<unknown>([
  'hello',
  'patch',
  'answer',
  'progress',
  'fatal',
] satisfies ToScreen['type'][])
const TO_ENGINE = new Set<unknown>([
  'hello',
  'ack',
  'question',
  'enough',
  'drop',
  'looking-at',
  'bye',
] satisfies ToEngine['type'][])

/** Whether a parsed line is a message of the other end. Both ends are one program; what differs is its version, told by `hello`. */
export function isToScreen(message: unknown): message is ToScreen {
  return (
    typeof message === 'object' && message !== null && TO_SCREEN.has(Reflect.get(message, 'type'))
  )
}

/** As `isToScreen`, for what comes from a screen. */
export function isToEngine(message: unknown): message is ToEngine {
  return (
    typeof message === 'object' && message !== null && TO_ENGINE.has(Reflect.get(message, 'type'))
  )
}
