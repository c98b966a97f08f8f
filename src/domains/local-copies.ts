// Every HWM keeps a copy of every VM's XML on its own disk: for the day on which the domain store hangs, and for the one on which etcd is
// gone for good (docs/break-glass.md). A copy is worth as much as its hash: who starts from one compares it with etcd first.
import { FolderStore } from './folder.ts'
import type { CallOptions, RunOnHwm } from './store.ts'

/** Beside libvirt's own data, as it is there on every HWM and on a local disk. */
function localFolder(cluster: string): string {
  return `/var/lib/libvirt/yasco/${cluster}`
}

export function localCopies(cluster: string, hwm: string, run: RunOnHwm): FolderStore {
  return new FolderStore(localFolder(cluster), hwm, run, false)
}

/** When the oldest copy on an HWM was written, ms since 1970 by its clock; undefined where there is none. */
export async function oldestCopyAt(
  cluster: string,
  run: RunOnHwm,
  options: CallOptions,
): Promise<number | undefined> {
  const script = 'stat -c %Y -- "$1"/*.xml 2>/dev/null | sort -n | head -n 1'
  const { stdout } = await run(script, { ...options, args: [localFolder(cluster)] })
  const seconds = Number.parseInt(stdout, 10)
  return Number.isNaN(seconds) ? undefined : seconds * 1000
}
