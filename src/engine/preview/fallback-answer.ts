// What would happen if these HWMs failed together, now: where each HAVM restarts, what is left over and for want of what, loads after.
import type { FallbackAnswer, LoadAfter, LeftOver } from '../../model/fallback-answer.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { storedAgeIfFits, type StoredFallback } from '../../operations/fallback-maps.ts'
import { fallbackByHand } from '../../operations/plan/targets.ts'
import { named, shortage } from '../../operations/reasons.ts'
import { humanAmount } from '../../model/human.ts'
import { checkFallback } from '../../solver/check/fallback.ts'
import { mayRunOn, usable } from '../../solver/check/placement.ts'
import type { PlacementMap, Problem, ProblemVm } from '../../solver/problem.ts'
import type { Hooks } from '../solving/answer.ts'
import { type Scene, sceneOf } from './scene.ts'

/** Who toggles HWMs waits for it, and so does who stands before a dead one. */
const LIMIT_S = 0.2

export interface FallbackRequest {
  readonly failed: readonly string[]
  /** The map of etcd for this set, when there is one. */
  readonly stored?: StoredFallback
  /** Milliseconds since 1970. */
  readonly wall: number
}

/** Throws `RangeError` for an HWM that is not there. Undefined while nothing is configured. */
export function answerFallback(
  snapshot: ClusterSnapshot,
  request: FallbackRequest,
  hooks: Hooks,
): FallbackAnswer | undefined {
  const scene = sceneOf(snapshot)
  if (scene === undefined) return undefined
  const from = hooks.now()
  const { problem, places } = scene
  const known = new Set(problem.hwms.map(hwm => hwm.name))
  const unknown = request.failed.filter(hwm => !known.has(hwm))
  if (unknown.length > 0) throw new RangeError(`there is no HWM ${named(unknown)}`)
  const deadBefore = scene.dead.filter(hwm => !request.failed.includes(hwm))
  const failed = [...request.failed, ...deadBefore]
  const stored = storedMap(snapshot, failed, request)
  const found = byHand(snapshot, scene, failed) ?? stored ?? solve(scene, failed, hooks)
  const dead = new Set(failed)
  const after = new Map([...places].filter(([, hwm]) => !dead.has(hwm)))
  for (const [vm, hwm] of found.map) after.set(vm, hwm)
  // Those that are restarted first come first.
  const lost = problem.vms
    .filter(vm => dead.has(places.get(vm.name) ?? ''))
    .sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (a.name < b.name ? -1 : 1))
  const left: LeftOver[] = lost.flatMap(vm =>
    vm.ha && !found.map.has(vm.name)
      ? [{ vm: vm.name, from: places.get(vm.name) ?? '', why: blockedBy(problem, after, dead, vm) }]
      : [],
  )
  return {
    failed: request.failed,
    deadBefore,
    state: found.state,
    by: found.by,
    ...(found.age !== undefined && { age: found.age }),
    why: found.why,
    restarts: lost.flatMap(vm => {
      const to = found.map.get(vm.name)
      return to === undefined ? [] : [{ vm: vm.name, from: places.get(vm.name) ?? '', to }]
    }),
    left,
    waits: lost.flatMap(vm => (vm.ha ? [] : [vm.name])),
    loads: loadsAfter(problem, places, after, found.map),
    tookMs: Math.round(hooks.now() - from),
  }
}

interface Found {
  readonly map: PlacementMap
  readonly state: FallbackAnswer['state']
  readonly by: FallbackAnswer['by']
  readonly age?: string
  readonly why: string
}

/** The cluster file's own map comes first, where it gives everybody a place. */
function byHand(
  snapshot: ClusterSnapshot,
  { problem, places }: Scene,
  failed: readonly string[],
): Found | undefined {
  const written = fallbackByHand(snapshot.config, failed)
  if (written === undefined) return undefined
  const dead = new Set(failed)
  const map = new Map(
    [...written.targets].flatMap(([vm, [hwm]]) =>
      hwm !== undefined && dead.has(places.get(vm) ?? '') ? [[vm, hwm]] : [],
    ),
  )
  if (checkFallback(problem, places, failed, map).length > 0) return undefined
  return { map, state: 'covered', by: 'file', why: '' }
}

function storedMap(
  snapshot: ClusterSnapshot,
  failed: readonly string[],
  { stored, wall }: FallbackRequest,
): Found | undefined {
  if (stored === undefined) return undefined
  const age = storedAgeIfFits(snapshot, failed, stored, wall)
  if (age === undefined) return undefined
  return { map: stored.map, state: 'covered', by: 'stored', age, why: '' }
}

