// Which XML goes into the domain store, and what is there already. Pure.
import type { ClusterConfig } from '../model/cluster.ts'

/** A domain's XML as one HWM's libvirt has it. */
export interface Sighting {
  readonly vm: string
  readonly hwm: string
  readonly isRunning: boolean
  readonly xml: string
  /** Of its canonical form. */
  readonly hash: string
}

/** `new`: the store has none. `changed`: another one. `unrecorded`: the same, but etcd has no hash of it or another. */
export type DumpState = 'new' | 'changed' | 'unrecorded' | 'same'

export interface DumpItem {
  readonly vm: string
  readonly state: DumpState
  readonly source: Sighting
}

export interface DumpPlan {
  /** VMs of the cluster, in its order. */
  readonly items: readonly DumpItem[]
  /** VMs of the cluster that no HWM has, of those that answered. */
  readonly missing: readonly string[]
  /** Domains that the cluster file does not name. */
  readonly unmanaged: readonly string[]
  /** Things to look at, each a sentence. */
  readonly notes: readonly string[]
}

export interface DumpInput {
  readonly config: ClusterConfig
  readonly homes: Readonly<Record<string, string>>
  readonly sightings: readonly Sighting[]
  /** VM to the hash of the XML that the store has; absent: it has none. */
  readonly stored: ReadonlyMap<string, string>
  /** VM to the hash that etcd has. */
  readonly recorded: ReadonlyMap<string, string>
}

export function planDump({ config, homes, sightings, stored, recorded }: DumpInput): DumpPlan {
  const byVm = Map.groupBy(sightings, ({ vm }) => vm)
  const items: DumpItem[] = []
  const missing: string[] = []
  const notes: string[] = []
  for (const { name: vm, home } of config.vms) {
    const all = byVm.get(vm) ?? []
    const source = bestSource(all, homes[vm] ?? home)
    if (!source) {
      missing.push(vm)
      continue
    }
    const others = all.filter(({ hash }) => hash !== source.hash).map(({ hwm }) => hwm)
    if (others.length > 0) {
      notes.push(
        `${vm} is defined otherwise on ${others.join(', ')} than on ${source.hwm}, whose XML is taken`,
      )
    }
    items.push({ vm, source, state: stateOf(source.hash, stored.get(vm), recorded.get(vm)) })
  }
  const managed = new Set(config.vms.map(({ name }) => name))
  return {
    items,
    missing,
    unmanaged: [...byVm.keys()].filter(vm => !managed.has(vm)).toSorted(),
    notes,
  }
}

/** Where it runs; else its home; else the first in the cluster's order. */
function bestSource(all: readonly Sighting[], home: string | undefined): Sighting | undefined {
  return all.find(({ isRunning }) => isRunning) ?? all.find(({ hwm }) => hwm === home) ?? all[0]
}

function stateOf(
  hash: string,
  stored: string | undefined,
  recorded: string | undefined,
): DumpState {
  if (stored === undefined) return 'new'
  if (stored !== hash) return 'changed'
  return recorded === hash ? 'same' : 'unrecorded'
}
