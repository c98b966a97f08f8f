// Plans about one VM: move it, start it, stop it.
import type { ClusterSnapshot, VmView } from '../../model/snapshot.ts'
import { humanAmount } from '../../model/human.ts'
import { basisOf, loadChanges } from './common.ts'
import { NoPlan, type Plan, type PlannedMove } from './plan.ts'
import { closedTo, planningRoom, type Room } from './room.ts'
import { chooseTargets, ruledOut, whereaboutsOf } from './targets.ts'

/** Live to a named HWM, or `cold`: shut down here, started there. Throws `NoPlan` with the reason. */
export function planMigration(
  snapshot: ClusterSnapshot,
  name: string,
  to: string,
  options: { readonly cold: boolean; readonly obstacle?: string },
): Plan {
  const vm = managed(snapshot, name)
  const from = vm.where
  if (from === undefined || (vm.state !== 'running' && vm.state !== 'paused')) {
    throw new NoPlan(`${name} is ${vm.state}: only a running VM can be moved`)
  }
  if (from === to) throw new NoPlan(`${name} runs on ${to} already`)
  if (vm.config?.pinned) throw new NoPlan(`${name} is pinned to ${from}`)
  if (options.obstacle !== undefined && !options.cold)
    throw new NoPlan(`${name} cannot migrate: ${options.obstacle}`)
  const room = planningRoom(snapshot)
  refuseUnlessOpen(snapshot, room, vm, to)
  room.add(to, vm.demand)
  room.remove(from, vm.demand)
  const method = options.cold ? 'cold' : 'live'
  return single(snapshot, room, vm, {
    kind: 'migrate',
    sentence: `Move ${name} from ${from} to ${to}, ${options.cold ? 'by shutting it down and starting it there' : 'live'}`,
    move: {
      method,
      from,
      targets: [to],
      why: 'asked for',
      interrupts: options.cold,
      keepPaused: vm.state === 'paused',
    },
  })
}

/** At its home, or where it was last, or where there is room; `at` names another place. */
export function planStart(snapshot: ClusterSnapshot, name: string, at?: string): Plan {
  const vm = managed(snapshot, name)
  if (vm.state === 'running') throw new NoPlan(`${name} runs already, on ${vm.where}`)
  if (vm.state === 'paused')
    throw new NoPlan(`${name} is paused on ${vm.where}: it is not started, but resumed`)
  if (vm.state === 'waiting') {
    throw new NoPlan(
      `${name} was last seen on ${vm.where}, which is not up: evacuate ${vm.where}, or wait for it`,
    )
  }
  const room = planningRoom(snapshot)
  const places = whereaboutsOf(snapshot)
  places.delete(name)
  const wished = at ?? vm.home
  let targets: readonly string[]
  let why = at === undefined ? 'home' : 'asked for'
  if (wished !== undefined && whyClosed(snapshot, room, vm, wished) === undefined)
    targets = [wished]
  else if (at !== undefined)
    throw new NoPlan(`${name} cannot start on ${at}: ${whyClosed(snapshot, room, vm, at)}`)
  else {
    const choice = chooseTargets(snapshot, room, vm, [], undefined, places)
    if (choice.targets === undefined)
      throw new NoPlan(`${name} cannot start anywhere: ${choice.why}`)
    targets = choice.targets
    why =
      wished === undefined ? choice.why : `not at home: ${whyClosed(snapshot, room, vm, wished)}`
  }
  const first = targets[0]
  if (first === undefined) throw new NoPlan(`${name} cannot start anywhere`)
  room.add(first, vm.demand)
  return single(snapshot, room, vm, {
    kind: 'start',
    sentence: `Start ${name} on ${first}`,
    move: { method: 'start', from: undefined, targets, why, interrupts: false, keepPaused: false },
  })
}

/** Shut down by the guest; after the time limit its power is taken away. */
export function planStop(snapshot: ClusterSnapshot, name: string): Plan {
  const vm = managed(snapshot, name)
  const from = vm.where
  if (from === undefined || vm.state === 'stopped' || vm.state === 'absent')
    throw new NoPlan(`${name} does not run`)
  if (snapshot.hwms[from]?.state !== 'up')
    throw new NoPlan(`${from}, where ${name} was last seen, is not up`)
  const room = planningRoom(snapshot)
  room.remove(from, vm.demand)
  return single(snapshot, room, vm, {
    kind: 'stop',
    sentence: `Stop ${name} on ${from}`,
    move: {
      method: 'stop',
      from,
      targets: [],
      why: 'asked for',
      interrupts: true,
      keepPaused: false,
    },
  })
}

function managed(snapshot: ClusterSnapshot, name: string): VmView {
  const vm = snapshot.vms[name]
  if (vm === undefined) throw new NoPlan(`there is no VM ${name} in ${snapshot.cluster}`)
  if (vm.kind === 'unmanaged')
    throw new NoPlan(`${name} is not in the cluster file: yasco moves only what it manages`)
  if (vm.state === 'double')
    throw new NoPlan(`${name} runs on more than one HWM: stop one of them by hand first`)
  return vm
}

function refuseUnlessOpen(snapshot: ClusterSnapshot, room: Room, vm: VmView, to: string): void {
  const why = whyClosed(snapshot, room, vm, to)
  if (why !== undefined) throw new NoPlan(`${vm.name} cannot go to ${to}: ${why}`)
}

function whyClosed(
  snapshot: ClusterSnapshot,
  room: Room,
  vm: VmView,
  to: string,
): string | undefined {
  const view = snapshot.hwms[to]
  if (view === undefined) return `there is no HWM ${to}`
  const places = whereaboutsOf(snapshot)
  places.delete(vm.name)
  const why = closedTo(view, 'home') ?? ruledOut(snapshot, vm, to, places)
  if (why !== undefined) return why
  const short = room.shortage(to, vm.demand)
  return short && `${short.dimension} short ${humanAmount(short.dimension, short.missing)}`
}

function single(
  snapshot: ClusterSnapshot,
  room: Room,
  vm: VmView,
  parts: Pick<Plan, 'kind' | 'sentence'> & {
    move: Omit<PlannedMove, 'vm' | 'kind' | 'after' | 'bounce'>
  },
): Plan {
  const { kind, sentence, move } = parts
  return {
    kind,
    subject: vm.name,
    sentence,
    moves: [
      { ...move, vm: vm.name, kind: vm.kind === 'havm' ? 'havm' : 'vm', after: [], bounce: false },
    ],
    unplaced: [],
    staying: [],
    loads: loadChanges(snapshot, room),
    mustBeOff: [],
    confirm: move.interrupts ? 'name' : 'yes',
    notes: [],
    cordon: undefined,
    basis: basisOf(
      snapshot,
      [move.from, ...move.targets].filter(hwm => hwm !== undefined),
      [vm.name],
    ),
  }
}
