// The order of migrations that leads from where VMs are to where a map wants them.
import type { PlacementMap } from '../../solver/problem.ts'
import { checkOrder } from '../../solver/check/order.ts'
import { orderMigrations } from '../../solver/order/order.ts'
import type { PlanAnswer, PlanRequest } from './answer.ts'
import { SolverDefect } from './defect.ts'
import type { TimeShare } from './time-share.ts'

/** Throws `SolverDefect` when the checker refuses the order. */
export function orderFor(
  { problem, parallelPerHwm, seed, keepsX }: PlanRequest,
  from: PlacementMap,
  to: PlacementMap,
  time: TimeShare,
): Pick<PlanAnswer, 'order' | 'moves' | 'blocked'> {
  const order = orderMigrations(problem, from, to, {
    ...time.until(1),
    parallelPerHwm,
    seed,
    ...(keepsX === true && { keep: problem.tolerate }),
  })
  if (order.order !== 'found') return { order: order.order, moves: [], blocked: order.blocked }
  const complaints = checkOrder(problem, from, to, order.moves, parallelPerHwm)
  if (complaints.length > 0) throw new SolverDefect(complaints)
  return { order: 'found', moves: order.moves, blocked: [] }
}
