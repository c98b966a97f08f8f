// Writes a cluster into the made-up etcd: the same transactions as `yasco apply`, and the CDM it begins with.
import { configTransactions } from '../etcd/config-writer.ts'
import { encode, homesValue, keys } from '../etcd/layout.ts'
import type { MemoryEtcd } from '../etcd/memory.ts'
import type { ClusterConfig } from '../model/cluster.ts'

const BEGINNING = '2026-01-01T00:00:00.000Z'

export function fillStore(etcd: MemoryEtcd, config: ClusterConfig): void {
  const applier = { token: 'simulator', by: 'simulator', when: BEGINNING, version: '' }
  for (const transaction of configTransactions([], config, applier)) etcd.commit(transaction)
  const homes: Record<string, string> = {}
  for (const { name, home } of config.vms) if (home !== undefined) homes[name] = home
  const cdm = { homes, by: 'apply', when: BEGINNING, why: 'as the cluster file has it' }
  const write = { put: keys.homes, value: encode(homesValue, cdm) }
  etcd.commit({ if: [], then: [write] })
}
