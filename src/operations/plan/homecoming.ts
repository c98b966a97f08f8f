// Homecoming: VMs that are away return to their homes, live, in an order that their homes have room for. A home is never overwritten.
import type { ClusterSnapshot, VmView } from '../../model/snapshot.ts'
import { basisOf, loadChanges, plural } from './common.ts'
import { orderMoves, type Wish } from './order.ts'
import { NoPlan, type LeftOut, type Plan } from './plan.ts'
import { closedTo, Room } from './room.ts'
import { ruledOut, whereaboutsOf } from './targets.ts'

export interface HomecomingOptions {
  /** VMs that stay where they are, by the operator's choice. */
  readonly staying?: readonly string[]
  readonly obstacles?: ReadonlyMap<string, string>
}

/** All VMs that are away from `hwm`, or with no `hwm`, all that are away. */
export function planHomecoming(
  snapshot: ClusterSnapshot,
  hwm: string | undefined,
  options: HomecomingOptions,
): Plan {
  if (hwm !== undefined && snapshot.hwms[hwm] === undefined) {
    throw new NoPlan(`there is no HWM ${hwm} in ${snapshot.cluster}`)
  }
  const away = Object.values(snapshot.vms)
    .filter(vm => vm.away && vm.home !== undefined && (hwm === undefined || vm.home === hwm))
    .sort(
      (a, b) =>
        (b.config?.priority ?? 0) - (a.config?.priority ?? 0) || a.name.localeCompare(b.name),
    )
  if (away.length === 0)
    throw new NoPlan(hwm === undefined ? 'no VM is away' : `no VM of ${hwm} is away`)
  const room = new Room(snapshot)
  const places = whereaboutsOf(snapshot)
  for (const vm of away) places.delete(vm.name)

  const unplaced: LeftOut[] = []
  const staying: LeftOut[] = []
  const wishes: Wish[] = []
  for (const vm of away) {
    const { home, where } = vm
    if (home === undefined || where === undefined) continue
    if (options.staying?.includes(vm.name)) {
      staying.push({ vm: vm.name, kind: vm.kind, why: 'stays here, as asked' })
      continue
    }
    const why = whyNot(snapshot, vm, home, options, places)
    if (why === undefined) {
      wishes.push({ vm: vm.name, from: where, to: home, demand: vm.demand })
      places.set(vm.name, home)
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
  const homeward = ordered.moves.length - detourCount
  return {
    kind: 'homecoming',
    subject: hwm ?? snapshot.cluster,
    sentence:
      `Homecoming${hwm === undefined ? '' : ` to ${hwm}`}: ${plural(homeward, 'VM')} ${homeward === 1 ? 'moves' : 'move'} home live` +
      (detourCount > 0 ? `, ${detourCount} of them by a detour` : '') +
      (unplaced.length > 0 ? `, ${unplaced.length} cannot` : ''),
    moves: ordered.moves.map(move => ({
      vm: move.vm,
      kind: snapshot.vms[move.vm]?.kind === 'havm' ? 'havm' : 'vm',
      method: 'live',
      from: move.from,
      targets: [move.to],
      why: move.bounce ? 'detour: makes room for others' : 'home',
      interrupts: false,
      after: move.after,
      bounce: move.bounce,
      keepPaused: snapshot.vms[move.vm]?.state === 'paused',
    })),
    unplaced,
    staying,
    loads: loadChanges(snapshot, room),
    mustBeOff: undefined,
    confirm: unplaced.length > 0 ? 'name' : 'yes',
    notes: [],
    cordon: undefined,
    basis: basisOf(
      snapshot,
      ordered.moves.flatMap(move => [move.from, move.to]),
      away.map(vm => vm.name),
    ),
  }
}

function whyNot(
  snapshot: ClusterSnapshot,
  vm: VmView,
  home: string,
  options: HomecomingOptions,
  places: ReadonlyMap<string, string>,
): string | undefined {
  const view = snapshot.hwms[home]
  if (view === undefined) return `its home ${home} is not in the cluster`
  if (vm.state !== 'running' && vm.state !== 'paused') return `is ${vm.state}`
  if (vm.config?.pinned) return 'is pinned'
  const obstacle = options.obstacles?.get(vm.name)
  if (obstacle !== undefined) return `cannot migrate: ${obstacle}`
  return closedTo(view, 'home') ?? ruledOut(snapshot, vm, home, places)
}
