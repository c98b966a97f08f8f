// What etcd knows beside what was seen: permits and unfinished operations, laid over a snapshot before anything is planned on it.
import { isOver, type Operation } from '../model/operation.ts'
import type { ClusterSnapshot, VmView } from '../model/snapshot.ts'
import { decode, operationValue, permitValue, prefixes } from '../etcd/layout.ts'
import type { StateStore } from '../etcd/store.ts'

const CALL_MS = 5_000
const ALIVE = new Set(['running', 'blocked', 'shutdown', 'paused', 'suspended'])

export interface Standing {
  /** VM to the HWM that may run it. */
  readonly permits: ReadonlyMap<string, string>
  readonly operations: readonly Operation[]
}

/** Values that cannot be read are left out; whoever writes them is refused by the store's compares. */
export async function readStanding(store: StateStore): Promise<Standing> {
  const [permits, operations] = await Promise.all([
    store.list(prefixes.permits, { timeoutMs: CALL_MS }),
    store.list(prefixes.operations, { timeoutMs: CALL_MS }),
  ])
  return {
    permits: new Map(
      permits.kvs.flatMap(kv => {
        const read = decode(permitValue, kv)
        return 'bad' in read ? [] : [[kv.key.slice(prefixes.permits.length), read.value.node]]
      }),
    ),
    operations: operations.kvs.flatMap(kv => {
      const read = decode(operationValue, kv)
      return 'bad' in read ? [] : [JSON.parse(JSON.stringify(read.value)) as Operation]
    }),
  }
}

/**
 * The snapshot with that knowledge. A VM that no HWM which answers has active, and whose permit is with one that does not answer, ran there:
 * a program that began after that HWM died has never seen it, and might find an old definition of it elsewhere.
 */
export function withStanding(snapshot: ClusterSnapshot, standing: Standing): ClusterSnapshot {
  const vms: Record<string, VmView> = { ...snapshot.vms }
  for (const [name, node] of standing.permits) {
    const vm = vms[name]
    if (vm === undefined || snapshot.hwms[node] === undefined) continue
    if (snapshot.hwms[node].state === 'up' || vm.where === node) continue
    const isActive = vm.instances.some(
      each => snapshot.hwms[each.hwm]?.state === 'up' && ALIVE.has(each.state),
    )
    if (!isActive) vms[name] = { ...vm, where: node, state: 'waiting', away: vm.home !== node }
  }
  return {
    ...snapshot,
    vms,
    operations: Object.fromEntries(
      standing.operations.filter(each => !isOver(each)).map(each => [each.id, each]),
    ),
  }
}
