// The order of migrations that leads from where VMs are to where a map wants them.
import type { Move, PlacementMap } from '../../solver/problem.ts'
import type { Hooks, PlanAnswer, PlanRequest } from './answer.ts'
import type { TimeShare } from './time-share.ts'

export function orderFor(
  request: PlanRequest,
  from: PlacementMap,
  to: PlacementMap,
  _time: TimeShare,
  _hooks: Hooks,
): Pick<PlanAnswer, 'order' | 'moves' | 'blocked'> {
  const moves: Move[] = request.problem.vms.flatMap(({ name }) => {
    const at = from.get(name)
    const target = to.get(name)
    return at === undefined || target === undefined || at === target
      ? []
      : [{ vm: name, from: at, to: target, batch: 1, bounce: false }]
  })
  return {
    moves,
    order: moves.length === 0 ? 'found' : 'unknown',
    blocked: moves.map(move => move.vm),
  }
}
