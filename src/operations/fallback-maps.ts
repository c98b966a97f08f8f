// Fallback maps that lie in etcd: what they rest on, whether they still fit, and how they are written. A map that does not fit what is
// there is never used: then the set is solved on the spot, or it is said that it could not be in time.
import { createHash } from 'node:crypto'
import { commitOnce } from '../etcd/commit-once.ts'
import { decode, encode, fallbackMapValue, keys, prefixes } from '../etcd/layout.ts'
import type { CallOptions, KeyValue, Lease, StateStore, Write } from '../etcd/store.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import { humanAge } from '../model/human.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { checkFallback } from '../solver/check/fallback.ts'
import type { PlacementMap, Problem } from '../solver/problem.ts'
import { fallbackFor } from '../solver/resilience/index.ts'
import type { PreparedFallback } from './plan/targets.ts'
import { presentPlaces, presentProblem } from './present.ts'

/** One stored map. */
export interface StoredFallback {
  readonly failed: readonly string[]
  readonly map: PlacementMap
  /** HAVMs it has no place for. */
  readonly unplaced: readonly string[]
  /** `fingerprint` of what it was computed from. */
  readonly inputs: string
  /** ISO 8601. */
  readonly when: string
}

/**
 * A hash of all that a fallback map rests on and that lies in etcd: HWMs, VMs, groups, X and the CDM. What libvirt says is not in it: an
 * HWM that is dead says nothing, and that is when the map is wanted; against that it is checked by fit.
 */
export function fingerprint(
  config: ClusterConfig,
  homes: Readonly<Record<string, string>>,
): string {
  const { tolerate, dimensions, overcommit, failureDomains, hwms, vms, groups } = config
  const facts = {
    tolerate,
    dimensions,
    overcommit,
    failureDomains: failureDomains ?? null,
    hwms: hwms.map(({ name, capacity, reserve, labels, fallback, maintenance }) => {
      return { name, capacity, reserve, labels, fallback, maintenance }
    }),
    vms: vms.map(({ name, ha, priority, resources, only, never, pinned, desired }) => {
      const home = homes[name] ?? null
      return { name, ha, priority, resources, only, never, pinned, desired, home }
    }),
    groups,
  }
  return createHash('sha256')
    .update(JSON.stringify(sorted(facts)))
    .digest('hex')
}

/** With all fields in one order: what was read in another order is the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}

/** The CDM as a snapshot has it. */
export function homesNow(snapshot: ClusterSnapshot): Record<string, string> {
  return Object.fromEntries(
    Object.values(snapshot.vms).flatMap(vm =>
      vm.config === undefined || vm.home === undefined ? [] : [[vm.name, vm.home] as const],
    ),
  )
}

/** Writes of one transaction: etcd takes 128 at most, and one is the token. */
const WRITES_AT_ONCE = 100
const LEASE_MS = 30_000

export interface Basis {
  readonly inputs: string
  /** Revisions of the configuration and of the CDM, for people who look into etcd. */
  readonly from: { readonly config: number; readonly homes: number }
  /** ISO 8601. */
  readonly when: string
}

export interface Stored {
  readonly written: number
  readonly removed: number
}

/** Makes etcd hold exactly these maps. Cut off in between, the rest is stale by its own fingerprint. Throws what `commit` throws. */
export async function storeFallbackMaps(
  store: StateStore,
  maps: readonly Pick<StoredFallback, 'failed' | 'map' | 'unplaced'>[],
  basis: Basis,
  options: CallOptions = {},
): Promise<Stored> {
  const there = (await store.list(prefixes.fallbackMaps, options)).kvs
  const writes: Write[] = maps.map(({ failed, map, unplaced }) => ({
    put: keys.fallbackMap(failed),
    value: encode(fallbackMapValue, { ...basis, failed, map: Object.fromEntries(map), unplaced }),
  }))
  const wanted = new Set(maps.map(({ failed }) => keys.fallbackMap(failed)))
  const gone: Write[] = there.flatMap(({ key }) => (wanted.has(key) ? [] : [{ delete: key }]))
  const lease = await store.grantLease(LEASE_MS, options)
  try {
    await write(store, [...gone, ...writes], lease, options)
  } finally {
    // If etcd does not answer now, it goes when it runs out.
    await lease.revoke(options).catch(() => undefined)
  }
  return { written: writes.length, removed: gone.length }
}

async function write(
  store: StateStore,
  writes: readonly Write[],
  lease: Lease,
  options: CallOptions,
): Promise<void> {
  for (let at = 0; at < writes.length; at += WRITES_AT_ONCE) {
    const then = writes.slice(at, at + WRITES_AT_ONCE)
    await commitOnce(store, { if: [], then }, { ...options, lease })
  }
}

