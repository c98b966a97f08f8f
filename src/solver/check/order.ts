// Judges an order of migrations from the problem's text alone.
import type { Move, PlacementMap, Problem, ProblemVm } from '../problem.ts'
import { type Complaints, groupComplaints, mayRunOn, usable } from './placement.ts'

/**
 * Whether the moves lead from `from` to `to` with every state on the way valid. While a batch runs, each of its VMs holds
 * resources at both ends; an HWM takes part in at most `perHwm` moves of a batch. Groups are held in the state after each batch,
 * unless the state before already broke them.
 */
export function checkOrder(
  problem: Problem,
  from: PlacementMap,
  to: PlacementMap,
  moves: readonly Move[],
  perHwm: number,
): Complaints {
  const complaints: Complaints = []
  const vms = new Map(problem.vms.map(vm => [vm.name, vm]))
  const hwms = new Map(problem.hwms.map(hwm => [hwm.name, hwm]))
  const where = new Map(from)
  const batches = [...new Set(moves.map(move => move.batch))].sort((a, b) => a - b)
  if (moves.some((move, i) => i > 0 && move.batch < moves[i - 1]!.batch))
    complaints.push('The batches are not in order.')
  for (const batch of batches) {
    const now = moves.filter(move => move.batch === batch)
    const busy = new Map<string, number>()
    const before = brokenGroups(problem, where)
    for (const move of now) {
      const vm = vms.get(move.vm)
      const target = hwms.get(move.to)
      if (
        vm === undefined ||
        target === undefined ||
        where.get(move.vm) !== move.from ||
        move.from === move.to
      ) {
        complaints.push(
          `Batch ${batch}: ${move.vm} from ${move.from} to ${move.to} is no move that can be made.`,
        )
        return complaints
      }
      if (vm.pinned === true) complaints.push(`Batch ${batch}: ${move.vm} is pinned.`)
      if (!mayRunOn(vm, target) || target.maintenance === true) {
        complaints.push(`Batch ${batch}: ${move.vm} may not run on ${move.to}.`)
      }
      for (const end of [move.from, move.to]) busy.set(end, (busy.get(end) ?? 0) + 1)
    }
    if (new Set(now.map(move => move.vm)).size < now.length)
      complaints.push(`Batch ${batch} moves a VM twice.`)
    for (const [name, count] of busy) {
      if (count > perHwm) complaints.push(`Batch ${batch}: ${name} takes part in ${count} moves.`)
    }
    const at = new Map<string, ProblemVm[]>()
    for (const vm of problem.vms) {
      const name = where.get(vm.name)
      if (name !== undefined) at.set(name, [...(at.get(name) ?? []), vm])
    }
    for (const move of now) at.set(move.to, [...(at.get(move.to) ?? []), vms.get(move.vm)!])
    for (const name of new Set(now.map(move => move.to))) {
      const hwm = hwms.get(name)!
      const present = at.get(name) ?? []
      for (const dimension of problem.dimensions) {
        const sum = present.reduce((total, vm) => total + (vm.demand[dimension] ?? 0), 0)
        if (sum > usable(problem, hwm, dimension))
          complaints.push(`Batch ${batch}: ${name} lacks ${dimension} on the way.`)
      }
    }
    for (const move of now) where.set(move.vm, move.to)
    for (const complaint of brokenGroups(problem, where))
      if (!before.has(complaint)) complaints.push(complaint)
  }
  for (const [vm, hwm] of to) {
    if (where.get(vm) !== hwm && from.has(vm))
      complaints.push(`${vm} ends on ${where.get(vm)}, not ${hwm}.`)
  }
  return complaints
}

/**
 * Spread groups that are broken now, whatever else is wrong with the state. `together` binds the two ends only: its members move one by one.
 */
function brokenGroups(problem: Problem, where: PlacementMap): Set<string> {
  const hwms = new Map(problem.hwms.map(hwm => [hwm.name, hwm]))
  const known = new Map([...where].filter(([, name]) => hwms.has(name)))
  return new Set(
    problem.groups.flatMap(group => {
      const { together: _, ...spread } = group
      return groupComplaints(spread, known, hwms)
    }),
  )
}
