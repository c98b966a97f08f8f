// Every HWM keeps a copy of every VM's XML on its own disk: for the day on which the domain store hangs, and for the one on which etcd is
// gone for good (docs/break-glass.md). A copy is worth as much as its hash: who starts from one compares it with etcd first.
import { FolderStore } from './folder.ts'
import type { RunOnHwm } from './store.ts'

/** Beside libvirt's own data, as it is there on every HWM and on a local disk. */
function localFolder(cluster: string): string {
  return `/var/lib/libvirt/yasco/${cluster}`
}

export function localCopies(cluster: string, hwm: string, run: RunOnHwm): FolderStore {
  return new FolderStore(localFolder(cluster), hwm, run, false)
}
