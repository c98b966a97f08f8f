// Homecoming: VMs that are away return to their homes, live, in an order that their homes have room for. A home is never overwritten.
import type { ClusterSnapshot, VmView } from '../../model/snapshot.ts'
import { basisOf, loadChanges, operationWith, plural } from './common.ts'
import { orderMoves, type Wish } from './order.ts'
import { NoPlan, type LeftOut, type Plan } from './plan.ts'
import { closedTo, planningRoom } from './room.ts'
import { ruledOut, whereaboutsOf } from './targets.ts'

export interface HomecomingOptions {
  /** VMs that stay where they are, by the operator's choice. */
  readonly staying?: readonly string[]
  readonly obstacles?: ReadonlyMap<string, string>
}

/** All VMs that are away from `hwm`, or with no `hwm`, all that are away. Throws `NoPlan` when there are none. */
export function planHomecoming(
  snapshot: ClusterSnapshot,
  hwm: string | undefined,
  options: HomecomingOptions,
): Plan {
  if (hwm !== undefined && snapshot.hwms[hwm] === undefined) {
    throw new NoPlan(`there is no HWM ${hwm} in ${snapshot.cluster}`)
  }
  const returns = Object.values(snapshot.vms).flatMap(vm =>
    vm.away && vm.home !== undefined && (hwm === undefined || vm.home === hwm)
      ? [{ vm, to: vm.home, why: 'home' }]
      : [],
  )
  if (returns.length === 0)
    throw new NoPlan(hwm === undefined ? 'no VM is away' : `no VM of ${hwm} is away`)
  const name = `Homecoming${hwm === undefined ? '' : ` to ${hwm}`}`
  return planReturns(
    snapshot,
    { kind: 'homecoming', subject: hwm ?? snapshot.cluster, name },
    returns,
    options,
  )
}

export interface Return {
  readonly vm: VmView
  readonly to: string
  readonly why: string
}

/** VMs go where each shall return, in an order for which there is room. */
export function planReturns(
  snapshot: ClusterSnapshot,
  subject: Pick<Plan, 'kind' | 'subject'> & { readonly name: string },
  returns: readonly Return[],
  options: HomecomingOptions,
): Plan {
  const room = planningRoom(snapshot)
  const places = whereaboutsOf(snapshot)
  for (const { vm } of returns) places.delete(vm.name)
  const unplaced: LeftOut[] = []
  const staying: LeftOut[] = []
  const wishes: Wish[] = []
  const reasons = new Map(returns.map(({ vm, why }) => [vm.name, why]))
  for (const { vm, to } of inOrder(returns)) {
    const { where } = vm
    if (where === undefined) continue
    if (options.staying?.includes(vm.name)) {
      const home = vm.home === to ? `; its home stays ${to}` : ''
      staying.push({ vm: vm.name, kind: vm.kind, why: `stays on ${where}, as asked${home}` })
      continue
    }
    const why = whyNot(snapshot, vm, to, options, places)
    if (why === undefined) {
      wishes.push({ vm: vm.name, from: where, to, demand: vm.demand })
      places.set(vm.name, to)
    } else {
      unplaced.push({ vm: vm.name, kind: vm.kind, why })
      places.set(vm.name, where)
    }
  }
  const detours = Object.values(snapshot.hwms)
    .filter(view => closedTo(view, 'fallback') === undefined)
    .map(view => view.name)
  const ordered = orderMoves(wishes, room, detours)
  for (const { wish, why } of ordered.blocked) {
    unplaced.push({ vm: wish.vm, kind: snapshot.vms[wish.vm]?.kind ?? 'vm', why })
  }
  const detourCount = ordered.moves.filter(move => move.bounce).length
  const count = ordered.moves.length - detourCount
  return {
    kind: subject.kind,
    subject: subject.subject,
    sentence:
      `${subject.name}: ${plural(count, 'VM')} ${count === 1 ? 'moves' : 'move'} live` +
      (detourCount > 0 ? `, ${detourCount} of them by a detour` : '') +
      (unplaced.length > 0 ? `, ${unplaced.length} cannot` : ''),
    moves: ordered.moves.map(move => ({
      vm: move.vm,
      kind: snapshot.vms[move.vm]?.kind === 'havm' ? 'havm' : 'vm',
      method: 'live',
      from: move.from,
      targets: [move.to],
      why: move.bounce ? 'detour: makes room for others' : (reasons.get(move.vm) ?? ''),
      interrupts: false,
      after: move.after,
      bounce: move.bounce,
      keepPaused: snapshot.vms[move.vm]?.state === 'paused',
    })),
    unplaced,
    staying,
    loads: loadChanges(snapshot, room),
    mustBeOff: [],
    confirm: unplaced.length > 0 ? 'name' : 'yes',
    notes: [],
    cordon: undefined,
    basis: basisOf(
      snapshot,
      ordered.moves.flatMap(move => [move.from, move.to]),
      returns.map(({ vm }) => vm.name),
    ),
  }
}

function inOrder(returns: readonly Return[]): Return[] {
  const priority = ({ vm }: Return) => vm.config?.priority ?? 0
  return [...returns].sort(
    (a, b) => priority(b) - priority(a) || a.vm.name.localeCompare(b.vm.name),
  )
}

function whyNot(
  snapshot: ClusterSnapshot,
  vm: VmView,
  to: string,
  options: HomecomingOptions,
  places: ReadonlyMap<string, string>,
): string | undefined {
  const view = snapshot.hwms[to]
  if (view === undefined) return `${to} is not in the cluster`
  if (vm.state !== 'running' && vm.state !== 'paused') return `is ${vm.state}`
  if (vm.config?.pinned) return 'is pinned'
  const operation = operationWith(snapshot, vm.name)
  if (operation !== undefined) return `operation ${operation.id} has it`
  const obstacle = options.obstacles?.get(vm.name)
  if (obstacle !== undefined) return `cannot migrate: ${obstacle}`
  return closedTo(view, 'home') ?? ruledOut(snapshot, vm, to, places)
}
