// A confirmed plan becomes the operation that is committed to etcd.
import { DEFAULT_LIMITS, type Limits, type Operation, type Step } from '../../model/operation.ts'
import type { Plan } from './plan.ts'

export interface Confirmed {
  readonly id: string
  readonly by: string
  /** Host or SSH client the operator acts from; empty when it is not known. */
  readonly from: string
  readonly why: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly limits?: Partial<Limits>
}

export function operationOf(plan: Plan, confirmed: Confirmed): Operation {
  const steps: Step[] = plan.moves.map((move, id) => ({
    id,
    vm: move.vm,
    method: move.method,
    ...(move.from !== undefined && { from: move.from }),
    targets: move.targets,
    target: 0,
    keepPaused: move.keepPaused,
    // A VM that bounces moves twice: what waits for it waits for all of its moves that come before.
    after: plan.moves.flatMap((other, index) =>
      index < id && move.after.includes(other.vm) ? [index] : [],
    ),
    ...(move.delayMs !== undefined && { delayMs: move.delayMs }),
    state: 'queued',
    phase: '',
    tries: {},
    error: '',
    note: '',
  }))
  const { id, by, from, why, createdAt } = confirmed
  return {
    id,
    kind: plan.kind,
    subject: plan.subject,
    by,
    from,
    why,
    createdAt,
    state: 'running',
    limits: { ...DEFAULT_LIMITS, ...confirmed.limits },
    steps,
    ...(plan.cordon !== undefined && { cordon: plan.cordon }),
  }
}
