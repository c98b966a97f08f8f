// A snapshot without what the solver does not look at: figures of use, ages, events. Entries keep their identity while nothing in them that
// matters changes, so that a difference is found by `===`, and nothing is judged anew because a gauge moved.
import type { ClusterSnapshot, EtcdView, HwmView, VmView } from '../../model/snapshot.ts'

const NO_ETCD: EtcdView = {
  state: 'live',
  since: 0,
  reason: '',
  members: [],
  revision: 0,
  seenAt: undefined,
}

interface Pair<T> {
  readonly full: T
  readonly bare: T
}

export class Bare {
  readonly #hwms = new Map<string, Pair<HwmView>>()
  readonly #vms = new Map<string, Pair<VmView>>()
  #last: ClusterSnapshot | undefined

  /** The same object as before when nothing that matters has changed. */
  of(snapshot: ClusterSnapshot): ClusterSnapshot {
    const last = this.#last
    const hwms = entries(this.#hwms, snapshot.hwms, last?.hwms, bareHwm)
    const vms = entries(this.#vms, snapshot.vms, last?.vms, bareVm)
    const { cluster, readOnly, config } = snapshot
    if (last && last.hwms === hwms && last.vms === vms && last.config === config) return last
    this.#last = {
      cluster,
      readOnly,
      config,
      hwms,
      vms,
      seq: (last?.seq ?? 0) + 1,
      etcd: NO_ETCD,
      events: [],
      badValues: [],
    }
    return this.#last
  }
}

function entries<T>(
  known: Map<string, Pair<T>>,
  now: Readonly<Record<string, T>>,
  before: Readonly<Record<string, T>> | undefined,
  strip: (full: T, before: T | undefined) => T,
): Readonly<Record<string, T>> {
  let count = 0
  const changed: string[] = []
  for (const name in now) {
    count++
    const full = now[name]
    const pair = known.get(name)
    if (full === undefined || pair?.full === full) continue
    const bare = strip(full, pair?.bare)
    known.set(name, { full, bare })
    if (bare !== pair?.bare) changed.push(name)
  }
  const gone = known.size > count
  if (before && changed.length === 0 && !gone) return before
  if (gone) for (const name of known.keys()) if (!(name in now)) known.delete(name)
  const made: Record<string, T> = {}
  for (const [name, { bare }] of known) made[name] = bare
  return made
}

const HWM_FIELDS = ['config', 'state'] as const
const VM_FIELDS = ['config', 'kind', 'home', 'state', 'where'] as const

function bareHwm(full: HwmView, before: HwmView | undefined): HwmView {
  if (before && isSame(before, full, HWM_FIELDS) && sameAmounts(before.capacity, full.capacity))
    return before
  const { name, config, state, capacity } = full
  return {
    name,
    config,
    state,
    capacity,
    since: 0,
    reason: '',
    next: '',
    seenAt: undefined,
    used: {},
    usage: undefined,
    history: [],
    hostname: undefined,
    libvirtVersion: undefined,
    hypervisor: undefined,
    cpuModel: undefined,
    daemon: undefined,
  }
}

function bareVm(full: VmView, before: VmView | undefined): VmView {
  if (before && isSame(before, full, VM_FIELDS) && sameAmounts(before.demand, full.demand))
    return before
  const { name, config, kind, home, state, where, away, demand } = full
  return {
    name,
    config,
    kind,
    home,
    state,
    where,
    away,
    demand,
    since: 0,
    instances: [],
    usage: undefined,
    history: [],
  }
}

function isSame<T>(before: T, now: T, fields: readonly (keyof T)[]): boolean {
  return fields.every(field => before[field] === now[field])
}

function sameAmounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): boolean {
  if (a === b) return true
  for (const dimension in a) if (a[dimension] !== b[dimension]) return false
  for (const dimension in b) if (!(dimension in a)) return false
  return true
}
