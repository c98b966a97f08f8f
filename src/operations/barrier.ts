// The storage barrier of a cluster, where it has one: which address of an HWM is cut off, and on whose `ceph` that is done.
import { FenceFailed } from '../fencing/device.ts'
import type { CephAccess, RunScript } from '../fencing/block-list.ts'
import { parseLibvirtUri } from '../libvirt/uri.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { Reach } from './reach.ts'

/** Does `work` on the address that `hwm` reaches Ceph from, at the HWM `by`; nothing where the cluster has no Ceph. Throws `FenceFailed`. */
export async function barrierAgainst(
  hwm: string,
  by: string,
  { config }: Pick<ClusterSnapshot, 'config'>,
  reach: Reach,
  work: (run: RunScript, access: CephAccess, address: string) => Promise<unknown>,
): Promise<void> {
  const view = config?.hwms.find(each => each.name === hwm)
  if (config?.ceph === undefined || view === undefined) return
  const address = view.ceph ?? parseLibvirtUri(view.libvirt).host
  if (address === undefined)
    throw new FenceFailed(
      'ceph',
      `the address of ${hwm} is not known: give it as 'ceph' of the HWM`,
    )
  const run = reach.shell(by)
  if (run === undefined)
    throw new FenceFailed('ceph', `${by} is reached without a shell: its ceph cannot be used`)
  await work(run, config.ceph, address)
}
