// Where a VM may go, and where it goes: by a map that was prepared, or else by a simple choice that never breaks a capacity.
import { humanAmount } from '../../model/human.ts'
import { mayRun } from '../../model/placement.ts'
import type { ClusterConfig, Group } from '../../model/cluster.ts'
import type { ClusterSnapshot, VmView } from '../../model/snapshot.ts'
import { closedTo, type Room } from './room.ts'

/** Targets for the HAVMs of failed HWMs that were worked out beforehand. */
export interface PreparedFallback {
  /** For people: `the cluster file`, `the stored map of 12 s ago`, `the solver`. */
  readonly by: string
  /** Ordered targets per VM, the best first. */
  readonly targets: ReadonlyMap<string, readonly string[]>
  /** What is worth a line of the plan: that not all have a place by it. */
  readonly note?: string
  /** Of a stored map: its age, as words. */
  readonly storedAge?: string
}

/** The map the cluster file has for exactly these failed HWMs. */
export function fallbackByHand(
  config: ClusterConfig | undefined,
  failed: readonly string[],
): PreparedFallback | undefined {
  const wanted = new Set(failed)
  const found = config?.fallbacks.find(
    each => each.failed.length === wanted.size && each.failed.every(hwm => wanted.has(hwm)),
  )
  if (found === undefined) return undefined
  const targets = new Map(Object.entries(found.map).map(([vm, hwm]) => [vm, [hwm]]))
  return { by: 'the cluster file', targets }
}

export type Choice =
  | { readonly targets: readonly string[]; readonly why: string }
  | { readonly targets: undefined; readonly why: string }

/**
 * Orders the HWMs that have room for a VM: prepared targets first, then the emptiest after the move. When there is none, the
 * reason names the HWM that comes nearest and what it lacks. Does not take the room; the caller does.
 */
export function chooseTargets(
  snapshot: ClusterSnapshot,
  room: Room,
  vm: VmView,
  away: readonly string[],
  prepared: PreparedFallback | undefined,
  whereabouts: ReadonlyMap<string, string>,
): Choice {
  const open: { name: string; fill: number }[] = []
  let nearest: { hwm: string; dimension: string; missing: number; share: number } | undefined
  let closed = ''
  for (const view of Object.values(snapshot.hwms)) {
    if (away.includes(view.name)) continue
    const why = closedTo(view, 'fallback') ?? ruledOut(snapshot, vm, view.name, whereabouts)
    if (why !== undefined) {
      closed ||= why
      continue
    }
    const short = room.shortage(view.name, vm.demand)
    if (short === undefined) {
      open.push({ name: view.name, fill: room.fill(view.name, vm.demand) })
      continue
    }
    const share = short.missing / Math.max(1, vm.demand[short.dimension] ?? 1)
    if (nearest === undefined || share < nearest.share)
      nearest = { hwm: view.name, ...short, share }
  }
  open.sort((a, b) => a.fill - b.fill || a.name.localeCompare(b.name))
  const planned = prepared?.targets.get(vm.name) ?? []
  const usable = planned.filter(hwm => open.some(each => each.name === hwm))
  const rest = open.map(each => each.name).filter(hwm => !usable.includes(hwm))
  const first = usable[0] ?? rest[0]
  if (first === undefined) {
    const why =
      nearest === undefined
        ? closed || 'there is no other HWM'
        : `${nearest.hwm} comes nearest: ${nearest.dimension} short ${humanAmount(nearest.dimension, nearest.missing)}`
    return { targets: undefined, why }
  }
  const passedOver =
    planned[0] !== undefined && planned[0] !== first
      ? `; ${planned[0]}, first in its map, cannot take it now`
      : ''
  const why = usable.length > 0 ? `by ${prepared?.by}${passedOver}` : `most room${passedOver}`
  return { targets: [...usable, ...rest], why }
}

/** The same choice with the HWM that the operator wants first, where that can take the VM. */
export function asChosen(choice: Choice, wanted: string | undefined): Choice {
  if (wanted === undefined || choice.targets === undefined) return choice
  if (!choice.targets.includes(wanted))
    return { ...choice, why: `${choice.why}; ${wanted}, as asked, cannot take it` }
  const others = choice.targets.filter(hwm => hwm !== wanted)
  return { targets: [wanted, ...others], why: 'as asked' }
}

/** The rule that keeps a VM from an HWM, in words; undefined when none does. */
export function ruledOut(
  snapshot: ClusterSnapshot,
  vm: VmView,
  hwm: string,
  whereabouts: ReadonlyMap<string, string>,
): string | undefined {
  if (vm.config !== undefined && !mayRun(vm.config, hwm)) {
    return vm.config.only === undefined
      ? `${vm.name} may never run on ${hwm}`
      : `${vm.name} may only run on ${vm.config.only.join(', ')}`
  }
  for (const group of snapshot.config?.groups ?? []) {
    if (!group.members.includes(vm.name)) continue
    const broken = brokenBy(snapshot, group, vm.name, hwm, whereabouts)
    if (broken !== undefined) return broken
  }
  return undefined
}

function brokenBy(
  snapshot: ClusterSnapshot,
  group: Group,
  vm: string,
  hwm: string,
  whereabouts: ReadonlyMap<string, string>,
): string | undefined {
  const placeOf = (name: string, by: string) =>
    by === 'hwm' ? name : (snapshot.hwms[name]?.config.labels[by] ?? name)
  for (const other of group.members) {
    const where = other === vm ? undefined : whereabouts.get(other)
    if (where === undefined) continue
    if (group.spread !== undefined && placeOf(where, group.spread) === placeOf(hwm, group.spread)) {
      return `${other} of group ${group.name} is there, and they are kept apart by ${group.spread}`
    }
    if (
      group.together !== undefined &&
      placeOf(where, group.together) !== placeOf(hwm, group.together)
    ) {
      return `${other} of group ${group.name} is on ${where}, and they are kept together by ${group.together}`
    }
  }
  return undefined
}

/** Where each VM counts as being for the rules: where it runs or ran; what nobody saw is nowhere. */
export function whereaboutsOf(snapshot: ClusterSnapshot): Map<string, string> {
  const places = new Map<string, string>()
  for (const vm of Object.values(snapshot.vms))
    if (vm.where !== undefined) places.set(vm.name, vm.where)
  return places
}
