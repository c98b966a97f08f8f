// Writes a cluster into the made-up etcd, as `yasco apply` does into a real one.
import type { Write } from '../etcd/store.ts'
import type { MemoryEtcd } from '../etcd/memory.ts'
import type { ClusterConfig, HomeMap } from '../model/cluster.ts'

/** etcd's own limit for one transaction is 128. */
const PER_TRANSACTION = 100

export function fillStore(etcd: MemoryEtcd, config: ClusterConfig): void {
  const { hwms, vms, ...settings } = config
  const homes: HomeMap = {
    homes: Object.fromEntries(
      vms.flatMap(vm => (vm.home === undefined ? [] : [[vm.name, vm.home]])),
    ),
    by: 'apply',
    when: new Date(0).toISOString(),
    why: 'as the cluster file has it',
  }
  const put = (key: string, value: unknown): Write => ({ put: key, value: JSON.stringify(value) })
  const writes = [
    put('settings', settings),
    ...hwms.map(hwm => put(`hwms/${hwm.name}`, hwm)),
    ...vms.map(vm => put(`vms/${vm.name}`, vm)),
    put('maps/home', homes),
  ]
  for (let at = 0; at < writes.length; at += PER_TRANSACTION)
    etcd.commit({ if: [], then: writes.slice(at, at + PER_TRANSACTION) })
}
