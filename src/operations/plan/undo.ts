// The reverse of an operation that is over: shown like any other plan before anything is done.
import type { Operation } from '../../model/operation.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { planReturns, type HomecomingOptions, type Return } from './homecoming.ts'
import { NoPlan, type Plan } from './plan.ts'
import { planSeveral } from './several.ts'
import { planStart, planStop } from './single.ts'

/**
 * What moved goes back, live; what was stopped starts where it ran; what was started is stopped. An HWM whose maintenance the operation turned on
 * takes VMs in again. Throws `NoPlan` when nothing of it can be undone.
 */
export function planUndo(
  snapshot: ClusterSnapshot,
  operation: Operation,
  options: HomecomingOptions,
): Plan {
  switch (operation.kind) {
    case 'stop':
    case 'start':
      return undoPower(snapshot, operation, options)
    case 'evacuate':
    case 'homecoming':
    case 'migrate':
    case 'apply-plan':
    case 'undo':
      return undoMoves(snapshot, operation, options)
  }
}

function undoPower(
  snapshot: ClusterSnapshot,
  operation: Operation,
  { staying = [] }: HomecomingOptions,
): Plan {
  const { id, kind, steps } = operation
  const done = steps.filter(step => step.state === 'done' && !staying.includes(step.vm))
  if (done.length === 0)
    throw new NoPlan(
      `nothing of operation ${id} can be undone: no VM was ${kind === 'stop' ? 'stopped' : 'started'}`,
    )
  const ranOn = new Map(done.map(step => [step.vm, step.from]))
  const vms = done.map(step => step.vm)
  const plan = planSeveral(snapshot, vms, (paper, vm) =>
    kind === 'stop' ? planStart(paper, vm, ranOn.get(vm)) : planStop(paper, vm),
  )
  return { ...plan, sentence: `Undo operation ${id}: ${plan.sentence}` }
}

function undoMoves(
  snapshot: ClusterSnapshot,
  operation: Operation,
  options: HomecomingOptions,
): Plan {
  const { id, steps } = operation
  const returns = new Map<string, Return>()
  for (const { vm: name, state, from } of steps) {
    const vm = snapshot.vms[name]
    if (state !== 'done' || from === undefined || vm === undefined || returns.has(name)) continue
    if (vm.where !== from)
      returns.set(name, { vm, to: from, why: `was there before operation ${id}` })
  }
  if (returns.size === 0)
    throw new NoPlan(`nothing of operation ${id} can be undone: no VM is elsewhere than before it`)
  const { cordon, kind, subject: about } = operation
  const isClosed = (hwm: string) => snapshot.hwms[hwm]?.config.maintenance === true
  const opens = cordon !== undefined && isClosed(cordon) ? [cordon] : []
  const subject = { kind: 'undo', subject: id, name: `Undo operation ${id}` } as const
  const plan = planReturns(opened(snapshot, opens), subject, [...returns.values()], options)
  const notes = [
    ...plan.notes,
    ...opens.map(hwm => `${hwm} takes VMs in again: its maintenance ends`),
    ...(kind === 'evacuate' && opens.length === 0 && isClosed(about)
      ? [
          `operation ${id} did not turn the maintenance of ${about} on: it stays, and keeps VMs out until it is ended`,
        ]
      : []),
    ...(kind === 'apply-plan'
      ? ['the CDM stays as it is: VMs that go back are away from their new homes']
      : []),
  ]
  return { ...plan, notes, ...(opens.length > 0 && { opens }) }
}

function opened(snapshot: ClusterSnapshot, names: readonly string[]): ClusterSnapshot {
  const hwms = { ...snapshot.hwms }
  for (const name of names) {
    const view = hwms[name]
    if (view) hwms[name] = { ...view, config: { ...view.config, maintenance: false } }
  }
  return { ...snapshot, hwms }
}
