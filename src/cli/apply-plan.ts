// What `apply` will do, worked out before anything is asked or written. Pure.
import type { ClusterConfig, HomeMap } from '../model/cluster.ts'
import { type Difference, diffConfigs } from '../model/cluster-file/diff.ts'
import type { Path } from '../model/cluster-file/problem.ts'
import { mayRun } from '../model/placement.ts'

/** One VM's home in the CDM, as it changes. */
export interface HomeChange {
  readonly vm: string
  /** Undefined: it has none yet. */
  readonly from: string | undefined
  /** Undefined: the VM goes, and its home with it. */
  readonly to: string | undefined
}

export interface ApplyPlan {
  readonly config: ClusterConfig
  readonly differences: readonly Difference[]
  readonly homes: readonly HomeChange[]
  /** Homes of the file that differ from the CDM and stay as they are there, for want of --homes. */
  readonly keptHomes: readonly HomeChange[]
  /** Why it cannot be done, each a sentence; empty: it can. */
  readonly obstacles: readonly string[]
}

export interface ApplyInput {
  readonly before: ClusterConfig | undefined
  readonly homes: HomeMap | undefined
  readonly file: ClusterConfig
  /** Whether the file itself states the value at a path. */
  says(path: Path): boolean
  readonly movesHomes: boolean
}

export function planApply(input: ApplyInput): ApplyPlan {
  const { before, file } = input
  const config = before ? keepStanding(before, file, path => input.says(path)) : file
  const { homes, keptHomes, obstacles } = planHomes(input)
  return {
    config,
    differences: diffConfigs(before ?? nothing(file), config),
    homes,
    keptHomes,
    obstacles,
  }
}

/** The CDM with a plan's changes. */
export function changedHomes(
  before: HomeMap | undefined,
  changes: readonly HomeChange[],
): HomeMap['homes'] {
  const homes = new Map(Object.entries(before?.homes ?? {}))
  for (const { vm, to } of changes) {
    if (to === undefined) homes.delete(vm)
    else homes.set(vm, to)
  }
  return Object.fromEntries(homes)
}

/** A cluster of which nothing is known yet: everything of the file is new. */
function nothing(file: ClusterConfig): ClusterConfig {
  return { ...file, hwms: [], vms: [], groups: [], fallbacks: [] }
}

/** What commands set (start, stop, maintenance) stays as it stands, unless the file states it. How etcd is reached does not lie in etcd. */
function keepStanding(
  before: ClusterConfig,
  file: ClusterConfig,
  says: (path: Path) => boolean,
): ClusterConfig {
  const hwms = new Map(before.hwms.map(hwm => [hwm.name, hwm]))
  const vms = new Map(before.vms.map(vm => [vm.name, vm]))
  return {
    ...file,
    hwms: file.hwms.map(hwm => {
      const old = hwms.get(hwm.name)
      if (!old || says(['hwms', hwm.name, 'maintenance'])) return hwm
      return { ...hwm, maintenance: old.maintenance }
    }),
    vms: file.vms.map(vm => {
      const old = vms.get(vm.name)
      if (!old || says(['vms', vm.name, 'desired'])) return vm
      return { ...vm, desired: old.desired }
    }),
  }
}

function planHomes({
  homes,
  file,
  movesHomes,
}: ApplyInput): Pick<ApplyPlan, 'homes' | 'keptHomes' | 'obstacles'> {
  const current = new Map(Object.entries(homes?.homes ?? {}))
  const hwms = new Set(file.hwms.map(hwm => hwm.name))
  const vms = new Set(file.vms.map(vm => vm.name))
  const changes: HomeChange[] = []
  const kept: HomeChange[] = []
  const obstacles: string[] = []
  for (const vm of file.vms) {
    const from = current.get(vm.name)
    const change = { vm: vm.name, from, to: vm.home }
    const isMoved = from !== undefined && vm.home !== undefined && vm.home !== from
    if (vm.home !== undefined && (from === undefined || (isMoved && movesHomes))) {
      changes.push(change)
      continue
    }
    if (from === undefined) continue
    if (isMoved) kept.push(change)
    const hint =
      vm.home === undefined
        ? 'name its home in the file, and give --homes'
        : 'give --homes to move it'
    if (!hwms.has(from))
      obstacles.push(`${vm.name} has its home on ${from}, which the file does not have: ${hint}`)
    else if (!mayRun(vm, from))
      obstacles.push(
        `${vm.name} has its home on ${from}, which may not run it by the file: ${hint}`,
      )
  }
  for (const [vm, from] of current) {
    if (!vms.has(vm)) changes.push({ vm, from, to: undefined })
  }
  return { homes: changes, keptHomes: kept, obstacles }
}