/** Reads what lies under `maps/fallback/`; values that cannot be read are left out: without a map a set is solved anew. */
export function readFallbackMaps(kvs: Iterable<KeyValue>): Map<string, StoredFallback> {
  const maps = new Map<string, StoredFallback>()
  for (const kv of kvs) {
    const read = decode(fallbackMapValue, kv)
    if ('bad' in read) continue
    const { failed, map, unplaced, inputs, when } = read.value
    maps.set(kv.key, { failed, map: new Map(Object.entries(map)), unplaced, inputs, when })
  }
  return maps
}

/** How long a set without a map may be solved on the spot, s: who waits for it stands before a dead HWM. */
const ON_THE_SPOT_S = 0.2

export interface PrepareOptions {
  /** The map of etcd for this set, when there is one. */
  readonly stored: StoredFallback | undefined
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** True: the best so far is enough. */
  stopped?(): boolean
  /** Milliseconds since 1970, for the age of a map. */
  readonly wall: number
}

/**
 * Targets for the HAVMs of HWMs that failed together: by the stored map when it rests on what is there and fits it, else solved within
 * 200 ms. `note` says when neither gave all of them a place. Undefined: nothing is configured yet.
 */
export function prepareFallback(
  snapshot: ClusterSnapshot,
  failed: readonly string[],
  options: PrepareOptions,
): PreparedFallback | undefined {
  const { config } = snapshot
  if (config === undefined || failed.some(name => snapshot.hwms[name] === undefined))
    return undefined
  const scene = sceneOf(snapshot, config, failed)
  const { stored } = options
  if (stored !== undefined && fits(stored, snapshot, config, scene)) {
    const storedAge = ageOf(stored, options.wall)
    return { by: `the stored map of ${storedAge} ago`, targets: asTargets(stored.map), storedAge }
  }
  const { problem, places } = scene
  const found = fallbackFor(problem, places, failed, {
    seconds: ON_THE_SPOT_S,
    now: () => options.now(),
    stopped: () => options.stopped?.() ?? false,
  })
  const targets = asTargets(found.map)
  if (found.answer === 'map') return { by: 'the solver', targets }
  const note =
    found.answer === 'unknown'
      ? 'no complete fallback map was found within 200 ms: the rest goes where there is room'
      : `not all HAVMs of ${failed.join(', ')} have a place together: by priority`
  return { by: 'the solver', targets, note }
}

/** The age of a stored map of these failures, for people; undefined where it does not rest on what is there, or does not fit it. */
export function storedAgeIfFits(
  snapshot: ClusterSnapshot,
  failed: readonly string[],
  stored: StoredFallback,
  wall: number,
): string | undefined {
  const { config } = snapshot
  if (config === undefined || failed.some(name => snapshot.hwms[name] === undefined))
    return undefined
  const isUsable = fits(stored, snapshot, config, sceneOf(snapshot, config, failed))
  return isUsable ? ageOf(stored, wall) : undefined
}

function ageOf(stored: StoredFallback, wall: number): string {
  return humanAge(Math.max(0, wall - Date.parse(stored.when)))
}

interface Scene {
  readonly problem: Problem
  readonly places: PlacementMap
}

/** What is there now: HAVMs that should run wait for a place, HWMs that do not answer take nobody in. */
function sceneOf(
  snapshot: ClusterSnapshot,
  config: ClusterConfig,
  failed: readonly string[],
): Scene {
  const problem = presentProblem(snapshot, config)
  const stopped = new Set(config.vms.flatMap(vm => (vm.desired === 'stopped' ? [vm.name] : [])))
  const dead = new Set(failed)
  const places = new Map(presentPlaces(snapshot))
  for (const [vm, hwm] of places) if (stopped.has(vm) && dead.has(hwm)) places.delete(vm)
  return {
    places,
    problem: {
      ...problem,
      hwms: problem.hwms.map(hwm =>
        snapshot.hwms[hwm.name]?.state === 'up' ? hwm : { ...hwm, fallback: false },
      ),
    },
  }
}

function fits(
  { inputs, failed, map, unplaced }: StoredFallback,
  snapshot: ClusterSnapshot,
  config: ClusterConfig,
  { problem, places }: Scene,
): boolean {
  if (unplaced.length > 0 || inputs !== fingerprint(config, homesNow(snapshot))) return false
  // Who was restarted elsewhere when the first of them failed, or should not run, is in the map and needs no place now.
  const wanted = new Map([...map].filter(([vm]) => failed.includes(places.get(vm) ?? '')))
  return checkFallback(problem, places, failed, wanted).length === 0
}

function asTargets(map: PlacementMap): Map<string, readonly string[]> {
  return new Map([...map].map(([vm, hwm]) => [vm, [hwm]]))
}
