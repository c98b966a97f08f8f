// The views of a snapshot, made from what was seen. A view in which nothing changed stays the same object.
import type { Hwm, Vm } from '../model/cluster.ts'
import type { Resources } from '../model/resources.ts'
import { SEEN_LAG_MS } from '../model/rhythm.ts'
import type {
  AgentView,
  FenceView,
  HwmState,
  HwmView,
  Instance,
  Instant,
  PermitView,
  VmView,
} from '../model/snapshot.ts'
import type { HwmWatch, SeenDomain } from './hwm-watch.ts'
import type { Heartbeat } from './state-source.ts'
import type { Testimony } from './vm-state.ts'
import { findVmState } from './vm-state.ts'

const HEARTBEAT_LAG_MS = 5_000
/** A domain on an HWM that is up is as fresh as its HWM; its own time is for later. */
const INSTANCE_LAG_MS = 10_000

export interface HwmSources {
  readonly config: Hwm
  readonly watch: HwmWatch
  readonly heartbeat: Heartbeat | undefined
  /** Of the VMs that run here. */
  readonly demands: readonly Resources[]
  readonly fence: FenceView | undefined
  readonly agent: AgentView | undefined
}

export function hwmView(before: HwmView | undefined, sources: HwmSources): HwmView {
  const { config, watch, heartbeat, demands, fence, agent } = sources
  const { state, since, reason } = watch.status
  const { facts } = watch
  const used = total(demands)
  const measured: Resources = facts ? { ram: facts.memory, cpu: facts.cpus * 1000 } : {}
  const capacity = { ...measured, ...config.capacity }
  const view: HwmView = {
    name: config.name,
    config,
    state,
    since,
    reason,
    next: NEXT[state],
    seenAt: lagging(before?.seenAt, watch.seenAt, state, SEEN_LAG_MS),
    capacity: before && isSameRecord(before.capacity, capacity) ? before.capacity : capacity,
    used: before && isSameRecord(before.used, used) ? before.used : used,
    usage: watch.usage,
    history: watch.history,
    hostname: facts?.hostname,
    libvirtVersion: facts?.libvirtVersion,
    hypervisor: facts?.hypervisor,
    cpuModel: facts?.cpuModel,
    daemon: daemonOf(before, heartbeat),
    ...(fence && { fence }),
    ...(agent && { agent }),
  }
  return before && isSameRecord(before, view) ? before : view
}

/** No countdown: it would change every screen each second. */
const NEXT: Record<HwmState, string> = {
  connecting: 'connecting',
  up: '',
  down: 'trying again',
  refused: 'trying again',
}

/** When it is not up, it is exact. */
function lagging(
  before: Instant | undefined,
  seenAt: Instant | undefined,
  state: HwmState,
  lagMs: number,
): Instant | undefined {
  if (state !== 'up' || before === undefined || seenAt === undefined) return seenAt
  return seenAt - before >= lagMs ? seenAt : before
}

function daemonOf(
  before: HwmView | undefined,
  heartbeat: Heartbeat | undefined,
): HwmView['daemon'] {
  if (!heartbeat) return undefined
  const { version, epoch, at } = heartbeat
  const old = before?.daemon
  const isSame =
    old?.version === version && old.epoch === epoch && at - old.heartbeatAt < HEARTBEAT_LAG_MS
  return isSame ? old : { version, epoch, heartbeatAt: at }
}

/** A domain and the HWM that has it. */
export interface Sighting {
  readonly hwm: string
  readonly watch: HwmWatch
  readonly domain: SeenDomain
}

export interface VmSources {
  readonly name: string
  readonly config: Vm | undefined
  readonly home: string | undefined
  readonly homeState: HwmState | undefined
  readonly sightings: readonly Sighting[]
  readonly permit: PermitView | undefined
  readonly doubtSince: Instant | undefined
  readonly now: Instant
}

export function vmView(
  before: VmView | undefined,
  sources: VmSources,
): { readonly view: VmView; readonly isDoubtful: boolean } {
  const { name, config, home, homeState, sightings, permit, doubtSince, now } = sources
  const testimonies = sightings.map(sighting => testimonyOf(sighting, before))
  const { state, where, isDoubtful } = findVmState(config, testimonies, homeState, doubtSince)
  const instances = testimonies.map(({ instance }) => instance)
  const isSameInstances =
    before?.instances.length === instances.length &&
    instances.every((instance, at) => instance === before.instances[at])
  const at = sightings.find(({ hwm }) => hwm === where)?.domain ?? sightings[0]?.domain
  const isAlive = ALIVE.has(state)
  const demand = demandOf(config, at, before)
  const view: VmView = {
    name,
    config,
    kind: config ? (config.ha ? 'havm' : 'vm') : 'unmanaged',
    home,
    state,
    since: before?.state === state ? before.since : now,
    where: where ?? (state === 'waiting' || state === 'unknown' ? before?.where : undefined),
    away: isAlive && home !== undefined && where !== undefined && where !== home,
    instances: isSameInstances ? before.instances : instances,
    demand: before && isSameRecord(before.demand, demand) ? before.demand : demand,
    usage: isAlive ? at?.usage : undefined,
    history: at?.history ?? [],
    ...(permit && { permit }),
  }
  const isSame = before && isSameRecord({ ...before, history: view.history }, view)
  const isSameHistory =
    before?.history === view.history || (before?.history.length === 0 && view.history.length === 0)
  return { view: isSame && isSameHistory ? before : view, isDoubtful }
}

const ALIVE = new Set<VmView['state']>(['running', 'paused', 'suspended', 'migrating', 'double'])

function testimonyOf({ hwm, watch, domain }: Sighting, before: VmView | undefined): Testimony {
  const isUp = watch.state === 'up'
  const old = before?.instances.find(instance => instance.hwm === hwm)
  const seenAt = watch.seenAt ?? 0
  const instance: Instance = {
    hwm,
    uuid: domain.uuid,
    state: isUp ? domain.state : 'unknown',
    reason: domain.reason,
    seenAt: old && isUp && seenAt - old.seenAt < INSTANCE_LAG_MS ? old.seenAt : seenAt,
    persistent: domain.persistent,
    autostart: domain.autostart,
  }
  return {
    instance: old && isSameRecord(old, instance) ? old : instance,
    lastState: domain.state,
    hwmState: watch.state,
    askedAt: watch.askedAt,
  }
}

/** What the cluster file leaves out is what libvirt gives the domain. */
function demandOf(
  config: Vm | undefined,
  domain: SeenDomain | undefined,
  before: VmView | undefined,
): Resources {
  const measured: Record<string, number> = {}
  const ram = domain?.memory ?? before?.demand['ram']
  const cpu = domain?.vcpus === undefined ? before?.demand['cpu'] : domain.vcpus * 1000
  if (ram !== undefined) measured['ram'] = ram
  if (cpu !== undefined) measured['cpu'] = cpu
  return { ...measured, ...config?.resources }
}

function total(demands: readonly Resources[]): Resources {
  const sum: Record<string, number> = {}
  for (const demand of demands)
    for (const dimension in demand)
      sum[dimension] = (sum[dimension] ?? 0) + (demand[dimension] ?? 0)
  return sum
}

/** Equal field by field. */
function isSameRecord<T extends object>(a: T, b: T): boolean {
  const fields = Object.keys(b) as (keyof T)[]
  return fields.length === Object.keys(a).length && fields.every(field => a[field] === b[field])
}
