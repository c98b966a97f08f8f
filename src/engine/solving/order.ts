// The order of migrations that leads from where VMs are to where a map wants them.
import type { PlacementMap } from '../../solver/problem.ts'
import { orderMigrations } from '../../solver/order/order.ts'
import type { PlanAnswer, PlanRequest } from './answer.ts'
import type { TimeShare } from './time-share.ts'

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
  return order.order === 'found'
    ? { order: 'found', moves: order.moves, blocked: [] }
    : { order: order.order, moves: [], blocked: order.blocked }
}
