// The cluster as etcd has it: read once, for the commands that print or compare it.
import { type ConfigReading, readConfig } from '../etcd/config-reader.ts'
import type { KeyValue, StateStore } from '../etcd/store.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import { type Access, findCluster } from './cluster-access.ts'
import type { Context } from './context.ts'
import { CommandFailed, EXIT } from './exit.ts'

export interface StoredCluster extends ConfigReading {
  readonly revision: number
  readonly kvs: readonly KeyValue[]
}

/** Reads all of a cluster's keys. Throws `SchemaRefused` when another version of yasco wrote them. */
export async function readStored(
  store: StateStore,
  { etcd }: Access,
  signal: AbortSignal,
): Promise<StoredCluster> {
  const { revision, kvs } = await store.list('', { signal })
  const reading = readConfig(kvs, etcd)
  if (reading.refused) throw reading.refused
  return { ...reading, revision, kvs }
}

/** Opens the store of the cluster that is meant, reads it, and hands both on; the store is closed after. */
export async function withCluster<T>(
  context: Context,
  work: (
    stored: StoredCluster & { readonly config: ClusterConfig },
    store: StateStore,
    access: Access,
  ) => Promise<T>,
): Promise<T> {
  const access = await findCluster(context)
  await using store = await context.reach.store(access.etcd, access.cluster)
  const stored = await readStored(store, access, context.signal)
  const { config } = stored
  if (!config) throw new CommandFailed(EXIT.failed, notConfigured(access, stored))
  return await work({ ...stored, config }, store, access)
}

function notConfigured({ cluster }: Access, { badValues }: StoredCluster): string {
  const [bad] = badValues
  if (bad)
    return `the settings of the cluster '${cluster}' in etcd cannot be read (${bad.key}: ${bad.problem}): apply its cluster file again`
  return `etcd knows no cluster '${cluster}': apply a cluster file first (yasco apply -f FILE), or look at the name`
}
