// Plans without moves: maintenance that only changes what is written, and fence devices used by hand. Shown and confirmed like all others.
import type { ClusterSnapshot, HwmView } from '../../model/snapshot.ts'
import { NoPlan, type Plan } from '../../operations/plan/plan.ts'
import type { Found } from '../preview/solver-desk.ts'
import type { Request } from './questions.ts'

/** Undefined: it is an operation's, and planned as such. Throws `NoPlan`. */
export function barePlan(snapshot: ClusterSnapshot, request: Request): Plan | undefined {
  if (request.do !== 'maintenance' && request.do !== 'fence') return undefined
  const view = snapshot.hwms[request.hwm]
  if (view === undefined) throw new NoPlan(`there is no HWM ${request.hwm} in ${snapshot.cluster}`)
  return request.do === 'fence'
    ? fencePlan(snapshot, view, request.to)
    : maintenancePlan(snapshot, view, request.on)
}

function maintenancePlan(snapshot: ClusterSnapshot, view: HwmView, on: boolean): Plan | undefined {
  const { name, config } = view
  if (config.maintenance === on)
    throw new NoPlan(`${name} is ${on ? 'in maintenance already' : 'not in maintenance'}`)
  if (on && view.state === 'up') return undefined
  return bare(snapshot, view, {
    sentence: on
      ? `Maintenance of ${name} on: it takes nobody in`
      : `Maintenance of ${name} off: it takes VMs in again`,
    notes: on
      ? [`${name} is ${view.state}: nothing is moved`]
      : ['VMs that are away from it come home by a homecoming of their own'],
    confirm: 'yes',
  })
}

function fencePlan(snapshot: ClusterSnapshot, view: HwmView, to: 'off' | 'on'): Plan {
  const { name, config } = view
  const agents = config.fence.map(({ agent }) => agent).join(', ')
  if (agents === '') throw new NoPlan(`${name} has no fence device in the cluster file`)
  const ends = Object.values(snapshot.vms).filter(
    vm => vm.where === name && (vm.state === 'running' || vm.state === 'paused'),
  )
  const isOff = to === 'off'
  return bare(snapshot, view, {
    sentence: isOff
      ? `Switch ${name} off by its fence device: ${ends.length === 0 ? 'no VM is seen to run there' : `${ends.length} VMs that run there end`}`
      : `Switch ${name} on by its fence device`,
    notes: [
      `by ${agents}${isOff ? '; off is what is read back from it' : ''}`,
      ...(isOff ? [`its HAVMs restart elsewhere only by an evacuation of ${name}`] : []),
    ],
    confirm: isOff ? 'name' : 'yes',
  })
}

/** A map of the solver becomes the CDM, and nothing moves. Throws `NoPlan` when the CDM says so already. */
export function savingPlan(snapshot: ClusterSnapshot, { solved, map }: Found): Plan {
  const { homes } = solved
  if (homes === 0) throw new NoPlan('the CDM says so already: nothing to change')
  return {
    kind: 'apply-plan',
    subject: snapshot.cluster,
    sentence: `Save as CDM: ${homes === 1 ? '1 home changes' : `${homes} homes change`}, nothing moves`,
    ...withoutMoves(snapshot),
    notes: [
      'VMs that are elsewhere are away from then on; a homecoming brings them to their new homes',
    ],
    confirm: 'yes',
    homes: Object.fromEntries(map),
  }
}

function bare(
  snapshot: ClusterSnapshot,
  { name }: HwmView,
  says: Pick<Plan, 'sentence' | 'notes' | 'confirm'>,
): Plan {
  return {
    kind: 'evacuate',
    subject: name,
    ...withoutMoves(snapshot),
    ...says,
  }
}

function withoutMoves(
  snapshot: ClusterSnapshot,
): Omit<Plan, 'kind' | 'subject' | 'sentence' | 'notes' | 'confirm'> {
  return {
    moves: [],
    unplaced: [],
    staying: [],
    loads: [],
    mustBeOff: [],
    cordon: undefined,
    basis: { revision: snapshot.etcd.revision, hwms: {}, vms: {} },
  }
}
