// Evacuation: HAVMs of a dead HWM restart elsewhere (failover), or all VMs of a living one leave it (planned).
import type { Step } from '../../model/operation.ts'
import type { ClusterSnapshot, HwmView, VmView } from '../../model/snapshot.ts'
import { basisOf, loadChanges, operationWith, plural } from './common.ts'
import { NoPlan, type Choices, type LeftOut, type Plan, type PlannedMove } from './plan.ts'
import { planningRoom } from './room.ts'
import {
  asChosen,
  chooseTargets,
  fallbackByHand,
  whereaboutsOf,
  type PreparedFallback,
} from './targets.ts'

export interface EvacuationOptions {
  /** Shut down here and start there, instead of live migration. */
  readonly cold: boolean
  /** The operator says that it is off, or has its device see to that: whether it answers is not waited for. */
  readonly off?: boolean
  /** A map that was stored or solved for this failure; the cluster file's own comes first. */
  readonly prepared?: PreparedFallback
  /** VMs that cannot migrate live, with the reason (passthrough, host disks): from their XML. */
  readonly obstacles?: ReadonlyMap<string, string>
  readonly choices?: Choices
}

/** Why a VM stays that the operator left out. */
const LEFT_OUT = 'left out, as asked'

/** Throws `NoPlan` when the HWM is not there, or is in a state that says nothing. */
export function planEvacuation(
  snapshot: ClusterSnapshot,
  hwm: string,
  options: EvacuationOptions,
): Plan {
  const view = snapshot.hwms[hwm]
  if (view === undefined) throw new NoPlan(`there is no HWM ${hwm} in ${snapshot.cluster}`)
  if (view.state === 'connecting' && options.off !== true)
    throw new NoPlan(`${hwm} was not reached yet: wait for its state`)
  if (view.state === 'refused') {
    throw new NoPlan(
      `${hwm} lives but does not let yasco in (${view.reason}): nothing there can be moved before that is mended`,
    )
  }
  return view.state === 'up' ? planned(snapshot, view, options) : failover(snapshot, view, options)
}

function planned(snapshot: ClusterSnapshot, view: HwmView, options: EvacuationOptions): Plan {
  const here = vmsOn(snapshot, view.name)
  const without = new Set(options.choices?.without)
  const movable = here.filter(vm => isActive(vm) && !without.has(vm.name))
  const staying: LeftOut[] = here
    .filter(vm => !movable.includes(vm))
    .map(vm => ({
      vm: vm.name,
      kind: vm.kind,
      why: isActive(vm) ? LEFT_OUT : `is ${vm.state}: nothing to move`,
    }))
  const method = options.cold ? 'cold' : 'live'
  const drawn = draw(snapshot, view.name, movable, options, vm => {
    const refused = whyItCannotLeave(snapshot, vm, options)
    return refused === undefined ? { method, keepPaused: vm.state === 'paused' } : { refused }
  })
  const sentence =
    `Evacuate ${view.name}: ${plural(drawn.moves.length, 'VM')} ${goes(drawn.moves.length, options.cold)}` +
    (drawn.unplaced.length > 0 ? `, ${drawn.unplaced.length} cannot be placed` : '')
  return {
    kind: 'evacuate',
    subject: view.name,
    sentence,
    ...drawn,
    staying,
    mustBeOff: undefined,
    confirm: options.cold || drawn.unplaced.length > 0 ? 'name' : 'yes',
    cordon: view.config.maintenance ? undefined : view.name,
  }
}

function goes(count: number, cold: boolean): string {
  const s = count === 1 ? 's' : ''
  return cold ? `shut${s} down and start${s} elsewhere` : `move${s} live`
}

function whyItCannotLeave(
  snapshot: ClusterSnapshot,
  vm: VmView,
  { cold, obstacles }: EvacuationOptions,
): string | undefined {
  if (vm.kind === 'unmanaged') return 'is not in the cluster file: yasco moves only what it manages'
  if (vm.config?.pinned) return 'is pinned'
  const operation = operationWith(snapshot, vm.name)
  if (operation !== undefined) return `operation ${operation.id} has it`
  const obstacle = cold ? undefined : obstacles?.get(vm.name)
  return obstacle && `cannot migrate: ${obstacle}`
}

function failover(snapshot: ClusterSnapshot, view: HwmView, options: EvacuationOptions): Plan {
  const here = vmsOn(snapshot, view.name)
  const without = new Set(options.choices?.without)
  const shouldRun = (vm: VmView) =>
    vm.kind === 'havm' &&
    !without.has(vm.name) &&
    vm.config?.desired !== 'stopped' &&
    vm.state !== 'stopped' &&
    operationWith(snapshot, vm.name) === undefined
  const movable = here.filter(shouldRun)
  const staying: LeftOut[] = here
    .filter(vm => !shouldRun(vm))
    .map(vm => ({
      vm: vm.name,
      kind: vm.kind,
      why: without.has(vm.name) ? LEFT_OUT : whyItStays(snapshot, vm, view.name),
    }))
  const byHand = fallbackByHand(snapshot.config, deadWith(snapshot, view.name))
  const prepared = byHand ?? options.prepared
  const drawn = draw(
    snapshot,
    view.name,
    movable,
    { ...options, ...(prepared && { prepared }) },
    () => ({
      method: 'restart',
      keepPaused: false,
    }),
  )
  const sentence =
    `Evacuate ${view.name}: ${plural(drawn.moves.length, 'VM')} ${drawn.moves.length === 1 ? 'restarts' : 'restart'} elsewhere` +
    (drawn.unplaced.length > 0 ? `, ${drawn.unplaced.length} cannot be placed` : '') +
    (staying.length > 0 ? `, ${staying.length} ${staying.length === 1 ? 'waits' : 'wait'}` : '')
  const doubtful = movable.filter(vm => vm.state === 'unknown').map(vm => vm.name)
  const notes = [
    ...(doubtful.length > 0
      ? [
          `off when ${view.name} was last heard, and nobody knows why: ${doubtful.join(', ')}; leave out what shall stay off`,
        ]
      : []),
    ...(prepared === undefined && movable.length > 0
      ? ['no fallback map was prepared: targets are chosen by room']
      : prepared?.note !== undefined && movable.length > 0
        ? [prepared.note]
        : []),
  ]
  return {
    kind: 'evacuate',
    subject: view.name,
    sentence,
    ...drawn,
    notes: [...notes, ...drawn.notes],
    staying,
    mustBeOff: view.name,
    confirm: 'name',
    cordon: undefined,
  }
}

