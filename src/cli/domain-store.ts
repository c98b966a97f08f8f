// The cluster's domain store as a command reaches it: etcd, or the shared folder through the first HWM that lets it be seen.
import { EtcdDomainStore } from '../domains/in-etcd.ts'
import { FolderStore } from '../domains/folder.ts'
import type { DomainStore } from '../domains/store.ts'
import type { StateStore } from '../etcd/store.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { Context } from './context.ts'
import { CommandFailed, EXIT } from './exit.ts'
import { operatorOf } from './operator.ts'

/** Throws `CommandFailed` with every HWM's reason when none of them shows the folder. */
export async function openDomainStore(
  context: Context,
  config: ClusterConfig,
  store: StateStore,
): Promise<DomainStore> {
  const { signal, reach, io } = context
  if (config.domains === 'etcd') return new EtcdDomainStore(store, operatorOf(io).from)
  const reasons: string[] = []
  for (const { name, libvirt } of config.hwms) {
    try {
      const folder = new FolderStore(config.domains, name, reach.shell(libvirt))
      // Shows that the folder can be reached; what is in it does not matter yet.
      await folder.list({ signal })
      return folder
    } catch (error) {
      signal.throwIfAborted()
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new CommandFailed(
    EXIT.partly,
    `no HWM shows the domain store ${config.domains}:\n  ${reasons.join('\n  ')}`,
  )
}