function solve(scene: Scene, failed: readonly string[], hooks: Hooks): Found {
  const found = scene.fallback(failed, {
    now: () => hooks.now(),
    stopped: () => hooks.stopped(),
    seconds: LIMIT_S,
  })
  if (found.answer === 'map') return { map: found.map, state: 'covered', by: 'solver', why: '' }
  return {
    map: found.map,
    state: found.answer === 'unknown' ? 'unknown' : 'short',
    by: 'solver',
    why:
      found.answer === 'unknown'
        ? `not settled within ${LIMIT_S * 1000} ms: this is the best so far`
        : shortage(found.why),
  }
}

/** What keeps a VM from every HWM that lives, once the others have restarted: the nearest is named with what it lacks. */
function blockedBy(
  problem: Problem,
  after: PlacementMap,
  dead: ReadonlySet<string>,
  vm: ProblemVm,
): string {
  const open = problem.hwms.filter(
    hwm => !dead.has(hwm.name) && hwm.fallback !== false && hwm.maintenance !== true,
  )
  if (open.length === 0) return 'no HWM that lives takes anybody in'
  const allowed = open.filter(hwm => mayRunOn(vm, hwm))
  if (allowed.length === 0) return `its rules (only, never) leave no HWM that lives`
  let nearest: { readonly text: string; readonly share: number } | undefined
  for (const hwm of allowed) {
    let worst: typeof nearest
    for (const [dimension, amount] of Object.entries(vm.demand)) {
      const whole = usable(problem, hwm, dimension)
      const missing = amount - (whole - usedOn(problem, after, hwm.name, dimension))
      const share = missing / Math.max(1, amount)
      if (missing > 0 && (worst === undefined || share > worst.share))
        worst = {
          text: `${dimension} short ${humanAmount(dimension, missing)} on ${hwm.name}`,
          share,
        }
    }
    if (worst === undefined) {
      const group = problem.groups.find(each => each.members.includes(vm.name))
      return group === undefined
        ? `no way was found to fit it in with the others`
        : `the rule of group ${group.name}`
    }
    if (nearest === undefined || worst.share < nearest.share) nearest = worst
  }
  return allowed.length === 1 ? (nearest?.text ?? '') : `${nearest?.text ?? ''}, the nearest`
}

function usedOn(problem: Problem, map: PlacementMap, hwm: string, dimension: string): number {
  return loadsByHwm(problem, map).get(hwm)?.[dimension] ?? 0
}

const sums = new WeakMap<PlacementMap, ReadonlyMap<string, Readonly<Record<string, number>>>>()

/** Kept for as long as the map is: it is asked for once for every VM that is left over. */
function loadsByHwm(
  problem: Problem,
  map: PlacementMap,
): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const known = sums.get(map)
  if (known !== undefined) return known
  const made = new Map<string, Record<string, number>>()
  for (const vm of problem.vms) {
    const hwm = map.get(vm.name)
    if (hwm === undefined) continue
    let sum = made.get(hwm)
    if (sum === undefined) made.set(hwm, (sum = {}))
    for (const [dimension, amount] of Object.entries(vm.demand))
      sum[dimension] = (sum[dimension] ?? 0) + amount
  }
  sums.set(map, made)
  return made
}

/** Of the HWMs that take somebody in, the fullest first. */
function loadsAfter(
  problem: Problem,
  places: PlacementMap,
  after: PlacementMap,
  map: PlacementMap,
): LoadAfter[] {
  const targets = new Set(map.values())
  const was = loadsByHwm(problem, places)
  const is = loadsByHwm(problem, after)
  return problem.hwms
    .filter(hwm => targets.has(hwm.name))
    .map(hwm => {
      const whole: Record<string, number> = {}
      for (const dimension of problem.dimensions) {
        const most = usable(problem, hwm, dimension)
        if (most !== Infinity && (is.get(hwm.name)?.[dimension] ?? 0) > 0) whole[dimension] = most
      }
      return {
        hwm: hwm.name,
        usable: whole,
        before: was.get(hwm.name) ?? {},
        after: is.get(hwm.name) ?? {},
      }
    })
    .sort((a, b) => fullest(b) - fullest(a))
}

function fullest({ usable: whole, after }: LoadAfter): number {
  return Math.max(
    0,
    ...Object.entries(whole).map(([dimension, most]) =>
      most > 0 ? (after[dimension] ?? 0) / most : 0,
    ),
  )
}