type Treatment =
  | { readonly method: Step['method']; readonly keepPaused: boolean }
  | { readonly refused: string }

/** Places each VM in order of priority on paper, and keeps the account of room. */
function draw(
  snapshot: ClusterSnapshot,
  from: string,
  vms: readonly VmView[],
  options: EvacuationOptions,
  treat: (vm: VmView) => Treatment,
): Pick<Plan, 'moves' | 'unplaced' | 'loads' | 'basis' | 'notes'> {
  const room = planningRoom(snapshot)
  const places = whereaboutsOf(snapshot)
  for (const vm of vms) places.delete(vm.name)
  const moves: PlannedMove[] = []
  const unplaced: LeftOut[] = []
  for (const vm of inOrder(vms)) {
    const treatment = treat(vm)
    if ('refused' in treatment) {
      places.set(vm.name, from)
      unplaced.push({ vm: vm.name, kind: vm.kind, why: treatment.refused })
      continue
    }
    const choice = asChosen(
      chooseTargets(snapshot, room, vm, [from], options.prepared, places),
      options.choices?.targets?.[vm.name],
    )
    const first = choice.targets?.[0]
    if (choice.targets === undefined || first === undefined) {
      unplaced.push({ vm: vm.name, kind: vm.kind, why: choice.why })
      continue
    }
    room.add(first, vm.demand)
    if (treatment.method !== 'restart') room.remove(from, vm.demand)
    places.set(vm.name, first)
    moves.push({
      vm: vm.name,
      kind: vm.kind === 'havm' ? 'havm' : 'vm',
      method: treatment.method,
      from,
      targets: choice.targets,
      why: choice.why,
      interrupts: treatment.method !== 'live',
      after: [],
      bounce: false,
      keepPaused: treatment.keepPaused,
    })
  }
  return {
    moves: chained(moves, snapshot),
    unplaced,
    loads: loadChanges(snapshot, room),
    basis: basisOf(
      snapshot,
      [from, ...moves.flatMap(move => move.targets.slice(0, 1))],
      vms.map(vm => vm.name),
    ),
    notes: [],
  }
}

/** Highest priority first, then by name; VMs with an `order` change places among themselves until that is kept. */
function inOrder(vms: readonly VmView[]): VmView[] {
  const byPriority = [...vms].sort(
    (a, b) => (b.config?.priority ?? 0) - (a.config?.priority ?? 0) || a.name.localeCompare(b.name),
  )
  const ordered = byPriority
    .filter(vm => vm.config?.order !== undefined)
    .sort((a, b) => (a.config?.order ?? 0) - (b.config?.order ?? 0))
  return byPriority.map(vm => (vm.config?.order === undefined ? vm : (ordered.shift() ?? vm)))
}

/** What starts anew begins once those of the `order` just below its own run, and its delay after them. What moves live need not wait. */
function chained(moves: readonly PlannedMove[], snapshot: ClusterSnapshot): PlannedMove[] {
  const orderOf = ({ vm }: PlannedMove) => snapshot.vms[vm]?.config?.order
  return moves.map(move => {
    const order = orderOf(move)
    if (order === undefined || !move.interrupts) return move
    const lower = moves.map(orderOf).filter(each => each !== undefined && each < order)
    const last = Math.max(...lower.map(each => each ?? Number.NEGATIVE_INFINITY))
    const after = moves.filter(each => orderOf(each) === last).map(({ vm }) => vm)
    const delayMs = snapshot.vms[move.vm]?.config?.delayMs
    return {
      ...move,
      after,
      ...(after.length > 0 && delayMs !== undefined && { delayMs }),
    }
  })
}

function vmsOn(snapshot: ClusterSnapshot, hwm: string): VmView[] {
  // What nobody has seen since this engine began is taken to be at its home: that is what the CDM says.
  return Object.values(snapshot.vms).filter(vm => (vm.where ?? vm.home) === hwm)
}

function isActive(vm: VmView): boolean {
  return vm.state === 'running' || vm.state === 'paused'
}

function whyItStays(snapshot: ClusterSnapshot, vm: VmView, hwm: string): string {
  const operation = operationWith(snapshot, vm.name)
  if (operation !== undefined)
    return `operation ${operation.id} has it: it goes on there once ${hwm} is proved to be off`
  if (vm.kind === 'unmanaged') return 'is not in the cluster file'
  if (vm.kind === 'vm') return `is no HAVM: waits for ${hwm}`
  return vm.state === 'stopped' ? 'has shut itself down' : 'is to be stopped'
}

/** All HWMs that are down now, this one among them: a second failure is planned as a failure of both. */
export function deadWith(snapshot: ClusterSnapshot, hwm: string): string[] {
  const down = Object.values(snapshot.hwms).filter(
    view => view.state === 'down' || view.state === 'connecting',
  )
  return [...new Set([hwm, ...down.map(view => view.name)])]
}
