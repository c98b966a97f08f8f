// Evacuation: HAVMs of a dead HWM restart elsewhere (failover), or all VMs of a living one leave it (planned).
import type { Step } from '../../model/operation.ts'
import { setName } from '../../model/preview.ts'
import type { ClusterSnapshot, HwmView, VmView } from '../../model/snapshot.ts'
import { startOrder } from '../../model/placement.ts'
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
  /** The operator says that these are off, or has their devices see to that: whether they answer is not waited for. */
  readonly off?: readonly string[]
  /** A map that was stored or solved for this failure; the cluster file's own comes first. */
  readonly prepared?: PreparedFallback
  /** VMs that cannot migrate live, with the reason (passthrough, host disks): from their XML. */
  readonly obstacles?: ReadonlyMap<string, string>
  readonly choices?: Choices
}

/** Why a VM stays that the operator left out. */
const LEFT_OUT = 'left out, as asked'

/**
 * One HWM, or several dead ones: one plan for their failure together. Throws `NoPlan` when one is not there, is named twice or is in a state that
 * says nothing, or when one of several lives.
 */
export function planEvacuation(
  snapshot: ClusterSnapshot,
  hwms: readonly string[],
  options: EvacuationOptions,
): Plan {
  const views = hwms.map(hwm => evacuable(snapshot, hwm, options))
  const twice = hwms.find((hwm, index) => hwms.indexOf(hwm) < index)
  if (twice !== undefined) throw new NoPlan(`${twice} is named twice`)
  const living = views.filter(view => view.state === 'up')
  const [lives] = living
  if (lives === undefined) return failover(snapshot, views, options)
  if (views.length > 1) throw new NoPlan(whyNotTogether(views, living))
  return planned(snapshot, lives, options)
}

function evacuable(
  snapshot: ClusterSnapshot,
  hwm: string,
  { off = [] }: EvacuationOptions,
): HwmView {
  const view = snapshot.hwms[hwm]
  if (view === undefined) throw new NoPlan(`there is no HWM ${hwm} in ${snapshot.cluster}`)
  if (view.state === 'connecting' && !off.includes(hwm))
    throw new NoPlan(`${hwm} was not reached yet: wait for its state`)
  if (view.state === 'refused') {
    throw new NoPlan(
      `${hwm} lives but does not let yasco in (${view.reason}): nothing there can be moved before that is mended`,
    )
  }
  return view
}

function whyNotTogether(views: readonly HwmView[], living: readonly HwmView[]): string {
  const said = (some: readonly HwmView[], one: string, more: string) =>
    `${some.map(view => view.name).join(', ')} ${some.length === 1 ? one : more}`
  const dead = views.filter(view => !living.includes(view))
  return dead.length === 0
    ? `${said(living, 'lives', 'live')}: those that live are evacuated one at a time`
    : `${said(living, 'lives', 'live')}, ${said(dead, 'does', 'do')} not answer: only dead ones are evacuated together`
}

