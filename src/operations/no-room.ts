// Whether an HWM has room for a step's VM now: a plan may be hours old, another target was not planned for, and VMs come and go.
import { humanAmount } from '../model/human.ts'
import { isOver, targetOf, type Operation, type Step } from '../model/operation.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { Room, takesRoom } from './plan/room.ts'

/**
 * Why `hwm` has no room, in words. What the snapshot does not show yet is counted from the operations: VMs whose steps are done are where
 * those ended, VMs on their way hold resources at both ends, and a target of second choice leaves what is queued its room.
 */
export function noRoom(
  snapshot: ClusterSnapshot,
  operation: Operation,
  step: Step,
  hwm: string,
): string | undefined {
  const vm = snapshot.vms[step.vm]
  if (vm === undefined || snapshot.hwms[hwm] === undefined) return undefined
  const room = new Room(snapshot)
  // Who runs there already takes nothing more.
  if (takesRoom(snapshot, step.vm, hwm)) return undefined
  const steps = [
    ...operation.steps.filter(each => each.id !== step.id && each.vm !== step.vm),
    ...Object.values(snapshot.operations ?? {})
      .filter(other => other.id !== operation.id && !isOver(other))
      .flatMap(other => other.steps.filter(each => each.state === 'running')),
  ]
  for (const each of steps) {
    const demand = snapshot.vms[each.vm]?.demand
    const target = targetOf(each)
    if (demand === undefined) continue
    const comes =
      each.state === 'running' ||
      (each.state === 'done' && !hasMovedOn(each, steps)) ||
      (each.state === 'queued' && step.target > 0)
    if (target === hwm && comes && !takesRoom(snapshot, each.vm, hwm)) room.add(hwm, demand)
    if (each.from === hwm && each.state === 'done' && takesRoom(snapshot, each.vm, hwm))
      room.remove(hwm, demand)
  }
  const short = room.shortage(hwm, vm.demand)
  return short && `no room: ${short.dimension} short ${humanAmount(short.dimension, short.missing)}`
}

/** A VM that bounced is where its last step ended. */
function hasMovedOn(step: Step, steps: readonly Step[]): boolean {
  return steps.some(other => other.vm === step.vm && other.id > step.id && other.state === 'done')
}
