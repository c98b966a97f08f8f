// A plan: what an operation would do, worked out on one snapshot and shown before anything is confirmed. Plain data, pure to make.
import type { OperationKind, Step } from '../../model/operation.ts'
import type { Resources } from '../../model/resources.ts'

/** One VM's part in the plan, in the order in which they begin. */
export interface PlannedMove {
  readonly vm: string
  readonly kind: 'havm' | 'vm'
  readonly method: Step['method']
  readonly from: string | undefined
  /** The best first; the next ones are tried when it does not start there. */
  readonly targets: readonly string[]
  /** Why there: `fallback of quark, by the cluster file`, `home`, `most room`. */
  readonly why: string
  /** The guest loses what is in its memory: a restart, a cold move, a stop. */
  readonly interrupts: boolean
  /** VMs whose moves must be done before. */
  readonly after: readonly string[]
  /** ... and this long ago, in ms. */
  readonly delayMs?: number
  /** On its way to elsewhere: it makes room for others. */
  readonly bounce: boolean
  readonly keepPaused: boolean
}

/** A VM that the plan cannot or need not place, with the reason in words. */
export interface LeftOut {
  readonly vm: string
  readonly kind: 'havm' | 'vm' | 'unmanaged'
  readonly why: string
}

export interface LoadChange {
  readonly hwm: string
  /** What it may give out: capacity less reserve, times overcommit. */
  readonly usable: Resources
  readonly before: Resources
  readonly after: Resources
}

/** What the plan rests on. It is refused at commit when any of it has changed, and the difference is shown. */
export interface Basis {
  /** etcd's revision of the configured facts. */
  readonly revision: number
  /** Per HWM concerned, its state; per VM concerned, where it is and what it does. */
  readonly hwms: Readonly<Record<string, string>>
  readonly vms: Readonly<Record<string, string>>
}

export interface Plan {
  readonly kind: OperationKind
  /** HWM or VM it is about; of several HWMs, the name of the failure set. */
  readonly subject: string
  /** One sentence with the counts: what the confirmation asks. */
  readonly sentence: string
  readonly moves: readonly PlannedMove[]
  /** What should be placed and is not: shown first. */
  readonly unplaced: readonly LeftOut[]
  /** What stays where it is, and that is right so: `waits for quark`. */
  readonly staying: readonly LeftOut[]
  readonly loads: readonly LoadChange[]
  /** HWMs the VMs are taken from although they do not answer: the power-off of each must be proved. */
  readonly mustBeOff: readonly string[]
  /** `name`: names are typed in full (`namesToType`), because VMs are interrupted or left unplaced. */
  readonly confirm: 'yes' | 'name'
  /** Notes worth a line: where the targets come from, which facts are old. */
  readonly notes: readonly string[]
  /** The CDM that it makes true: written in the same transaction as the operation. */
  readonly homes?: Readonly<Record<string, string>>
  /** The HWM takes nobody in from the beginning of the operation on, and stays so. Left out where it was in maintenance already. */
  readonly cordon: string | undefined
  /** HWMs whose maintenance ends with the beginning of the operation: an undone evacuation had turned it on. */
  readonly opens?: readonly string[]
  readonly basis: Basis
}

/** What has to be typed in full where a name is asked for: of HWMs that are taken for dead, each by itself. */
export function namesToType({
  mustBeOff = [],
  subject,
}: Pick<Plan, 'subject'> & Partial<Pick<Plan, 'mustBeOff'>>): readonly string[] {
  return mustBeOff.length > 0 ? mustBeOff : [subject]
}

/** What the operator wants otherwise than it was planned. */
export interface Choices {
  /** VMs that are left out: they stay where they are. */
  readonly without?: readonly string[]
  /** Another first target, by VM. One that cannot take it is passed over, and the plan says so. */
  readonly targets?: Readonly<Record<string, string>>
}

/** A request that cannot be planned at all, in one sentence. */
export class NoPlan extends Error {
  override readonly name = 'NoPlan'
}