function planned(snapshot: ClusterSnapshot, view: HwmView, options: EvacuationOptions): Plan {
  const here = vmsOn(snapshot, [view.name])
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
  const drawn = draw(snapshot, [view.name], movable, options, vm => {
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
    mustBeOff: [],
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

function failover(
  snapshot: ClusterSnapshot,
  views: readonly HwmView[],
  options: EvacuationOptions,
): Plan {
  const names = views.map(view => view.name)
  const here = vmsOn(snapshot, names)
  const without = new Set(options.choices?.without)
  const isIn = (vm: VmView) => shouldRestart(snapshot, vm) && !without.has(vm.name)
  const movable = here.filter(isIn)
  const staying: LeftOut[] = here
    .filter(vm => !isIn(vm))
    .map(vm => ({
      vm: vm.name,
      kind: vm.kind,
      why: without.has(vm.name) ? LEFT_OUT : whyItStays(snapshot, vm),
    }))
  const dead = deadWith(snapshot, names)
  const prepared = fallbackByHand(snapshot.config, dead) ?? options.prepared
  const drawn = draw(
    snapshot,
    names,
    movable,
    { ...options, ...(prepared && { prepared }) },
    () => ({
      method: 'restart',
      keepPaused: false,
    }),
  )
  const sentence =
    `Evacuate ${names.join(', ')}: ${plural(drawn.moves.length, 'VM')} ${drawn.moves.length === 1 ? 'restarts' : 'restart'} elsewhere` +
    (drawn.unplaced.length > 0 ? `, ${drawn.unplaced.length} cannot be placed` : '') +
    (staying.length > 0 ? `, ${staying.length} ${staying.length === 1 ? 'waits' : 'wait'}` : '')
  const notes = [
    ...names.flatMap(hwm => doubtsAbout(movable, hwm)),
    ...(prepared === undefined && movable.length > 0
      ? ['no fallback map was prepared: targets are chosen by room']
      : prepared?.note !== undefined && movable.length > 0
        ? [prepared.note]
        : []),
    ...alsoDead(snapshot, dead, names),
  ]
  return {
    kind: 'evacuate',
    subject: setName(names),
    sentence,
    ...drawn,
    notes: [...notes, ...drawn.notes],
    staying,
    mustBeOff: names,
    confirm: 'name',
    cordon: undefined,
  }
}

/** Of a dead HWM: what restarts elsewhere. */
function shouldRestart(snapshot: ClusterSnapshot, vm: VmView): boolean {
  return (
    vm.kind === 'havm' &&
    vm.config?.desired !== 'stopped' &&
    vm.state !== 'stopped' &&
    operationWith(snapshot, vm.name) === undefined
  )
}

function doubtsAbout(movable: readonly VmView[], hwm: string): string[] {
  const doubtful = movable.filter(vm => vm.state === 'unknown' && placeOf(vm) === hwm)
  return doubtful.length === 0
    ? []
    : [
        `off when ${hwm} was last heard, and nobody knows why: ${doubtful.map(vm => vm.name).join(', ')}; leave out what shall stay off`,
      ]
}

/** Who evacuates one HWM of a rack that died is told of the others, while there still is one plan to make of them. */
function alsoDead(
  snapshot: ClusterSnapshot,
  dead: readonly string[],
  names: readonly string[],
): string[] {
  const others = dead.filter(
    hwm =>
      !names.includes(hwm) &&
      snapshot.hwms[hwm]?.state === 'down' &&
      vmsOn(snapshot, [hwm]).some(vm => shouldRestart(snapshot, vm)),
  )
  return others.length === 0
    ? []
    : [
        `${others.join(', ')} ${others.length === 1 ? 'does' : 'do'} not answer either, and HAVMs wait there: dead HWMs can be evacuated together, in one plan`,
      ]
}

type Treatment =
  | { readonly method: Step['method']; readonly keepPaused: boolean }
  | { readonly refused: string }

/** Places each VM in order of priority on paper, and keeps the account of room. */
function draw(
  snapshot: ClusterSnapshot,
  away: readonly string[],
  vms: readonly VmView[],
  options: EvacuationOptions,
  treat: (vm: VmView) => Treatment,
): Pick<Plan, 'moves' | 'unplaced' | 'loads' | 'basis' | 'notes'> {
  const room = planningRoom(snapshot)
  const places = whereaboutsOf(snapshot)
  for (const vm of vms) places.delete(vm.name)
  const moves: PlannedMove[] = []
  const unplaced: LeftOut[] = []
  for (const vm of inOrder(vms, orderIn(snapshot))) {
    const treatment = treat(vm)
    const from = placeOf(vm)
    if (from === undefined) continue
    if ('refused' in treatment) {
      places.set(vm.name, from)
      unplaced.push({ vm: vm.name, kind: vm.kind, why: treatment.refused })
      continue
    }
    const choice = asChosen(
      chooseTargets(snapshot, room, vm, away, options.prepared, places),
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
      [...away, ...moves.flatMap(move => move.targets.slice(0, 1))],
      vms.map(vm => vm.name),
    ),
    notes: [],
  }
}

/** Highest priority first, then by name; VMs with an `order` change places among themselves until that is kept. */
function inOrder(vms: readonly VmView[], orderOf: (vm: string) => number | undefined): VmView[] {
  const byPriority = [...vms].sort(
    (a, b) => (b.config?.priority ?? 0) - (a.config?.priority ?? 0) || a.name.localeCompare(b.name),
  )
  const ordered = byPriority
    .filter(vm => orderOf(vm.name) !== undefined)
    .sort((a, b) => (orderOf(a.name) ?? 0) - (orderOf(b.name) ?? 0))
  return byPriority.map(vm => (orderOf(vm.name) === undefined ? vm : (ordered.shift() ?? vm)))
}

/** `startOrder` of the cluster's VMs, by name. */
function orderIn({ config, vms }: ClusterSnapshot): (vm: string) => number | undefined {
  return name => {
    const vm = vms[name]?.config
    return vm && config && startOrder(config, vm)
  }
}

/** What starts anew begins once those of the `order` just below its own run, and its delay after them. What moves live need not wait. */
function chained(moves: readonly PlannedMove[], snapshot: ClusterSnapshot): PlannedMove[] {
  const order = orderIn(snapshot)
  const orderOf = ({ vm }: PlannedMove) => order(vm)
  return moves.map(move => {
    const own = orderOf(move)
    if (own === undefined || !move.interrupts) return move
    const lower = moves.map(orderOf).filter(each => each !== undefined && each < own)
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

function vmsOn(snapshot: ClusterSnapshot, hwms: readonly string[]): VmView[] {
  const wanted = new Set<string | undefined>(hwms)
  return Object.values(snapshot.vms).filter(vm => wanted.has(placeOf(vm)))
}

/** What nobody has seen since this engine began is taken to be at its home: that is what the CDM says. */
function placeOf(vm: VmView): string | undefined {
  return vm.where ?? vm.home
}

function isActive(vm: VmView): boolean {
  return vm.state === 'running' || vm.state === 'paused'
}

function whyItStays(snapshot: ClusterSnapshot, vm: VmView): string {
  const hwm = placeOf(vm)
  const operation = operationWith(snapshot, vm.name)
  if (operation !== undefined)
    return `operation ${operation.id} has it: it goes on there once ${hwm} is proved to be off`
  if (vm.kind === 'unmanaged') return 'is not in the cluster file'
  if (vm.kind === 'vm') return `is no HAVM: waits for ${hwm}`
  return vm.state === 'stopped' ? 'has shut itself down' : 'is to be stopped'
}

/** All HWMs that are down now, these among them: a second failure is planned as a failure of both. */
export function deadWith(snapshot: ClusterSnapshot, hwms: readonly string[]): string[] {
  const down = Object.values(snapshot.hwms).filter(
    view => view.state === 'down' || view.state === 'connecting',
  )
  return [...new Set([...hwms, ...down.map(view => view.name)])]
}
